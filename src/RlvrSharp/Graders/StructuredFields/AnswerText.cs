namespace RlvrSharp.Graders;

/// <summary>Finds the JSON object in an answer, as far as the options let it be looked for.</summary>
internal static class AnswerText
{
    private const string Fence = "```";

    /// <summary>Parses the answer into a tree whose node 0 is an object.</summary>
    /// <returns>Null, or why that is not possible.</returns>
    public static string? Parse(string text, AnswerTree tree, StructuredFieldGraderOptions options)
    {
        (int start, int end) = (0, text.Length);
        if (options.AllowFenced && text.Contains(Fence, StringComparison.Ordinal))
        {
            string? fault = FindFenced(text, out start, out end);
            if (fault is not null)
            {
                return fault;
            }
        }
        else if (options.AllowProse)
        {
            start = Math.Max(0, text.IndexOf('{', StringComparison.Ordinal));
        }

        AnswerFault problem = tree.Parse(text, start, end, options.MaxDepth, options.EmptyIsAbsent, mayTrail: options.AllowProse, out int position);
        if (problem != AnswerFault.None)
        {
            return $"The answer is not usable JSON: {AnswerTree.Describe(problem, text, position, options.MaxDepth)}.";
        }

        if (tree[0].Kind != AnswerKind.Object)
        {
            return $"The answer is {FieldComparer.Show(tree.Value(0))}, not one JSON object.";
        }

        // A second object would be a second try.
        return options.AllowProse && text.AsSpan(position, end - position).Contains('{') ? "The answer has more than one JSON object." : null;
    }

    private static string? FindFenced(string text, out int start, out int end)
    {
        (start, end) = (0, 0);
        int open = text.IndexOf(Fence, StringComparison.Ordinal);
        int line = text.IndexOf('\n', open + Fence.Length);
        if (line < 0)
        {
            return "The answer has a fence that opens no block: the JSON must begin on the line after it.";
        }

        int close = text.IndexOf(Fence, line, StringComparison.Ordinal);
        if (close < 0)
        {
            return "The answer has a fenced block that is not closed.";
        }

        if (text.IndexOf(Fence, close + Fence.Length, StringComparison.Ordinal) >= 0)
        {
            return "The answer has more than one fenced block.";
        }

        (start, end) = (line + 1, close);
        return null;
    }
}

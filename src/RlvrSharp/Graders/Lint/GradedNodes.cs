using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>Walks graders and the graders inside them.</summary>
internal static class GradedNodes
{
    /// <summary>Every grader, with a path for people.</summary>
    /// <param name="grader">The outermost.</param>
    /// <returns>Paths and graders.</returns>
    public static IEnumerable<(string Path, IGrader Grader)> All(IGrader grader)
    {
        var open = new Stack<(string, IGrader)>();
        open.Push(((grader as IJsonGrader)?.Name ?? grader.GetType().Name, grader));
        while (open.TryPop(out (string Path, IGrader Grader) node))
        {
            yield return node;
            if (node.Grader is ResponseFormatGate gate)
            {
                open.Push((node.Path, gate.Grader));
            }

            foreach (KeyValuePair<string, IGrader> part in (node.Grader as IJsonGrader)?.Parts.Reverse() ?? [])
            {
                open.Push(($"{node.Path}.{part.Key}", part.Value));
            }
        }
    }

    /// <summary>Whether a grader asks a model or a service.</summary>
    /// <param name="grader">A grader.</param>
    /// <returns>Whether any part does.</returns>
    public static bool AsksServices(IGrader grader) => All(grader).Any(node => (node.Grader as IJsonGrader)?.Type is "score_model" or "label_model" or "endpoint");

    /// <summary>The perfect answer to a row: what the one exact or structured part compares with, else the reference.</summary>
    /// <param name="grader">The grader.</param>
    /// <param name="problem">The row.</param>
    /// <returns>A text, or null where none is known.</returns>
    public static string? Gold(IGrader grader, Problem problem)
    {
        Completion none = Completion.FromText(string.Empty);
        foreach ((_, IGrader part) in All(grader))
        {
            if (part is not IJsonGrader { Templates: [{ Key: "input" } input, { Key: "reference" } reference] })
            {
                continue;
            }

            bool graded = part is not StringCheckGrader { Operation: StringCheckOperation.NotEqual };
            if (graded && input.Value.OnlyPath is { IsOutputText: true } && reference.Value.IsFixed)
            {
                string text = reference.Value.Render(problem, none, out Grade? fault);
                if (fault is null)
                {
                    return text;
                }
            }
        }

        return problem.Reference;
    }
}

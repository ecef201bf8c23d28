using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;
using RlvrSharp.Graders.Text;

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
    public static bool AsksServices(IGrader grader) => All(grader).Any(node => node.Grader is ScoreModelGrader or LabelModelGrader or EndpointGrader or TextSimilarityGrader { Metric: TextMetric.Cosine });

    /// <summary>Whether a grader consists of the library's own rules only, so that a grade takes microseconds.</summary>
    /// <param name="grader">A grader.</param>
    /// <returns>Whether all parts do.</returns>
    public static bool IsRulesOnly(IGrader grader) => !AsksServices(grader) && All(grader).All(node =>
        node.Grader is MultiGrader or ResponseFormatGate or StringCheckGrader or TextSimilarityGrader or StructuredFieldJsonGrader or StructuredFieldGrader or ExactMatchGrader or NumberGrader);

    /// <summary>The perfect answer to a row: what the exact or structured parts compare with, else the row's reference.</summary>
    /// <param name="grader">The grader.</param>
    /// <param name="problem">The row.</param>
    /// <returns>
    /// A text, or null where none is known; and whether it is certain: every part compares the whole answer with just this text. Where a part is code or
    /// reads the answer in another way, the reference may have another form than the answer has.
    /// </returns>
    public static (string? Text, bool IsCertain) Gold(IGrader grader, Problem problem)
    {
        string? gold = null;
        bool certain = true;
        IGrader[] parts = [.. All(grader).Select(node => node.Grader).Where(node => node is not (MultiGrader or ResponseFormatGate))];
        if (parts is [StringCheckGrader { Operation: StringCheckOperation.NotEqual } opposite] && opposite.Templates[0].Value.OnlyPath is { IsOutputText: true })
        {
            // Nothing but "the answer is not the reference": the reference is meant, and fails.
            return (problem.Reference, true);
        }

        foreach (IGrader part in parts)
        {

            string? compared = part is StructuredFieldGrader or ExactMatchGrader or NumberGrader ? problem.Reference : ComparedWith(part, problem);
            gold ??= compared;
            certain &= compared is not null && compared == gold;
        }

        return gold is null ? (problem.Reference, false) : (gold, certain);
    }

    /// <summary>The score that the best answer can get: 1, or what a formula makes of parts that all have their best.</summary>
    /// <param name="grader">The grader.</param>
    /// <returns>Above 0, at most 1.</returns>
    public static double Best(IGrader grader)
    {
        // A judge's own range counts inside a formula only.
        double own = grader is ResponseFormatGate outer ? Best(outer.Grader) : grader is MultiGrader ? BestOf(grader) : 1;
        return own > 0 && own < 1 ? own : 1;

        static double BestOf(IGrader grader) => grader switch
        {
            MultiGrader multi => multi.Formula.Evaluate([.. multi.Parts.Select(part => BestOf(part.Value))], out _),
            IRangedGrader ranged => ranged.High,
            _ => 1,
        };
    }

    // METEOR and embeddings give an answer less than 1 even where it is the reference itself.
    private static string? ComparedWith(IGrader part, Problem problem)
    {
        if (part is not IJsonGrader { Templates: [{ Key: "input" } input, { Key: "reference" } reference] }
            || part is StringCheckGrader { Operation: StringCheckOperation.NotEqual } or TextSimilarityGrader { Metric: TextMetric.Meteor or TextMetric.Cosine }
            || input.Value.OnlyPath is not { IsOutputText: true } || !reference.Value.IsFixed)
        {
            return null;
        }

        string text = reference.Value.Render(problem, Completion.FromText(string.Empty), out Grade? fault);
        return fault is null ? text : null;
    }
}

namespace RlvrSharp.Evaluation;

/// <summary>What one way of answering (sampled, or greedy) scored.</summary>
public sealed record EvaluationSummary
{
    /// <summary>The mean score.</summary>
    public required Estimate Score { get; init; }

    /// <summary>The share of completions with the full score of 1.</summary>
    public required Estimate Exact { get; init; }

    /// <summary>Mean precision, where the grader gives one.</summary>
    public double? Precision { get; init; }

    /// <summary>Mean recall, where the grader gives one.</summary>
    public double? Recall { get; init; }

    /// <summary>Share of completions that could not be graded.</summary>
    public double UngradableFraction { get; init; }

    /// <summary>Number of completions whose grader failed; they are in no mean.</summary>
    public int FailedCount { get; init; }

    /// <summary>Share of completions cut off by the length limit.</summary>
    public double TruncatedFraction { get; init; }

    /// <summary>Mean completion length in tokens.</summary>
    public double CompletionLengthMean { get; init; }

    /// <summary>Mean score per grader, those with weight 0 included.</summary>
    public IReadOnlyDictionary<string, double> Graders { get; init; } = new Dictionary<string, double>();

    /// <summary>Per top-level field of structured answers: the mean share matched.</summary>
    public IReadOnlyDictionary<string, double> Fields { get; init; } = new Dictionary<string, double>();

    /// <summary>The mean score of each problem, in order; NaN where every grading failed.</summary>
    public IReadOnlyList<double> RowScores { get; init; } = [];
}

namespace RlvrSharp.Graders;

/// <summary>1 if the whole answer is the reference, else 0.</summary>
/// <remarks>Immutable and safe for threads.</remarks>
public sealed class ExactMatchGrader : IGrader, IProblemRequirement
{
    private readonly bool normalize;

    /// <summary>A grader.</summary>
    /// <param name="normalize">
    /// Whether to compare as <see cref="FieldComparer.Text"/> does (Unicode form C, case and white space do not count). Otherwise only white space around the two does not
    /// count.
    /// </param>
    public ExactMatchGrader(bool normalize = false) => this.normalize = normalize;

    /// <inheritdoc/>
    /// <exception cref="DataException">The problem has no reference.</exception>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completion);
        if (FindFault(problem) is { } fault)
        {
            throw new DataException(fault);
        }

        string expected = problem.Reference!.Trim(), actual = completion.Text.Trim();
        bool equal = normalize
            ? TextFolding.IsWellFormed(actual) && string.Equals(TextFolding.Fold(expected, TextFoldings.Case), TextFolding.Fold(actual, TextFoldings.Case), StringComparison.Ordinal)
            : string.Equals(expected, actual, StringComparison.Ordinal);
        return ValueTask.FromResult(new Grade(equal ? 1 : 0));
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Reference is null
            ? $"{problem.Id ?? "A problem without an id"} has no reference, but the exact-match grader compares with one: give the row a 'reference'."
            : normalize && !TextFolding.IsWellFormed(problem.Reference)
                ? $"The reference of {problem.Id ?? "a problem without an id"} has half a surrogate pair: correct the row's text."
                : null;
    }
}

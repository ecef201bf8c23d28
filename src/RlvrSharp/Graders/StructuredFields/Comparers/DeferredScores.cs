namespace RlvrSharp.Graders;

/// <summary>
/// What asynchronous comparers said so far. Grading runs, notes what it would have to ask, asks, and runs again; so the matching itself
/// stays synchronous. One instance serves one grade.
/// </summary>
internal sealed class DeferredScores
{
    private readonly Dictionary<(FreeTextFieldComparer Comparer, string Expected, string Actual), double> known = [];
    private readonly List<(FreeTextFieldComparer Comparer, string Expected, string Actual)> wanted = [];

    public bool HasQuestions => wanted.Count > 0;

    public double Ask(FreeTextFieldComparer comparer, string expected, string actual)
    {
        if (known.TryGetValue((comparer, expected, actual), out double score))
        {
            return score;
        }

        if (!wanted.Contains((comparer, expected, actual)))
        {
            wanted.Add((comparer, expected, actual));
        }

        return 0;
    }

    public async ValueTask AnswerAsync(CancellationToken cancellationToken)
    {
        foreach ((FreeTextFieldComparer comparer, string expected, string actual) in wanted)
        {
            known[(comparer, expected, actual)] = await comparer.AskAsync(expected, actual, cancellationToken).ConfigureAwait(false);
        }

        wanted.Clear();
    }
}

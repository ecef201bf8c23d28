using System.Diagnostics;

namespace RlvrSharp.Tests.Graders.Fuzz;

/// <summary>Grades many mutated answers with one grader and counts what came out.</summary>
internal sealed class FuzzRun
{
    private (string What, double Milliseconds)? worstMonster;

    private FuzzRun(FuzzGrader grader) => Grader = grader;

    public FuzzGrader Grader { get; }

    public long Answers => Graded + Ungradable + Failed;

    public long Graded { get; private set; }

    public long Ungradable { get; private set; }

    public long Failed { get; private set; }

    public double ScoreSum { get; private set; }

    public double Seconds { get; private set; }

    /// <summary>The first few faults: an exception, a score out of range, no reason, a failure that is the grader's own.</summary>
    public List<string> Faults { get; } = [];

    public long FaultCount { get; private set; }

    /// <summary>Grades answers: each is made once and given to every grader whose share it falls into.</summary>
    public static async Task<FuzzRun[]> RunAsync(IReadOnlyList<FuzzGrader> graders, IReadOnlyList<string> seeds, ulong stream, ulong from, ulong count)
    {
        FuzzRun[] runs = [.. graders.Select(grader => new FuzzRun(grader))];
        for (ulong number = from; number < from + count; number++)
        {
            Completion completion = Completion.FromText(AnswerMutator.Make(seeds, stream, number));
            foreach (FuzzRun run in runs)
            {
                if (number % (ulong)run.Grader.Every == 0)
                {
                    await run.OneAsync(number, completion);
                }
            }
        }

        return runs;
    }

    /// <summary>The monster that took longest, and its milliseconds.</summary>
    public string WorstMonster => worstMonster is { } worst ? $"{Math.Round(worst.Milliseconds)} ({worst.What})" : string.Empty;

    /// <summary>One answer beside the counted ones.</summary>
    public async Task MonsterAsync(string what, string answer)
    {
        var single = new FuzzRun(Grader);
        long start = Stopwatch.GetTimestamp();
        try
        {
            single.Add(0, await Grader.Grader.GradeAsync(Grader.Row, Completion.FromText(answer)));
        }
        catch (Exception error)
        {
            single.Fault(0, $"{error.GetType().Name}: {error.Message}");
        }

        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        worstMonster = worstMonster is null || milliseconds > worstMonster.Value.Milliseconds ? (what, milliseconds) : worstMonster;
        FaultCount += single.FaultCount;
        Faults.AddRange(single.Faults.Select(fault => $"{what}: {fault}"));
    }

    public void Merge(FuzzRun other)
    {
        Graded += other.Graded;
        Ungradable += other.Ungradable;
        Failed += other.Failed;
        ScoreSum += other.ScoreSum;
        Seconds += other.Seconds;
        FaultCount += other.FaultCount;
        Faults.AddRange(other.Faults.Take(5));
    }

    private async Task OneAsync(ulong number, Completion completion)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            Add(number, await Grader.Grader.GradeAsync(Grader.Row, completion));
        }
        catch (Exception error)
        {
            Fault(number, $"{error.GetType().Name}: {error.Message}");
        }

        Seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private void Add(ulong number, Grade grade)
    {
        ScoreSum += grade.Score;
        switch (grade.Status)
        {
            case GradeStatus.Graded:
                Graded++;
                break;
            case GradeStatus.Ungradable:
                Ungradable++;
                break;
            default:
                Failed++;
                break;
        }

        if (!InRange(grade.Score) || (grade.Precision is { } precision && !InRange(precision)) || (grade.Recall is { } recall && !InRange(recall)))
        {
            Fault(number, $"score {grade.Score}, precision {grade.Precision}, recall {grade.Recall}");
        }

        if (grade.Status != GradeStatus.Graded && string.IsNullOrEmpty(grade.Reason))
        {
            Fault(number, $"{grade.Status} without a reason");
        }

        if (grade.Status is GradeStatus.Failed or GradeStatus.Skipped && !Grader.MayFail)
        {
            Fault(number, $"{grade.Status}: {grade.Reason}");
        }
    }

    private static bool InRange(double value) => value is >= 0 and <= 1;

    private void Fault(ulong number, string text)
    {
        FaultCount++;
        if (Faults.Count < 5)
        {
            Faults.Add($"{Grader.Name}, answer {number}: {text}");
        }
    }
}

namespace RlvrSharp.Graders;

/// <summary>Sums over the gradings of one grader in one step.</summary>
internal readonly record struct GraderTally(int Gradings, int Failed, int Ungradable, int Retries, double Seconds)
{
    /// <summary>Adds what the graders of one completion did.</summary>
    public static void Add(SortedDictionary<string, GraderTally> sums, Rollout rollout)
    {
        foreach ((string name, Grade grade) in rollout.Grades)
        {
            GraderTally sum = sums.GetValueOrDefault(name);
            GradingEffort effort = rollout.Efforts?.GetValueOrDefault(name) ?? default;
            sums[name] = new GraderTally(
                sum.Gradings + 1,
                sum.Failed + (grade.Status == GradeStatus.Failed ? 1 : 0),
                sum.Ungradable + (grade.Status == GradeStatus.Ungradable ? 1 : 0),
                sum.Retries + effort.Retries,
                sum.Seconds + effort.Seconds);
        }
    }
}

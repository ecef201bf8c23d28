using Microsoft.Extensions.Options;

namespace RlvrSharp.Graders.Lint;

/// <summary>Samples a policy and grades what it says, problem by problem.</summary>
internal static class Calibration
{
    private const ulong SampleStream = 0x63616C69;

    public static async Task<CalibrationReport> RunAsync(
        IPolicy policy, IGrader grader, IReadOnlyList<Problem> problems, CalibrationOptions options, CancellationToken cancellationToken)
    {
        if (new CalibrationOptionsValidator().Validate(null, options) is { Failed: true } result)
        {
            throw new OptionsValidationException(nameof(CalibrationOptions), typeof(CalibrationOptions), result.Failures);
        }

        int count = Math.Min(options.MaxProblems, problems.Count);
        int[] rows = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * problems.Count / count))];
        SampleRequest[] requests =
        [
            .. rows.SelectMany(row => Enumerable.Range(0, options.SamplesPerProblem).Select(draw =>
                new SampleRequest(problems[row], KeyedRandom.Key(SampleStream, options.Seed, (ulong)row, (ulong)draw)))),
        ];
        IReadOnlyList<Completion> completions = await policy.SampleAsync(requests, options.Sampling, cancellationToken).ConfigureAwait(false);
        (Problem, Completion)[] work = [.. completions.Select((completion, i) => (problems[rows[i / options.SamplesPerProblem]], completion))];

        // Failed grades are counted in the report; they are what it is for, so they do not stop it.
        var grading = new GradingOptions();
        options.Grading.CopyTo(grading);
        grading.ErrorBudget = 1;
        var pipeline = new GradingPipeline([new WeightedGrader("grader", grader)], grading);
        IReadOnlyList<Rollout> rollouts = await pipeline.GradeAsync(work, cancellationToken).ConfigureAwait(false);
        return CalibrationReport.From(
            [
                .. rollouts.Select(rollout => rollout.Grades["grader"]).Chunk(options.SamplesPerProblem)
                    .Select((grades, i) => new CalibrationGroup(problems[rows[i]].Id ?? $"row {rows[i] + 1}", grades)),
            ],
            options.PassScore);
    }
}

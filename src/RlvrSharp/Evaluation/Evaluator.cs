using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Evaluation;

/// <summary>Measures a policy on problems: draws, grades, and says how sure the means are.</summary>
public sealed class Evaluator
{
    private const ulong SampleStream = 0x6576616C;
    private readonly GradingPipeline grading;

    /// <summary>An evaluator.</summary>
    /// <param name="grading">The graders.</param>
    public Evaluator(GradingPipeline grading) => this.grading = grading ?? throw new ArgumentNullException(nameof(grading));

    /// <summary>Evaluates a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="problems">The held-out problems; one or more.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="reference">The initial policy, to measure the KL divergence; null to leave that out.</param>
    /// <param name="cancellationToken">Stops the evaluation.</param>
    /// <returns>The result.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is out of range; all such are named.</exception>
    /// <exception cref="GradingException">Not one completion could be scored.</exception>
    public async Task<EvaluationResult> EvaluateAsync(
        IPolicy policy,
        IReadOnlyList<Problem> problems,
        EvaluationOptions? options = null,
        IPolicy? reference = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentOutOfRangeException.ThrowIfZero(problems.Count, nameof(problems));
        options ??= new EvaluationOptions();
        OptionsCheck.ThrowIfInvalid(options, new EvaluationOptionsValidator());
        IReadOnlyList<Rollout> drawn = await DrawAsync(policy, problems, options, options.Sampling, options.DrawsPerProblem, cancellationToken).ConfigureAwait(false);
        ThrowIfNoneScored(drawn);
        IReadOnlyList<Rollout>? greedy = null;
        if (options.Greedy)
        {
            var greedySampling = new SamplingOptions { Temperature = 0, MaxTokens = options.Sampling.MaxTokens };
            greedy = await DrawAsync(policy, problems, options, greedySampling, 1, cancellationToken).ConfigureAwait(false);
        }

        (double PerToken, double PerCompletion)? kl = reference is null || options.Sampling.Temperature == 0
            ? null
            : await KlAsync(reference, drawn, options.Sampling.Temperature, cancellationToken).ConfigureAwait(false);
        return new EvaluationResult
        {
            Sampled = Summarize(problems.Count, drawn, options),
            Greedy = greedy is null ? null : Summarize(problems.Count, greedy, options),
            KlToInitial = kl?.PerToken,
            KlToInitialPerCompletion = kl?.PerCompletion,
            SampledTokens = drawn.Concat(greedy ?? []).Sum(rollout => (long)rollout.Completion.Tokens.Length),
            Rollouts = drawn,
        };
    }

    // A mean over nothing would be shown as a result, and a run would go on from it.
    private static void ThrowIfNoneScored(IReadOnlyList<Rollout> rollouts)
    {
        if (rollouts.Any(rollout => rollout.Status is GradeStatus.Graded or GradeStatus.Ungradable))
        {
            return;
        }

        Grade? example = rollouts.SelectMany(rollout => rollout.Grades.Values).FirstOrDefault(grade => grade.Status is GradeStatus.Failed or GradeStatus.Skipped);
        throw new GradingException(
            $"None of the {rollouts.Count} completions could be scored, so there is no result. One of them: {example?.Reason ?? "no reason given"} Mend the grader, or the rows that it does not apply to.",
            example?.Error);
    }

    /// <summary>Summarizes rollouts that are already graded, such as those of another program.</summary>
    /// <param name="problemCount">The number of problems; the rollouts come problem by problem, equally many each.</param>
    /// <param name="rollouts">The graded completions.</param>
    /// <param name="options">For the confidence and seed; null for the defaults.</param>
    /// <returns>The summary.</returns>
    public static EvaluationSummary Summarize(int problemCount, IReadOnlyList<Rollout> rollouts, EvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(rollouts);
        ArgumentOutOfRangeException.ThrowIfLessThan(problemCount, 1);
        if (rollouts.Count % problemCount != 0)
        {
            throw new ArgumentException($"There are {rollouts.Count} rollouts for {problemCount} problems, but each problem must have equally many.", nameof(rollouts));
        }

        options ??= new EvaluationOptions();
        int draws = rollouts.Count / problemCount;
        var rowScores = new double[problemCount];
        var exactShares = new List<double>(problemCount);
        var usable = new List<Rollout>(rollouts.Count);
        for (int row = 0; row < problemCount; row++)
        {
            double sum = 0;
            int exact = 0;
            int count = 0;
            for (int draw = 0; draw < draws; draw++)
            {
                Rollout rollout = rollouts[(row * draws) + draw];
                if (rollout.Status is GradeStatus.Graded or GradeStatus.Ungradable)
                {
                    usable.Add(rollout);
                    sum += rollout.Score;
                    exact += IsExact(rollout) ? 1 : 0;
                    count++;
                }
            }

            rowScores[row] = count == 0 ? double.NaN : sum / count;
            if (count > 0)
            {
                exactShares.Add((double)exact / count);
            }
        }

        double[] scored = [.. rowScores.Where(score => !double.IsNaN(score))];
        return new EvaluationSummary
        {
            Score = Bootstrap.Mean(scored, options.Confidence, seed: options.Seed),
            Exact = Bootstrap.Mean(exactShares.ToArray(), options.Confidence, seed: options.Seed),
            Precision = MeanOrNull(usable.SelectMany(rollout => rollout.Grades.Values).Select(grade => grade.Precision)),
            Recall = MeanOrNull(usable.SelectMany(rollout => rollout.Grades.Values).Select(grade => grade.Recall)),
            UngradableFraction = usable.Count == 0 ? 0 : (double)usable.Count(rollout => rollout.Status == GradeStatus.Ungradable) / usable.Count,
            FailedCount = rollouts.Count(rollout => rollout.Status == GradeStatus.Failed),
            TruncatedFraction = usable.Count == 0 ? 0 : (double)usable.Count(rollout => rollout.Completion.FinishReason == FinishReason.Length) / usable.Count,
            CompletionLengthMean = usable.Count == 0 ? 0 : usable.Average(rollout => rollout.Completion.Tokens.Length),
            Graders = GraderMeans(usable),
            Fields = FieldMeans(usable),
            RowScores = rowScores,
        };
    }

    /// <summary>
    /// Mean score per grader over the rollouts that the grader graded, and as <c>grader.number</c> the mean of each number that it measures beside it, such as
    /// the parts of a multi grader, over the rollouts that have one.
    /// </summary>
    internal static SortedDictionary<string, double> GraderMeans(IReadOnlyList<Rollout> rollouts)
    {
        var sums = new SortedDictionary<string, (double Sum, int Count)>(StringComparer.Ordinal);
        foreach (Rollout rollout in rollouts)
        {
            foreach ((string name, Grade grade) in rollout.Grades)
            {
                if (grade.Status is GradeStatus.Graded or GradeStatus.Ungradable)
                {
                    (double sum, int count) = sums.GetValueOrDefault(name);
                    sums[name] = (sum + grade.Score, count + 1);
                }

                foreach ((string part, double value) in grade.Metrics ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, double>.Empty)
                {
                    if (part != RawScore.MetricName && double.IsFinite(value))
                    {
                        (double sum, int count) = sums.GetValueOrDefault($"{name}.{part}");
                        sums[$"{name}.{part}"] = (sum + value, count + 1);
                    }
                }
            }
        }

        return Means(sums);
    }

    /// <summary>
    /// Mean match per top-level field: a field's parts are averaged by weight within a completion, then over completions. An
    /// ungradable completion matches none of the fields that the others have.
    /// </summary>
    internal static SortedDictionary<string, double> FieldMeans(IReadOnlyList<Rollout> rollouts)
    {
        var sums = new SortedDictionary<string, (double Sum, int Count)>(StringComparer.Ordinal);
        int ungradable = 0;
        var parts = new Dictionary<string, (double Matched, double Weight)>(StringComparer.Ordinal);
        foreach (Rollout rollout in rollouts)
        {
            parts.Clear();
            foreach (Grade grade in rollout.Grades.Values)
            {
                foreach (FieldGrade field in grade.Fields.Where(field => field.Expected is not null))
                {
                    string top = FieldPath.First(field.Path);
                    (double matched, double weight) = parts.GetValueOrDefault(top);
                    parts[top] = (matched + (field.Matched * field.Weight), weight + field.Weight);
                }
            }

            ungradable += rollout.Status == GradeStatus.Ungradable && parts.Count == 0 ? 1 : 0;
            foreach ((string name, (double matched, double weight)) in parts.Where(part => part.Value.Weight > 0))
            {
                (double sum, int count) = sums.GetValueOrDefault(name);
                sums[name] = (sum + (matched / weight), count + 1);
            }
        }

        foreach (string name in sums.Keys.ToArray())
        {
            (double sum, int count) = sums[name];
            sums[name] = (sum, count + ungradable);
        }

        return Means(sums);
    }

    internal static bool IsExact(Rollout rollout) => rollout.Status == GradeStatus.Graded && rollout.Score >= 1 - 1e-9;

    private static SortedDictionary<string, double> Means(SortedDictionary<string, (double Sum, int Count)> sums)
    {
        var means = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach ((string name, (double sum, int count)) in sums)
        {
            means.Add(name, sum / count);
        }

        return means;
    }

    private static double? MeanOrNull(IEnumerable<double?> values)
    {
        double sum = 0;
        int count = 0;
        foreach (double? value in values)
        {
            sum += value ?? 0;
            count += value is null ? 0 : 1;
        }

        return count == 0 ? null : sum / count;
    }

    private static async Task<(double PerToken, double PerCompletion)> KlAsync(
        IPolicy reference, IReadOnlyList<Rollout> drawn, double temperature, CancellationToken cancellationToken)
    {
        var sequences = drawn
            .Select(rollout => new TokenSequence { PromptTokens = rollout.Completion.PromptTokens, Tokens = rollout.Completion.Tokens })
            .ToArray();
        IReadOnlyList<TokenScores> scores = await reference.ScoreAsync(sequences, temperature, cancellationToken).ConfigureAwait(false);
        double k3 = 0;
        double k1 = 0;
        long tokens = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            ReadOnlySpan<float> policyLogProbs = drawn[i].Completion.LogProbs.Span;
            ReadOnlySpan<float> referenceLogProbs = scores[i].LogProbs.Span;
            for (int t = 0; t < policyLogProbs.Length; t++)
            {
                double x = (double)policyLogProbs[t] - referenceLogProbs[t];
                k3 += Math.Exp(-x) + x - 1;
                k1 += x;
            }

            tokens += policyLogProbs.Length;
        }

        return (tokens == 0 ? 0 : k3 / tokens, k1 / sequences.Length);
    }

    private async Task<IReadOnlyList<Rollout>> DrawAsync(
        IPolicy policy, IReadOnlyList<Problem> problems, EvaluationOptions options, SamplingOptions sampling, int draws, CancellationToken cancellationToken)
    {
        var requests = new List<SampleRequest>(problems.Count * draws);
        for (int row = 0; row < problems.Count; row++)
        {
            for (int draw = 0; draw < draws; draw++)
            {
                requests.Add(new SampleRequest(problems[row], KeyedRandom.Key(SampleStream, options.Seed, (ulong)row, (ulong)draw)));
            }
        }

        IReadOnlyList<Completion> completions = await policy.SampleAsync(requests, sampling, cancellationToken).ConfigureAwait(false);
        var work = new (Problem, Completion)[completions.Count];
        for (int i = 0; i < work.Length; i++)
        {
            work[i] = (problems[i / draws], completions[i]);
        }

        return await grading.GradeAsync(work, cancellationToken).ConfigureAwait(false);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RlvrSharp.Advantages;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>The loop that all reinforcement learning trainers share: collect, estimate advantages, update, report.</summary>
public abstract class PolicyTrainer : IResumableTrainer
{
    private readonly ITrainablePolicy policy;
    private readonly IPolicy reference;
    private readonly PolicyTrainerOptions options;
    private readonly GradingPipeline grading;
    private readonly RolloutCollector collector;
    private readonly IAdvantageEstimator estimator;
    private readonly LossCoefficients coefficients;
    private readonly PolicyUpdate update;
    private readonly RlvrMetrics metrics;
    private readonly ILogger logger;

    private protected PolicyTrainer(
        ITrainablePolicy policy,
        IPolicy reference,
        GradingPipeline grading,
        PolicyTrainerOptions options,
        IReadOnlyList<IRewardShaper>? shapers,
        ILogger? logger,
        RlvrMetrics? metrics)
    {
        this.policy = policy ?? throw new ArgumentNullException(nameof(policy));
        this.reference = reference ?? throw new ArgumentNullException(
            nameof(reference), "There is no reference policy, but the KL divergence from the initial policy is always measured: give policy.CreateReference(), made before anything is trained.");
        this.grading = grading ?? throw new ArgumentNullException(nameof(grading));
        this.options = options;
        this.logger = logger ?? NullLogger.Instance;
        this.metrics = metrics ?? RlvrMetrics.Shared;
        estimator = options.CreateEstimator();
        if (shapers is { Count: > 0 } && estimator is BatchAdvantageEstimator { NeedsParts: true })
        {
            throw new ArgumentException(
                "The advantage is GDPO's, which normalises each grader's own score and never sees shaped rewards, but reward shapers are given: remove them, or make what they do a grader.", nameof(shapers));
        }

        collector = new RolloutCollector(policy, grading, shapers ?? [], options.Rollout, options.Seed);
        coefficients = new LossCoefficients(options);
        update = new PolicyUpdate(policy, options, coefficients, this.logger);
    }

    /// <summary>The trainer that options are for: <see cref="GrpoTrainer"/> for <see cref="GrpoOptions"/>, <see cref="PpoTrainer"/> for <see cref="PpoOptions"/>.</summary>
    /// <param name="policy">The policy to move; with values for PPO.</param>
    /// <param name="reference">The frozen initial policy (<see cref="ITrainablePolicy.CreateReference"/>).</param>
    /// <param name="grading">The graders.</param>
    /// <param name="options">The settings, such as those of <see cref="TrainingPresets.Create"/>, read now.</param>
    /// <param name="shapers">Reward shapers, run in this order.</param>
    /// <param name="loggers">Where progress is logged.</param>
    /// <param name="metrics">The instruments.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Settings make no sense; all are named.</exception>
    public static PolicyTrainer Create(
        ITrainablePolicy policy,
        IPolicy reference,
        GradingPipeline grading,
        PolicyTrainerOptions options,
        IReadOnlyList<IRewardShaper>? shapers = null,
        ILoggerFactory? loggers = null,
        RlvrMetrics? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options switch
        {
            GrpoOptions grpo => new GrpoTrainer(policy, reference, grading, grpo, shapers, loggers?.CreateLogger<GrpoTrainer>(), metrics),
            PpoOptions ppo => new PpoTrainer(policy, reference, grading, ppo, shapers, loggers?.CreateLogger<PpoTrainer>(), metrics),
            _ => throw new NotSupportedException($"There is no trainer for {options.GetType().Name}."),
        };
    }

    /// <inheritdoc/>
    public int CompletedSteps { get; private set; }

    /// <inheritdoc/>
    public int TotalSteps => options.Steps;

    /// <inheritdoc/>
    public bool HasEnded => CompletedSteps >= options.Steps || StoppedOnKl;

    private bool StoppedOnKl { get; set; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TrainingStep> TrainAsync(
        IReadOnlyList<Problem> problems, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problems);
        CheckProblems(problems);
        collector.Start(problems);
        Log.RunStarts(logger, options.Seed, problems.Count, options.Steps, options.Rollout.ProblemsPerStep, options.Rollout.GroupSize);
        while (!HasEnded && !cancellationToken.IsCancellationRequested)
        {
            // A step that has begun is finished: half a step cannot be saved.
            TrainingStep report = await StepAsync(CompletedSteps + 1).ConfigureAwait(false);
            CompletedSteps = report.Number;
            Log.StepDone(logger, report.Number, report.TotalSteps, report.RewardMean, report.ScoreMean, report.KlToInitial, report.GradNorm);
            if (options.MaxKlToInitial > 0 && report.KlToInitial > options.MaxKlToInitial)
            {
                Log.StoppedOnKl(logger, report.Number, report.KlToInitial, options.MaxKlToInitial);
                StoppedOnKl = true;
            }

            yield return report;
        }
    }

    /// <inheritdoc/>
    public void SaveState(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("completed_steps", CompletedSteps);
        writer.WriteBoolean("stopped_on_kl", StoppedOnKl);
        writer.WriteNumber("gradings", grading.Counts.Gradings);
        writer.WriteNumber("failed_gradings", grading.Counts.Failures);
        collector.SaveState(writer);
        coefficients.SaveState(writer);
        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public void LoadState(JsonElement state)
    {
        CompletedSteps = state.GetProperty("completed_steps").GetInt32();
        StoppedOnKl = state.GetProperty("stopped_on_kl").GetBoolean();
        grading.Counts = (state.GetProperty("gradings").GetInt64(), state.GetProperty("failed_gradings").GetInt64());
        collector.LoadState(state);
        coefficients.LoadState(state);
    }

    private async Task<TrainingStep> StepAsync(int number)
    {
        long start = Stopwatch.GetTimestamp();
        using Activity? activity = RlvrTelemetry.Source.StartActivity(RlvrTelemetry.StepSpan);
        RolloutBatch batch = await collector.CollectAsync(number, CancellationToken.None).ConfigureAwait(false);
        long trainStart = Stopwatch.GetTimestamp();
        UpdateInput[] inputs;
        UpdateResult result;
        double klToInitial;
        using (RlvrTelemetry.Source.StartActivity(RlvrTelemetry.UpdateSpan))
        {
            (inputs, klToInitial) = await PrepareAsync(number, batch).ConfigureAwait(false);
            (double? kl, double? entropy) = (coefficients.AdaptiveKl, coefficients.AdaptiveEntropy);
            double rate = options.Optimizer.LearningRate * options.Schedule.Factor(number, options.Steps);
            result = await update.RunAsync(number, inputs, rate).ConfigureAwait(false);
            (result.KlCoefficient, result.EntropyCoefficient) = (kl, entropy);
            coefficients.AfterStep(klToInitial, batch.Sampled.Sum(group => group.Rewards.Length));
        }

        double trainSeconds = Stopwatch.GetElapsedTime(trainStart).TotalSeconds;
        LogGroups(number, batch);
        TrainingStep report = StepReport.Create(number, options, batch, inputs, result, klToInitial, trainSeconds);
        metrics.RecordStep(report, Stopwatch.GetElapsedTime(start).TotalSeconds, batch.RolloutSeconds, batch.PromptTokens);
        foreach (ScoredGroup group in batch.Sampled)
        {
            foreach (float reward in group.Rewards)
            {
                metrics.RecordReward(reward);
            }
        }

        return report;
    }

    /// <summary>Scores the step's completions under the initial policy, and under the policy where that is needed, and estimates advantages.</summary>
    private async Task<(UpdateInput[] Inputs, double KlToInitial)> PrepareAsync(int number, RolloutBatch batch)
    {
        (int Group, Rollout Rollout, float Reward)[] entries = batch.Groups
            .SelectMany((group, index) => group.Group.Rollouts.Select((rollout, i) => (index, rollout, group.Rewards[i])))
            .ToArray();
        var sequences = Array.ConvertAll(entries, entry => new TokenSequence
        {
            PromptTokens = batch.Groups[entry.Group].Group.Rollouts[0].Completion.PromptTokens,
            Tokens = entry.Rollout.Completion.Tokens,
        });
        double temperature = options.Rollout.Sampling.Temperature;
        IReadOnlyList<TokenScores> initial = await reference.ScoreAsync(sequences, temperature).ConfigureAwait(false);
        IReadOnlyList<TokenScores>? current = estimator.NeedsValues || options.OffPolicy is not null
            ? await policy.ScoreAsync(sequences, temperature).ConfigureAwait(false)
            : null;
        double[] greedyRewards = estimator is ReinforceEstimator { Baseline: ReinforceBaseline.Greedy } ? await collector.GreedyRewardsAsync(batch.Groups).ConfigureAwait(false) : [];
        var rows = new AdvantageRow[entries.Length];
        var masks = new float[entries.Length][];
        for (int i = 0; i < entries.Length; i++)
        {
            Completion completion = entries[i].Rollout.Completion;
            masks[i] = new float[completion.Tokens.Length];
            Array.Fill(masks[i], options.Rollout.MaskTruncated && completion.FinishReason == FinishReason.Length ? 0f : 1f);
            rows[i] = new AdvantageRow
            {
                Group = entries[i].Group,
                Reward = entries[i].Reward,
                Length = completion.Tokens.Length,
                Mask = masks[i],
                TokenRewards = options.KlPlacement == KlPlacement.Reward && coefficients.Kl > 0
                    ? KlRewards(completion.LogProbs.Span, initial[i].LogProbs.Span, coefficients.Kl)
                    : default,
                Values = estimator.NeedsValues ? current![i].Values : default,
                RewardParts = RewardParts(entries[i].Rollout),
                GreedyReward = greedyRewards.Length > 0 ? greedyRewards[entries[i].Group] : 0,
            };
        }

        IReadOnlyList<TokenAdvantages> advantages = rows.Length == 0 ? [] : estimator.Estimate(rows);
        bool warmup = options.IsWarmup(number);
        var inputs = new UpdateInput[entries.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            ReadOnlyMemory<float> recorded = entries[i].Rollout.Completion.LogProbs;
            inputs[i] = new UpdateInput
            {
                Group = entries[i].Group,
                Sequence = sequences[i],
                Mask = masks[i],
                OldLogProbs = options.OffPolicy is null ? recorded : current![i].LogProbs,
                SamplerLogProbs = options.OffPolicy is null ? default : recorded,
                ReferenceLogProbs = initial[i].LogProbs,
                Advantages = warmup ? new float[recorded.Length] : advantages[i].Advantages,
                OldValues = rows[i].Values,
                Returns = advantages[i].Returns,
            };
        }

        return (inputs, await KlToInitialAsync(batch, inputs).ConfigureAwait(false));
    }

    private float[] KlRewards(ReadOnlySpan<float> logProbs, ReadOnlySpan<float> referenceLogProbs, double coefficient)
    {
        var rewards = new float[logProbs.Length];
        KlPenalty.Estimate(logProbs, referenceLogProbs, new KlOptions { Estimator = options.KlEstimator ?? KlEstimator.K1 }, rewards);
        for (int t = 0; t < rewards.Length; t++)
        {
            rewards[t] = (float)(-coefficient * rewards[t]);
        }

        return rewards;
    }

    /// <summary>
    /// The k3 estimate of KL(π ‖ π_initial) at the step's start, mean over the tokens of all completions that the step sampled: those that a
    /// filter left out count, replayed ones, which an older policy drew, do not.
    /// </summary>
    private async Task<double> KlToInitialAsync(RolloutBatch batch, UpdateInput[] inputs)
    {
        var known = new Dictionary<Completion, ReadOnlyMemory<float>>(ReferenceEqualityComparer.Instance);
        int next = 0;
        foreach (Rollout rollout in batch.Groups.SelectMany(group => group.Group.Rollouts))
        {
            known[rollout.Completion] = inputs[next++].ReferenceLogProbs;
        }

        Completion[] sampled = batch.Sampled.SelectMany(group => group.Group.Rollouts).Select(rollout => rollout.Completion).ToArray();
        Completion[] left = sampled.Where(completion => !known.ContainsKey(completion)).ToArray();
        if (left.Length > 0)
        {
            TokenSequence[] sequences = Array.ConvertAll(left, completion => new TokenSequence { PromptTokens = completion.PromptTokens, Tokens = completion.Tokens });
            IReadOnlyList<TokenScores> scores = await reference.ScoreAsync(sequences, options.Rollout.Sampling.Temperature).ConfigureAwait(false);
            for (int i = 0; i < left.Length; i++)
            {
                known[left[i]] = scores[i].LogProbs;
            }
        }

        double sum = 0;
        long tokens = 0;
        foreach (Completion completion in sampled)
        {
            sum += Divergence(completion.LogProbs.Span, known[completion].Span);
            tokens += completion.LogProbs.Length;
        }

        return tokens == 0 ? 0 : sum / tokens;
    }

    private static double Divergence(ReadOnlySpan<float> logProbs, ReadOnlySpan<float> referenceLogProbs)
    {
        double sum = 0;
        for (int t = 0; t < logProbs.Length; t++)
        {
            double x = (double)logProbs[t] - referenceLogProbs[t];
            sum += Math.Exp(-x) + x - 1;
        }

        return sum;
    }

    private double[] RewardParts(Rollout rollout)
    {
        if (estimator is BatchAdvantageEstimator { PartNames: { } names })
        {
            return [.. names.Select(name => PartOf(rollout, name))];
        }

        WeightedGrader[] rewarded = [.. grading.Graders.Where(grader => grader.Weight > 0)];
        return Array.ConvertAll(rewarded, grader => rollout.Grades.GetValueOrDefault(grader.Name) switch
        {
            { Status: GradeStatus.Graded } grade => grade.Score,
            { Status: GradeStatus.Ungradable } => options.Rollout.Grading.UngradableScore,
            _ => double.NaN,
        });
    }

    /// <summary>A part of the reward by name: a grader's score, or a number that a grader measured beside it. A part that is called as its grader is the part.</summary>
    private double PartOf(Rollout rollout, string name)
    {
        if (rollout.Grades.TryGetValue(name, out Grade? own) && own.Metrics?.ContainsKey(name) != true)
        {
            return own.Status switch
            {
                GradeStatus.Graded => own.Score,
                GradeStatus.Ungradable => options.Rollout.Grading.UngradableScore,
                _ => double.NaN,
            };
        }

        foreach (Grade grade in rollout.Grades.Values)
        {
            if (grade.Metrics?.TryGetValue(name, out double value) == true)
            {
                return value;
            }
        }

        // What cannot be graded has no parts: each is the floor.
        return rollout.Status == GradeStatus.Ungradable ? options.Rollout.Grading.UngradableScore
            : throw new GradingException($"The part \"{name}\" of the reward is neither a grader nor a number that one measures. There are: "
                + string.Join(", ", rollout.Grades.Keys.Concat(rollout.Grades.Values.SelectMany(grade => grade.Metrics?.Keys ?? [])).Distinct(StringComparer.Ordinal)) + ".");
    }

    /// <inheritdoc/>
    public void CheckProblems(IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        if (problems.Count == 0)
        {
            throw new DataException("There are no problems: give one or more.");
        }

        var faults = new List<string>();
        for (int i = 0; i < problems.Count; i++)
        {
            string name = problems[i].Id ?? string.Create(CultureInfo.InvariantCulture, $"problem {i}");
            foreach (WeightedGrader grader in grading.Graders)
            {
                if ((grader.Grader as IProblemRequirement)?.FindFault(problems[i]) is { } fault)
                {
                    faults.Add($"{name}: {fault}");
                }
            }

            int length;
            try
            {
                length = policy.Codec.EncodePrompt(problems[i].Messages, problems[i].Tools).Length;
            }
            catch (RlvrException refusal)
            {
                faults.Add($"{name}: {refusal.Message}");
                continue;
            }

            if (length >= policy.ContextLength)
            {
                faults.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}: the prompt is {length} tokens, but the model's context of {policy.ContextLength} must hold it and an answer: shorten the prompt, or leave the row out."));
            }
        }

        if (faults.Count > 0)
        {
            throw new DataException(string.Join(Environment.NewLine, faults.Take(20)) + (faults.Count > 20 ? $"{Environment.NewLine}… and {faults.Count - 20} more." : string.Empty));
        }
    }

    private void LogGroups(int step, RolloutBatch batch)
    {
        if (!logger.IsEnabled(LogLevel.Debug))
        {
            return;
        }

        foreach (ScoredGroup group in batch.Sampled)
        {
            string problem = group.Group.Problem.Id ?? group.Group.ProblemIndex.ToString(CultureInfo.InvariantCulture);
            Log.Group(logger, step, problem, string.Join(' ', group.Rewards.Select(reward => reward.ToString("F3", CultureInfo.InvariantCulture))));
            for (int i = 0; i < group.Rewards.Length; i++)
            {
                Log.CompletionText(logger, problem, group.Rewards[i], group.Group.Rollouts[i].Completion.Text);
            }
        }
    }
}

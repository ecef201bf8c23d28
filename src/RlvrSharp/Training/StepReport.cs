using RlvrSharp.Evaluation;
using RlvrSharp.Graders;

namespace RlvrSharp.Training;

/// <summary>Makes a step's report from its sums.</summary>
internal static class StepReport
{
    public static TrainingStep Create(
        int number, PolicyTrainerOptions options, RolloutBatch batch, UpdateInput[] inputs, UpdateResult update, double klToInitial, double trainSeconds)
    {
        Rollout[] rollouts = batch.Sampled.SelectMany(group => group.Group.Rollouts).ToArray();
        float[] rewards = batch.Sampled.SelectMany(group => group.Rewards).ToArray();
        double rewardMean = Mean(rewards.Select(reward => (double)reward));
        Grade[] grades = rollouts.SelectMany(rollout => rollout.Grades.Values).ToArray();
        double tokens = Math.Max(1, update.Terms.TokenCount);
        int updates = Math.Max(1, update.OptimizerSteps);
        return new TrainingStep
        {
            Number = number,
            TotalSteps = options.Steps,
            ScoreMean = Mean(rollouts.Select(rollout => rollout.Score)),
            ExactFraction = Share(rollouts, Evaluator.IsExact),
            RewardMean = rewardMean,
            RewardStd = Math.Sqrt(Mean(rewards.Select(reward => (reward - rewardMean) * (reward - rewardMean)))),
            ZeroStdFraction = Share(batch.Sampled, group => group.IsZeroSignal),
            PrecisionMean = MeanOrNull(grades.Select(grade => grade.Precision)),
            RecallMean = MeanOrNull(grades.Select(grade => grade.Recall)),
            UngradableFraction = Share(rollouts, rollout => rollout.Status == GradeStatus.Ungradable),
            FailedCount = batch.FailedCount,
            KlToInitial = klToInitial,
            ApproxKl = update.Terms.ApproxKlSum / tokens,
            ClipFraction = (update.Terms.ClippedLowCount + update.Terms.ClippedHighCount) / tokens,
            RatioMean = update.First.TokenCount > 0 ? update.First.RatioSum / update.First.TokenCount : 1,
            Entropy = update.First.TokenCount > 0 ? update.First.EntropySum / update.First.TokenCount : 0,
            Loss = update.Terms.Loss / updates,
            GradNorm = update.GradNormSum / Math.Max(1, update.OptimizerSteps - update.SkippedUpdates),
            LearningRate = update.LearningRate,
            CompletionLengthMean = Mean(rollouts.Select(rollout => (double)rollout.Completion.Tokens.Length)),
            TruncatedFraction = Share(rollouts, rollout => rollout.Completion.FinishReason == FinishReason.Length),
            ExplainedVariance = ExplainedVariance(inputs),
            Metrics = Further(batch, rollouts, update, tokens, updates),
            SampledTokens = batch.SampledTokens,
            TrainedTokens = update.TrainedTokens,
            Seconds = Seconds(batch, trainSeconds),
        };
    }

    private static SortedDictionary<string, double> Further(RolloutBatch batch, Rollout[] rollouts, UpdateResult update, double tokens, int updates)
    {
        var further = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["clip_fraction_low"] = update.Terms.ClippedLowCount / tokens,
            ["clip_fraction_high"] = update.Terms.ClippedHighCount / tokens,
            ["ratio_max_deviation"] = update.Terms.MaxRatioDeviation,
            ["first_ratio_max_deviation"] = update.First.MaxRatioDeviation,
            ["policy_loss"] = update.Terms.PolicyLoss / updates,
            ["optimizer_steps"] = update.OptimizerSteps,
            ["skipped_updates"] = update.SkippedUpdates,
            ["dropped_groups"] = batch.DroppedGroups,
            ["all_good_fraction"] = Share(batch.Sampled, group => group.Group.Rollouts.All(Evaluator.IsExact)),
            ["all_bad_fraction"] = Share(batch.Sampled, group => group.Group.Rollouts.All(rollout => rollout.Score <= 0)),
            ["distinct_fraction"] = DistinctFraction(batch),
            ["completion_length_exact"] = Mean(rollouts.Where(Evaluator.IsExact).Select(rollout => (double)rollout.Completion.Tokens.Length)),
            ["completion_length_inexact"] = Mean(rollouts.Where(rollout => !Evaluator.IsExact(rollout)).Select(rollout => (double)rollout.Completion.Tokens.Length)),
        };
        AddIf(further, "kl_loss", update.Terms.KlLoss / updates);
        AddIf(further, "value_loss", update.Terms.ValueLoss / updates);
        AddKnown(further, "kl_coefficient", update.KlCoefficient);
        AddKnown(further, "entropy_coefficient", update.EntropyCoefficient);
        AddIf(further, "sampling_rounds", batch.Rounds > 1 ? batch.Rounds : 0);
        AddIf(further, "replayed", batch.Replayed);
        foreach ((string name, double score) in Evaluator.GraderMeans(rollouts))
        {
            further["grader/" + name] = score;
        }

        foreach ((string name, GraderTally tally) in batch.Graders)
        {
            AddIf(further, "grader_failed/" + name, tally.Failed);
            AddIf(further, "grader_ungradable/" + name, tally.Ungradable);
            AddIf(further, "grader_retries/" + name, tally.Retries);
        }

        foreach ((string name, double matched) in Evaluator.FieldMeans(rollouts))
        {
            further["field/" + name] = matched;
        }

        return further;
    }

    /// <summary>The step's phases, and the mean time of one grading per grader.</summary>
    private static SortedDictionary<string, double> Seconds(RolloutBatch batch, double trainSeconds)
    {
        var seconds = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["rollout"] = batch.RolloutSeconds,
            ["grade"] = batch.GradeSeconds,
            ["train"] = trainSeconds,
        };
        foreach ((string name, GraderTally tally) in batch.Graders)
        {
            seconds[TrainingStep.GraderSeconds + name] = tally.Seconds / Math.Max(1, tally.Gradings);
        }

        return seconds;
    }

    private static void AddIf(SortedDictionary<string, double> further, string name, double value)
    {
        if (value != 0)
        {
            further[name] = value;
        }
    }

    private static void AddKnown(SortedDictionary<string, double> further, string name, double? value)
    {
        if (value is { } known)
        {
            further[name] = known;
        }
    }

    /// <summary>How many different texts there are, per completion: a fall towards 1 / group size is a collapse onto one answer.</summary>
    private static double DistinctFraction(RolloutBatch batch)
    {
        int distinct = batch.Sampled.Sum(group => group.Group.Rollouts.Select(rollout => rollout.Completion.Text).Distinct(StringComparer.Ordinal).Count());
        int all = batch.Sampled.Sum(group => group.Group.Rollouts.Count);
        return all == 0 ? 0 : (double)distinct / all;
    }

    /// <summary>1 − Var(return − value) / Var(return) over the counted tokens; null without a critic or where returns do not vary.</summary>
    private static double? ExplainedVariance(UpdateInput[] inputs)
    {
        var returns = new List<double>();
        var errors = new List<double>();
        foreach (UpdateInput input in inputs)
        {
            for (int t = 0; t < Math.Min(input.OldValues.Length, input.Returns.Length); t++)
            {
                if (input.Mask[t] != 0)
                {
                    returns.Add(input.Returns.Span[t]);
                    errors.Add((double)input.Returns.Span[t] - input.OldValues.Span[t]);
                }
            }
        }

        double variance = Variance(returns);
        return variance > 0 ? 1 - (Variance(errors) / variance) : null;
    }

    private static double Variance(List<double> values)
    {
        double mean = Mean(values);
        return Mean(values.Select(value => (value - mean) * (value - mean)));
    }

    private static double Mean(IEnumerable<double> values)
    {
        double sum = 0;
        int count = 0;
        foreach (double value in values)
        {
            sum += value;
            count++;
        }

        return count == 0 ? 0 : sum / count;
    }

    private static double? MeanOrNull(IEnumerable<double?> values)
    {
        double[] present = values.OfType<double>().ToArray();
        return present.Length == 0 ? null : Mean(present);
    }

    private static double Share<T>(IReadOnlyCollection<T> items, Func<T, bool> predicate) => items.Count == 0 ? 0 : (double)items.Count(predicate) / items.Count;
}

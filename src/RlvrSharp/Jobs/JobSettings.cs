using System.Text.Json;
using RlvrSharp.Advantages;
using RlvrSharp.Losses;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Jobs;

/// <summary>The keys of a job's <c>rlvr</c> object and the options they set.</summary>
internal static class JobSettings
{
    public static void Read(JobReader rlvr, PolicyTrainerOptions trainer, TrainingRunOptions run, ManagedPolicyOptions policy)
    {
        trainer.Steps = rlvr.Whole("steps", 1, 100_000_000) ?? trainer.Steps;
        ReadRollout(rlvr, trainer.Rollout);
        ReadOptimizer(rlvr, trainer);
        ReadLoss(rlvr, trainer);
        if (trainer is GrpoOptions grpo)
        {
            grpo.AdvantageStd = Enum<AdvantageStd>(rlvr, "advantage_std") ?? grpo.AdvantageStd;
            grpo.AdvantageEpsilon = rlvr.Number("advantage_epsilon", 0, 1) ?? grpo.AdvantageEpsilon;
            if (grpo.Advantage is not null)
            {
                const string NoStd = "this algorithm does not divide by a group's deviation, so it would have no effect: leave it out.";
                rlvr.Refuse("advantage_std", NoStd);
                rlvr.Refuse("advantage_epsilon", NoStd);
            }
        }

        if (trainer is PpoOptions ppo)
        {
            ppo.Discount = rlvr.Number("discount", 0, 1) ?? ppo.Discount;
            ppo.GaeLambda = rlvr.Number("gae_lambda", 0, 1) ?? ppo.GaeLambda;
            ppo.LengthAdaptiveAlpha = rlvr.Number("length_adaptive_alpha", 0, 1000) ?? ppo.LengthAdaptiveAlpha;
            ppo.WhitenAdvantages = rlvr.Flag("whiten_advantages") ?? ppo.WhitenAdvantages;
            ppo.ValueCoefficient = rlvr.Number("value_coefficient", 0, 1000) ?? ppo.ValueCoefficient;
            ppo.ValueClip = rlvr.Number("value_clip", 0, minExclusive: true) ?? ppo.ValueClip;
            ppo.ValueWarmupSteps = rlvr.Whole("value_warmup_steps", 0) ?? ppo.ValueWarmupSteps;
        }

        run.Evaluation.Sampling.Temperature = rlvr.Number("eval_temperature", 0, 100, minExclusive: true) ?? trainer.Rollout.Sampling.Temperature;
        run.Evaluation.Sampling.MaxTokens = trainer.Rollout.Sampling.MaxTokens;
        run.Evaluation.Greedy = rlvr.Flag("eval_greedy") ?? run.Evaluation.Greedy;
        run.CheckpointEvery = rlvr.Whole("checkpoint_interval", 1) ?? run.CheckpointEvery;
        run.MaxCheckpoints = rlvr.Whole("max_checkpoints", 0) ?? run.MaxCheckpoints;
        policy.Threads = rlvr.Whole("threads", 0, 4096) ?? policy.Threads;
        ReadPolicy(rlvr, policy);
    }

    private static void ReadPolicy(JobReader rlvr, ManagedPolicyOptions policy)
    {
        policy.BFloat16Weights = rlvr.Choice("weights", "float32", "bfloat16", "fp32", "bf16") is "bfloat16" or "bf16";
        policy.RecomputeActivations = rlvr.Flag("recompute_activations") ?? policy.RecomputeActivations;
        policy.MaxBatch = rlvr.Whole("max_batch", 1, 65536) ?? policy.MaxBatch;
        policy.MaxTokensPerPass = rlvr.Whole("max_tokens_per_pass", 1, 1 << 24) ?? policy.MaxTokensPerPass;
        policy.ChatTemplate = rlvr.Text("chat_template") ?? policy.ChatTemplate;
        JsonElement variables = rlvr.Raw("chat_template_variables");
        if (variables.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
        {
            rlvr.Fault("chat_template_variables", "must be an object with the variables' names and values, such as {\"enable_thinking\": false}.");
        }

        foreach (JsonProperty variable in variables.ValueKind == JsonValueKind.Object ? variables.EnumerateObject() : [])
        {
            policy.ChatTemplateVariables[variable.Name] = variable.Value;
        }

        if (!rlvr.Has("lora"))
        {
            return;
        }

        JobReader lora = rlvr.Object("lora");
        policy.Lora = new LoraOptions();
        policy.Lora.Rank = lora.Whole("rank", 1, 1024) ?? policy.Lora.Rank;
        policy.Lora.Alpha = lora.Number("alpha", 0, 1e6, minExclusive: true) ?? 2 * policy.Lora.Rank;
        if (lora.Number("dropout", 0, 1) is > 0)
        {
            lora.Fault("dropout", "is above 0, but sampling and training must compute the same numbers: leave it out, or set it to 0.");
        }

        foreach (string module in lora.Choices("target_modules", LoraOptions.Modules) ?? [])
        {
            policy.Lora.TargetModules.Add(module);
        }

        lora.Finish();
    }

    /// <summary>What the validators say, before anything else is opened.</summary>
    /// <param name="trainer">The trainer's options.</param>
    /// <param name="stepsAreKnown">Whether the number of steps is; where it follows from the rows, what depends on it is checked later.</param>
    public static IEnumerable<string> FindFaults(PolicyTrainerOptions trainer, bool stepsAreKnown)
    {
        int steps = trainer.Steps;
        trainer.Steps = stepsAreKnown ? steps : 100_000_000;
        string[] faults = trainer switch
        {
            GrpoOptions grpo => [.. new GrpoOptionsValidator().Validate(null, grpo).Failures ?? []],
            PpoOptions ppo => [.. new PpoOptionsValidator().Validate(null, ppo).Failures ?? []],
            _ => [.. trainer.FindConflicts()],
        };
        trainer.Steps = steps;
        return faults;
    }

    private static void ReadRollout(JobReader rlvr, RolloutOptions rollout)
    {
        // A group of one is not out of range here: whether the algorithm can use it, its validator says, with the reason.
        rollout.GroupSize = rlvr.Whole("group_size", 1, 4096) ?? rollout.GroupSize;
        rollout.MinGroupSize = rlvr.Whole("min_group_size", 1, 4096) ?? Math.Min(rollout.MinGroupSize, rollout.GroupSize);
        rollout.MaxGroupSize = rlvr.Whole("max_group_size", 0, 4096) ?? rollout.MaxGroupSize;
        rollout.MaxSamplingRounds = rlvr.Whole("max_sampling_rounds", 1, 1000) ?? rollout.MaxSamplingRounds;
        rollout.DropZeroSignalGroups = rlvr.Flag("drop_zero_signal_groups") ?? rollout.DropZeroSignalGroups;
        rollout.MaskTruncated = rlvr.Flag("mask_truncated") ?? rollout.MaskTruncated;
        rollout.ReplaySteps = rlvr.Whole("replay_steps", 0, 1_000_000) ?? rollout.ReplaySteps;
        rollout.Sampling.Temperature = rlvr.Number("temperature", 0, 100, minExclusive: true) ?? rollout.Sampling.Temperature;
        rollout.Sampling.MaxTokens = rlvr.Whole("max_tokens", 1, 1_000_000) ?? rollout.Sampling.MaxTokens;
        rollout.Grading.MaxConcurrency = rlvr.Whole("grader_concurrency", 1, 4096) ?? rollout.Grading.MaxConcurrency;
        rollout.Grading.UngradableScore = rlvr.Number("ungradable_score", 0, 1) ?? rollout.Grading.UngradableScore;
        rollout.Grading.ErrorBudget = rlvr.Number("error_budget", 0, 1) ?? rollout.Grading.ErrorBudget;
        rollout.Grading.MaxRetries = rlvr.Whole("grader_retries", 0, 20) ?? rollout.Grading.MaxRetries;
        rollout.Grading.Timeout = rlvr.Number("grader_timeout_seconds", 0.001, 86_400) is { } timeout ? TimeSpan.FromSeconds(timeout) : rollout.Grading.Timeout;
    }

    private static void ReadOptimizer(JobReader rlvr, PolicyTrainerOptions trainer)
    {
        trainer.Optimizer.LearningRate = rlvr.Number("learning_rate", 0, 1, minExclusive: true) ?? trainer.Optimizer.LearningRate;
        trainer.Optimizer.Beta1 = rlvr.Number("beta1", 0, 0.999999) ?? trainer.Optimizer.Beta1;
        trainer.Optimizer.Beta2 = rlvr.Number("beta2", 0, 0.999999) ?? trainer.Optimizer.Beta2;
        trainer.Optimizer.WeightDecay = rlvr.Number("weight_decay", 0, 10) ?? trainer.Optimizer.WeightDecay;
        trainer.Optimizer.MaxGradNorm = rlvr.Number("max_grad_norm", 0, minExclusive: true) ?? trainer.Optimizer.MaxGradNorm;
        trainer.Schedule.WarmupSteps = rlvr.Whole("warmup_steps", 0) ?? trainer.Schedule.WarmupSteps;
        trainer.Schedule.Decay = Enum<LearningRateDecay>(rlvr, "learning_rate_decay") ?? trainer.Schedule.Decay;
        trainer.Schedule.FinalFactor = rlvr.Number("learning_rate_final_factor", 0, 1) ?? trainer.Schedule.FinalFactor;
        trainer.EpochsPerStep = rlvr.Whole("epochs_per_step", 1, 1000) ?? trainer.EpochsPerStep;
        trainer.MinibatchesPerEpoch = rlvr.Whole("minibatches_per_epoch", 1, 1_000_000) ?? trainer.MinibatchesPerEpoch;
    }

    private static void ReadLoss(JobReader rlvr, PolicyTrainerOptions trainer)
    {
        double? low = rlvr.Number("clip_low", 0, 1);
        double? high = rlvr.Number("clip_high", 0, 1000);
        trainer.ClipLow = low ?? trainer.ClipLow;
        trainer.ClipHigh = high ?? trainer.ClipHigh;
        if (trainer.Objective is not (null or ClippedSurrogateOptions or ClipCovarianceOptions or CispoOptions))
        {
            const string NoClip = "this algorithm does not clip, so it would have no effect: leave it out.";
            rlvr.Refuse("clip_low", NoClip);
            rlvr.Refuse("clip_high", NoClip);
        }

        // A preset with an objective of its own has its own bounds; the keys change those.
        trainer.Objective = trainer.Objective switch
        {
            ClippedSurrogateOptions clipped => clipped with { ClipLow = low ?? clipped.ClipLow, ClipHigh = high ?? clipped.ClipHigh },
            ClipCovarianceOptions covariance => covariance with
            {
                Surrogate = covariance.Surrogate with { ClipLow = low ?? covariance.Surrogate.ClipLow, ClipHigh = high ?? covariance.Surrogate.ClipHigh },
            },
            CispoOptions cispo => cispo with { ClipLow = low ?? cispo.ClipLow, ClipHigh = high ?? cispo.ClipHigh },
            _ => trainer.Objective,
        };
        trainer.Aggregation = Enum<LossAggregation>(rlvr, "loss_aggregation") ?? trainer.Aggregation;
        trainer.KlCoefficient = rlvr.Number("kl_coefficient", 0, 1000) ?? trainer.KlCoefficient;
        trainer.KlEstimator = Enum<KlEstimator>(rlvr, "kl_estimator") ?? trainer.KlEstimator;
        trainer.KlPlacement = Enum<KlPlacement>(rlvr, "kl_placement") ?? trainer.KlPlacement;
        trainer.EntropyCoefficient = rlvr.Number("entropy_coefficient", 0, 100) ?? trainer.EntropyCoefficient;
        ReadAdaptive(rlvr, trainer);
        trainer.TargetKl = rlvr.Number("target_kl", 0, 1000) ?? trainer.TargetKl;
        trainer.MaxKlToInitial = rlvr.Number("max_kl_to_initial", 0, 1000) ?? trainer.MaxKlToInitial;
    }

    /// <summary>Any of a controller's keys switches it on.</summary>
    private static void ReadAdaptive(JobReader rlvr, PolicyTrainerOptions trainer)
    {
        double? klTarget = rlvr.Number("kl_target", 0, 1000, minExclusive: true);
        double? horizon = rlvr.Number("kl_horizon", 0, 1e12, minExclusive: true);
        if (klTarget is not null || horizon is not null)
        {
            trainer.AdaptiveKl = new AdaptiveKlOptions();
            trainer.AdaptiveKl.Target = klTarget ?? trainer.AdaptiveKl.Target;
            trainer.AdaptiveKl.Horizon = horizon ?? trainer.AdaptiveKl.Horizon;
        }

        double? entropyTarget = rlvr.Number("entropy_target", 0, 100);
        double? change = rlvr.Number("entropy_change", 0, 100, minExclusive: true);
        double? min = rlvr.Number("min_entropy_coefficient", 0, 100);
        double? max = rlvr.Number("max_entropy_coefficient", 0, 100);
        if ((entropyTarget ?? change ?? min ?? max) is not null)
        {
            trainer.AdaptiveEntropy = new AdaptiveEntropyOptions();
            trainer.AdaptiveEntropy.Target = entropyTarget ?? trainer.AdaptiveEntropy.Target;
            trainer.AdaptiveEntropy.Change = change ?? trainer.AdaptiveEntropy.Change;
            trainer.AdaptiveEntropy.Min = min ?? trainer.AdaptiveEntropy.Min;
            trainer.AdaptiveEntropy.Max = max ?? trainer.AdaptiveEntropy.Max;
        }
    }

    /// <summary>An enum in snake case: TokenMean is token_mean.</summary>
    private static TEnum? Enum<TEnum>(JobReader reader, string key)
        where TEnum : struct, System.Enum
    {
        Dictionary<string, TEnum> names = System.Enum.GetValues<TEnum>().ToDictionary(value => SnakeCase(value.ToString()), StringComparer.Ordinal);
        return reader.Choice(key, names.Keys) is { } name ? names[name] : null;
    }

    private static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}

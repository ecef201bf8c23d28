using RlvrSharp.Advantages;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>The field's algorithms by name: each is a set of option values, nothing more. Change any of them afterwards.</summary>
public static class TrainingPresets
{
    private static readonly SortedDictionary<string, Func<PolicyTrainerOptions>> Presets = new(StringComparer.Ordinal)
    {
        // arXiv 2402.03300, with the token mean over the batch that trainers use today.
        ["grpo"] = () => new GrpoOptions(),

        // arXiv 2503.20783: no division by the standard deviation, and a fixed divisor in place of lengths.
        ["dr-grpo"] = () => new GrpoOptions { AdvantageStd = AdvantageStd.None, Aggregation = LossAggregation.FixedLength },

        // arXiv 2503.14476: clip higher, token mean, no KL term, and groups without a signal are drawn anew.
        ["dapo"] = () => new GrpoOptions { ClipHigh = 0.28, Rollout = { MaxSamplingRounds = 3 } },

        // arXiv 2507.18071: one ratio per sequence, the mean over its tokens, in a narrow range; the mean over sequences.
        ["gspo"] = () => new GrpoOptions
        {
            Objective = new ClippedSurrogateOptions { RatioLevel = RatioLevel.Sequence, ClipLow = 3e-4, ClipHigh = 4e-4 },
            Aggregation = LossAggregation.SequenceMean,
        },

        // arXiv 2506.13585: the ratio is a weight without gradient, cut from above at 5 (ScaleRL's setting), so no token is lost.
        ["cispo"] = () => new GrpoOptions { Objective = new CispoOptions { Bounds = CispoBounds.AbsoluteCap, ClipHigh = 5 } },

        // arXiv 2505.22617: a few tokens whose advantage and log-probability vary together leave the loss, or are held by |log-ratio|. Their ratios
        // must move for that to matter: several updates on each step's completions.
        ["clip-cov"] = () => new GrpoOptions { Objective = new ClipCovarianceOptions(), MinibatchesPerEpoch = 4 },
        ["kl-cov"] = () => new GrpoOptions { Objective = new KlCovarianceOptions(), MinibatchesPerEpoch = 4 },

        // arXiv 2402.14740: against the mean of the others, one ratio per sequence (the product), the KL penalty in the reward.
        ["rloo"] = () => new GrpoOptions
        {
            Advantage = GroupAdvantageEstimator.LeaveOneOut(),
            Objective = new ClippedSurrogateOptions { RatioLevel = RatioLevel.SequenceProduct },
            Aggregation = LossAggregation.SequenceMean,
            KlPlacement = KlPlacement.Reward,
            KlEstimator = KlEstimator.K1,
        },

        // arXiv 2501.03262: token returns with the KL penalty inside, whitened over the whole batch; no groups are needed.
        ["reinforce++"] = () => new GrpoOptions
        {
            Advantage = new ReinforceEstimator { Baseline = ReinforceBaseline.None },
            KlPlacement = KlPlacement.Reward,
            KlEstimator = KlEstimator.K1,
            KlCoefficient = 0.01,
        },

        // arXiv 1707.06347 with a critic, as it is run on language models today: one pass, γ 1 and λ 1 (verl, OpenRLHF, SkyRL), since the only reward
        // comes at the end and λ below 1 trusts a critic that knows nothing yet; the value loss at 0.1 (TRL), since it shares the policy's layers. No
        // whitening: once nearly all answers are right, it would blow the critic's small errors up to full-size advantages.
        ["ppo"] = () => new PpoOptions
        {
            GaeLambda = 1,
            ValueCoefficient = 0.1,
            WhitenAdvantages = false,
            KlPlacement = KlPlacement.Reward,
            KlEstimator = KlEstimator.K1,
            KlCoefficient = 0.01,
        },

        // Tülu 3's RLVR (arXiv 2411.15124): PPO, four passes, γ 1, λ .95, KL penalty .05 in the reward.
        ["tulu3-ppo"] = () => new PpoOptions
        {
            EpochsPerStep = 4,
            KlPlacement = KlPlacement.Reward,
            KlEstimator = KlEstimator.K1,
            KlCoefficient = 0.05,
            GaeLambda = 0.95,
        },
    };

    /// <summary>The names, in order.</summary>
    public static IReadOnlyCollection<string> Names => Presets.Keys;

    /// <summary>The options of an algorithm.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>Options of your own: <see cref="GrpoOptions"/> or another class that derives from <see cref="PolicyTrainerOptions"/>.</returns>
    /// <exception cref="ArgumentException">There is no algorithm of this name.</exception>
    public static PolicyTrainerOptions Create(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Presets.TryGetValue(name, out Func<PolicyTrainerOptions>? create)
            ? create()
            : throw new ArgumentException($"There is no algorithm \"{name}\": {Graders.Json.NearestName.Hint(name, Names)}", nameof(name));
    }
}

using RlvrSharp.Advantages;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>The field's algorithms by name: each is a set of option values, nothing more. Change any of them afterwards.</summary>
public static class TrainingPresets
{
    private static readonly SortedDictionary<string, Func<PolicyTrainerOptions>> Presets = new(StringComparer.Ordinal)
    {
        // arXiv 2402.03300, with the token mean over the batch that all trainers use today.
        ["grpo"] = () => new GrpoOptions(),

        // arXiv 2503.20783: no division by the standard deviation, and a fixed divisor in place of lengths.
        ["dr-grpo"] = () => new GrpoOptions { AdvantageStd = AdvantageStd.None, Aggregation = LossAggregation.FixedLength },

        // arXiv 2503.14476: clip higher, token mean, no KL term, groups without a signal are sampled anew.
        ["dapo"] = () => new GrpoOptions { ClipHigh = 0.28, Rollout = { MaxSamplingRounds = 3 } },
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

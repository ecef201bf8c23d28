namespace RlvrSharp.Models;

/// <summary>How rotary position frequencies are stretched beyond the length a model was first trained on (<c>rope_scaling</c>, <c>rope_parameters</c>).</summary>
public sealed record RopeScaling
{
    /// <summary><c>linear</c>, <c>dynamic</c>, <c>llama3</c> or <c>yarn</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>How many times longer.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The context before stretching, in tokens (llama3, yarn); null where the file leaves it out.</summary>
    public int? OriginalContextLength { get; init; }

    /// <summary>llama3: wavelengths longer than original length / this are stretched in full.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>llama3: wavelengths shorter than original length / this stay.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>yarn: what the rotated queries and keys are multiplied by; null to derive it from <see cref="Factor"/>.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>yarn: rotations over the original length from which on frequencies stay.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>yarn: rotations over the original length up to which frequencies are stretched in full.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>yarn: the two scales some models give in place of <see cref="AttentionFactor"/>; zero or null when not given.</summary>
    public double? MScale { get; init; }

    /// <summary>yarn: see <see cref="MScale"/>.</summary>
    public double? MScaleAllDimensions { get; init; }

    /// <summary>yarn: whether the band's ends are rounded outwards to whole dimensions.</summary>
    public bool Truncate { get; init; } = true;
}

namespace RlvrSharp.Losses;

/// <summary>The settings of SAPO (arXiv 2511.20347): −(4/τ)·σ(τ·(ratio − 1))·A, a soft gate in place of the clip.</summary>
public sealed record SapoOptions : PolicyObjective
{
    /// <summary>τ where the advantage is positive.</summary>
    /// <value>The default value is 1.</value>
    public double PositiveTemperature { get; init; } = 1;

    /// <summary>τ where the advantage is 0 or negative.</summary>
    /// <value>The default value is 1.05.</value>
    public double NegativeTemperature { get; init; } = 1.05;

    /// <summary>Over what the ratio is taken.</summary>
    public RatioLevel RatioLevel { get; init; }

    /// <summary>Log-ratios below this count as this, without gradient.</summary>
    /// <value>The default value is −20.</value>
    public double MinLogRatio { get; init; } = -20;

    /// <summary>Log-ratios above this count as this, without gradient.</summary>
    /// <value>The default value is 20.</value>
    public double MaxLogRatio { get; init; } = 20;

    /// <inheritdoc/>
    public override string Name => "SAPO";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient) => PolicyLosses.Sapo(tokens, this, gradient);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (!(PositiveTemperature > 0 && NegativeTemperature > 0))
        {
            yield return $"SAPO's temperatures are {PositiveTemperature} and {NegativeTemperature}, but the gate divides by them: set both to more than 0.";
        }
    }
}

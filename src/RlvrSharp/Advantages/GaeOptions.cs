namespace RlvrSharp.Advantages;

/// <summary>The settings of generalised advantage estimation.</summary>
public sealed record GaeOptions
{
    /// <summary>γ, the discount per token.</summary>
    /// <value>The default value is 1.</value>
    public double Discount { get; init; } = 1;

    /// <summary>λ: 1 is the whole return minus the value, 0 one step ahead.</summary>
    /// <value>The default value is 0.95 (TRL, NeMo; verl and OpenRLHF 1).</value>
    public double Lambda { get; init; } = 0.95;

    /// <summary>
    /// Length-adaptive λ (VAPO, arXiv 2504.05118): λ = 1 − 1 / (this × length) for the advantages, in place of <see cref="Lambda"/>. Off where null; VAPO 0.05.
    /// </summary>
    public double? LengthAdaptiveAlpha { get; init; }

    /// <summary>λ of the returns that the critic learns, where it is not that of the advantages (VAPO: 1).</summary>
    public double? ReturnLambda { get; init; }

    /// <summary>What becomes of tokens that do not count.</summary>
    /// <value>The default value is <see cref="MaskedTokens.Skip"/>.</value>
    public MaskedTokens Masked { get; init; }

    /// <summary>λ for a sequence.</summary>
    /// <param name="length">Its number of counted tokens.</param>
    /// <returns>A number in [0, 1].</returns>
    public double LambdaFor(int length) => LengthAdaptiveAlpha is { } alpha ? Math.Clamp(1 - (1 / (alpha * Math.Max(length, 1))), 0, 1) : Lambda;

    /// <summary>What is wrong with the settings, one sentence each.</summary>
    /// <returns>Nothing where all is well.</returns>
    public IEnumerable<string> Validate()
    {
        if (!(Discount is >= 0 and <= 1))
        {
            yield return $"Discount is {Discount}, but it weighs the next token against this one: set it between 0 and 1.";
        }

        if (!(Lambda is >= 0 and <= 1) || ReturnLambda is < 0 or > 1)
        {
            yield return $"λ is {Lambda} (ReturnLambda {ReturnLambda}), but it lies between one step (0) and the whole return (1): set it between 0 and 1.";
        }

        if (LengthAdaptiveAlpha is <= 0)
        {
            yield return $"LengthAdaptiveAlpha is {LengthAdaptiveAlpha}, but λ is 1 − 1 / (alpha × length): set it to more than 0 (0.05 is usual), or leave it out.";
        }
    }
}

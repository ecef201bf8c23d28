namespace RlvrSharp.Losses;

/// <summary>How token losses are averaged.</summary>
public sealed record TokenWeightOptions
{
    /// <summary>The kind of average.</summary>
    /// <value>The default value is <see cref="LossAggregation.TokenMean"/>.</value>
    public LossAggregation Aggregation { get; init; } = LossAggregation.TokenMean;

    /// <summary>The length of <see cref="LossAggregation.FixedLength"/>: the most tokens a completion may have. Must be set for it.</summary>
    public double FixedLength { get; init; }

    /// <summary>The divisor of <see cref="LossAggregation.Constant"/>.</summary>
    /// <value>The default value is 1: a sum.</value>
    public double Divisor { get; init; } = 1;

    /// <summary>Whether sequences without a counted token count as sequences in the sequence averages (TRL: yes; verl and OpenRLHF: no).</summary>
    /// <value>The default value is false.</value>
    public bool CountEmptySequences { get; init; }

    /// <summary>Added to the length that <see cref="LossAggregation.SequenceMean"/> divides by (verl, OpenRLHF: 1e-8).</summary>
    /// <value>The default value is 0.</value>
    public double LengthEpsilon { get; init; }

    /// <summary>Added to the number that the average as a whole divides by (OpenRLHF's token mean, torchtune: 1e-8).</summary>
    /// <value>The default value is 0.</value>
    public double TotalEpsilon { get; init; }
}

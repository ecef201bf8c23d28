namespace RlvrSharp.Graders;

/// <summary>How a <see cref="FieldReport"/> is made.</summary>
public sealed class FieldReportOptions
{
    /// <summary>β of the reported F_β.</summary>
    /// <value>The default value is 1.</value>
    public double Beta { get; set; } = 1;

    /// <summary>The share of such intervals that hold the true value.</summary>
    /// <value>The default value is 0.95.</value>
    public double Confidence { get; set; } = 0.95;

    /// <summary>How many times the rows are drawn anew for the intervals.</summary>
    /// <value>The default value is 1000.</value>
    public int Resamples { get; set; } = 1000;

    /// <summary>The random stream of the draws: the same seed gives the same intervals.</summary>
    public ulong Seed { get; set; }

    /// <summary>How many mistakes are listed per field.</summary>
    /// <value>The default value is 10.</value>
    public int MaxConfusions { get; set; } = 10;
}

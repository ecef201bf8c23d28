namespace RlvrSharp.Graders;

/// <summary>
/// Weights counted on both sides of a comparison: how much was answered, how much was wanted, how much of both agreed. Scores add up:
/// the score of a corpus is the sum of its rows' scores, and only then a ratio.
/// </summary>
/// <param name="Matched">M, the weight that was both wanted and answered rightly.</param>
/// <param name="Predicted">S_p, the weight that was answered.</param>
/// <param name="Expected">S_g, the weight that was wanted.</param>
public readonly record struct FieldScore(double Matched, double Predicted, double Expected)
{
    /// <summary>M / S_p, the share of what was answered that is right. 1 where nothing was wanted and nothing answered, else 0 where nothing was answered.</summary>
    public double Precision => Ratio(Matched, Predicted, Expected);

    /// <summary>M / S_g, the share of what was wanted that was answered. 1 where nothing was wanted and nothing answered, else 0 where nothing was wanted.</summary>
    public double Recall => Ratio(Matched, Expected, Predicted);

    /// <summary>Adds two counts.</summary>
    /// <param name="left">One count.</param>
    /// <param name="right">The other count.</param>
    /// <returns>The sums, member by member.</returns>
    public static FieldScore operator +(FieldScore left, FieldScore right) => left.Add(right);

    /// <summary>Adds another count.</summary>
    /// <param name="other">The other count.</param>
    /// <returns>The sums, member by member.</returns>
    public FieldScore Add(FieldScore other) => new(Matched + other.Matched, Predicted + other.Predicted, Expected + other.Expected);

    /// <summary>
    /// F_β = (1 + β²) M / (S_p + β² S_g). It is never computed from precision and recall, so nothing divides zero by zero: both sides empty give 1, one side empty gives 0.
    /// </summary>
    /// <param name="beta">How many times as much recall matters as precision; 0 or more. 1 is the usual F1, 0.5 punishes inventions more.</param>
    /// <returns>The score, 0 to 1; exactly 1 where all three counts are equal.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="beta"/> is negative, infinite or not a number.</exception>
    public double F(double beta = 1)
    {
        if (!(beta >= 0 && double.IsFinite(beta)))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "Beta weighs recall against precision: use a finite number of 0 or more, such as 1 or 0.5.");
        }

        if (Matched == Predicted && Matched == Expected)
        {
            return 1;
        }

        double square = beta * beta;
        double denominator = Predicted + (square * Expected);
        return denominator > 0 ? Math.Clamp((1 + square) * Matched / denominator, 0, 1) : 0;
    }

    private static double Ratio(double matched, double own, double other) =>
        own > 0 ? Math.Min(matched / own, 1) : other > 0 ? 0 : 1;
}

namespace RlvrSharp.Graders.Text;

/// <summary>How much two texts share.</summary>
/// <param name="Precision">The share of the answer that is in the reference, 0 to 1.</param>
/// <param name="Recall">The share of the reference that is in the answer, 0 to 1.</param>
public readonly record struct TextOverlap(double Precision, double Recall)
{
    /// <summary>The harmonic mean of the two; 0 where both are 0.</summary>
    public double FMeasure => Precision + Recall > 0 ? 2 * Precision * Recall / (Precision + Recall) : 0;
}

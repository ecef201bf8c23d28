namespace RlvrSharp.Graders;

/// <summary>What one grading took.</summary>
/// <param name="Seconds">How long all tries took together, the pauses between them left out.</param>
/// <param name="Retries">The tries after the first.</param>
internal readonly record struct GradingEffort(double Seconds, int Retries);

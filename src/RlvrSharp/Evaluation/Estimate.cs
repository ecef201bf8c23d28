namespace RlvrSharp.Evaluation;

/// <summary>A mean with an interval.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Low">The lower end of the interval.</param>
/// <param name="High">The upper end of the interval.</param>
/// <param name="Count">How many independent units (rows) it rests on.</param>
public readonly record struct Estimate(double Mean, double Low, double High, int Count);

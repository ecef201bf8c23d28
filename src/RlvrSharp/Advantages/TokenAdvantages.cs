namespace RlvrSharp.Advantages;

/// <summary>An estimator's answer for one completion.</summary>
/// <param name="Advantages">One per token; 0 where a token does not count.</param>
/// <param name="Returns">What the value head should have said, one per token; empty for estimators without a critic.</param>
public sealed record TokenAdvantages(float[] Advantages, float[] Returns);

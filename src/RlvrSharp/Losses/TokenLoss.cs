namespace RlvrSharp.Losses;

/// <summary>The loss of one token, and its slope.</summary>
/// <param name="logProb">Its log-probability under the policy that is trained.</param>
/// <param name="oldLogProb">Its log-probability under the policy at the start of the step.</param>
/// <param name="advantage">Its advantage.</param>
/// <returns>The loss, and ∂loss/∂log-probability.</returns>
public delegate (double Loss, double Slope) TokenLoss(double logProb, double oldLogProb, double advantage);

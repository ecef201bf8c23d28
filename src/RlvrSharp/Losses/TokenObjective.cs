namespace RlvrSharp.Losses;

/// <summary>A policy objective that is a function of one token: a loss of your own in one line.</summary>
/// <remarks>Computed in double, token by token. A loss that looks at whole sequences, or has to be fast, derives from <see cref="PolicyObjective"/>.</remarks>
/// <param name="Loss">The loss of one token and its slope; called from several threads at once.</param>
public sealed record TokenObjective(TokenLoss Loss) : PolicyObjective
{
    /// <inheritdoc/>
    public override string Name => "token loss";

    /// <inheritdoc/>
    public override LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient)
    {
        tokens.Check(gradient);
        double loss = 0, ratioSum = 0, logRatioSum = 0, klSum = 0, deviation = 0;
        int count = 0;
        for (int i = 0; i < tokens.LogProbs.Length; i++)
        {
            if (T.IsZero(tokens.Weights[i]))
            {
                continue;
            }

            double logProb = double.CreateTruncating(tokens.LogProbs[i]), oldLogProb = double.CreateTruncating(tokens.OldLogProbs[i]);
            (double value, double slope) = Loss(logProb, oldLogProb, double.CreateTruncating(tokens.Advantages[i]));
            double weight = double.CreateTruncating(tokens.Weights[i]) * (tokens.Scales.IsEmpty ? 1 : double.CreateTruncating(tokens.Scales[i]));
            loss += weight * value;
            gradient[i] += T.CreateTruncating(weight * slope);
            double logRatio = logProb - oldLogProb, ratio = Lanes.Exp(logRatio);
            count++;
            ratioSum += ratio;
            logRatioSum += logRatio;
            klSum += ratio - 1 - logRatio;
            deviation = Math.Max(deviation, Math.Abs(ratio - 1));
        }

        return new LossTerms
        {
            Loss = loss,
            PolicyLoss = loss,
            TokenCount = count,
            RatioSum = ratioSum,
            LogRatioSum = logRatioSum,
            ApproxKlSum = klSum,
            MaxRatioDeviation = deviation,
        };
    }
}

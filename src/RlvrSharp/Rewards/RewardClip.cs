namespace RlvrSharp.Rewards;

/// <summary>Keeps rewards within bounds; put it last.</summary>
public sealed class RewardClip : IRewardShaper
{
    private readonly float low;
    private readonly float high;

    /// <summary>Bounds.</summary>
    /// <param name="low">The smallest reward.</param>
    /// <param name="high">The largest reward; above <paramref name="low"/>.</param>
    /// <exception cref="ArgumentException">The bounds are inverted.</exception>
    public RewardClip(double low, double high)
    {
        if (!(low < high))
        {
            throw new ArgumentException($"The reward bounds are {low} and {high}, but the lower one must be below the upper one: exchange them.", nameof(high));
        }

        this.low = (float)low;
        this.high = (float)high;
    }

    /// <inheritdoc/>
    public void Shape(RolloutGroup group, Span<float> rewards)
    {
        for (int i = 0; i < rewards.Length; i++)
        {
            rewards[i] = Math.Clamp(rewards[i], low, high);
        }
    }
}

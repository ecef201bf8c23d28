using System.Numerics;

namespace RlvrSharp.Losses;

/// <summary>A policy loss with its settings: what turns log-probabilities and advantages into a gradient. Derive from it to write your own.</summary>
public abstract record PolicyObjective
{
    /// <summary>The name of the objective in messages and reports.</summary>
    public abstract string Name { get; }

    /// <summary>Adds the objective's gradient and returns its sums.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="tokens">The tokens of exactly one sequence.</param>
    /// <param name="gradient">∂loss/∂log-probability is added here; one per token.</param>
    /// <returns>Sums over the tokens.</returns>
    public abstract LossTerms Add<T>(PolicyTokens<T> tokens, Span<T> gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>What is wrong with the settings, one sentence each: the setting, its value, the rule, the way out.</summary>
    /// <returns>Nothing where all is well.</returns>
    public virtual IEnumerable<string> Validate() => [];
}

using System.Numerics;

namespace RlvrSharp.Losses;

/// <summary>
/// A policy objective that picks tokens by looking at all tokens of an optimiser step at once. A loss is called sequence by sequence, so the picking is a pass of its own: a trainer scores
/// the minibatch under the policy as it is, calls <see cref="Mark"/>, and the loss finds the result in <see cref="PolicyTokens{T}.Marks"/>.
/// </summary>
public abstract record BatchObjective : PolicyObjective
{
    /// <summary>Picks tokens.</summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="batch">The tokens of all sequences of an optimiser step, one after another.</param>
    /// <param name="random">For objectives that draw; the same for the same seed, step and minibatch.</param>
    /// <param name="marks">Where each token's mark goes: 0 for the tokens that were not picked.</param>
    public abstract void Mark<T>(PolicyTokens<T> batch, ref KeyedRandom random, Span<T> marks)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}

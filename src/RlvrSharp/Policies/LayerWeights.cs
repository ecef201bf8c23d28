namespace RlvrSharp.Policies;

/// <summary>The tensors of one transformer layer.</summary>
internal sealed record LayerWeights(
    Parameter InputNorm,
    Linear Query,
    Linear Key,
    Linear Value,
    Linear Output,
    Parameter? QueryNorm,
    Parameter? KeyNorm,
    Parameter FeedForwardNorm,
    Linear Gate,
    Linear Up,
    Linear Down)
{
    /// <summary>The linear layers, in the order of the forward pass.</summary>
    public IEnumerable<Linear> Linears => [Query, Key, Value, Output, Gate, Up, Down];
}

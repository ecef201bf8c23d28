namespace RlvrSharp.Policies;

/// <summary>A low-rank addition to a linear layer: y += scale · B A x.</summary>
/// <param name="Down">A, [rank × inputs].</param>
/// <param name="Up">B, [outputs × rank]; zero at first.</param>
/// <param name="Scale">alpha / rank.</param>
internal sealed record LoraAdapter(Parameter Down, Parameter Up, float Scale)
{
    public int Rank => Down.Rows;

    /// <summary>The same adapter, copied only when either side changes it.</summary>
    public LoraAdapter Share() => new(Down.Share(), Up.Share(), Scale);
}

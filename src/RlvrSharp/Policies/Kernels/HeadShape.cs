namespace RlvrSharp.Policies.Kernels;

/// <summary>What the attention of a layer is like.</summary>
/// <param name="Size">Floats per head.</param>
/// <param name="Scale">What scores are multiplied by: 1 / √size.</param>
/// <param name="Window">How many positions a token sees, itself included; 0 is all.</param>
internal readonly record struct HeadShape(int Size, float Scale, int Window);

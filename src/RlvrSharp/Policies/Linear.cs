namespace RlvrSharp.Policies;

/// <summary>A linear layer: y = W x, plus b where there is one.</summary>
internal sealed record Linear(Parameter Weight, Parameter? Bias);

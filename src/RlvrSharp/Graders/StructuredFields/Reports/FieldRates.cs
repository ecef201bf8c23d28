using RlvrSharp.Evaluation;

namespace RlvrSharp.Graders;

/// <summary>Precision, recall and F_β with their intervals.</summary>
/// <param name="Precision">The share of what was answered that is right.</param>
/// <param name="Recall">The share of what was wanted that was answered.</param>
/// <param name="F">F_β.</param>
public sealed record FieldRates(Estimate Precision, Estimate Recall, Estimate F);

namespace RlvrSharp.Policies;

/// <summary>Some rows of a batch.</summary>
internal readonly record struct RowSpan(int Start, int Length);

/// <summary>One prompt with the answers to it.</summary>
internal sealed record TokenGroup(RowSpan Prompt, IReadOnlyList<RowSpan> Answers, int FirstOutput, int OutputCount);

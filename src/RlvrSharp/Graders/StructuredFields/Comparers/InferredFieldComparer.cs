namespace RlvrSharp.Graders;

/// <summary>What holds where nothing is declared: same type; texts equal after normalising, numbers equal in value.</summary>
internal sealed class InferredFieldComparer() : KeyFieldComparer("inferred")
{
    private protected override string Wants => "a text, a number or a boolean";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key) => TypedKey.TryWrite(value, TextFoldings.Case, ref key);
}

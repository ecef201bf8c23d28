namespace RlvrSharp.Graders;

/// <summary>Same type; texts equal character for character, numbers equal in value.</summary>
internal sealed class ExactFieldComparer() : KeyFieldComparer("exact")
{
    private protected override string Wants => "a text, a number or a boolean";

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key) => TypedKey.TryWrite(value, null, ref key);
}

namespace RlvrSharp.Graders;

/// <summary>
/// A comparer for which equal means "the same key": each value is written as a text, and two values match where the texts are equal.
/// Lists of such values are matched in linear time, however long.
/// </summary>
internal abstract class KeyFieldComparer(string type) : FieldComparer(type)
{
    /// <summary>What a reference value must be, for the error when it is something else.</summary>
    private protected abstract string Wants { get; }

    internal sealed override bool HasKeys => true;

    internal abstract bool TryWriteKey(AnswerValue value, ref KeyBuffer key);

    internal sealed override object Prepare(AnswerValue expected)
    {
        var key = new KeyBuffer(stackalloc char[256]);
        try
        {
            return TryWriteKey(expected, ref key)
                ? key.Written.ToString()
                : throw new FieldValueFault($"is {Show(expected)}, but the comparer '{Type}' wants {Wants}");
        }
        finally
        {
            key.Dispose();
        }
    }

    internal sealed override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred)
    {
        var key = new KeyBuffer(stackalloc char[256]);
        bool equal = TryWriteKey(actual, ref key) && key.Written.SequenceEqual((string)prepared);
        key.Dispose();
        return equal ? 1 : 0;
    }
}

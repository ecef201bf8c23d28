using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Numbers within a tolerance.</summary>
internal sealed class NumberFieldComparer(double tolerance, double relative, bool acceptText) : FieldComparer("number")
{
    internal override object Prepare(AnswerValue expected)
    {
        var key = new KeyBuffer(stackalloc char[64]);
        bool usable = TryLiteral(expected, acceptText, out ReadOnlySpan<char> literal) && NumberText.TryWriteKey(literal, ref key);
        key.Dispose();
        return usable
            ? literal.ToString()
            : throw new FieldValueFault($"is {Show(expected)}, but the comparer 'number' wants a number" + (acceptText ? "" : " (or set acceptText)"));
    }

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred) =>
        TryLiteral(actual, acceptText, out ReadOnlySpan<char> literal) && AreNear((string)prepared, literal, tolerance, relative) ? 1 : 0;

    internal override void WriteParameters(JsonObject json)
    {
        if (tolerance > 0)
        {
            json["tolerance"] = tolerance;
        }

        if (relative > 0)
        {
            json["relative"] = relative;
        }

        if (acceptText)
        {
            json["accept_text"] = true;
        }
    }

    internal override IEnumerable<string> Validate()
    {
        if (!(tolerance >= 0 && double.IsFinite(tolerance)))
        {
            yield return FormattableString.Invariant($"its tolerance is {tolerance}: use 0 or a finite number above it");
        }

        if (!(relative >= 0 && relative < 1))
        {
            yield return FormattableString.Invariant($"its relative tolerance is {relative}: use a share from 0 to below 1, such as 0.01 for one percent");
        }
    }

    /// <summary>The number's source text, out of a number or, if allowed, out of a string.</summary>
    internal static bool TryLiteral(AnswerValue value, bool texts, out ReadOnlySpan<char> literal)
    {
        literal = value.Text;
        return value.Kind == AnswerKind.Number || (texts && value.Kind == AnswerKind.String && NumberText.TryTrim(value.Text, out literal));
    }

    internal static bool AreNear(ReadOnlySpan<char> expected, ReadOnlySpan<char> actual, double tolerance, double relative)
    {
        var left = new KeyBuffer(stackalloc char[64]);
        var right = new KeyBuffer(stackalloc char[64]);
        bool usable = NumberText.TryWriteKey(expected, ref left) && NumberText.TryWriteKey(actual, ref right);
        bool near = usable && (left.Written.SequenceEqual(right.Written) || NumberText.IsNear(left.Written, right.Written, tolerance, relative));
        left.Dispose();
        right.Dispose();
        return near;
    }
}

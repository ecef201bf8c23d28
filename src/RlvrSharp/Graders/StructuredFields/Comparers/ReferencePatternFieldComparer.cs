using System.Text.RegularExpressions;

namespace RlvrSharp.Graders;

/// <summary>The reference is a pattern that the whole answer must match.</summary>
internal sealed class ReferencePatternFieldComparer() : FieldComparer("regex_reference")
{
    internal override bool IsReflexive => false;

    internal override object Prepare(AnswerValue expected)
    {
        if (expected.Kind != AnswerKind.String)
        {
            throw new FieldValueFault($"is {Show(expected)}, but the comparer '{Type}' wants a regular expression");
        }

        (Regex? regex, string? fault) = PatternFieldComparer.Compile(expected.Text.ToString());
        return regex ?? throw new FieldValueFault($"holds no usable regular expression: {fault}");
    }

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred) =>
        actual.Kind < AnswerKind.List && ((Regex)prepared).IsMatch(actual.Text.Trim()) ? 1 : 0;
}

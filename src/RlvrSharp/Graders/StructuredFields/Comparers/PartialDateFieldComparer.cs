using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Dates that earn a third each for the right year, month and day.</summary>
internal sealed class PartialDateFieldComparer(string[] formats) : FieldComparer("date")
{
    internal override object Prepare(AnswerValue expected) =>
        expected.Kind == AnswerKind.String && DateForms.TryRead(expected.Text, formats, out DateTime date)
            ? date
            : throw new FieldValueFault($"is {Show(expected)}, but the comparer 'date' wants a date in the form {string.Join(" or ", formats)}");

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred)
    {
        if (actual.Kind != AnswerKind.String || !DateForms.TryRead(actual.Text, formats, out DateTime date))
        {
            return 0;
        }

        var expected = (DateTime)prepared;
        int right = (expected.Year == date.Year ? 1 : 0) + (expected.Month == date.Month ? 1 : 0) + (expected.Day == date.Day ? 1 : 0);
        return right / 3.0;
    }

    internal override IEnumerable<string> Validate() => DateForms.Validate(formats);

    internal override void WriteParameters(JsonObject json)
    {
        DateFieldComparer.WriteFormats(json, formats);
        json["partial_credit"] = true;
    }
}

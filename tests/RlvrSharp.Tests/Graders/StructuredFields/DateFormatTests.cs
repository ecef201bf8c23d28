using Microsoft.Extensions.Options;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

/// <summary>Formats that .NET accepts and that cannot be what was meant.</summary>
public sealed class DateFormatTests
{
    [Theory]
    [InlineData("YYYY-MM-DD", "yyyy-MM-dd")]
    [InlineData("yyyy-MM-DD", "yyyy-MM-dd")]
    [InlineData("YYYY-MM-dd", "yyyy-MM-dd")]
    [InlineData("DD.MM.YYYY", "dd.MM.yyyy")]
    [InlineData("yyyy-mm-dd", "yyyy-MM-dd")]
    [InlineData("DD-mmm-YY", "dd-MMM-yy")]
    [InlineData("dd/MM/yyyy HH:MM", "dd/MM/yyyy HH:mm")]
    [InlineData("dd/mm/yyyy HH:MM", "dd/MM/yyyy HH:mm")]
    [InlineData("yyyy-mm-dd HH:MM:ss", "yyyy-MM-dd HH:mm:ss")]
    [InlineData("HH:MM dd/mm", "HH:mm dd/MM")]
    [InlineData("mm/dd/yyyy HH:mm", "MM/dd/yyyy HH:mm")]
    [InlineData("D MMMM 'of' YYYY", "d MMMM 'of' yyyy")]
    public void The_nearest_format_that_works_is_named(string format, string nearest)
    {
        string failure = Refused(FieldComparer.Date(format));
        Assert.Contains($"'{format}' is not a format", failure, StringComparison.Ordinal);
        Assert.EndsWith($"(did you mean {nearest}?).", failure, StringComparison.Ordinal);
        _ = Refused(FieldComparer.Date(partialCredit: true, format));
        _ = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", FieldComparer.Date(nearest)));
    }

    [Theory]
    [InlineData("QQ", "Q stands for nothing")]
    [InlineData("d", "one letter")]
    [InlineData("--", "no year, month or day")]
    [InlineData("HH:mm", "no year, month or day")]
    [InlineData("yyyy-dd", "a year but no month")]
    [InlineData("yyyy week MM", "w stands for nothing")]
    [InlineData("MM MM", "the month twice")]
    [InlineData("yyyy-MM-dd'", "yyyy-MM-dd'")]
    public void What_is_wrong_is_said(string format, string why) => Assert.Contains(why, Refused(FieldComparer.Date(format)), StringComparison.Ordinal);

    [Theory]
    [InlineData("yyyy-MM-dd", "2024-01-05")]
    [InlineData("yyyy-MM-ddTHH:mm:ssZ", "2024-01-05T23:30:00Z")]
    [InlineData("dddd, MMMM d, yyyy", "Friday, January 5, 2024")]
    [InlineData("d. MMM yy", "5. Jan 24")]
    [InlineData("yyyy年M月d日", "2024年1月5日")]
    [InlineData("'DD' dd \"YY\" MM yyyy", "DD 05 YY 01 2024")]
    [InlineData("yyyyMMdd", "20240105")]
    [InlineData("mm:HH dd.MM.yyyy", "59:23 05.01.2024")]
    [InlineData("mm:ss'm' HH'h' dd.MM.yyyy", "59:01m 23h 05.01.2024")]
    [InlineData("MM/dd/yyyy hh:mm tt", "01/05/2024 11:30 PM")]
    [InlineData("yyyy-MM-dd'T'HH:mm:ss.FFFK", "2024-01-05T00:30:00+01:00")]
    public void Formats_in_use_are_accepted(string format, string text)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", FieldComparer.Date("yyyy-MM-dd", format)));
        Assert.Equal(1, grader.Grade($$"""{"a":"{{text.Replace("\"", "\\\"", StringComparison.Ordinal)}}"}""", """{"a":"2024-01-05"}""").Score);
    }

    [Fact]
    public void Points_in_time_need_the_same()
    {
        Assert.EndsWith("(did you mean yyyy-MM-dd HH:mm?).", Refused(FieldComparer.DateTime("YYYY-MM-DD HH:mm")), StringComparison.Ordinal);
        Assert.Contains("no year", Refused(FieldComparer.DateTime("MM-dd HH:mm")), StringComparison.Ordinal);
        _ = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", FieldComparer.DateTime()));
    }

    private static string Refused(FieldComparer comparer) => Assert.Single(Assert.Throws<OptionsValidationException>(
        () => new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", comparer))).Failures);
}

using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

/// <summary>Forms in which people and models really write amounts, numbers, addresses and times.</summary>
public sealed class OutsideFormsTests
{
    [Theory]
    [InlineData("+49 (0)30 123456", "+4930123456", 1)]
    [InlineData("+49 (0)30 123456", "0049 30 12 34 56", 1)]
    [InlineData("+49 (0)30 123456", "tel:+49-30-123456", 1)]
    [InlineData("+49 (0)30 123456", "+49 0 30 123456", 0)]
    [InlineData("+49 (0)30 123456", "030 123456", 0)]
    [InlineData("+39 (0)6 1234567", "+39 06 1234567", 1)]
    [InlineData("+39 (0)6 1234567", "+39 6 1234567", 0)]
    [InlineData("+1 206 555 0100 ext. 5", "+1 206 555 0100 extension 5", 1)]
    [InlineData("+1 206 555 0100 ext. 5", "+1-206-555-0100;ext=5", 1)]
    [InlineData("+1 206 555 0100 ext. 5", "+1 206 555 0100 x6", 0)]
    public void Phone_numbers_say_the_same_in_many_ways(string expected, string actual, double score) => Check(FieldComparer.Phone(), expected, actual, score);

    [Theory]
    [InlineData("+49", "030 123456", "+49 (0)30 123456", 1)]
    [InlineData("+49", "030 123456", "(030) 123-456", 1)]
    [InlineData("+39", "06 1234567", "+39 06 1234567", 1)]
    [InlineData("+39", "06 1234567", "+39 6 1234567", 0)]
    [InlineData("+7", "8 912 345 67 89", "+7 912 345-67-89", 1)]
    public void What_is_dialled_within_a_country_only_does_not_count(string country, string expected, string actual, double score) =>
        Check(FieldComparer.Phone(country), expected, actual, score);

    [Theory]
    [InlineData("$12.50", "$12.50 USD", 1)]
    [InlineData("$12.50", "$12.50 EUR", 0)]
    [InlineData("$12.50", "$12.50 CAD", 0)]
    [InlineData("CAD 12.50", "$12.50 CAD", 1)]
    [InlineData("CAD 12.50", "C$ 12.50", 1)]
    [InlineData("CAD 12.50", "$12.50", 0)]
    [InlineData("R$ 10", "10 BRL", 1)]
    [InlineData("10 zł", "PLN 10.00", 1)]
    [InlineData("₩1,000", "1000 KRW", 1)]
    [InlineData("-€5", "\u22125 EUR", 1)]
    [InlineData("-€5", "€5", 0)]
    public void Amounts_name_currencies_in_many_ways(string expected, string actual, double score) => Check(FieldComparer.Money(), expected, actual, score);

    [Theory]
    [InlineData("https://e.com/a", "https://user@e.com/a", 0)]
    [InlineData("https://user:pw@e.com/", "https://user:pw@e.com", 1)]
    [InlineData("https://user:pw@e.com/", "https://user:px@e.com", 0)]
    [InlineData("https://e.com/a%2Fb", "https://e.com/a%2fb", 1)]
    [InlineData("https://e.com/a%2Fb", "https://e.com/a/b", 0)]
    [InlineData("https://e.com/?q=%c3%a9", "https://e.com/?q=%C3%A9", 1)]
    [InlineData("https://e.com", "https://e.com/?", 1)]
    public void Addresses_keep_who_logs_in_and_lose_the_case_of_escapes(string expected, string actual, double score) => Check(FieldComparer.Url(), expected, actual, score);

    [Theory]
    [InlineData("123", "0,123", 0)]
    [InlineData("123", "000,123", 0)]
    [InlineData("12", "0 012", 0)]
    [InlineData("1234567", "1 234,567", 0)]
    [InlineData("1234567", "1'234 567", 0)]
    [InlineData("1234567", "1,234 567", 0)]
    [InlineData("1234.5", "1,234.50", 1)]
    [InlineData("1234.5", "1 234.50", 1)]
    [InlineData("1234.5", "1\u00A0234.50", 1)]
    [InlineData("1234.5", "1'234.50", 1)]
    [InlineData("1234567.5", "1,234,567.50", 1)]
    [InlineData("1234567", "1\u202F234\u00A0567", 1)]
    [InlineData("1234", "$1,234", 1)]
    [InlineData("0.5", "0.5", 1)]
    [InlineData("0.5", "$0.50", 1)]
    [InlineData("1000", "1,000", 1)]
    [InlineData("1050", "10,50", 0)]
    [InlineData("5", "USD 5", 1)]
    [InlineData("5", "5 EUR", 1)]
    [InlineData("5", "5 eur", 1)]
    [InlineData("5 usd", "$5", 1)]
    [InlineData("5", "5 CUP", 1)]
    [InlineData("5 DEM", "DEM 5.00", 1)]
    [InlineData("5", "5 mil", 0)]
    [InlineData("5", "5 mio", 0)]
    [InlineData("5", "5 bln", 0)]
    [InlineData("5", "5 cts", 0)]
    [InlineData("5", "5 pct", 0)]
    [InlineData("5", "5 per", 0)]
    [InlineData("5", "5 Fax", 0)]
    [InlineData("5", "5 cup", 0)]
    [InlineData("5", "5 top", 0)]
    [InlineData("5", "5 pen", 0)]
    [InlineData("5", "5 all", 0)]
    [InlineData("5", "5 try", 0)]
    [InlineData("5", "5 XXX", 0)]
    [InlineData("12.50", "12.50 mth", 0)]
    public void Amounts_are_grouped_one_way_and_named_by_real_currencies(string expected, string actual, double score) =>
        Check(FieldComparer.Money(), expected, actual, score);

    [Theory]
    [InlineData("1234,5", "1.234,50", 1)]
    [InlineData("1234,5", "1 234,50", 1)]
    [InlineData("12,5", "12,5 €", 1)]
    [InlineData("0,5", "0,5", 1)]
    [InlineData("0,123", "0,123 €", 1)]
    [InlineData("123", "0.123", 0)]
    [InlineData("1234567", "1.234 567", 0)]
    public void Amounts_with_a_decimal_comma_are_grouped_one_way(string expected, string actual, double score) =>
        Check(FieldComparer.Money(decimalSeparator: ','), expected, actual, score);

    [Theory]
    [InlineData("+49 30 123435", "+49 30 1234/35", 0)]
    [InlineData("+49 30 123456789", "+49 30 123456/789", 0)]
    [InlineData("125", "12.5", 0)]
    [InlineData("125", "12,5", 0)]
    [InlineData("1234567", "1234567", 1)]
    [InlineData("12345675", "1234567.5", 0)]
    [InlineData("+1 206 555 0100 x12", "+1 206 555 0100 x1-2", 0)]
    [InlineData("+1 206 555 0100 x12", "+1 206 555 0100 (ext. 12)", 1)]
    [InlineData("030 1234567", "030/1234567", 1)]
    [InlineData("+49 30 1234567", "+49 (0)30/123 45 67", 1)]
    [InlineData("+49 30 1234567", "+49.30.1234567", 1)]
    [InlineData("01 23 45 67 89", "01.23.45.67.89", 1)]
    [InlineData("+1 206 555 0100", "+1 206 555 0100.", 1)]
    public void Telephone_numbers_are_no_decimals_or_ranges(string expected, string actual, double score) => Check(FieldComparer.Phone(), expected, actual, score);

    [Theory]
    [InlineData("110", "0110", 0)]
    [InlineData("110", "110", 1)]
    [InlineData("030 123456", "+49 30 123456", 1)]
    [InlineData("0303 1234", "+49 303 1234", 1)]
    public void A_service_has_no_zero_in_front(string expected, string actual, double score) => Check(FieldComparer.Phone("+49"), expected, actual, score);

    [Theory]
    [InlineData("https://a.com/x", "https://a.com/x/", 1)]
    [InlineData("https://a.com/x", "https://a.com/x//", 0)]
    [InlineData("https://a.com", "https://a.com//", 0)]
    [InlineData("https://mailto:a@b.com", "mailto:a@b.com", 0)]
    [InlineData("https://a@b.com", "a@b.com", 0)]
    [InlineData("https://a.com/#/users/1", "https://a.com/#/users/2", 0)]
    [InlineData("https://a.com/#/users/1", "https://A.com/#/users/1/", 1)]
    [InlineData("https://a.com/#!/b", "https://a.com/#!/c", 0)]
    [InlineData("https://a.com/#/", "https://a.com", 1)]
    [InlineData("https://a.com/p#one", "https://a.com/p#two", 1)]
    [InlineData("a.com/?u=http://x.y", "https://a.com/?u=http://x.y", 1)]
    [InlineData("a.com/?u=http://x.y", "a.com/?u=http://x.z", 0)]
    [InlineData("a.com:8443/x", "https://a.com:8443/x", 1)]
    [InlineData("a.com/@me", "https://a.com/@me", 1)]
    public void Addresses_keep_their_pages_apart(string expected, string actual, double score) => Check(FieldComparer.Url(), expected, actual, score);

    [Theory]
    [InlineData("PT0.5S", "PT0,5S", 1)]
    [InlineData("P1DT2H", "1 day and 2 hours", 1)]
    [InlineData("P1DT2H", "-P1DT2H", 0)]
    [InlineData("-PT1H", "-60 min", 1)]
    [InlineData("-PT1H", "PT1H", 0)]
    public void Durations_may_be_negative_and_have_a_comma(string expected, string actual, double score) => Check(FieldComparer.Duration(), expected, actual, score);

    [Theory]
    [InlineData("2024-01-05T11:00:00Z", "2024-01-05T11:00:00.000000000Z", 1)]
    [InlineData("2024-01-05T11:00:00Z", "2024-01-05t11:00:00z", 1)]
    [InlineData("2024-01-05T11:00:00.5Z", "2024-01-05T11:00:00,5Z", 1)]
    [InlineData("2024-01-05T11:00:00Z", "2024-01-05T11:00:00.0000001Z", 0)]
    public void Times_come_in_every_form_of_the_standard(string expected, string actual, double score) => Check(FieldComparer.DateTime(), expected, actual, score);

    [Theory]
    [InlineData("2024-01-05T23:30:00-05:00", 1)]
    [InlineData("2024-01-05T00:30:00+02:00", 1)]
    [InlineData("2024-01-06T04:30:00Z", 0)]
    public void A_day_is_the_one_that_stands_there_whatever_the_offset(string actual, double score) =>
        Check(FieldComparer.Date("yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK"), "2024-01-05", actual, score);

    private static void Check(FieldComparer comparer, string expected, string actual, double score)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("v", comparer));
        Grade grade = grader.Grade(Json(actual), Json(expected));
        Assert.Equal(GradeStatus.Graded, grade.Status);
        Assert.Equal(score, grade.Score, 12);
    }

    private static string Json(string value) => "{\"v\": " + System.Text.Json.JsonSerializer.Serialize(value) + "}";
}

using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders;

public sealed class SimpleGraderTests
{
    [Theory]
    [InlineData(" Paris\n", "Paris", false, 1)]
    [InlineData("paris", "Paris", false, 0)]
    [InlineData("paris ", "Paris", true, 1)]
    [InlineData("Paris, of course", "Paris", true, 0)]
    [InlineData("", "Paris", true, 0)]
    [InlineData("\uD800", "Paris", true, 0)]
    public async Task Exact_match_compares_the_whole_answer(string answer, string reference, bool normalize, double score) =>
        Assert.Equal(score, (await new ExactMatchGrader(normalize).GradeAsync(new Problem("?") { Reference = reference }, Completion.FromText(answer))).Score);

    [Theory]
    [InlineData("12.50", "12.5", false, GradeStatus.Graded, 1)]
    [InlineData(" +12.51 ", "12.5", false, GradeStatus.Graded, 1)]
    [InlineData("12.52", "12.5", false, GradeStatus.Graded, 0)]
    [InlineData("12,5", "12.5", false, GradeStatus.Ungradable, 0)]
    [InlineData("NaN", "12.5", false, GradeStatus.Ungradable, 0)]
    [InlineData("12.5 or 13", "12.5", false, GradeStatus.Ungradable, 0)]
    [InlineData("", "12.5", false, GradeStatus.Ungradable, 0)]
    [InlineData("First 3, so the answer is -12.5.", "-12.5", true, GradeStatus.Graded, 1)]
    [InlineData("12.5 or 13", "12.5", true, GradeStatus.Graded, 0)]
    [InlineData("it is 1.25e1", "12.5", true, GradeStatus.Graded, 1)]
    [InlineData("10-12.5", "12.5", true, GradeStatus.Graded, 1)]
    [InlineData("none", "12.5", true, GradeStatus.Ungradable, 0)]
    [InlineData("It costs $1,234.50.", "1234.5", true, GradeStatus.Graded, 1)]
    [InlineData("It costs $1,234.50.", "234.5", true, GradeStatus.Graded, 0)]
    [InlineData("-12,345,678", "-12345678", true, GradeStatus.Graded, 1)]
    [InlineData("1234,567", "567", true, GradeStatus.Graded, 1)]
    [InlineData("3,14", "14", true, GradeStatus.Graded, 1)]
    [InlineData("9007199254740993", "9007199254740991", false, GradeStatus.Graded, 0)]
    public async Task Number_compares_by_value(string answer, string reference, bool useLast, GradeStatus status, double score)
    {
        Grade grade = await new NumberGrader(tolerance: 0.01, useLast: useLast).GradeAsync(new Problem("?") { Reference = reference }, Completion.FromText(answer));
        Assert.Equal((status, score), (grade.Status, grade.Score));
    }

    [Theory]
    [InlineData("Answer: 1.234,567", "234567", 0)]
    [InlineData("Answer: 0.123,456", "123456", 0)]
    [InlineData("Answer: 1234,567,890", "567890", 0)]
    [InlineData("Answer: v1.5,123", "5123", 0)]
    [InlineData("Answer: 1,23,456", "23456", 0)]
    [InlineData("Answer: 00,001,000", "1000", 0)]
    [InlineData("Answer: f(2,345)", "2345", 0)]
    [InlineData("Answer: f_2,345", "2345", 0)]
    [InlineData("Answer: v2,345", "2345", 0)]
    [InlineData("Answer: [2,345]", "2345", 0)]
    [InlineData("Answer: 10:12:30,123", "30123", 0)]
    [InlineData("Answer: 1 234,567", "234567", 0)]
    [InlineData("Answer: 1'234,567", "234567", 0)]
    [InlineData("Answer: 12,345,67", "1234567", 0)]
    [InlineData("Answer: 1,234,5678", "12345678", 0)]
    [InlineData("Answer: 1,234.50", "1234.5", 1)]
    [InlineData("Answer: $1,234", "1234", 1)]
    [InlineData("Answer: **-1,234**", "-1234", 1)]
    [InlineData("Answer: USD 1,234", "1234", 1)]
    [InlineData("Answer: (1,234)", "1234", 1)]
    [InlineData("Answer: \\boxed{12,345}", "12345", 1)]
    [InlineData("Answer: 100,200,300", "100200300", 1)]
    [InlineData("Answer: In 2024: 1,234", "1234", 1)]
    [InlineData("Answer: 5 or 1,000", "1000", 1)]
    [InlineData("Answer: Answer:1,234,567.25", "1234567.25", 1)]
    [InlineData("Answer: 0.5", "0.5", 1)]
    [InlineData("Answer: 1:1,000", "0", 1)]
    [InlineData("Answer: about 20 1,234", "1234", 1)]
    public async Task The_last_number_has_its_groups_only_where_they_read_as_one_number(string answer, string reference, double score) =>
        Assert.Equal(score, (await new NumberGrader(useLast: true).GradeAsync(new Problem("?") { Reference = reference }, Completion.FromText(answer))).Score);

    [Theory]
    [InlineData("0,123")]
    [InlineData("(0,123)")]
    public async Task A_group_behind_a_zero_is_no_thousands(string answer)
    {
        // The old meaning: what stands behind the comma.
        var grader = new NumberGrader(useLast: true);
        Assert.Equal(1, (await grader.GradeAsync(new Problem("?") { Reference = "123" }, Completion.FromText(answer))).Score);
        Assert.Equal(0, (await grader.GradeAsync(new Problem("?") { Reference = "0.123" }, Completion.FromText(answer))).Score);
    }

    [Fact]
    public async Task A_row_without_its_reference_is_an_error_in_the_data()
    {
        var problem = new Problem("?") { Id = "rows:9" };
        _ = await Assert.ThrowsAsync<DataException>(async () => await new ExactMatchGrader().GradeAsync(problem, Completion.FromText("x")));
        _ = await Assert.ThrowsAsync<DataException>(async () => await new NumberGrader().GradeAsync(problem with { Reference = "many" }, Completion.FromText("1")));
        Assert.Contains("rows:9", new NumberGrader().FindFault(problem), StringComparison.Ordinal);
        Assert.Contains("rows:9", new ExactMatchGrader().FindFault(problem), StringComparison.Ordinal);
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new NumberGrader(tolerance: double.NaN));
        _ = Assert.Throws<ArgumentOutOfRangeException>(() => new NumberGrader(relative: 1));
    }

    [Fact]
    public async Task Delegates_are_graders()
    {
        var problem = new Problem("?");
        Completion answer = Completion.FromText("abc");
        Assert.Equal(0.5, (await new DelegateGrader((_, completion) => completion.Text.Length / 6.0).GradeAsync(problem, answer)).Score);
        Assert.Equal(GradeStatus.Skipped, (await new DelegateGrader((_, _) => Grade.Skipped("no")).GradeAsync(problem, answer)).Status);
        Assert.Equal(1, (await new DelegateGrader(async (_, _, token) =>
        {
            await Task.Yield();
            token.ThrowIfCancellationRequested();
            return new Grade(1);
        }).GradeAsync(problem, answer)).Score);
        _ = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await new DelegateGrader((_, _) => 1.5).GradeAsync(problem, answer));
    }
}

namespace RlvrSharp.Tests.Graders.Fuzz;

/// <summary>The quick version of the fuzz study; the long one is <c>fuzz</c> of the benchmarks.</summary>
public class EveryGraderFuzzTests
{
    public static TheoryData<string> Names => new(FuzzGraders.All().Select(grader => grader.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Mutated_answers_get_a_score_in_range_and_no_exception(string name)
    {
        FuzzGrader grader = FuzzGraders.All().Single(grader => grader.Name == name);
        FuzzRun run = (await FuzzRun.RunAsync([grader with { Every = 1 }], FuzzGraders.Seeds, stream: 1, from: 0, count: 300))[0];
        Assert.True(run.FaultCount == 0, string.Join('\n', run.Faults));
        Assert.True(run.Graded > 0, "no answer was graded, so the test means nothing");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Monstrous_answers_are_graded_or_refused_in_a_moment(string name)
    {
        FuzzGrader grader = FuzzGraders.All().Single(grader => grader.Name == name);
        foreach ((string what, string answer) in FuzzMonsters.All)
        {
            await CheckAsync(grader, what, answer);
        }
    }

    [Theory]
    [InlineData("exact match")]
    [InlineData("number, last")]
    [InlineData("structured_field, every comparer")]
    [InlineData("string_check ilike")]
    [InlineData("text_similarity fuzzy_match")]
    [InlineData("template output_json")]
    [InlineData("response_format json_schema")]
    [InlineData("endpoint")]
    public async Task Fifty_megabytes_are_graded_or_refused(string name)
    {
        FuzzGrader grader = FuzzGraders.All().Single(grader => grader.Name == name);
        foreach ((string what, string answer) in FuzzMonsters.Huge)
        {
            await CheckAsync(grader, what, answer);
        }
    }

    private static async Task CheckAsync(FuzzGrader grader, string what, string answer)
    {
        // The limit is for a grader that hangs, on a machine that is busy with other things.
        Grade grade = await grader.Grader.GradeAsync(grader.Row, Completion.FromText(answer)).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.InRange(grade.Score, 0, 1);
        Assert.True(grade.Status is GradeStatus.Graded or GradeStatus.Ungradable || grader.MayFail, $"{what}: {grade.Status} {grade.Reason}");
    }

    [Theory]
    [InlineData("structured_field, every comparer")]
    [InlineData("structured_field, every list mode")]
    public async Task The_graders_of_the_study_give_their_own_reference_the_full_score_as_far_as_their_comparers_can(string name)
    {
        FuzzGrader grader = FuzzGraders.All().Single(grader => grader.Name == name);
        Grade gold = await grader.Grader.GradeAsync(grader.Row, Completion.FromText(FuzzFields.Gold));
        Grade wrong = await grader.Grader.GradeAsync(grader.Row, Completion.FromText(FuzzFields.Wrong));
        Assert.True(gold.Score > 0.9, gold.Reason + string.Join('\n', gold.Fields.Where(field => field.Matched < 1)));
        Assert.InRange(wrong.Score, 0.01, 0.9);
    }
}

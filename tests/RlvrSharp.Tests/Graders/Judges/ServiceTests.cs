using System.Net;
using System.Text.Json;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;

namespace RlvrSharp.Tests.Graders.Judges;

public class ServiceTests
{
    private static readonly JudgeOptions Fast = new() { RetryDelay = TimeSpan.Zero };

    [Fact]
    public void A_judge_asks_any_openai_compatible_service_by_url()
    {
        using var service = new Loopback((number, _) => number == 1 ? (503, "warming up") : (200, Loopback.Completion("{\"steps\": [], \"result\": 0.75}")));
        IGrader grader = GraderJson.Parse(
            $$$"""{"type": "score_model", "name": "s", "model": "m", "base_url": "{{{service.Url}}}", "sampling_params": {"temperature": 0.7}, "input": [{"role": "user", "content": "{{sample.output_text}}"}]}""",
            new GraderJsonContext { Judges = Fast });
        Grade grade = grader.GradeText("x", "y");
        Assert.Equal(0.75, grade.Score);
        Assert.Equal(11, grade.Metrics!["input_tokens"]);
        Assert.Equal("/v1/chat/completions", service.Paths[0]);
        JsonElement request = JsonElement.Parse(service.Bodies[1]);
        Assert.Equal("m", request.Text("model"));
        Assert.Equal("0.7", request.GetProperty("temperature").GetRawText());
        Assert.Equal("json_schema", request.GetProperty("response_format").Text("type"));
        Assert.Equal(2, request.GetProperty("messages").GetArrayLength());
    }

    [Theory]
    [InlineData(401, "no key", 1)]
    [InlineData(500, "broken", 4)]
    [InlineData(200, "not json", 4)]
    public void A_service_that_gives_no_completion_is_failed_after_as_many_attempts_as_make_sense(int status, string body, int attempts)
    {
        using var service = new Loopback((_, _) => (status, body));
        using var http = new HttpClient();
        using var client = new OpenAiChatClient(http, service.Url, "secret");
        var grader = new ScoreModelGrader(client, "m", [new JudgeMessage("user", GraderTemplate.Parse("?"))], options: Fast);
        Assert.Equal(GradeStatus.Failed, grader.GradeText("x", "y").Status);
        Assert.Equal(attempts, service.Bodies.Count);
        Assert.Equal("Bearer secret", service.Authorization);
    }

    [Theory]
    [InlineData("{\"score\": 0.25}", GradeStatus.Graded, 0.25)]
    [InlineData("{\"score\": 1.5}", GradeStatus.Graded, 1)]
    [InlineData("{\"score\": \"1\"}", GradeStatus.Failed, 0)]
    [InlineData("{}", GradeStatus.Failed, 0)]
    [InlineData("oops", GradeStatus.Failed, 0)]
    public void An_endpoint_gets_sample_item_and_trace_and_gives_a_score(string reply, GradeStatus status, double score)
    {
        using var service = new Loopback((_, _) => (200, reply));
        IGrader grader = GraderJson.Parse($$"""{"type": "endpoint", "name": "e", "url": "{{service.Url}}", "headers": {"Authorization": "Bearer t"}, "rate_limit": 1000}""");
        Grade grade = grader.GradeText("answer", "gold");
        Assert.Equal((status, score), (grade.Status, grade.Score));
        JsonElement request = JsonElement.Parse(service.Bodies[0]);
        Assert.Equal("answer", request.GetProperty("sample").Text("output_text"));
        Assert.Equal("gold", request.GetProperty("item").Text("reference"));
        Assert.Equal(32, request.Text("trace_id").Length);
        Assert.Equal("Bearer t", service.Authorization);
    }

    [Fact]
    public void An_endpoint_is_asked_at_most_four_times_and_the_grade_is_then_failed()
    {
        using var service = new Loopback((_, _) => (500, "broken"));
        using var http = new HttpClient();
        var grader = new EndpointGrader(http, service.Url, options: Fast);
        Assert.Equal(GradeStatus.Failed, grader.GradeText("x", "y").Status);
        Assert.Equal(4, service.Bodies.Count);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("99999", 60)]
    [InlineData("0", null)]
    [InlineData("Sun, 22 Nov 2099 12:00:00 GMT", null)]
    [InlineData(null, null)]
    public void A_service_is_left_alone_for_as_long_as_it_says_and_a_minute_at_most(string? header, int? seconds)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)429);
        if (header is not null)
        {
            response.Headers.Add("Retry-After", header);
        }

        TimeSpan? wait = RetryPipeline.WaitOf(RetryPipeline.WithWait(new HttpRequestException("busy"), response));
        Assert.Equal(seconds ?? 0, (wait ?? TimeSpan.Zero).TotalSeconds);
    }

    [Fact]
    public void Requests_of_more_than_a_megabyte_are_not_sent()
    {
        using var http = new HttpClient();
        var grader = new EndpointGrader(http, new Uri("http://127.0.0.1:9/"), options: Fast);
        Assert.Equal(GradeStatus.Ungradable, grader.GradeText(new string('x', 1_100_000), "y").Status);
        Assert.Equal(GradeStatus.Failed, grader.GradeText("x", new string('y', 1_100_000)).Status);
    }
}

using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;

namespace RlvrSharp.Tests.Graders;

public class GradingTimeTests
{
    [Theory]
    [InlineData(true, null, 2580)]
    [InlineData(true, 30, 30)]
    [InlineData(true, 120, 120)]
    [InlineData(false, null, 120)]
    public async Task Graders_of_services_get_the_time_of_all_their_attempts_unless_somebody_set_another(bool service, int? seconds, int expected)
    {
        using var http = new HttpClient(new NobodyThere());
        IGrader endpoint = new EndpointGrader(http, new Uri("http://nobody.example/"), options: new JudgeOptions { RetryDelay = TimeSpan.Zero });
        IGrader grader = service
            ? new MultiGrader([KeyValuePair.Create("a", endpoint)], "a")
            : new DelegateGrader(async (_, _, token) =>
            {
                await Task.Delay(50, token);
                return new Grade(1);
            });
        var options = new GradingOptions();
        options.Timeout = seconds is { } set ? TimeSpan.FromSeconds(set) : options.Timeout;
        var clock = new RecordingClock();
        var pipeline = new GradingPipeline([new WeightedGrader("g", grader)], options, time: clock);
        await pipeline.GradeAsync([(new Problem("?"), Completion.FromText("x"))]);
        Assert.Equal(TimeSpan.FromSeconds(expected), Assert.Single(clock.Waits.Distinct()));
    }

    /// <summary>A worker ends a call that takes too long; innocent calls that wait for it must not fail meanwhile.</summary>
    [Fact]
    public void Calls_that_wait_for_a_python_worker_have_the_time_to()
    {
        IGrader grader = GraderJson.Parse("""{"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0", "time_limit_seconds": 100}""");
        IPatientGrader patient = Assert.IsAssignableFrom<IPatientGrader>(grader);
        Assert.True(patient.Patience >= TimeSpan.FromSeconds(100 * 64 / Environment.ProcessorCount), $"{patient.Patience}");
    }

    private sealed class NobodyThere : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(20, cancellationToken);
            throw new HttpRequestException("nobody is there");
        }
    }

    /// <summary>The system's clock, and what it was asked to wait for.</summary>
    private sealed class RecordingClock : TimeProvider
    {
        public List<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (Waits)
            {
                Waits.Add(dueTime);
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}

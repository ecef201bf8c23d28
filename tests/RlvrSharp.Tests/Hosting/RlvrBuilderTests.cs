using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RlvrSharp.Graders;
using RlvrSharp.Hosting;
using RlvrSharp.Rewards;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Hosting;

public class RlvrBuilderTests
{
    [Fact]
    public async Task A_trainer_composed_in_a_container_trains()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rlvr:Grpo:Steps"] = "3",
            ["Rlvr:Grpo:Rollout:ProblemsPerStep"] = "2",
            ["Rlvr:Grpo:Rollout:Sampling:MaxTokens"] = "6",
            ["Rlvr:Grpo:Rollout:Grading:ErrorBudget"] = "0.5",
            ["Rlvr:Grpo:Optimizer:LearningRate"] = "0.1",
        });
        builder.Services.AddRlvr()
            .UsePolicy(_ => new BigramPolicy())
            .UseGrpo(builder.Configuration.GetSection("Rlvr:Grpo"))
            .AddGrader("a", (_, completion) => completion.Text.StartsWith('a') ? 1 : 0)
            .AddGrader<LengthGrader>(weight: 0)
            .AddRewardShaper(new OverlongPenalty(6, 2))
            .AddRewardShaper(new RewardClip(-1, 1));
        using IHost host = builder.Build();
        await host.StartAsync();

        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in host.Services.GetRequiredService<ITrainer>().TrainAsync(GrpoTrainerProblems()))
        {
            steps.Add(step);
        }

        Assert.Equal(3, steps.Count);
        Assert.Contains("grader/a", steps[0].Metrics.Keys);
        Assert.Contains("grader/Length", steps[0].Metrics.Keys);
        Assert.Equal(0.5, host.Services.GetRequiredService<IOptions<GradingOptions>>().Value.ErrorBudget);
        Assert.True(steps[0].RewardMean < steps[0].ScoreMean, "the overlong penalty took nothing");
        Assert.Equal(steps[0].Metrics["grader/a"], steps[0].ScoreMean, 12);
    }

    [Fact]
    public async Task Every_bad_setting_stops_the_host_and_is_named()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr()
            .UsePolicy(_ => new BigramPolicy())
            .UseGrpo(options =>
            {
                options.Rollout.GroupSize = 1;
                options.Optimizer.LearningRate = 0;
                options.ClipHigh = -1;
            })
            .AddGrader("a", (_, _) => 1);
        using IHost host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        string all = string.Join('\n', error.Failures);
        Assert.Contains("GroupSize is 1", all, StringComparison.Ordinal);
        Assert.Contains("LearningRate", all, StringComparison.Ordinal);
        Assert.Contains("ClipHigh", all, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_use_wins_and_graders_add_up()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        var second = new BigramPolicy();
        services.AddRlvr().UsePolicy(_ => new BigramPolicy()).UsePolicy(_ => second).UseGrpo()
            .AddGrader("a", (_, _) => 1)
            .AddStructuredFieldGrader(options => options.Field("x"), weight: 2);
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Same(second, provider.GetRequiredService<ITrainablePolicy>());
        Assert.Same(second, provider.GetRequiredService<IPolicy>());
        Assert.Equal(["a", "fields"], provider.GetRequiredService<GradingPipeline>().Graders.Select(grader => grader.Name));
        Assert.IsType<GrpoTrainer>(provider.GetRequiredService<ITrainer>());
    }

    [Fact]
    public void No_grader_two_of_one_name_or_none_with_a_weight_is_refused()
    {
        Assert.Contains("no grader", Assert.Throws<ArgumentException>(() => new GradingPipeline([])).Message, StringComparison.Ordinal);
        var a = new WeightedGrader("a", new DelegateGrader((_, _) => 1));
        Assert.Contains("\"a\"", Assert.Throws<ArgumentException>(() => new GradingPipeline([a, a])).Message, StringComparison.Ordinal);
        var metric = new WeightedGrader("m", new DelegateGrader((_, _) => 1), 0);
        Assert.Contains("weight 0", Assert.Throws<ArgumentException>(() => new GradingPipeline([metric])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightedGrader("n", new DelegateGrader((_, _) => 1), -1));
    }

    private static Problem[] GrpoTrainerProblems() => [.. "cdef".Select(letter => new Problem(letter.ToString()))];

    private sealed class LengthGrader : IGrader
    {
        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
            new(new Grade(Math.Min(1, completion.Tokens.Length / 6.0)));
    }
}

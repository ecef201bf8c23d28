using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;
using RlvrSharp.Hosting;
using RlvrSharp.Losses;
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
    public async Task A_composition_that_lacks_something_stops_the_host()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr().UseGrpo();
        using IHost host = builder.Build();

        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(error.Failures, failure => failure.Contains("UseManagedPolicy", StringComparison.Ordinal));
        Assert.Contains(error.Failures, failure => failure.Contains("There is no grader", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_graders_of_one_name_a_missing_model_folder_and_too_many_threads_stop_the_host()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr()
            .UseManagedPolicy("no/such/folder", options => options.Threads = 5000)
            .UseGrpo()
            .AddGrader("a", (_, _) => 1)
            .AddGrader("a", (_, _) => 0);
        using IHost host = builder.Build();

        string all = (await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync())).ToString();

        Assert.Contains("Two graders are called \"a\"", all, StringComparison.Ordinal);
        Assert.Contains("does not exist: give UseManagedPolicy a folder", all, StringComparison.Ordinal);
        Assert.Contains("Threads is 5000, but must be at least 0 and at most 1024", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_only_grades_needs_no_policy()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr().AddGrader("a", (_, _) => 1);
        using IHost host = builder.Build();
        await host.StartAsync();

        Assert.Single(host.Services.GetRequiredService<GradingPipeline>().Graders);
    }

    [Fact]
    public async Task The_reference_is_what_the_policy_was_at_first_even_if_it_is_asked_for_late()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr().UsePolicy(_ => new BigramPolicy()).UseGrpo(options => options.Rollout.Sampling.MaxTokens = 4).AddGrader("a", (_, _) => 1);
        using IHost host = builder.Build();
        var policy = host.Services.GetRequiredService<ITrainablePolicy>();
        TokenSequence[] one = [new TokenSequence { PromptTokens = policy.Codec.EncodePrompt([new PromptMessage("user", "a")]), Tokens = policy.Codec.EncodeAnswer("ab") }];
        TokenScores before = (await policy.ScoreAsync(one))[0];
        await policy.ForwardBackwardAsync(
            [new TrainingSequence { PromptTokens = one[0].PromptTokens, Tokens = one[0].Tokens }],
            (_, _, gradients) =>
            {
                gradients.LogProbs.Fill(-1);
                return default;
            });
        await policy.OptimizerStepAsync(new AdamWOptions(), 0.5);

        TokenScores reference = (await host.Services.GetRequiredService<ReferencePolicy>().Policy.ScoreAsync(one))[0];

        Assert.Equal(before.LogProbs.ToArray(), reference.LogProbs.ToArray());
        Assert.NotEqual(before.LogProbs.ToArray(), (await policy.ScoreAsync(one))[0].LogProbs.ToArray());
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
    public async Task Ppo_composed_in_a_container_trains_with_settings_from_configuration()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rlvr:Ppo:Steps"] = "2",
            ["Rlvr:Ppo:GaeLambda"] = "0.9",
            ["Rlvr:Ppo:KlCoefficient"] = "0.1",
            ["Rlvr:Ppo:AdaptiveKl:Target"] = "0.05",
            ["Rlvr:Ppo:Rollout:Sampling:MaxTokens"] = "6",
            ["Rlvr:Ppo:Rollout:Grading:ErrorBudget"] = "0.25",
        });
        builder.Services.AddRlvr()
            .UsePolicy(_ => new BigramPolicy(valueHead: true))
            .UsePpo(builder.Configuration.GetSection("Rlvr:Ppo"))
            .AddGrader("a", (_, completion) => completion.Text.StartsWith('a') ? 1 : 0);
        using IHost host = builder.Build();
        await host.StartAsync();

        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in Assert.IsType<PpoTrainer>(host.Services.GetRequiredService<ITrainer>()).TrainAsync(GrpoTrainerProblems()))
        {
            steps.Add(step);
        }

        Assert.Equal(2, steps.Count);
        Assert.Equal(0.1, steps[0].Metrics["kl_coefficient"]);
        Assert.Equal(0.9, host.Services.GetRequiredService<IOptions<PpoOptions>>().Value.GaeLambda);
        Assert.Equal(0.25, host.Services.GetRequiredService<IOptions<GradingOptions>>().Value.ErrorBudget);
    }

    [Fact]
    public void A_managed_policy_gets_the_value_head_that_ppo_needs_and_no_other_trainer()
    {
        string model = Path.Combine(AppContext.BaseDirectory, "Golden", "models", "llama-tiny");
        foreach ((Action<IRlvrBuilder> use, bool expected) in (IEnumerable<(Action<IRlvrBuilder>, bool)>)
            [(rlvr => rlvr.UsePpo(), true), (rlvr => rlvr.UseAlgorithm("tulu3-ppo"), true), (rlvr => rlvr.UseGrpo(), false), (rlvr => rlvr.UsePpo().UseGrpo(), false)])
        {
            var services = new ServiceCollection();
            use(services.AddRlvr().UseManagedPolicy(model, options => options.Threads = 1).AddGrader("a", (_, _) => 1));
            using ServiceProvider provider = services.BuildServiceProvider();

            Assert.Equal(expected, provider.GetRequiredService<ITrainablePolicy>().HasValueHead);
            Assert.Equal(expected, provider.GetRequiredService<ITrainer>() is PpoTrainer);
        }
    }

    [Fact]
    public async Task Bad_settings_of_ppo_stop_the_host_and_values_are_asked_for()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr().UsePolicy(_ => new BigramPolicy()).AddGrader("a", (_, _) => 1).UsePpo(options =>
        {
            options.GaeLambda = 2;
            options.ValueCoefficient = 0;
        });
        using IHost host = builder.Build();
        string all = string.Join('\n', (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())).Failures);
        Assert.Contains("GaeLambda", all, StringComparison.Ordinal);
        Assert.Contains("ValueCoefficient is 0", all, StringComparison.Ordinal);

        var services = new ServiceCollection();
        services.AddRlvr().UsePolicy(_ => new BigramPolicy()).UsePpo().AddGrader("a", (_, _) => 1);
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Contains("no value head", Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<ITrainer>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_algorithm_by_name_begins_with_its_values_and_the_last_use_wins()
    {
        GrpoOptions gspo = Options(rlvr => rlvr.UseAlgorithm("gspo", options => options.Steps = 7));
        Assert.Equal(TrainingPresets.Create("gspo").Objective, gspo.Objective);
        Assert.Equal((7, LossAggregation.SequenceMean), (gspo.Steps, gspo.Aggregation));

        GrpoOptions plain = Options(rlvr => rlvr.UseAlgorithm("gspo").UseGrpo());
        Assert.Null(plain.Objective);
        Assert.Equal(LossAggregation.TokenMean, plain.Aggregation);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddRlvr().UseAlgorithm("gsop"));
    }

    [Fact]
    public void A_users_own_advantage_and_loss_are_one_line_each()
    {
        GrpoOptions options = Options(rlvr => rlvr.UseGrpo()
            .UseAdvantage((rewards, _, advantages) => rewards.CopyTo(advantages), minGroupSize: 1)
            .UseObjective(new TokenObjective((logProb, _, advantage) => (-advantage * logProb, -advantage))));
        Assert.Equal(1, Assert.IsType<GroupAdvantageEstimator>(options.Advantage).MinGroupSize);
        Assert.IsType<TokenObjective>(options.Objective);

        Assert.IsType<ConstantEstimator>(Options(rlvr => rlvr.UseGrpo().UseAdvantage<ConstantEstimator>()).Advantage);
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

    private static GrpoOptions Options(Action<IRlvrBuilder> use)
    {
        var services = new ServiceCollection();
        use(services.AddRlvr());
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<GrpoOptions>>().Value;
    }

    private static Problem[] GrpoTrainerProblems() => [.. "cdef".Select(letter => new Problem(letter.ToString()))];

    private sealed class LengthGrader : IGrader
    {
        public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default) =>
            new(new Grade(Math.Min(1, completion.Tokens.Length / 6.0)));
    }

    private sealed class ConstantEstimator(RlvrMetrics metrics) : IAdvantageEstimator
    {
        public bool NeedsValues => false;

        public int MinGroupSize => metrics is null ? 2 : 1;

        public IReadOnlyList<TokenAdvantages> Estimate(IReadOnlyList<AdvantageRow> rows) => [.. rows.Select(row => new TokenAdvantages(new float[row.Length], []))];
    }
}

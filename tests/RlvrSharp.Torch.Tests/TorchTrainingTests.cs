using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RlvrSharp.Data;
using RlvrSharp.Hosting;
using RlvrSharp.Tests;
using RlvrSharp.Tests.Docs;

namespace RlvrSharp.Torch.Tests;

/// <summary>Whole trainings, composed as an application does it.</summary>
public sealed class TorchTrainingTests
{
    private static readonly string Sample = Path.Combine(Repository.Root, "docs", "samples", "profile");

    /// <summary>The same seeds draw the same completions, so rewards are equal and only rounding differs in what is measured.</summary>
    [Theory]
    [InlineData("grpo")]
    [InlineData("ppo")]
    [InlineData("gspo")]
    public async Task Training_goes_as_in_managed_code(string algorithm)
    {
        List<TrainingStep> expected = await Train(builder => builder.UseManagedPolicy(Path.Combine(Sample, "base-model")), algorithm);
        List<TrainingStep> actual = await Train(builder => builder.UseTorchPolicy(Path.Combine(Sample, "base-model"), options => options.Device = "cpu"), algorithm);
        Assert.Equal(3, actual.Count);
        for (int i = 0; i < actual.Count; i++)
        {
            Assert.Equal(expected[i].RewardMean, actual[i].RewardMean, 1e-9);
            Assert.Equal(expected[i].KlToInitial, actual[i].KlToInitial, 2e-5);
        }

        Assert.True(actual[^1].KlToInitial > 1e-4);
    }

    [Fact]
    public async Task A_setting_out_of_range_stops_the_start()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRlvr().UseTorchPolicy(Path.Combine(Sample, "base-model"), options => options.MaxBatch = 0)
            .UseGrpo().AddGrader("any", (_, _) => 1);
        using IHost host = builder.Build();
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
        Assert.Contains("MaxBatch", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_about_torch_compiles_and_runs()
    {
        string page = Path.Combine(Repository.Root, "docs", "torch.md");
        (int Line, string Text)[] blocks = [.. DocBlocks.Of(page, "csharp")];
        Assert.NotEmpty(blocks);
        foreach ((int line, _) in blocks)
        {
            await DocBlocks.RunAsync(Repository.Root, page, line);
        }
    }

    private static async Task<List<TrainingStep>> Train(Action<IRlvrBuilder> policy, string algorithm)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        IRlvrBuilder rlvr = builder.Services.AddRlvr();
        policy(rlvr);
        rlvr.UseAlgorithm(algorithm, options =>
            {
                options.Steps = 3;
                options.Rollout.ProblemsPerStep = 4;
                options.Rollout.GroupSize = 4;
                options.Rollout.Sampling.MaxTokens = 64;
                options.Optimizer.LearningRate = 3e-4;
            })
            .AddStructuredFieldGrader(options => options.Field("university").Field("programming_languages").Field("city").Field("state"));
        using IHost host = builder.Build();
        await host.StartAsync();
        var steps = new List<TrainingStep>();
        await foreach (TrainingStep step in host.Services.GetRequiredService<ITrainer>().TrainAsync(ProblemFile.Load(Path.Combine(Sample, "train.jsonl"))))
        {
            steps.Add(step);
        }

        return steps;
    }
}

using RlvrSharp.Graders;
using RlvrSharp.Policies;
using RlvrSharp.Tests.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Tests.Training;

public class ValueWarmupTests
{
    private static readonly TokenSequence Probe = new() { PromptTokens = new[] { 3, 4, 5 }, Tokens = new[] { 6, 7, 8, 9 } };

    [Fact]
    public async Task A_value_head_on_the_policy_warms_up_alone()
    {
        using ManagedPolicy policy = TinyModels.Create(TinyModels.Config(), valueHead: true);
        TokenScores before = (await policy.ScoreAsync([Probe]))[0];
        var seen = new List<TokenScores>();
        await foreach (TrainingStep step in Trainer(policy).TrainAsync(Problems()))
        {
            seen.Add((await policy.ScoreAsync([Probe]))[0]);
        }

        Assert.All(seen.Take(2), scores => Assert.Equal(before.LogProbs.ToArray(), scores.LogProbs.ToArray()));
        Assert.NotEqual(before.Values.ToArray(), seen[0].Values.ToArray());
        Assert.NotEqual(seen[0].Values.ToArray(), seen[1].Values.ToArray());
        Assert.NotEqual(before.LogProbs.ToArray(), seen[2].LogProbs.ToArray());
    }

    [Fact]
    public async Task A_critic_of_its_own_warms_up_with_all_its_layers()
    {
        using ManagedPolicy actor = TinyModels.Create(TinyModels.Config());
        using ManagedPolicy critic = TinyModels.Create(TinyModels.Config(), valueHead: true);
        var policy = new PolicyWithCritic(actor, critic);
        TokenScores actorBefore = (await actor.ScoreAsync([Probe]))[0], criticBefore = (await critic.ScoreAsync([Probe]))[0];
        using var stop = new CancellationTokenSource();
        await foreach (TrainingStep step in Trainer(policy).TrainAsync(Problems(), stop.Token))
        {
            // The second step: a fresh value head is 0, and lets nothing through to the layers below.
            if (step.Number == 2)
            {
                await stop.CancelAsync();
            }
        }

        Assert.Equal(actorBefore.LogProbs.ToArray(), (await actor.ScoreAsync([Probe]))[0].LogProbs.ToArray());
        Assert.NotEqual(criticBefore.LogProbs.ToArray(), (await critic.ScoreAsync([Probe]))[0].LogProbs.ToArray());
    }

    private static PpoTrainer Trainer(ITrainablePolicy policy) => new(
        policy,
        policy.CreateReference(),
        new GradingPipeline([new WeightedGrader("long", new TestGrader((_, completion) => completion.Tokens.Length / 8.0))]),
        new PpoOptions
        {
            Steps = 3,
            ValueWarmupSteps = 2,
            EntropyCoefficient = 0.1,
            KlCoefficient = 0.1,
            Rollout = { ProblemsPerStep = 2, GroupSize = 4, Sampling = { MaxTokens = 8 } },
            Optimizer = { LearningRate = 0.01 },
        });

    private static Problem[] Problems() => [new Problem("a"), new Problem("b")];
}

using Microsoft.Extensions.Logging;
using RlvrSharp.Diagnostics;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>The optimiser steps of one training step: minibatches of whole groups, token weights from lengths, forward-backward, step.</summary>
internal sealed class PolicyUpdate
{
    private const ulong MinibatchStream = 0x6D696E69;
    private readonly ITrainablePolicy policy;
    private readonly PolicyTrainerOptions options;
    private readonly PolicyLoss loss;
    private readonly TokenWeightOptions weightOptions;
    private readonly ILogger logger;

    public PolicyUpdate(ITrainablePolicy policy, PolicyTrainerOptions options, ILogger logger)
    {
        this.policy = policy;
        this.options = options;
        this.logger = logger;
        loss = options.CreateLoss().Build();
        weightOptions = new TokenWeightOptions { Aggregation = options.Aggregation, FixedLength = options.Rollout.Sampling.MaxTokens };
    }

    public async Task<UpdateResult> RunAsync(int step, UpdateInput[] inputs, double learningRate)
    {
        var result = new UpdateResult { LearningRate = learningRate };
        for (int epoch = 0; epoch < options.EpochsPerStep && !result.StoppedEarly; epoch++)
        {
            foreach (UpdateInput[] minibatch in Minibatches(step, epoch, inputs))
            {
                LossTerms terms = await policy.ForwardBackwardAsync(Weighted(minibatch), loss, options.Rollout.Sampling.Temperature).ConfigureAwait(false);
                if (options.TargetKl > 0 && terms.TokenCount > 0 && terms.ApproxKlSum / terms.TokenCount > options.TargetKl)
                {
                    // A learning rate of 0 clears the gradients of this minibatch and changes nothing else.
                    await policy.OptimizerStepAsync(options.Optimizer, 0).ConfigureAwait(false);
                    result.StoppedEarly = true;
                    break;
                }

                double norm = await policy.OptimizerStepAsync(options.Optimizer, learningRate).ConfigureAwait(false);
                result.First = result.OptimizerSteps == 0 ? terms : result.First;
                result.Terms += terms;
                result.OptimizerSteps++;
                result.TrainedTokens += TokensOf(minibatch);
                if (double.IsFinite(norm))
                {
                    result.GradNormSum += norm;
                }
                else
                {
                    result.SkippedUpdates++;
                    Log.UpdateSkipped(logger, step, norm);
                }
            }
        }

        return result;
    }

    private static long TokensOf(UpdateInput[] minibatch) =>
        minibatch.Sum(input => (long)input.Sequence.Tokens.Length) + minibatch.DistinctBy(input => input.Group).Sum(input => (long)input.Sequence.PromptTokens.Length);

    private TrainingSequence[] Weighted(UpdateInput[] minibatch)
    {
        Dictionary<int, int> promptLengths = minibatch.GroupBy(input => input.Group).ToDictionary(group => group.Key, group => group.Sum(input => input.CountedTokens));
        BatchTotals totals = BatchTotals.Count(Array.ConvertAll(minibatch, input => input.CountedTokens), promptLengths.Values.ToArray());
        return Array.ConvertAll(minibatch, input =>
        {
            var weights = new float[input.Mask.Length];
            double weight = TokenWeights.OfSequence(weightOptions, totals, input.CountedTokens, promptLengths[input.Group]);
            TokenWeights.Fill<float>(input.Mask, weight, weights);
            return new TrainingSequence
            {
                PromptTokens = input.Sequence.PromptTokens,
                Tokens = input.Sequence.Tokens,
                Weights = weights,
                Advantages = input.Advantages,
                OldLogProbs = input.OldLogProbs,
                ReferenceLogProbs = input.ReferenceLogProbs,
                SamplerLogProbs = input.SamplerLogProbs,
                OldValues = input.OldValues,
                Returns = input.Returns,
            };
        });
    }

    /// <summary>Deals the groups out to minibatches, in a new random order each pass. A group stays whole: its prompt is then computed once.</summary>
    private IEnumerable<UpdateInput[]> Minibatches(int step, int epoch, UpdateInput[] inputs)
    {
        if (inputs.Length == 0)
        {
            yield break;
        }

        int[] groups = inputs.Select(input => input.Group).Distinct().ToArray();
        int count = Math.Min(options.MinibatchesPerEpoch, groups.Length);
        if (count == 1)
        {
            yield return inputs;
            yield break;
        }

        var random = new KeyedRandom(KeyedRandom.Key(MinibatchStream, options.Seed, (ulong)step, (ulong)epoch));
        random.Shuffle<int>(groups);
        ILookup<int, UpdateInput> byGroup = inputs.ToLookup(input => input.Group);
        for (int i = 0; i < count; i++)
        {
            int from = groups.Length * i / count;
            int to = groups.Length * (i + 1) / count;
            yield return groups[from..to].SelectMany(group => byGroup[group]).ToArray();
        }
    }
}

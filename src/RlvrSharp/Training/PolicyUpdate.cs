using Microsoft.Extensions.Logging;
using RlvrSharp.Diagnostics;
using RlvrSharp.Losses;

namespace RlvrSharp.Training;

/// <summary>The optimiser steps of one training step: minibatches of whole groups, token weights from lengths, forward-backward, step.</summary>
internal sealed class PolicyUpdate
{
    private const ulong MinibatchStream = 0x6D696E69;
    private const ulong MarkStream = 0x6D61726B;
    private readonly ITrainablePolicy policy;
    private readonly PolicyTrainerOptions options;
    private readonly LossCoefficients coefficients;
    private readonly TokenWeightOptions weightOptions;
    private readonly ILogger logger;

    public PolicyUpdate(ITrainablePolicy policy, PolicyTrainerOptions options, LossCoefficients coefficients, ILogger logger)
    {
        this.coefficients = coefficients;
        this.policy = policy;
        this.options = options;
        this.logger = logger;
        weightOptions = new TokenWeightOptions { Aggregation = options.Aggregation, FixedLength = options.Rollout.Sampling.MaxTokens };
    }

    public async Task<UpdateResult> RunAsync(int step, UpdateInput[] inputs, double learningRate)
    {
        var result = new UpdateResult { LearningRate = learningRate };
        bool isWarmup = options.IsWarmup(step);
        for (int epoch = 0; epoch < options.EpochsPerStep && !result.StoppedEarly; epoch++)
        {
            foreach (UpdateInput[] minibatch in Minibatches(step, epoch, inputs))
            {
                float[][] weights = Weights(minibatch);
                float[][] marks = isWarmup ? [] : await MarksAsync(step, result.OptimizerSteps, minibatch, weights).ConfigureAwait(false);
                TrainingSequence[] sequences = [.. minibatch.Select((input, i) => Sequence(input, weights[i], marks.Length == 0 ? default : marks[i], isWarmup))];
                LossTerms terms = await policy.ForwardBackwardAsync(sequences, coefficients.Loss(isWarmup), options.Rollout.Sampling.Temperature).ConfigureAwait(false);
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
                if (!isWarmup)
                {
                    coefficients.AfterUpdate(terms);
                }

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

    private float[][] Weights(UpdateInput[] minibatch)
    {
        Dictionary<int, int> promptLengths = minibatch.GroupBy(input => input.Group).ToDictionary(group => group.Key, group => group.Sum(input => input.CountedTokens));
        BatchTotals totals = BatchTotals.Count(Array.ConvertAll(minibatch, input => input.CountedTokens), promptLengths.Values.ToArray());
        return Array.ConvertAll(minibatch, input =>
        {
            var weights = new float[input.Mask.Length];
            double weight = TokenWeights.OfSequence(weightOptions, totals, input.CountedTokens, promptLengths[input.Group]);
            TokenWeights.Fill<float>(input.Mask, weight, weights);
            return weights;
        });
    }

    private static TrainingSequence Sequence(UpdateInput input, float[] weights, ReadOnlyMemory<float> marks, bool isWarmup) => new()
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
        Marks = marks,
        StopValueGradient = isWarmup,
    };

    /// <summary>What an objective that looks at the whole minibatch picks, under the policy as it is now; empty for all others.</summary>
    private async Task<float[][]> MarksAsync(int step, int update, UpdateInput[] minibatch, float[][] weights)
    {
        if (options.Objective is not BatchObjective objective)
        {
            return [];
        }

        IReadOnlyList<TokenScores> now = await policy.ScoreAsync(Array.ConvertAll(minibatch, input => input.Sequence), options.Rollout.Sampling.Temperature).ConfigureAwait(false);
        float[] marks = new float[weights.Sum(sequence => sequence.Length)];
        var random = new KeyedRandom(KeyedRandom.Key(MarkStream, options.Seed, (ulong)step, (ulong)update));
        objective.Mark(
            new PolicyTokens<float>
            {
                LogProbs = Joined(now.Select(scores => scores.LogProbs)),
                OldLogProbs = Joined(minibatch.Select(input => input.OldLogProbs)),
                Advantages = Joined(minibatch.Select(input => input.Advantages)),
                Weights = Joined(weights.Select(sequence => (ReadOnlyMemory<float>)sequence)),
            },
            ref random,
            marks.AsSpan());
        int place = 0;
        return Array.ConvertAll(weights, sequence => marks[place..(place += sequence.Length)]);
    }

    private static float[] Joined(IEnumerable<ReadOnlyMemory<float>> parts) => [.. parts.SelectMany(part => part.ToArray())];

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

using System.Diagnostics;
using System.Globalization;
using RlvrSharp.Training;

namespace RlvrSharp.Samples.Profile;

/// <summary>Trains a fresh model on the corpus, in order: the corpus is a course.</summary>
internal sealed class Pretraining
{
    /// <summary>Optimiser steps.</summary>
    public int Steps { get; init; } = 5600;

    /// <summary>Documents per step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The learning rate at the top; it falls in a straight line to nothing.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Which corpus, and which fresh weights.</summary>
    public ulong Seed { get; init; }

    /// <summary>What predicting the biography weighs, beside the 1 of the answer.</summary>
    public double PromptWeight { get; init; } = 0.15;

    /// <summary>All documents in the order they are learned.</summary>
    public IEnumerable<Document> Documents()
    {
        int count = Steps * BatchSize;
        for (int i = 0; i < count; i++)
        {
            yield return Corpus.Next(Seed, (ulong)i, (double)i / count);
        }
    }

    /// <summary>Trains.</summary>
    /// <param name="policy">A fresh model.</param>
    /// <param name="report">Where a line goes now and then.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task RunAsync(ITrainablePolicy policy, Action<string> report, CancellationToken cancellationToken)
    {
        TrainingSequence[] examples =
            [.. Documents().Select(document => SftTrainer.CreateExample(policy.Codec, [new PromptMessage("user", document.Prompt)], document.Answer, PromptWeight))];
        report(string.Create(CultureInfo.InvariantCulture, $"{examples.Length} documents, {examples.Average(example => example.PromptTokens.Length + example.Tokens.Length):F1} tokens each"));
        var trainer = new SftTrainer(policy, new SftOptions
        {
            Steps = Steps,
            BatchSize = BatchSize,
            Shuffle = false,
            Optimizer = new AdamWOptions { LearningRate = LearningRate, Beta2 = 0.99 },
            Schedule = new LearningRateOptions { WarmupSteps = Math.Min(50, Steps - 1), Decay = LearningRateDecay.Linear },
        });
        long start = Stopwatch.GetTimestamp();
        double loss = 0;
        await foreach (TrainingStep step in trainer.TrainAsync(examples, cancellationToken).ConfigureAwait(false))
        {
            loss += step.Loss / 100;
            if (step.Number % 100 == 0)
            {
                report(string.Create(
                    CultureInfo.InvariantCulture,
                    $"step {step.Number}/{step.TotalSteps}  loss {loss:F4}  gradient {step.GradNorm:F2}  {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
                loss = 0;
            }
        }
    }
}

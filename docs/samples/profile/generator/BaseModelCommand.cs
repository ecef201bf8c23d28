using System.CommandLine;
using System.Globalization;
using RlvrSharp.Evaluation;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Samples.Profile;

/// <summary><c>base-model</c>: makes base-model/ from nothing, the same bytes each time.</summary>
internal static class BaseModelCommand
{
    private const string EndToken = "<|end|>";
    private const int VocabularySize = 1536;

    // A base that has not learned to read a field lets reinforcement learning score without it: leaving one of four fields out still
    // scores 6/7. So a model that is worse than this, answering greedily, is not a base.
    private const double LeastGreedyFieldMatch = 0.7;

    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "The model's folder; must not exist.", Required = true };
        var threads = new Option<int>("--threads") { Description = "Threads; 0 is all cores. Any number gives the same bytes." };
        var steps = new Option<int>("--steps") { Description = "Optimiser steps; the committed model has the default.", DefaultValueFactory = _ => new Pretraining().Steps };
        var command = new Command("base-model", "Trains the tokenizer and the base model from nothing.") { output, threads, steps };
        command.SetAction((parsed, stop) =>
            RunAsync(parsed.GetValue(output)!, new Pretraining { Steps = parsed.GetValue(steps) }, new ManagedPolicyOptions { Threads = parsed.GetValue(threads) }, stop));
        return command;
    }

    private static async Task<int> RunAsync(string output, Pretraining pretraining, ManagedPolicyOptions options, CancellationToken stop)
    {
        if (Path.Exists(output))
        {
            Console.Error.WriteLine($"{output} exists already: name another folder, or remove it first.");
            return 2;
        }

        string fresh = Directory.CreateTempSubdirectory("profile-").FullName;
        try
        {
            WriteFreshModel(fresh, pretraining);
            using ManagedPolicy policy = ManagedPolicy.Load(fresh, options);
            Console.WriteLine($"{policy.Config.ParameterCount} weights, {policy.Codec.VocabularySize} tokens");
            await pretraining.RunAsync(policy, Console.WriteLine, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            await policy.SaveAsync(output, cancellationToken: stop).ConfigureAwait(false);
            return await CheckAsync(policy).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(fresh, recursive: true);
        }
    }

    internal static void WriteFreshModel(string directory, Pretraining pretraining)
    {
        // Prompts and answers are tokenized apart, so the tokenizer learns from them apart. Every fourth document is plenty.
        IEnumerable<string> texts = pretraining.Documents().Where((_, i) => i % 4 == 0).SelectMany(document => (string[])[document.Prompt, document.Answer]);
        Tokenizer tokenizer = new ByteLevelBpeTrainer
        {
            VocabularySize = VocabularySize,
            SpecialTokens = [EndToken],
            EndToken = EndToken,
            ContextLength = FreshModel.ContextLength,
        }.Train(texts, directory);
        CausalLmConfig config = FreshModel.Configuration(tokenizer.VocabularySize, tokenizer.EndToken!.Value);
        File.WriteAllText(Path.Combine(directory, "config.json"), config.ToJson());
        File.WriteAllText(
            Path.Combine(directory, "generation_config.json"),
            string.Create(CultureInfo.InvariantCulture, $"{{\n  \"do_sample\": true,\n  \"eos_token_id\": {tokenizer.EndToken}\n}}\n"));
        CheckpointTensors.Write(directory, FreshModel.Weights(config, pretraining.Seed));
    }

    private static async Task<int> CheckAsync(ManagedPolicy policy)
    {
        EvaluationResult result = await Measure.EvaluateAsync(policy, Rows.ToProblems(Rows.Draw(Split.Validation, 0, Rows.ValidationCount), "validation")).ConfigureAwait(false);
        Console.WriteLine($"validation rows:\n{Measure.Describe(result)}");
        foreach ((string field, double match) in result.Greedy!.Fields.Where(field => field.Value < LeastGreedyFieldMatch))
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{field} is right in {match:P0} of the greedy answers, but a base must reach {LeastGreedyFieldMatch:P0}: train longer."));
        }

        bool usable = result.Greedy.Fields.Values.All(match => match >= LeastGreedyFieldMatch);
        result = await Measure.EvaluateAsync(policy, Rows.ToProblems(Rows.Draw(Split.Novel, 0, Rows.NovelCount), "novel")).ConfigureAwait(false);
        Console.WriteLine($"rows that pretraining knows nothing of:\n{Measure.Describe(result)}");
        return usable ? 0 : 1;
    }
}

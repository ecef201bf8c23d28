using System.Diagnostics;
using System.Globalization;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Benchmarks.HalfBillion;

/// <summary>
/// A model of the size people use, on this machine: load time, decoding against what memory can deliver, one LoRA step and the memory it takes.
/// <c>half-billion --out DIR [--threads N] [--rounds N] [--steps N]</c> makes the checkpoint in DIR where it is missing, measures, and prints a table.
/// </summary>
internal static class HalfBillionCommand
{
    private const int DecodedTokens = 24;
    private const int Groups = 2;
    private const int PerGroup = 4;
    private const int PromptTokens = 128;
    private const int AnswerTokens = 128;

    public static async Task<int> RunAsync(string[] args)
    {
        if (Value(args, "--out") is not { } directory)
        {
            Console.Error.WriteLine("half-billion needs --out DIR, a folder with 1 GB of room outside the repository.");
            return 2;
        }

        int threads = Number(args, "--threads", Environment.ProcessorCount);
        int rounds = Number(args, "--rounds", 7);
        RandomCheckpoint.Write(directory, TokenizerBenchmarks.English(1 << 20));

        var clock = new Clock();
        using ManagedPolicy policy = ManagedPolicy.Load(directory, new ManagedPolicyOptions
        {
            BFloat16Weights = true,
            RecomputeActivations = true,
            Lora = new LoraOptions { Rank = 16, Alpha = 32 },
            Threads = threads,
        });
        Print("load", clock.Wall, "s", clock);
        Print("peak resident after load", PeakBytes() / 1e9, "GB");

        await DecodeAsync(policy, threads, rounds).ConfigureAwait(false);
        Print("peak resident after decoding", PeakBytes() / 1e9, "GB (with the gibibyte that the reading speed is measured on)");
        await TrainAsync(policy, Number(args, "--steps", 2)).ConfigureAwait(false);
        return 0;
    }

    /// <summary>Reading speed and decoding in turns, so that whatever else runs on the machine slows both.</summary>
    private static async Task DecodeAsync(ManagedPolicy policy, int threads, int rounds)
    {
        double bytes = 2.0 * policy.Config.ParameterCount;
        var request = new SampleRequest([new PromptMessage("user", "How long is a piece of string?")], 7);
        using var stream = new StreamRead(threads);
        await TimeAsync(policy, request, 4).ConfigureAwait(false);
        var shares = new List<double>();
        var rates = new List<double>();
        var speeds = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            double before = stream.Measure(2);
            double first = await TimeAsync(policy, request, 1).ConfigureAwait(false);
            double all = await TimeAsync(policy, request, 1 + DecodedTokens).ConfigureAwait(false);
            double speed = Math.Max(before, stream.Measure(2));
            double rate = DecodedTokens / (all - first);
            rates.Add(rate);
            speeds.Add(speed);
            shares.Add(rate * bytes / speed);
            Console.WriteLine(Text($"  round {round + 1}: {rate:F1} tokens/s, {rate * bytes / 1e9:F1} of {speed / 1e9:F1} GB/s, {shares[^1]:P0}"));
        }

        Print("bytes read per token", bytes / 1e9, "GB");
        Print("reading speed, median", Median(speeds) / 1e9, "GB/s");
        Print("decoding at batch 1, median", Median(rates), "tokens/s");
        Print("share of the reading speed, median", 100 * Median(shares), "%");
    }

    private static async Task<double> TimeAsync(ManagedPolicy policy, SampleRequest request, int tokens)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Completion> completions = await policy.SampleAsync([request], new SamplingOptions { MaxTokens = tokens }).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return completions[0].Tokens.Length == tokens ? seconds : throw new InvalidOperationException("The answer ended early, so its time says nothing: try another seed.");
    }

    private static async Task TrainAsync(ManagedPolicy policy, int steps)
    {
        List<TrainingSequence> batch = PolicyModels.Sequences(policy.Codec.VocabularySize, Groups, PerGroup, PromptTokens, AnswerTokens);
        for (int step = 1; step <= steps; step++)
        {
            var clock = new Clock();
            await policy.ForwardBackwardAsync(batch, Loss).ConfigureAwait(false);
            await policy.OptimizerStepAsync(new AdamWOptions(), 1e-4).ConfigureAwait(false);
            Print($"LoRA step {step}", clock.Wall, "s", clock);
        }

        if (steps > 0)
        {
            Console.WriteLine($"({Groups} prompts of {PromptTokens} tokens, {PerGroup} answers of {AnswerTokens} to each, rank 16 on every layer, recomputing activations)");
        }

        PolicyMemory memory = policy.MeasureMemory();
        Print("weights", memory.Weights / 1e9, "GB");
        Print("gradients and optimiser", (memory.Gradients + memory.OptimizerState) / 1e9, "GB");
        Print("working memory", memory.Workspace / 1e9, "GB");
        Print("caches", memory.PeakCache / 1e9, "GB");
        MemoryEstimate estimate = MemoryEstimate.For(policy.Config, TensorType.BF16, Groups, PromptTokens + (PerGroup * AnswerTokens), 16, recompute: true);
        Print("policy together, estimated", estimate.LoraTraining / 1e9, "GB");
        Print("policy together", memory.Peak / 1e9, "GB");
        Print("peak resident, whole process", PeakBytes() / 1e9, "GB");
    }

    private static LossTerms Loss(TrainingSequence sequence, TokenOutputs outputs, TokenGradients gradients)
    {
        gradients.LogProbs.Fill(-1f / (Groups * PerGroup * AnswerTokens));
        return default;
    }

    private static long PeakBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(string what, double value, string unit, Clock clock) => Print(what, value, Text($"{unit}, {clock.Processor:F1} s of processor time"));

    private static void Print(string what, double value, string unit) => Console.WriteLine(Text($"| {what} | {value:F2} {unit} |"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string? Value(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }

    private static int Number(string[] args, string name, int otherwise) => Value(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Wall time, and processor time, which says more on a machine that does other work too.</summary>
    private sealed class Clock
    {
        private readonly long start = Stopwatch.GetTimestamp();
        private readonly TimeSpan processor = Used();

        public double Wall => Stopwatch.GetElapsedTime(start).TotalSeconds;

        public double Processor => (Used() - processor).TotalSeconds;

        private static TimeSpan Used()
        {
            using var process = Process.GetCurrentProcess();
            return process.TotalProcessorTime;
        }
    }
}

using System.CommandLine;
using RlvrSharp.Policies;

namespace RlvrSharp.Cli.Commands;

internal static class SampleCommand
{
    public static Command Create()
    {
        var model = Inputs.Model();
        var prompt = new Option<string>("--prompt") { Description = "The user's message.", Required = true };
        var system = new Option<string?>("--system") { Description = "A system message before it." };
        var count = new Option<int>("--count") { Description = "How many answers.", DefaultValueFactory = _ => 1 };
        var temperature = new Option<double>("--temperature") { Description = "The sampling temperature; 0 is greedy.", DefaultValueFactory = _ => 1 };
        var topP = new Option<double>("--top-p") { Description = "Draw from the smallest set of tokens with this probability; 1 is off.", DefaultValueFactory = _ => 1 };
        var topK = new Option<int>("--top-k") { Description = "Draw from this many tokens; 0 is off." };
        var maxTokens = new Option<int>("--max-tokens") { Description = "The longest answer.", DefaultValueFactory = _ => 256 };
        var seed = Inputs.Seed();
        var threads = Inputs.Threads();
        var command = new Command("sample", "Let a model answer a prompt.") { model, prompt, system, count, temperature, topP, topK, maxTokens, seed, threads };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(model)!,
            parsed.GetValue(prompt)!,
            parsed.GetValue(system),
            EvalCommand.AtLeastOne(parsed.GetValue(count), "--count"),
            new SamplingOptions
            {
                Temperature = parsed.GetValue(temperature),
                TopP = parsed.GetValue(topP),
                TopK = parsed.GetValue(topK),
                MaxTokens = EvalCommand.AtLeastOne(parsed.GetValue(maxTokens), "--max-tokens"),
            },
            parsed.GetValue(seed),
            parsed.GetValue(threads)));
        return command;
    }

    private static async Task<int> RunAsync(string model, string prompt, string? system, int count, SamplingOptions options, ulong seed, int threads)
    {
        if (!(options.Temperature >= 0 && options.TopP > 0 && options.TopP <= 1 && options.TopK >= 0))
        {
            throw new DataException("--temperature must be 0 or more, --top-p above 0 and at most 1, and --top-k 0 or more.");
        }

        using ManagedPolicy policy = ModelFolders.Load(model, threads);
        ModelFolders.WarnWithoutTemplate(model, policy.HasChatTemplate);
        PromptMessage[] messages = system is null ? [new("user", prompt)] : [new("system", system), new("user", prompt)];
        SampleRequest[] requests = Enumerable.Range(0, count).Select(i => new SampleRequest(messages, KeyedRandom.Key(seed, (ulong)i))).ToArray();
        using var stop = new StopSignal();
        foreach (Completion completion in await policy.SampleAsync(requests, options, stop.Token).ConfigureAwait(false))
        {
            Console.WriteLine(completion.Text);
            await Console.Error.WriteLineAsync(
                $"[{completion.Tokens.Length} tokens, {completion.FinishReason.ToString().ToLowerInvariant()}, log-probability {Sum(completion.LogProbs.Span):F4}]").ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    private static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum;
    }
}

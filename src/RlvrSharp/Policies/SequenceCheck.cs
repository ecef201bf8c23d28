using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>Refuses what a model cannot read, before anything is computed; the same words for every policy over a model folder.</summary>
/// <param name="config">The model's shape.</param>
internal sealed class SequenceCheck(CausalLmConfig config)
{
    /// <summary>Refuses a temperature that log-probabilities cannot be computed at.</summary>
    public static void Temperature(double temperature)
    {
        if (!(temperature > 0) || !double.IsFinite(temperature))
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature that log-probabilities are computed at is a number above 0.");
        }
    }

    /// <summary>Refuses sampling options out of range.</summary>
    public static void Sampling(SamplingOptions sampling)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sampling.Temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(sampling.TopK);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampling.MaxTokens, 1);
        if (!(sampling.TopP > 0 && sampling.TopP <= 1) || !double.IsFinite(sampling.Temperature))
        {
            throw new ArgumentOutOfRangeException(nameof(sampling), $"Temperature is {sampling.Temperature} and TopP {sampling.TopP}: temperature is a finite number, TopP above 0 and at most 1.");
        }
    }

    /// <summary>The prompts of requests; equal prompts are the same array.</summary>
    public int[][] Encode(IReadOnlyList<SampleRequest> requests, ITokenCodec codec)
    {
        var byMessages = new Dictionary<IReadOnlyList<PromptMessage>, (string? Tools, int[] Tokens)>(ReferenceEqualityComparer.Instance);
        var byTokens = new Dictionary<int[], int[]>(TokenComparer.Instance);
        var prompts = new int[requests.Count][];
        for (int i = 0; i < requests.Count; i++)
        {
            string? tools = requests[i].Tools.ValueKind == JsonValueKind.Undefined ? null : requests[i].Tools.GetRawText();
            bool known = byMessages.TryGetValue(requests[i].Messages, out (string? Tools, int[] Tokens) prepared) && prepared.Tools == tools;
            int[] tokens = prepared.Tokens;
            if (!known)
            {
                tokens = codec.EncodePrompt(requests[i].Messages, requests[i].Tools);
                if (!byTokens.TryAdd(tokens, tokens))
                {
                    tokens = byTokens[tokens];
                }

                byMessages[requests[i].Messages] = (tools, tokens);
                Prompt(tokens, $"Request {i}", needsRoom: true);
            }

            prompts[i] = tokens;
        }

        return prompts;
    }

    /// <summary>Refuses sequences that the model cannot read, naming the first one.</summary>
    public void Sequences(IReadOnlyList<TokenSequence> sequences)
    {
        for (int i = 0; i < sequences.Count; i++)
        {
            Prompt(sequences[i].PromptTokens.Span, $"Sequence {i}", needsRoom: false);
            Ids(sequences[i].Tokens.Span, $"Sequence {i}", "answer");
            int length = sequences[i].PromptTokens.Length + sequences[i].Tokens.Length;
            if (length > config.ContextLength)
            {
                throw new PolicyException(
                    $"Sequence {i} has {sequences[i].PromptTokens.Length} prompt and {sequences[i].Tokens.Length} answer tokens, {length} together; the model's context is {config.ContextLength}. Shorten the prompt or lower the longest answer.");
            }
        }
    }

    private void Prompt(ReadOnlySpan<int> tokens, string what, bool needsRoom)
    {
        if (tokens.IsEmpty)
        {
            throw new PolicyException($"{what} has an empty prompt; a model needs at least one token to go on from.");
        }

        Ids(tokens, what, "prompt");
        if (tokens.Length > config.ContextLength || (needsRoom && tokens.Length == config.ContextLength))
        {
            throw new PolicyException(
                $"{what} has a prompt of {tokens.Length} tokens, and the model's context is {config.ContextLength}, prompt and answer together. Shorten the prompt or use a model with a longer context.");
        }
    }

    private void Ids(ReadOnlySpan<int> tokens, string what, string part)
    {
        int vocabulary = config.VocabularySize;
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
            {
                throw new PolicyException($"{what} has the id {tokens[i]} at {part} token {i}; the model knows the ids 0 to {vocabulary - 1}. Was it tokenized for another model?");
            }
        }
    }
}

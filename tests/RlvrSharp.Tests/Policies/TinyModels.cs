using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

/// <summary>Small models made on the spot, of awkward sizes.</summary>
internal static class TinyModels
{
    public const int EndToken = 2;

    public static CausalLmConfig Config(
        bool tied = false, bool bias = false, bool headNorm = false, int window = 0, int vocabulary = 37, int context = 96, int layers = 2, int heads = 4, int keyHeads = 2, int headSize = 10)
        => new()
        {
            ModelType = headNorm ? "qwen3" : window > 0 ? "mistral" : bias ? "qwen2" : "llama",
            VocabularySize = vocabulary,
            HiddenSize = 24,
            IntermediateSize = 44,
            LayerCount = layers,
            HeadCount = heads,
            KeyValueHeadCount = keyHeads,
            HeadSize = headSize,
            ContextLength = context,
            TieWordEmbeddings = tied,
            AttentionBias = bias,
            QueryKeyNorm = headNorm,
            SlidingWindows = window > 0 ? [.. Enumerable.Repeat(window, layers)] : [],
            EndTokens = [EndToken],
        };

    public static ManagedPolicy Create(CausalLmConfig config, int threads = 1, bool valueHead = false, int maxBatch = 64, double std = 0.4, ulong seed = 7, LoraOptions? lora = null, bool recompute = false)
        => ManagedPolicy.Create(
            config,
            new PlainCodec(config.VocabularySize, EndToken),
            CheckpointFiles.ForFreshModel(config, null),
            seed,
            new ManagedPolicyOptions { Threads = threads, ValueHead = valueHead, MaxBatch = maxBatch, InitializerStd = std, Lora = lora, RecomputeActivations = recompute });

    /// <summary>Sequences in groups that share a prompt, with answers of different lengths (also one token).</summary>
    public static List<TrainingSequence> Sequences(int vocabulary, int groups, int perGroup, ulong seed, int promptLength = 9, int answerLength = 6)
    {
        var random = new KeyedRandom(KeyedRandom.Key(seed));
        var result = new List<TrainingSequence>();
        for (int g = 0; g < groups; g++)
        {
            int[] prompt = Tokens(vocabulary, promptLength + g, ref random);
            for (int i = 0; i < perGroup; i++)
            {
                int length = 1 + ((answerLength + (5 * i) + g) % (2 * answerLength));
                result.Add(new TrainingSequence { PromptTokens = prompt, Tokens = Tokens(vocabulary, length, ref random) });
            }
        }

        return result;
    }

    /// <summary>A loss with known gradients: Σ a·log-prob + b·entropy + c·value, the coefficients from a stream of the tokens.</summary>
    public static PolicyLoss LinearLoss(bool entropies = true) => (sequence, outputs, gradients) =>
    {
        var random = new KeyedRandom(KeyedRandom.Key(17, (ulong)sequence.Tokens.Length, (ulong)sequence.Tokens.Span[0]));
        double loss = 0;
        for (int t = 0; t < outputs.LogProbs.Length; t++)
        {
            gradients.LogProbs[t] = (float)random.NextGaussian();
            loss += gradients.LogProbs[t] * (double)outputs.LogProbs[t];
            if (entropies)
            {
                gradients.Entropies[t] = (float)random.NextGaussian();
                loss += gradients.Entropies[t] * (double)outputs.Entropies[t];
            }

            if (outputs.Values.Length > 0)
            {
                gradients.Values[t] = (float)random.NextGaussian();
                loss += gradients.Values[t] * (double)outputs.Values[t];
            }
        }

        return new LossTerms { Loss = loss, TokenCount = outputs.LogProbs.Length };
    };

    public static List<SampleRequest> Requests(int prompts, int perPrompt)
    {
        var result = new List<SampleRequest>();
        for (int p = 0; p < prompts; p++)
        {
            PromptMessage[] messages = [new("user", new string((char)('a' + p), 3 + p) + "xyz")];
            for (int i = 0; i < perPrompt; i++)
            {
                result.Add(new SampleRequest(messages, KeyedRandom.Key(3, (ulong)p, (ulong)i)));
            }
        }

        return result;
    }

    private static int[] Tokens(int vocabulary, int length, ref KeyedRandom random)
    {
        var tokens = new int[length];
        for (int i = 0; i < length; i++)
        {
            tokens[i] = random.NextInt32(vocabulary);
        }

        return tokens;
    }
}

using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Benchmarks;

/// <summary>Random models and sequences for the policy's benchmarks.</summary>
internal static class PolicyModels
{
    public static CausalLmConfig Config(int hidden, int inner, int layers, int heads, int keyHeads, int vocabulary) => new()
    {
        ModelType = "llama",
        VocabularySize = vocabulary,
        HiddenSize = hidden,
        IntermediateSize = inner,
        LayerCount = layers,
        HeadCount = heads,
        KeyValueHeadCount = keyHeads,
        HeadSize = hidden / heads,
        ContextLength = 1024,
        TieWordEmbeddings = true,
    };

    public static ManagedPolicy Create(CausalLmConfig config, int threads, int maxBatch = 64) => ManagedPolicy.Create(
        config,
        new NumberCodec(config.VocabularySize),
        CheckpointFiles.ForFreshModel(config, null),
        seed: 1,
        new ManagedPolicyOptions { Threads = threads, MaxBatch = maxBatch });

    public static List<TrainingSequence> Sequences(int vocabulary, int groups, int perGroup, int promptLength, int answerLength)
    {
        var random = new KeyedRandom(1);
        var result = new List<TrainingSequence>();
        for (int g = 0; g < groups; g++)
        {
            int[] prompt = Tokens(promptLength);
            for (int i = 0; i < perGroup; i++)
            {
                result.Add(new TrainingSequence { PromptTokens = prompt, Tokens = Tokens(answerLength) });
            }
        }

        return result;

        int[] Tokens(int length)
        {
            var tokens = new int[length];
            for (int i = 0; i < length; i++)
            {
                tokens[i] = random.NextInt32(vocabulary);
            }

            return tokens;
        }
    }

    /// <summary>Multiply-adds of one forward pass per token in the layers' matrices.</summary>
    public static double LayerProducts(CausalLmConfig config)
    {
        double attention = (double)config.HiddenSize * config.HeadSize * 2 * (config.HeadCount + config.KeyValueHeadCount);
        return config.LayerCount * (attention + (3.0 * config.HiddenSize * config.IntermediateSize));
    }

    /// <summary>Floating-point operations of one forward pass: matrices, attention over what each token sees, the head on answer tokens.</summary>
    public static double ForwardOperations(CausalLmConfig config, IReadOnlyList<TokenSequence> sequences)
    {
        double operations = 0;
        var prompts = new HashSet<ReadOnlyMemory<int>>();
        double attention = 2.0 * config.HeadCount * config.HeadSize * config.LayerCount;
        foreach (TokenSequence sequence in sequences)
        {
            int from = prompts.Add(sequence.PromptTokens) ? 0 : sequence.PromptTokens.Length;
            int to = sequence.PromptTokens.Length + Math.Max(sequence.Tokens.Length - 1, 0);
            operations += (to - from) * LayerProducts(config);
            operations += (double)sequence.Tokens.Length * config.HiddenSize * config.VocabularySize;
            operations += attention * (((double)to * (to + 1)) - ((double)from * (from + 1))) / 2;
        }

        return 2 * operations;
    }

    private sealed class NumberCodec(int vocabularySize) : ITokenCodec
    {
        public int VocabularySize => vocabularySize;

        public int[] EncodePrompt(IReadOnlyList<PromptMessage> messages) => [.. messages.SelectMany(message => message.Content).Select(c => c % vocabularySize)];

        public int[] EncodeAnswer(string text) => [.. text.Select(c => c % vocabularySize)];

        public string Decode(ReadOnlySpan<int> tokens) => string.Empty;
    }
}

using System.Buffers;
using RlvrSharp.Policies.Kernels;

namespace RlvrSharp.Policies;

/// <content>Decoding: one new token for each of several sequences.</content>
internal sealed unsafe partial class Transformer
{
    /// <summary>Puts one token of each sequence through all layers and adds it to its cache; the results are in <see cref="LastHidden"/>.</summary>
    /// <param name="tokens">The token of each sequence.</param>
    /// <param name="prompts">The cache of each sequence's prompt; sequences may share one.</param>
    /// <param name="answers">Each sequence's own cache.</param>
    public void Step(int[] tokens, IReadOnlyList<KeyValueCache> prompts, IReadOnlyList<KeyValueCache> answers)
    {
        int rows = tokens.Length;
        var positions = new int[rows];
        for (int r = 0; r < rows; r++)
        {
            positions[r] = prompts[r].Length + answers[r].Length;
            answers[r].Need(answers[r].Length + 1);
        }

        rope.Need(positions.Max() + 1);
        LayerActivations a = Activations(0);
        a.Ensure(rows, hidden, queries, keys, inner, headNorms: false);
        Embed(tokens, rows, a.Input.Pointer);
        float* last = FloatBuffer.Ensure(ref lastHidden, (long)rows * hidden).Pointer;
        for (int l = 0; l < Config.LayerCount; l++)
        {
            int layer = l;
            Layer(l, a, rows, positions, keep: false, () => AttendStep(layer, a, prompts, answers), l + 1 < Config.LayerCount ? a.Input.Pointer : last);
        }

        foreach (KeyValueCache answer in answers)
        {
            answer.Length++;
        }
    }

    /// <summary>The logits after a few tokens, the last of which goes through the decoding path.</summary>
    public float[] NextLogits(ReadOnlyMemory<int> tokens)
    {
        var prompt = new KeyValueCache(Config, tokens.Length);
        var answer = new KeyValueCache(Config, 1);
        int[] last = [tokens.Span[^1]];
        if (tokens.Length > 1)
        {
            tokens = tokens[..^1];
        }

        prompt.Length = tokens.Length;
        Forward(TokenBatch.Create([new TokenSequence { PromptTokens = tokens, Tokens = default }], [[0]]), keep: false, [prompt], CancellationToken.None);
        Step(last, [prompt], [answer]);
        return new ReadOnlySpan<float>(Logits(LastHidden, 1), Config.VocabularySize).ToArray();
    }

    private void AttendStep(int layer, LayerActivations a, IReadOnlyList<KeyValueCache> prompts, IReadOnlyList<KeyValueCache> answers)
    {
        int heads = Config.KeyValueHeadCount;
        pool.For(answers.Count, row =>
        {
            for (int head = 0; head < heads; head++)
            {
                AttendToken(Shape(layer), layer, a, row, head, prompts[row], answers[row]);
            }
        });
    }

    private void AttendToken(HeadShape shape, int layer, LayerActivations a, int row, int head, KeyValueCache prompts, KeyValueCache answers)
    {
        int shared = Config.HeadCount / Config.KeyValueHeadCount;
        int length = answers.Length + 1;
        answers.Put(layer, head, length - 1, a.Key.Pointer + ((long)row * keys), a.Value.Pointer + ((long)row * keys));
        PositionRun prompt = prompts.Run(layer, head, prompts.Length);
        PositionRun own = answers.Run(layer, head, length);
        int scoreStride = Attention.ScoreStride(prompt.Length, own.Length);
        float[] scratch = ArrayPool<float>.Shared.Rent(scoreStride * shared);
        fixed (float* scores = scratch)
        {
            long at = ((long)row * queries) + (head * shared * shape.Size);
            Attention.Weights(shape, a.Query.Pointer + at, shape.Size, shared, prompt.Length + length - 1, 0, prompt, own, scores, scoreStride);
            Attention.Outputs(shape, scores, scoreStride, shared, prompt, own, a.Attended.Pointer + at, shape.Size);
        }

        ArrayPool<float>.Shared.Return(scratch);
    }
}

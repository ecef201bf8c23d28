using RlvrSharp.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>The forward pass of a Llama-family model. Every method's tensors belong to the caller's dispose scope.</summary>
/// <remarks>
/// Names follow the published model code, since its rounding in bfloat16 is what checkpoints were trained with. No number goes into a tensor
/// operation as a bare number: the library would make a scalar of it that the garbage collector may free while it is in use.
/// </remarks>
internal sealed class TorchModel : IDisposable
{
    private readonly Scalar epsilon;
    private readonly Scalar adapterScale;
    private readonly long heads;
    private readonly long keyHeads;
    private readonly long headSize;
    private Tensor? cosine;
    private Tensor? sine;

    public TorchModel(CausalLmConfig config, TorchWeights weights, Device device, ScalarType precision)
    {
        Config = config;
        Weights = weights;
        Device = device;
        Precision = precision;
        epsilon = config.RmsNormEpsilon.ToScalar();
        adapterScale = weights.AdapterScale.ToScalar();
        heads = config.HeadCount;
        keyHeads = config.KeyValueHeadCount;
        headSize = config.HeadSize;
    }

    public CausalLmConfig Config { get; }

    public TorchWeights Weights { get; }

    public Device Device { get; }

    public ScalarType Precision { get; }

    /// <summary>The embeddings of ids, [batch × positions × hidden].</summary>
    public Tensor Embed(Tensor ids) => Weights.Embedding.Compute.index_select(0, ids.reshape(-1)).reshape(ids.shape[0], ids.shape[1], Config.HiddenSize);

    /// <summary>All layers over whole sequences. What a layer leaves behind is freed at once; a graph keeps what its backward pass needs by itself.</summary>
    /// <param name="x">The embeddings; stay the caller's.</param>
    /// <param name="take">As for <see cref="Layer"/>.</param>
    /// <returns>What the final norm reads, [batch × positions × hidden].</returns>
    public Tensor Run(Tensor x, Action<int, Tensor, Tensor>? take = null)
    {
        for (int index = 0; index < Config.LayerCount; index++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor next = Layer(index, x, take).MoveToOuterDisposeScope();
            if (index > 0)
            {
                x.Dispose();
            }

            x = next;
        }

        return x;
    }

    /// <summary>What the head reads: the final norm.</summary>
    public Tensor FinalNorm(Tensor x) => Norm(x, Weights.FinalNorm);

    /// <summary>One layer over whole sequences, padded at their ends: a token sees those before it, so padding is never seen.</summary>
    /// <param name="index">The layer.</param>
    /// <param name="x">[batch × positions × hidden].</param>
    /// <param name="take">Is given the layer, its keys and its values, [batch × heads × positions × head size]; null if nobody wants them.</param>
    public Tensor Layer(int index, Tensor x, Action<int, Tensor, Tensor>? take = null)
    {
        TorchLayer layer = Weights.Layers[index];
        long batch = x.shape[0], length = x.shape[1];
        (Tensor cos, Tensor sin) = Rope((int)length);
        Tensor normed = Norm(x, layer.InputNorm);
        Tensor q = Turn(Heads(normed, layer.Query, layer.QueryNorm, heads), cos, sin);
        Tensor k = Turn(Heads(normed, layer.Key, layer.KeyNorm, keyHeads), cos, sin);
        Tensor v = Heads(normed, layer.Value, null, keyHeads);
        take?.Invoke(index, k, v);
        int window = Config.SlidingWindow(index);
        Tensor? mask = window > 0 && window < length ? Window(length, window) : null;
        Tensor attended = nn.functional.scaled_dot_product_attention(q, Repeat(k, batch, length), Repeat(v, batch, length), mask, 0.0, is_casual: mask is null);
        Tensor middle = x.add(Linear(attended.transpose(1, 2).reshape(batch, length, heads * headSize), layer.Output));
        return middle.add(FeedForward(Norm(middle, layer.FeedForwardNorm), layer));
    }

    /// <summary>One token of each sequence through all layers, its keys and values added to the cache.</summary>
    /// <param name="ids">[slots], one token a slot.</param>
    /// <param name="positions">[slots], where it stands.</param>
    /// <param name="longest">The largest position + 1.</param>
    /// <param name="cache">The slots, from the first.</param>
    /// <returns>What the head reads, [slots × hidden].</returns>
    public Tensor Step(Tensor ids, Tensor positions, int longest, TorchCache cache)
    {
        long count = ids.shape[0];
        (Tensor cosines, Tensor sines) = Rope(longest);
        Tensor cos = cosines.index_select(0, positions).reshape(count, 1, 1, headSize);
        Tensor sin = sines.index_select(0, positions).reshape(count, 1, 1, headSize);

        // Whole blocks of columns, those too far masked: a GPU's kernels are chosen, and some of them built, for each new shape.
        long length = Math.Min(cache.Positions, (longest + 63) / 64 * 64);
        Tensor columns = cache.Columns.narrow(0, 0, length).reshape(1, 1, 1, length);
        Tensor last = positions.reshape(count, 1, 1, 1);
        Tensor seen = columns.le(last);
        Tensor write = last.expand(count, keyHeads, 1, headSize);
        Tensor x = Weights.Embedding.Compute.index_select(0, ids).reshape(count, 1, Config.HiddenSize);
        for (int index = 0; index < Config.LayerCount; index++)
        {
            using DisposeScope scope = NewDisposeScope();
            TorchLayer layer = Weights.Layers[index];
            Tensor normed = Norm(x, layer.InputNorm);
            Tensor q = Turn(Heads(normed, layer.Query, layer.QueryNorm, heads), cos, sin);
            Tensor keys = cache.Keys[index].narrow(0, 0, count);
            Tensor values = cache.Values[index].narrow(0, 0, count);
            keys.scatter_(2, write, Turn(Heads(normed, layer.Key, layer.KeyNorm, keyHeads), cos, sin));
            values.scatter_(2, write, Heads(normed, layer.Value, null, keyHeads));
            int window = Config.SlidingWindow(index);
            Tensor mask = window > 0 && window < longest ? seen.logical_and(Near(columns, last, window)) : seen;

            // Queries that read the same keys stand as rows of one matrix, so that keys need not be repeated.
            Tensor attended = nn.functional.scaled_dot_product_attention(
                q.reshape(count, keyHeads, heads / keyHeads, headSize), keys.narrow(2, 0, length), values.narrow(2, 0, length), mask);
            Tensor middle = x.add(Linear(attended.reshape(count, 1, heads * headSize), layer.Output));
            x = middle.add(FeedForward(Norm(middle, layer.FeedForwardNorm), layer)).MoveToOuterDisposeScope();
        }

        return FinalNorm(x).reshape(count, Config.HiddenSize);
    }

    /// <summary>0, 1, 2, …; the library's own makes scalars of its limits that nothing holds.</summary>
    public static Tensor Count(long length, Device device)
    {
        var numbers = new long[length];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i;
        }

        return tensor(numbers, device: device);
    }

    public void Dispose()
    {
        cosine?.Dispose();
        sine?.Dispose();
        epsilon.Dispose();
        adapterScale.Dispose();
        Weights.Dispose();
    }

    private Tensor FeedForward(Tensor x, TorchLayer layer) => Linear(Linear(x, layer.Gate).silu().mul(Linear(x, layer.Up)), layer.Down);

    private Tensor Linear(Tensor x, TorchLinear linear)
    {
        Tensor y = nn.functional.linear(x, linear.Weight.Compute, linear.Bias?.Compute);
        return linear.Down is { } down && linear.Up is { } up
            ? y.add(nn.functional.linear(nn.functional.linear(x, down.Compute), up.Compute).mul(adapterScale))
            : y;
    }

    private Tensor Norm(Tensor x, TorchParameter weight)
    {
        Tensor wide = x.to(ScalarType.Float32);
        Tensor scale = wide.mul(wide).mean([-1L], keepdim: true).add(epsilon).rsqrt();
        return wide.mul(scale).to(x.dtype).mul(weight.Compute);
    }

    // [batch × positions × hidden] to [batch × heads × positions × head size].
    private Tensor Heads(Tensor x, TorchLinear linear, TorchParameter? norm, long count)
    {
        Tensor split = Linear(x, linear).reshape(x.shape[0], x.shape[1], count, headSize);
        return (norm is null ? split : Norm(split, norm)).transpose(1, 2);
    }

    private Tensor Turn(Tensor x, Tensor cos, Tensor sin)
    {
        Tensor low = x.narrow(-1, 0, headSize / 2);
        Tensor high = x.narrow(-1, headSize / 2, headSize / 2);
        return x.mul(cos).add(cat([high.neg(), low], -1).mul(sin));
    }

    private Tensor Repeat(Tensor x, long batch, long length) => heads == keyHeads
        ? x
        : x.unsqueeze(2).expand(batch, keyHeads, heads / keyHeads, length, headSize).reshape(batch, heads, length, headSize);

    private Tensor Window(long length, int window)
    {
        Tensor column = Count(length, Device);
        Tensor distance = column.unsqueeze(1).sub(column.unsqueeze(0));
        using Scalar none = 0.ToScalar();
        using Scalar limit = window.ToScalar();
        return distance.ge(none).logical_and(distance.lt(limit));
    }

    private static Tensor Near(Tensor columns, Tensor last, int window)
    {
        using Scalar reach = window.ToScalar();
        return columns.gt(last.sub(reach));
    }

    // Angles in single precision, as the published code has them.
    private (Tensor Cosine, Tensor Sine) Rope(int length)
    {
        if (cosine is null || cosine.shape[0] < length)
        {
            int rows = Math.Min(Config.ContextLength, Math.Max(length, cosine is null ? 256 : 2 * (int)cosine.shape[0]));
            (float[] frequencies, float factor) = Config.RopeFrequencies();
            int half = frequencies.Length;
            var cosines = new float[rows * 2 * half];
            var sines = new float[rows * 2 * half];
            for (int p = 0; p < rows; p++)
            {
                for (int i = 0; i < half; i++)
                {
                    float angle = p * frequencies[i];
                    int at = (p * 2 * half) + i;
                    cosines[at] = cosines[at + half] = MathF.Cos(angle) * factor;
                    sines[at] = sines[at + half] = MathF.Sin(angle) * factor;
                }
            }

            cosine?.Dispose();
            sine?.Dispose();
            cosine = tensor(cosines, [rows, 2 * half], Precision, Device).DetachFromDisposeScope();
            sine = tensor(sines, [rows, 2 * half], Precision, Device).DetachFromDisposeScope();
        }

        return (cosine.narrow(0, 0, length), sine!.narrow(0, 0, length));
    }
}

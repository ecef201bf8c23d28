using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>
/// From what the head reads to log-probabilities, entropies and values, and back. The vocabulary is wide, so some rows at a time are compared with
/// it, and the gradient is written down rather than recorded: with z the logits over the temperature and p their softmax, the log-probability of
/// token y has the gradient [y = j] − p_j, the entropy H the gradient −p_j (log p_j + H).
/// </summary>
/// <param name="model">The model.</param>
/// <param name="maxRows">The most rows at a time.</param>
internal sealed class TorchHead(TorchModel model, int maxRows)
{
    /// <summary>What a token's place says about it.</summary>
    /// <param name="LogProbs">One per row.</param>
    /// <param name="Entropies">One per row.</param>
    /// <param name="Values">One per row; empty without a value head.</param>
    public sealed record Scores(float[] LogProbs, float[] Entropies, float[] Values);

    /// <summary>Single-precision logits, [rows × vocabulary].</summary>
    public Tensor Logits(Tensor states) => nn.functional.linear(states, model.Weights.Head.Compute).to(ScalarType.Float32);

    /// <summary>Scores targets; call it without recording gradients.</summary>
    /// <param name="states">[rows × hidden].</param>
    /// <param name="targets">[rows] ids.</param>
    /// <param name="inverseTemperature">1 / temperature.</param>
    public Scores Score(Tensor states, Tensor targets, double inverseTemperature)
    {
        int rows = (int)states.shape[0];
        var logProbs = new float[rows];
        var entropies = new float[rows];
        using Scalar scale = inverseTemperature.ToScalar();
        for (int from = 0; from < rows; from += maxRows)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(maxRows, rows - from);
            Tensor logs = Logs(states.narrow(0, from, count), scale);
            Copy(logs.gather(1, targets.narrow(0, from, count).unsqueeze(1)), logProbs.AsSpan(from, count));

            // 0 · log 0 is 0: probabilities that underflow must not make the entropy a NaN.
            Copy(torch.special.entr(logs.exp_()).sum(-1), entropies.AsSpan(from, count));
        }

        return new Scores(logProbs, entropies, Values(states));
    }

    /// <summary>The gradient of Σ a·log-prob + b·entropy + c·value with respect to the states; the head's own is added to its parameters.</summary>
    /// <param name="states">[rows × hidden].</param>
    /// <param name="targets">[rows] ids.</param>
    /// <param name="inverseTemperature">1 / temperature.</param>
    /// <param name="logProbs">a.</param>
    /// <param name="entropies">b.</param>
    /// <param name="values">c; empty without a value head.</param>
    /// <param name="sharedValues">c where it may move the layers that the value head shares, else 0.</param>
    /// <returns>[rows × hidden].</returns>
    public Tensor Backward(Tensor states, Tensor targets, double inverseTemperature, float[] logProbs, float[] entropies, float[] values, float[] sharedValues)
    {
        TorchParameter head = model.Weights.Head;
        Tensor gradient = zeros_like(states, requires_grad: false);
        Tensor a = tensor(logProbs, device: model.Device).unsqueeze(1);
        Tensor? b = entropies.AsSpan().ContainsAnyExcept(0f) ? tensor(entropies, device: model.Device).unsqueeze(1) : null;
        using Scalar scale = inverseTemperature.ToScalar();
        for (int from = 0; from < logProbs.Length; from += maxRows)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(maxRows, logProbs.Length - from);
            Tensor part = states.narrow(0, from, count);
            Tensor p = Logs(part, scale).exp_();
            Tensor weights = a.narrow(0, from, count);
            Tensor slope = p.mul(weights.neg());
            slope.scatter_add_(1, targets.narrow(0, from, count).unsqueeze(1), weights);
            if (b is not null)
            {
                Tensor surprise = torch.special.entr(p);
                Tensor entropy = surprise.sum([-1L], keepdim: true);
                slope.sub_(p.mul(entropy).sub_(surprise).mul_(b.narrow(0, from, count)));
            }

            Tensor narrow = slope.mul_(scale).to(part.dtype);
            gradient.narrow(0, from, count).copy_(mm(narrow, head.Compute.detach()));
            if (head.Trained)
            {
                head.Add(mm(narrow.t(), part));
            }
        }

        if (model.Weights is { ValueWeight: { } weight, ValueBias: { } bias })
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor c = tensor(values, device: model.Device).unsqueeze(0);
            weight.Add(mm(c, states.to(ScalarType.Float32)));
            bias.Add(c.sum());
            Tensor shared = tensor(sharedValues, device: model.Device).unsqueeze(1);
            gradient.add_(mm(shared, weight.Compute.detach()).to(gradient.dtype));
        }

        return gradient;
    }

    /// <summary>Copies a small tensor's numbers.</summary>
    public static void Copy(Tensor from, Span<float> to)
    {
        using Tensor plain = from.reshape(-1).to(ScalarType.Float32).cpu();
        MemoryMarshal.Cast<byte, float>(plain.bytes).CopyTo(to);
    }

    // Every tensor as wide as the vocabulary counts: the logits are freed as soon as they are used.
    private Tensor Logs(Tensor states, Scalar scale)
    {
        using DisposeScope scope = NewDisposeScope();
        return nn.functional.log_softmax(Logits(states).mul_(scale), -1).MoveToOuterDisposeScope();
    }

    private float[] Values(Tensor states)
    {
        if (model.Weights is not { ValueWeight: { } weight, ValueBias: { } bias })
        {
            return [];
        }

        using DisposeScope scope = NewDisposeScope();
        var values = new float[states.shape[0]];
        Copy(nn.functional.linear(states.to(ScalarType.Float32), weight.Compute, bias.Compute), values);
        return values;
    }
}

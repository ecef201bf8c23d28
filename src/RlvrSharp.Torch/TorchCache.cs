using static TorchSharp.torch;

namespace RlvrSharp.Torch;

/// <summary>
/// Keys and values of the sequences being decoded: one slot each, [slots × heads × positions × head size] a layer, filled from the front.
/// Its tensors belong to the caller's dispose scope, so that a device that is full after half of them gets them back.
/// </summary>
internal sealed class TorchCache
{
    public TorchCache(int layers, int slots, int heads, int positions, int headSize, ScalarType precision, Device device)
    {
        Keys = [.. Enumerable.Range(0, layers).Select(_ => zeros([slots, heads, positions, headSize], precision, device))];
        Values = [.. Enumerable.Range(0, layers).Select(_ => zeros([slots, heads, positions, headSize], precision, device))];
        Positions = positions;
        Columns = TorchModel.Count(positions, device);
    }

    public IReadOnlyList<Tensor> Keys { get; }

    public IReadOnlyList<Tensor> Values { get; }

    public int Positions { get; }

    /// <summary>0, 1, 2, … up to <see cref="Positions"/>.</summary>
    public Tensor Columns { get; }

    /// <summary>Writes one prompt's keys and values into neighbouring slots.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="keys">[1 × heads × positions × head size] of the prompt.</param>
    /// <param name="values">The same of the values.</param>
    /// <param name="length">The prompt's length; what follows is padding.</param>
    /// <param name="slot">The first slot.</param>
    /// <param name="count">How many.</param>
    public void Write(int layer, Tensor keys, Tensor values, int length, int slot, int count)
    {
        Keys[layer].narrow(0, slot, count).narrow(2, 0, length).copy_(keys.narrow(2, 0, length));
        Values[layer].narrow(0, slot, count).narrow(2, 0, length).copy_(values.narrow(2, 0, length));
    }

    /// <summary>Moves a sequence to another slot.</summary>
    public void Move(int from, int to, int length)
    {
        foreach (Tensor tensor in Keys.Concat(Values))
        {
            tensor.narrow(0, to, 1).narrow(2, 0, length).copy_(tensor.narrow(0, from, 1).narrow(2, 0, length));
        }
    }
}

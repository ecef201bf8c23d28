namespace RlvrSharp.Models;

/// <summary>One tensor of a safetensors file: where its bytes lie and what they mean.</summary>
/// <param name="Name">The name, unique in its file.</param>
/// <param name="Type">How elements are written.</param>
/// <param name="Shape">The dimensions, outermost first; empty for a single number.</param>
/// <param name="Offset">The first byte's position after the header.</param>
/// <param name="ByteLength">The number of bytes: elements × element size.</param>
public sealed record StoredTensor(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>The number of elements, the product of the dimensions.</summary>
    public long ElementCount => ByteLength / TensorTypes.Size(Type);

    /// <summary>The shape as people write it.</summary>
    /// <param name="shape">The dimensions.</param>
    /// <returns>Such as <c>[64, 128]</c>.</returns>
    public static string Format(IReadOnlyList<long> shape) => "[" + string.Join(", ", shape) + "]";
}

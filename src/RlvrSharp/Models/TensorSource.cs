using System.Runtime.InteropServices;

namespace RlvrSharp.Models;

/// <summary>A tensor to be written: its name, type and shape now, its bytes when the writer gets to it.</summary>
public sealed class TensorSource
{
    private const int ChunkElements = 1 << 16;
    private readonly Action<Stream> write;

    private TensorSource(string name, TensorType type, IReadOnlyList<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        Name = name;
        Type = type;
        Shape = [.. shape];
        long count = 1;
        foreach (long dimension in Shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            count = checked(count * dimension);
        }

        ElementCount = count;
        this.write = write;
    }

    /// <summary>The name; unique in a checkpoint.</summary>
    public string Name { get; }

    /// <summary>How elements are written.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, outermost first.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>The number of bytes.</summary>
    public long ByteLength => checked(ElementCount * TensorTypes.Size(Type));

    /// <summary>Floats, written in a floating-point type (nearest, ties to even).</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">F32, BF16, F16 or F64.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <param name="values">The elements, row-major; read when the tensor is written.</param>
    /// <returns>The source.</returns>
    public static TensorSource FromSingles(string name, TensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<float> values)
    {
        CheckFloating(name, type, nameof(type));
        return Checked(new TensorSource(name, type, shape, stream => WriteSingles(stream, type, values)), values.Length, nameof(values));
    }

    /// <summary>Floats that are made when the writer gets to the tensor and let go after it, so that a model need not be in memory twice.</summary>
    internal static TensorSource FromSingles(string name, TensorType type, IReadOnlyList<long> shape, Func<ReadOnlyMemory<float>> values)
    {
        CheckFloating(name, type, nameof(type));
        return new TensorSource(name, type, shape, stream => WriteSingles(stream, type, values()));
    }

    /// <summary>bfloat16 bits, written as they are.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The dimensions; their product is the number of values.</param>
    /// <param name="bits">The elements, row-major; read when the tensor is written.</param>
    /// <returns>The source.</returns>
    public static TensorSource FromBFloat16(string name, IReadOnlyList<long> shape, ReadOnlyMemory<ushort> bits) =>
        Checked(new TensorSource(name, TensorType.BF16, shape, stream => WriteChunks(stream, bits)), bits.Length, nameof(bits));

    /// <summary>Bytes that are already in their stored form.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">Their type.</param>
    /// <param name="shape">The dimensions; their product × element size is the number of bytes.</param>
    /// <param name="bytes">The bytes, little-endian; read when the tensor is written.</param>
    /// <returns>The source.</returns>
    public static TensorSource FromBytes(string name, TensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> bytes)
    {
        var source = new TensorSource(name, type, shape, stream => stream.Write(bytes.Span));
        return source.ByteLength == bytes.Length ? source : throw new ArgumentException($"Tensor \"{name}\" of shape {StoredTensor.Format(shape)} takes {source.ByteLength} bytes, not {bytes.Length}.", nameof(bytes));
    }

    /// <summary>A tensor of an open file, copied as it is.</summary>
    /// <param name="file">The file; must stay open until the tensor is written.</param>
    /// <param name="name">The tensor.</param>
    /// <returns>The source.</returns>
    public static TensorSource FromFile(SafetensorsFile file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.TryGet(name, out StoredTensor? tensor))
        {
            throw new CheckpointException($"{file.Path} has no tensor \"{name}\".");
        }

        return new TensorSource(name, tensor.Type, tensor.Shape, stream =>
        {
            const int Chunk = 1 << 22;
            for (long done = 0; done < tensor.ByteLength; done += Chunk)
            {
                stream.Write(file.ReadRaw(name, done, (int)Math.Min(Chunk, tensor.ByteLength - done)));
            }
        });
    }

    internal void WriteTo(Stream stream) => write(stream);

    private static void WriteChunks(Stream stream, ReadOnlyMemory<ushort> bits)
    {
        for (int done = 0; done < bits.Length; done += ChunkElements)
        {
            stream.Write(MemoryMarshal.AsBytes(bits.Span.Slice(done, Math.Min(ChunkElements, bits.Length - done))));
        }
    }

    private static void CheckFloating(string name, TensorType type, string parameter)
    {
        if (type is not (TensorType.F32 or TensorType.BF16 or TensorType.F16 or TensorType.F64))
        {
            throw new ArgumentException($"Tensor \"{name}\": floats are written as F32, BF16, F16 or F64, not {TensorTypes.Name(type)}.", parameter);
        }
    }

    private static void WriteSingles(Stream stream, TensorType type, ReadOnlyMemory<float> values)
    {
        byte[] buffer = new byte[Math.Min(values.Length, ChunkElements) * TensorTypes.Size(type)];
        for (int done = 0; done < values.Length; done += ChunkElements)
        {
            ReadOnlySpan<float> chunk = values.Span.Slice(done, Math.Min(ChunkElements, values.Length - done));
            Span<byte> bytes = buffer.AsSpan(0, chunk.Length * TensorTypes.Size(type));
            TensorTypes.FromSingle(type, chunk, bytes);
            stream.Write(bytes);
        }
    }

    private static TensorSource Checked(TensorSource source, int given, string parameter) => source.ElementCount == given
        ? source
        : throw new ArgumentException($"Tensor \"{source.Name}\" of shape {StoredTensor.Format(source.Shape)} takes {source.ElementCount} values, not {given}.", parameter);
}

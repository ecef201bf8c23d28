using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace RlvrSharp.Models;

/// <summary>Names, sizes and conversions of the stored element types.</summary>
public static class TensorTypes
{
    private static readonly string[] Names = ["BOOL", "U8", "I8", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "F64", "I64", "U64"];
    private static readonly int[] Sizes = [1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 8, 8, 8];

    /// <summary>The name that safetensors headers use.</summary>
    /// <param name="type">The type.</param>
    /// <returns>Such as <c>BF16</c>.</returns>
    public static string Name(TensorType type) => Names[(int)type];

    /// <summary>The bytes of one element.</summary>
    /// <param name="type">The type.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int Size(TensorType type) => Sizes[(int)type];

    /// <summary>Reads the name that safetensors headers use.</summary>
    /// <param name="name">Such as <c>BF16</c>; case matters.</param>
    /// <param name="type">The type.</param>
    /// <returns>False if no such type is supported.</returns>
    public static bool TryParse(string name, out TensorType type)
    {
        int index = Array.IndexOf(Names, name);
        type = (TensorType)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Reads the name that config.json uses (<c>torch_dtype</c> or <c>dtype</c>).</summary>
    /// <param name="name">Such as <c>bfloat16</c>.</param>
    /// <returns>The type, or null for names other than float32, bfloat16, float16 and float64.</returns>
    public static TensorType? FromTorchName(string? name) => name switch
    {
        "float32" or "float" => TensorType.F32,
        "bfloat16" => TensorType.BF16,
        "float16" or "half" => TensorType.F16,
        "float64" or "double" => TensorType.F64,
        _ => null,
    };

    internal static string SupportedNames => string.Join(", ", Names);

    /// <summary>The bfloat16 nearest to a float, ties to even; its 16 bits.</summary>
    /// <param name="value">The float.</param>
    /// <returns>The bits; any NaN stays a quiet NaN.</returns>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            return (ushort)((bits >> 16) | 0x40);
        }

        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The float that 16 bits of bfloat16 stand for; exact.</summary>
    /// <param name="bits">The bits.</param>
    /// <returns>The float.</returns>
    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Turns stored elements into floats: exact for 16-bit and 32-bit floats and small integers, nearest otherwise.</summary>
    /// <param name="type">How the source is written.</param>
    /// <param name="source">The stored bytes; destination length × element size.</param>
    /// <param name="destination">The floats.</param>
    internal static void ToSingle(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        Debug.Assert(source.Length == (long)destination.Length * Size(type), "lengths agree");
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Checkpoints are read on little-endian machines only.");
        }

        switch (type)
        {
            case TensorType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.BF16:
                ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(source);
                Span<uint> words = MemoryMarshal.Cast<float, uint>(destination);
                TensorPrimitives.ConvertTruncating(halves, words);
                TensorPrimitives.ShiftLeft(words, 16, words);
                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            case TensorType.Boolean or TensorType.U8:
                TensorPrimitives.ConvertTruncating(source, destination);
                break;
            case TensorType.I8:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(source), destination);
                break;
            case TensorType.I16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(source), destination);
                break;
            case TensorType.U16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case TensorType.I32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(source), destination);
                break;
            case TensorType.U32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, uint>(source), destination);
                break;
            case TensorType.I64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, long>(source), destination);
                break;
            case TensorType.U64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ulong>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }

    /// <summary>Writes floats as stored elements of a floating-point type, rounding to nearest, ties to even.</summary>
    /// <param name="type">F32, BF16, F16 or F64.</param>
    /// <param name="source">The floats.</param>
    /// <param name="destination">Source length × element size bytes.</param>
    internal static void FromSingle(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case TensorType.BF16:
                for (int i = 0; i < source.Length; i++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], ToBFloat16(source[i]));
                }

                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case TensorType.F64:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Floats are written as F32, BF16, F16 or F64.");
        }
    }
}

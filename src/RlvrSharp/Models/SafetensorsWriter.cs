using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>Writes safetensors files: under a temporary name first, renamed when complete, so that a file is whole or absent.</summary>
public static class SafetensorsWriter
{
    /// <summary>The metadata that Hugging Face tools want to see.</summary>
    public static IReadOnlyDictionary<string, string> DefaultMetadata { get; } = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>Writes one file. Tensors go by type (wide ones first), then by name, so equal tensors make equal bytes.</summary>
    /// <param name="path">The file; an old one is replaced.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <param name="metadata">The <c>__metadata__</c>; null for <see cref="DefaultMetadata"/>, empty for none.</param>
    public static void Write(string path, IEnumerable<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(tensors);
        TensorSource[] sorted = [.. tensors];
        Array.Sort(sorted, static (left, right) =>
        {
            int order = right.Type.CompareTo(left.Type);
            return order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
        });
        byte[] header = Header(sorted, metadata ?? DefaultMetadata);
        string temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                Span<byte> length = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
                stream.Write(length);
                stream.Write(header);
                foreach (TensorSource tensor in sorted)
                {
                    long before = stream.Position;
                    tensor.WriteTo(stream);
                    if (stream.Position - before != tensor.ByteLength)
                    {
                        throw new InvalidOperationException($"Tensor \"{tensor.Name}\" wrote {stream.Position - before} bytes instead of {tensor.ByteLength}.");
                    }
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static byte[] Header(TensorSource[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            long offset = 0;
            foreach (TensorSource tensor in tensors)
            {
                if (!names.Add(tensor.Name))
                {
                    throw new ArgumentException($"The tensor name \"{tensor.Name}\" is taken; names in one file must differ.", nameof(tensors));
                }

                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", TensorTypes.Name(tensor.Type));
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset = checked(offset + tensor.ByteLength);
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Readers map the file: data that begins at a multiple of eight stays aligned.
        int padded = (buffer.WrittenCount + 7) / 8 * 8;
        byte[] header = new byte[padded];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        return header;
    }
}

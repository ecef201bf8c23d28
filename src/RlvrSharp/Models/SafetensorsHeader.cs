using System.Buffers.Binary;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>
/// Reads the JSON header of a safetensors file as hostile input: every fault becomes a <see cref="CheckpointException"/> that names the
/// file and, where there is one, the tensor, and nothing is allocated beyond what the header's own length justifies.
/// </summary>
/// <remarks>The form: eight bytes of header length (little-endian), the header, then the tensors' bytes without gaps up to the end of the file.</remarks>
internal sealed class SafetensorsHeader
{
    private const long MaxHeaderBytes = 100_000_000;

    private SafetensorsHeader(long dataStart, IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata) =>
        (DataStart, Tensors, Metadata) = (dataStart, tensors, metadata);

    /// <summary>The position in the file of the first tensor byte.</summary>
    public long DataStart { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> pairs.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Checks the length field against the file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="start">The file's first bytes (all of them if it has fewer than eight).</param>
    /// <param name="fileLength">The file's length.</param>
    /// <returns>The header's length in bytes.</returns>
    public static int Length(string path, ReadOnlySpan<byte> start, long fileLength)
    {
        if (fileLength < 8 || start.Length < 8)
        {
            throw new CheckpointException($"{path} has {fileLength} bytes, but a safetensors file begins with an 8-byte header length: the file is empty or cut off.");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > MaxHeaderBytes)
        {
            throw new CheckpointException($"{path} declares a header of {length} bytes; at most {MaxHeaderBytes} are allowed. It is not a safetensors file, or it is damaged.");
        }

        if ((long)length > fileLength - 8)
        {
            throw new CheckpointException($"{path} declares a header of {length} bytes, but only {fileLength - 8} follow: the file is cut off. Fetch it again.");
        }

        return (int)length;
    }

    /// <summary>Reads the header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="fileLength">The file's length.</param>
    /// <returns>The checked header.</returns>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long fileLength)
    {
        var tensors = new List<StoredTensor>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        string? current = null;
        try
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            Expect(path, current, reader.Read() && reader.TokenType == JsonTokenType.StartObject, "the header must be a JSON object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                current = reader.GetString()!;
                Expect(path, current, names.Add(current), "the name occurs twice");
                reader.Read();
                if (current == "__metadata__")
                {
                    ReadMetadata(path, ref reader, metadata);
                }
                else
                {
                    tensors.Add(ReadTensor(path, current, ref reader));
                }
            }

            current = null;
            while (reader.Read())
            {
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException($"{Where(path, current)}: the header is not valid JSON: {error.Message}", error);
        }

        tensors.Sort(static (left, right) =>
        {
            int order = left.Offset.CompareTo(right.Offset);
            order = order != 0 ? order : left.ByteLength.CompareTo(right.ByteLength);
            return order != 0 ? order : string.CompareOrdinal(left.Name, right.Name);
        });
        CheckCover(path, tensors, fileLength - 8 - json.Length);
        return new SafetensorsHeader(8 + json.Length, tensors, metadata);
    }

    private static void ReadMetadata(string path, ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(path, "__metadata__", reader.TokenType == JsonTokenType.StartObject, "must be an object of texts");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(path, "__metadata__", reader.TokenType == JsonTokenType.String, $"the value of \"{key}\" must be a text");
            Expect(path, "__metadata__", metadata.TryAdd(key, reader.GetString()!), $"the key \"{key}\" occurs twice");
        }
    }

    private static StoredTensor ReadTensor(string path, string name, ref Utf8JsonReader reader)
    {
        Expect(path, name, reader.TokenType == JsonTokenType.StartObject, "must be an object with dtype, shape and data_offsets");
        TensorType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype":
                    Expect(path, name, type is null, "dtype occurs twice");
                    Expect(path, name, reader.TokenType == JsonTokenType.String, "dtype must be a text");
                    string typeName = reader.GetString()!;
                    bool known = TensorTypes.TryParse(typeName, out TensorType parsed);
                    Expect(path, name, known, $"the dtype \"{typeName}\" is not supported; supported are {TensorTypes.SupportedNames}");
                    type = parsed;
                    break;
                case "shape":
                    Expect(path, name, shape is null, "shape occurs twice");
                    shape = ReadNumbers(path, name, "shape", ref reader, 64);
                    break;
                case "data_offsets":
                    Expect(path, name, offsets is null, "data_offsets occurs twice");
                    offsets = ReadNumbers(path, name, "data_offsets", ref reader, 2);
                    Expect(path, name, offsets.Count == 2, "data_offsets must hold two numbers, begin and end");
                    break;
                default:
                    throw new CheckpointException($"{Where(path, name)}: the key \"{key}\" is not allowed; a tensor has dtype, shape and data_offsets.");
            }
        }

        Expect(path, name, type is not null && shape is not null && offsets is not null, "dtype, shape and data_offsets must all be there");
        (long begin, long end) = (offsets![0], offsets[1]);
        Expect(path, name, begin <= end, $"data_offsets [{begin}, {end}] end before they begin");
        long bytes = TensorTypes.Size(type!.Value);
        foreach (long dimension in shape!)
        {
            long high = Math.BigMul(bytes, dimension, out long low);
            Expect(path, name, high == 0 && low >= 0, $"the shape {StoredTensor.Format(shape)} overflows 63 bits");
            bytes = low;
        }

        Expect(path, name, bytes == end - begin, $"the shape {StoredTensor.Format(shape)} of {TensorTypes.Name(type.Value)} takes {bytes} bytes, but data_offsets [{begin}, {end}] hold {end - begin}");
        return new StoredTensor(name, type.Value, shape, begin, bytes);
    }

    private static List<long> ReadNumbers(string path, string name, string key, ref Utf8JsonReader reader, int atMost)
    {
        Expect(path, name, reader.TokenType == JsonTokenType.StartArray, $"{key} must be a list of whole numbers");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            long number = -1;
            bool whole = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number) && number >= 0;
            Expect(path, name, whole, $"{key} must hold whole numbers from 0 to 2^63-1");
            Expect(path, name, numbers.Count < atMost, $"{key} holds more than {atMost} numbers");
            numbers.Add(number);
        }

        return numbers;
    }

    private static void CheckCover(string path, List<StoredTensor> tensors, long dataLength)
    {
        long end = 0;
        foreach (StoredTensor tensor in tensors)
        {
            Expect(path, tensor.Name, tensor.Offset >= end, $"its bytes begin at {tensor.Offset}, inside the tensor before it, which ends at {end}");
            Expect(path, tensor.Name, tensor.Offset == end, $"its bytes begin at {tensor.Offset}, which leaves a hole after {end}");
            end = tensor.Offset + tensor.ByteLength;
            Expect(path, tensor.Name, end <= dataLength, $"its bytes end at {end}, but the file holds only {dataLength} bytes of data: the file is cut off, fetch it again");
        }

        Expect(path, null, end == dataLength, $"the file holds {dataLength} bytes of data, but the tensors take {end}");
    }

    private static string Where(string path, string? tensor) => tensor is null ? path : $"{path}: tensor \"{tensor}\"";

    private static void Expect(string path, string? tensor, bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument("holds")] ref Rule rule)
    {
        if (!holds)
        {
            throw new CheckpointException($"{Where(path, tensor)}: {rule.Text}.");
        }
    }

    private static void Expect(string path, string? tensor, bool holds, string rule)
    {
        if (!holds)
        {
            throw new CheckpointException($"{Where(path, tensor)}: {rule}.");
        }
    }

    /// <summary>Builds a message only where the rule is broken: headers have many tensors.</summary>
    [System.Runtime.CompilerServices.InterpolatedStringHandler]
    private ref struct Rule
    {
        private System.Runtime.CompilerServices.DefaultInterpolatedStringHandler inner;
        private readonly bool broken;

        public Rule(int literalLength, int formattedCount, bool holds, out bool isEnabled)
        {
            isEnabled = broken = !holds;
            inner = broken ? new(literalLength, formattedCount, System.Globalization.CultureInfo.InvariantCulture) : default;
        }

        public string Text => broken ? inner.ToStringAndClear() : string.Empty;

        public void AppendLiteral(string value) => inner.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => inner.AppendFormatted(value);
    }
}

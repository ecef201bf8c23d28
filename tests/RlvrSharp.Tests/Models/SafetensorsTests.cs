using System.Buffers.Binary;
using System.Text;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models;

public class SafetensorsTests
{
    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", "\"a\"", "twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "\"b\"", "inside the tensor before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", "\"b\"", "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "12 bytes", "take 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "\"a\"", "cut off")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[12,0]}}""", "\"a\"", "before they begin")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}}""", "\"a\"", "[4] of F32 takes 16")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[12],"data_offsets":[0,12]}}""", "\"a\"", "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,12]}}""", "\"a\"", "overflows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-3],"data_offsets":[0,12]}}""", "\"a\"", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,12]}}""", "\"a\"", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0]}}""", "\"a\"", "two numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3]}}""", "\"a\"", "must all be there")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12],"x":1}}""", "\"a\"", "\"x\"")]
    [InlineData("""{"a":[]}""", "\"a\"", "object")]
    [InlineData("""{"__metadata__":{"x":1}}""", "__metadata__", "text")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "test.safetensors", "JSON")]
    [InlineData("""[]""", "test.safetensors", "object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}""", "\"a\"", "JSON")]
    public void A_lying_header_is_refused_with_the_name(string header, string thing, string rule)
    {
        string fault = ModelFiles.Fault(() => Parse(Encoding.UTF8.GetBytes(header), 12));

        Assert.Contains(thing, fault, StringComparison.Ordinal);
        Assert.Contains(rule, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_tensors_may_share_a_position()
    {
        SafetensorsHeader header = Parse("""{"b":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}"""u8, 12);

        Assert.Equal(["a", "b"], header.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void A_hundred_thousand_mutated_headers_never_crash_the_reader()
    {
        byte[] original = Encoding.UTF8.GetBytes("""{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"BF16","shape":[3,2],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[],"data_offsets":[12,16]},"c":{"dtype":"I64","shape":[2],"data_offsets":[16,32]}}  """);
        string[] texts = ["9223372036854775807", "18446744073709551616", "-1", "1e9", "\"F32\"", "\"a.weight\":", "{", "}", "[", "]", ",", "\\ud800", "\"shape\":", "null", "0", "[[[[[[[[[[[[", "é", "data_offsets"];
        byte[][] pieces = [.. texts.Select(Encoding.UTF8.GetBytes)];
        int accepted = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] start = new byte[8];
        for (ulong round = 0; round < 100_000; round++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(51, round));
            byte[] mutated = Mutate(original, pieces, ref random);
            long fileLength = random.NextInt32(4) == 0 ? random.NextInt32(400) : 8 + mutated.Length + 32;
            try
            {
                BinaryPrimitives.WriteUInt64LittleEndian(start, random.NextInt32(8) == 0 ? random.NextUInt64() >> random.NextInt32(64) : (ulong)mutated.Length);
                int length = SafetensorsHeader.Length("x", start, fileLength);
                SafetensorsHeader header = SafetensorsHeader.Parse("x", mutated.AsSpan(0, Math.Min(length, mutated.Length)), fileLength);
                long end = 0;
                foreach (StoredTensor tensor in header.Tensors)
                {
                    Assert.Equal(end, tensor.Offset);
                    Assert.Equal(tensor.ByteLength, tensor.Shape.Aggregate((long)TensorTypes.Size(tensor.Type), (product, dimension) => product * dimension));
                    end += tensor.ByteLength;
                }

                Assert.Equal(fileLength, header.DataStart + end);
                accepted++;
            }
            catch (CheckpointException)
            {
                // The one way to refuse.
            }
        }

        long perHeader = (GC.GetAllocatedBytesForCurrentThread() - before) / 100_000;
        Assert.InRange(accepted, 1_000, 60_000); // the mutations are neither all fatal nor all harmless
        Assert.InRange(perHeader, 0, 50_000);
    }

    [Theory]
    [InlineData(new byte[0], "0 bytes")]
    [InlineData(new byte[] { 1, 2, 3 }, "3 bytes")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "18446744073709551615")]
    [InlineData(new byte[] { 20, 0, 0, 0, 0, 0, 0, 0, 123, 125 }, "only 2 follow")]
    public void A_file_that_is_cut_off_is_refused(byte[] bytes, string thing)
    {
        string path = Path.Combine(ModelFiles.Scratch(), "x.safetensors");
        File.WriteAllBytes(path, bytes);

        Assert.Contains(thing, ModelFiles.Fault(() => SafetensorsFile.Open(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_a_checkpoint_fault() =>
        Assert.Contains("nothing.safetensors", ModelFiles.Fault(() => SafetensorsFile.Open("nothing.safetensors")), StringComparison.Ordinal);

    [Theory]
    [InlineData("llama-tiny-bf16.safetensors")]
    [InlineData("llama31-tiny-tied.safetensors")]
    public void Load_save_load_keeps_every_byte(string name)
    {
        string directory = ModelFiles.Scratch();
        (string first, string second) = (Path.Combine(directory, "1"), Path.Combine(directory, "2"));
        string golden = ModelFiles.Golden("models-config", name);
        Copy(golden, first);
        Copy(first, second);

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        using SafetensorsFile source = SafetensorsFile.Open(golden);
        using SafetensorsFile copy = SafetensorsFile.Open(first);
        Assert.Equal(source.Tensors.Select(Describe).Order(StringComparer.Ordinal), copy.Tensors.Select(Describe).Order(StringComparer.Ordinal));
        Assert.All(source.Tensors, tensor => Assert.True(source.ReadRaw(tensor.Name).SequenceEqual(copy.ReadRaw(tensor.Name))));

        static string Describe(StoredTensor tensor) => $"{tensor.Name} {tensor.Type} {StoredTensor.Format(tensor.Shape)}";
        static void Copy(string from, string to)
        {
            using SafetensorsFile file = SafetensorsFile.Open(from);
            SafetensorsWriter.Write(to, file.Tensors.Select(tensor => TensorSource.FromFile(file, tensor.Name)), file.Metadata);
        }
    }

    [Fact]
    public void Floats_go_through_every_float_type_and_back()
    {
        string path = Path.Combine(ModelFiles.Scratch(), "x.safetensors");
        float[] values = [0f, -0f, 1f, -1.5f, 65504f, 1e-7f, 3.14159274f, float.PositiveInfinity, float.NaN, 1.00390625f, 1.01171875f];
        TensorType[] types = [TensorType.F32, TensorType.BF16, TensorType.F16, TensorType.F64];
        SafetensorsWriter.Write(path, types.Select(type => TensorSource.FromSingles(TensorTypes.Name(type), type, [values.Length], values)));

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(0, (new FileInfo(path).Length - file.Tensors.Sum(tensor => tensor.ByteLength)) % 8);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(values, Read(file, "F32"));
        Assert.Equal(values, Read(file, "F64"));
        Assert.Equal(values.Select(value => (float)(Half)value), Read(file, "F16"));

        // Ties go to the even mantissa: 1 + 1/256 lies between 1 and 1 + 1/128, 1 + 3/256 between 1 + 1/128 and 1 + 2/128.
        float[] rounded = Read(file, "BF16");
        Assert.Equal([0f, -0f, 1f, -1.5f, 65536f], rounded[..5]);
        Assert.Equal(1e-7f, rounded[5], 1e-7f / 256);
        Assert.Equal([3.140625f, float.PositiveInfinity, float.NaN, 1f, 1.015625f], rounded[6..]);
    }

    [Fact]
    public void Integers_convert_and_parts_can_be_read()
    {
        string path = Path.Combine(ModelFiles.Scratch(), "x.safetensors");
        SafetensorsWriter.Write(path,
        [
            TensorSource.FromBytes("bool", TensorType.Boolean, [2], new byte[] { 0, 1 }),
            TensorSource.FromBytes("u8", TensorType.U8, [2], new byte[] { 7, 255 }),
            TensorSource.FromBytes("i8", TensorType.I8, [2], new byte[] { 7, 255 }),
            TensorSource.FromBytes("i16", TensorType.I16, [2], new byte[] { 1, 0, 0, 128 }),
            TensorSource.FromBytes("u16", TensorType.U16, [2], new byte[] { 1, 0, 0, 128 }),
            TensorSource.FromBytes("i32", TensorType.I32, [1, 2], new byte[] { 255, 255, 255, 255, 0, 0, 0, 128 }),
            TensorSource.FromBytes("u32", TensorType.U32, [2], new byte[] { 5, 0, 0, 0, 255, 255, 255, 255 }),
            TensorSource.FromBytes("i64", TensorType.I64, [2], new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255 }),
            TensorSource.FromBytes("u64", TensorType.U64, [1], new byte[] { 0, 0, 0, 0, 0, 0, 0, 128 }),
        ]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([0f, 1f], Read(file, "bool"));
        Assert.Equal([7f, 255f], Read(file, "u8"));
        Assert.Equal([7f, -1f], Read(file, "i8"));
        Assert.Equal([1f, -32768f], Read(file, "i16"));
        Assert.Equal([1f, 32768f], Read(file, "u16"));
        Assert.Equal([-1f, -2147483648f], Read(file, "i32"));
        Assert.Equal([5f, 4294967296f], Read(file, "u32"));
        Assert.Equal([3f, -1f], Read(file, "i64"));
        Assert.Equal([9223372036854775808f], Read(file, "u64"));
        float[] last = new float[1];
        file.ReadSingle("i16", last, firstElement: 1);
        Assert.Equal([-32768f], last);
        Assert.Throws<ArgumentException>(() => file.ReadSingle("i16", new float[2], firstElement: 1));
        Assert.Contains("\"nothing\"", ModelFiles.Fault(() => file.ReadSingle("nothing", new float[1])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file()
    {
        string directory = ModelFiles.Scratch();
        string path = Path.Combine(directory, "x.safetensors");
        SafetensorsWriter.Write(path, [TensorSource.FromSingles("a", TensorType.F32, [1], new float[1])]);
        byte[] before = File.ReadAllBytes(path);
        TensorSource twin = TensorSource.FromSingles("a", TensorType.F32, [1], new float[1]);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [twin, twin]));
        SafetensorsFile closed = SafetensorsFile.Open(path);
        TensorSource gone = TensorSource.FromFile(closed, "a");
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => SafetensorsWriter.Write(path, [gone]));

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(directory));
    }

    private static byte[] Mutate(byte[] original, byte[][] pieces, ref KeyedRandom random)
    {
        var bytes = new List<byte>(original);
        for (int count = random.NextInt32(4); count >= 0; count--)
        {
            int at = random.NextInt32(bytes.Count + 1);
            switch (random.NextInt32(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.NextInt32(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)('0' + random.NextInt32(10));
                    break;
                case 2:
                    bytes.InsertRange(at, pieces[random.NextInt32(pieces.Length)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.NextInt32(6), bytes.Count - at));
                    break;
                case 4 when bytes.Count > 0:
                    int from = random.NextInt32(bytes.Count);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(random.NextInt32(60), bytes.Count - from)));
                    break;
                default:
                    break;
            }
        }

        return [.. bytes];
    }

    private static float[] Read(SafetensorsFile file, string name)
    {
        Assert.True(file.TryGet(name, out StoredTensor? tensor));
        float[] values = new float[tensor.ElementCount];
        file.ReadSingle(name, values);
        return values;
    }

    private static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength) => SafetensorsHeader.Parse("test.safetensors", json, 8 + json.Length + dataLength);
}

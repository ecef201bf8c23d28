using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>
/// The tensors of a model directory, whether one model.safetensors or shards with model.safetensors.index.json. Opening maps every file
/// and checks every header; nothing is converted yet.
/// </summary>
public sealed class CheckpointTensors : IDisposable
{
    /// <summary>The name of an unsharded file.</summary>
    public const string SingleFileName = "model.safetensors";

    /// <summary>The name of the index of shards.</summary>
    public const string IndexFileName = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> files;
    private readonly Dictionary<string, (SafetensorsFile File, StoredTensor Tensor)> tensors;
    private readonly string directory;

    private CheckpointTensors(string directory, List<SafetensorsFile> files, Dictionary<string, (SafetensorsFile File, StoredTensor Tensor)> tensors) =>
        (this.directory, this.files, this.tensors) = (directory, files, tensors);

    /// <summary>Every tensor, in no particular order.</summary>
    public IEnumerable<StoredTensor> Tensors => tensors.Values.Select(entry => entry.Tensor);

    /// <summary>The number of shards; 1 for a single file.</summary>
    public int FileCount => files.Count;

    /// <summary>Opens a model directory's weights.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The open files; dispose them.</returns>
    /// <exception cref="CheckpointException">Weights are missing, cut off or contradict their index; the message names file and tensor.</exception>
    public static CheckpointTensors Open(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string single = Path.Combine(directory, SingleFileName);
        string index = Path.Combine(directory, IndexFileName);
        var files = new List<SafetensorsFile>();
        try
        {
            if (File.Exists(single))
            {
                SafetensorsFile file = SafetensorsFile.Open(single);
                files.Add(file);
                return new CheckpointTensors(directory, files, file.Tensors.ToDictionary(tensor => tensor.Name, tensor => (file, tensor), StringComparer.Ordinal));
            }

            if (File.Exists(index))
            {
                return new CheckpointTensors(directory, files, OpenShards(directory, index, files));
            }
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }

        string other = File.Exists(Path.Combine(directory, "pytorch_model.bin")) || File.Exists(Path.Combine(directory, "pytorch_model.bin.index.json"))
            ? " It has pytorch_model.bin, which is not read because it can run code: convert it to safetensors."
            : string.Empty;
        throw new CheckpointException($"{directory} has neither {SingleFileName} nor {IndexFileName}.{other}");
    }

    /// <summary>Writes weights into a directory as one file, or as shards where they are larger than a shard.</summary>
    /// <param name="directory">The directory; made if missing. Weights that it held before are removed.</param>
    /// <param name="source">The tensors, in the order in which they fill shards.</param>
    /// <param name="maxShardBytes">The most tensor bytes in one file; a tensor that is larger gets a file of its own.</param>
    /// <param name="metadata">The <c>__metadata__</c> of each file; null for <see cref="SafetensorsWriter.DefaultMetadata"/>.</param>
    public static void Write(string directory, IEnumerable<TensorSource> source, long maxShardBytes = long.MaxValue, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        List<List<TensorSource>> shards = [[]];
        long filled = 0;
        foreach (TensorSource tensor in source)
        {
            if (shards[^1].Count > 0 && tensor.ByteLength > maxShardBytes - filled)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(tensor);
            filled += tensor.ByteLength;
        }

        Directory.CreateDirectory(directory);
        string[] old = [.. Directory.EnumerateFiles(directory, "model*.safetensors"), .. Directory.EnumerateFiles(directory, IndexFileName)];
        var written = new HashSet<string>(StringComparer.Ordinal);
        if (shards.Count == 1)
        {
            WriteShard(SingleFileName, shards[0]);
        }
        else
        {
            var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
            long total = 0;
            for (int i = 0; i < shards.Count; i++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
                foreach (TensorSource tensor in shards[i])
                {
                    if (!map.TryAdd(tensor.Name, name))
                    {
                        throw new ArgumentException($"The tensor name \"{tensor.Name}\" occurs twice.", nameof(source));
                    }

                    total += tensor.ByteLength;
                }

                WriteShard(name, shards[i]);
            }

            // Last, because a reader goes by it.
            WriteIndex(Path.Combine(directory, IndexFileName), map, total);
            written.Add(Path.GetFullPath(Path.Combine(directory, IndexFileName)));
        }

        foreach (string path in old.Where(path => !written.Contains(Path.GetFullPath(path))))
        {
            File.Delete(path);
        }

        void WriteShard(string name, List<TensorSource> shard)
        {
            string path = Path.Combine(directory, name);
            SafetensorsWriter.Write(path, shard, metadata);
            written.Add(Path.GetFullPath(path));
        }
    }

    /// <summary>Looks a tensor up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <returns>False if the checkpoint does not hold it.</returns>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StoredTensor? tensor)
    {
        bool found = tensors.TryGetValue(name, out (SafetensorsFile, StoredTensor Tensor) entry);
        tensor = entry.Tensor;
        return found;
    }

    /// <summary>Looks a tensor up that must be there.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="CheckpointException">It is not there.</exception>
    public StoredTensor Get(string name) => Entry(name).Tensor;

    /// <inheritdoc cref="SafetensorsFile.ReadSingle"/>
    public void ReadSingle(string name, Span<float> destination, long firstElement = 0) => Entry(name).File.ReadSingle(name, destination, firstElement);

    /// <inheritdoc cref="SafetensorsFile.ReadRaw"/>
    public ReadOnlySpan<byte> ReadRaw(string name, long byteOffset = 0, int? byteCount = null) => Entry(name).File.ReadRaw(name, byteOffset, byteCount);

    /// <summary>A tensor as a source for writing, copied as it is; this object must stay open until then.</summary>
    /// <param name="name">The tensor.</param>
    /// <returns>The source.</returns>
    public TensorSource ToSource(string name) => TensorSource.FromFile(Entry(name).File, name);

    /// <summary>Checks that every tensor that a configuration calls for is there in its shape. More tensors are allowed.</summary>
    /// <param name="config">The configuration.</param>
    /// <exception cref="CheckpointException">Names every tensor that is missing or of another shape, with both shapes.</exception>
    public void CheckAgainst(CausalLmConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var faults = new List<string>();
        foreach ((string name, IReadOnlyList<long> shape) in config.ExpectedTensors())
        {
            if (!tensors.TryGetValue(name, out (SafetensorsFile, StoredTensor Tensor) entry))
            {
                faults.Add($"\"{name}\" {StoredTensor.Format(shape)} is missing");
            }
            else if (!entry.Tensor.Shape.SequenceEqual(shape))
            {
                faults.Add($"\"{name}\" has the shape {StoredTensor.Format(entry.Tensor.Shape)}, but config.json calls for {StoredTensor.Format(shape)}");
            }
        }

        if (faults.Count > 0)
        {
            string more = faults.Count > 5 ? $"; and {faults.Count - 5} more" : string.Empty;
            throw new CheckpointException($"{directory}: the weights do not fit config.json: {string.Join("; ", faults.Take(5))}{more}.");
        }
    }

    /// <summary>Closes every file.</summary>
    public void Dispose() => files.ForEach(file => file.Dispose());

    private static Dictionary<string, (SafetensorsFile, StoredTensor)> OpenShards(string directory, string index, List<SafetensorsFile> files)
    {
        using JsonDocument document = ModelJson.ReadFile(index);
        if (ModelJson.Get(document.RootElement, "weight_map") is not { ValueKind: JsonValueKind.Object } map)
        {
            throw new CheckpointException($"{index} has no \"weight_map\" object, which says in which shard each tensor lies.");
        }

        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var tensors = new Dictionary<string, (SafetensorsFile, StoredTensor)>(StringComparer.Ordinal);
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? name = entry.Value.ValueKind == JsonValueKind.String ? ModelJson.GetText(index, entry.Value) : null;
            if (string.IsNullOrEmpty(name) || name != Path.GetFileName(name) || name.Contains('\\', StringComparison.Ordinal) || name is "." or "..")
            {
                throw new CheckpointException($"{index}: tensor \"{entry.Name}\" lies in {ModelJson.Show(entry.Value)}; that must be the name of a file in the same directory.");
            }

            if (!shards.TryGetValue(name, out SafetensorsFile? file))
            {
                string path = Path.Combine(directory, name);
                if (!File.Exists(path))
                {
                    throw new CheckpointException($"{index}: tensor \"{entry.Name}\" lies in the shard {name}, which is missing. Fetch it again.");
                }

                file = SafetensorsFile.Open(path);
                files.Add(file);
                shards.Add(name, file);
            }

            if (!file.TryGet(entry.Name, out StoredTensor? tensor))
            {
                throw new CheckpointException($"{index} says that tensor \"{entry.Name}\" lies in {name}, but that shard does not hold it.");
            }

            if (!tensors.TryAdd(entry.Name, (file, tensor)))
            {
                throw new CheckpointException($"{index}: tensor \"{entry.Name}\" occurs twice.");
            }
        }

        return tensors;
    }

    private static void WriteIndex(string path, SortedDictionary<string, string> map, long total)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", total);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string name, string file) in map)
            {
                json.WriteString(name, file);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        File.WriteAllText(path + ".tmp", Encoding.UTF8.GetString(stream.ToArray()) + "\n");
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private (SafetensorsFile File, StoredTensor Tensor) Entry(string name) =>
        tensors.TryGetValue(name, out (SafetensorsFile File, StoredTensor Tensor) entry) ? entry : throw new CheckpointException($"{directory}: the weights hold no tensor \"{name}\".");
}

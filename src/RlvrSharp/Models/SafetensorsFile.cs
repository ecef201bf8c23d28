using System.IO.MemoryMappedFiles;

namespace RlvrSharp.Models;

/// <summary>
/// A safetensors file, mapped into memory: opening reads and checks the header only, and a tensor's bytes are first touched when they
/// are converted. Safe to read from several threads; not to be used after <see cref="Dispose"/>.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;
    private readonly Dictionary<string, StoredTensor> byName;
    private readonly byte* data;
    private bool disposed;

    private SafetensorsFile(string path, MemoryMappedFile mapping, MemoryMappedViewAccessor view, byte* start, SafetensorsHeader header)
    {
        Path = path;
        this.mapping = mapping;
        this.view = view;
        data = start + header.DataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        byName = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path, as given.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The free-form <c>__metadata__</c> of the header, such as <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; dispose it.</returns>
    /// <exception cref="CheckpointException">The file is missing, cut off or its header lies; the message names the tensor.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        MemoryMappedFile? mapping = null;
        MemoryMappedViewAccessor? view = null;
        byte* start = null;
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
            long length;
            try
            {
                length = stream.Length;
                if (length < 8)
                {
                    SafetensorsHeader.Length(path, [], length); // throws: an empty file cannot be mapped
                }

                mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            }
            catch
            {
                stream.Dispose();
                throw;
            }

            view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            int headerLength = SafetensorsHeader.Length(path, new ReadOnlySpan<byte>(start, 8), length);
            SafetensorsHeader header = SafetensorsHeader.Parse(path, new ReadOnlySpan<byte>(start + 8, headerLength), length);
            var file = new SafetensorsFile(path, mapping, view, start, header);
            mapping = null;
            view = null;
            start = null;
            return file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path} cannot be read: {error.Message}", error);
        }
        finally
        {
            if (start != null)
            {
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            view?.Dispose();
            mapping?.Dispose();
        }
    }

    /// <summary>Looks a tensor up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <returns>False if the file does not hold it.</returns>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out StoredTensor? tensor) => byName.TryGetValue(name, out tensor);

    /// <summary>Converts a tensor's elements to floats.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">As many floats as wanted.</param>
    /// <param name="firstElement">Where to begin, in elements, row-major.</param>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    /// <exception cref="ArgumentException">The tensor has fewer elements than asked for.</exception>
    public void ReadSingle(string name, Span<float> destination, long firstElement = 0)
    {
        StoredTensor tensor = Get(name);
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        if (firstElement > tensor.ElementCount - destination.Length)
        {
            throw new ArgumentException($"Tensor \"{name}\" has {tensor.ElementCount} elements; {destination.Length} from {firstElement} on were asked for.", nameof(destination));
        }

        int size = TensorTypes.Size(tensor.Type);
        byte* source = data + tensor.Offset + (firstElement * size);
        const int Chunk = 1 << 20; // a span of bytes ends at 2 GiB
        for (int done = 0; done < destination.Length; done += Chunk)
        {
            int count = Math.Min(Chunk, destination.Length - done);
            TensorTypes.ToSingle(tensor.Type, new ReadOnlySpan<byte>(source + ((long)done * size), count * size), destination.Slice(done, count));
        }
    }

    /// <summary>A tensor's bytes as they lie in the file, without a copy; valid until <see cref="Dispose"/>.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="byteOffset">Where to begin.</param>
    /// <param name="byteCount">How many bytes, or null for all the rest.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    /// <exception cref="ArgumentException">The range lies outside the tensor or is longer than a span.</exception>
    public ReadOnlySpan<byte> ReadRaw(string name, long byteOffset = 0, int? byteCount = null)
    {
        StoredTensor tensor = Get(name);
        long count = byteCount ?? tensor.ByteLength - byteOffset;
        if (byteOffset < 0 || count < 0 || count > int.MaxValue || byteOffset > tensor.ByteLength - count)
        {
            throw new ArgumentException($"Tensor \"{name}\" has {tensor.ByteLength} bytes; {count} from {byteOffset} on were asked for (at most {int.MaxValue} at a time).", nameof(byteOffset));
        }

        return new ReadOnlySpan<byte>(data + tensor.Offset + byteOffset, (int)count);
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            mapping.Dispose();
        }
    }

    private StoredTensor Get(string name)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return byName.TryGetValue(name, out StoredTensor? tensor) ? tensor : throw new CheckpointException($"{Path} has no tensor \"{name}\".");
    }
}

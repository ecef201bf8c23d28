namespace RlvrSharp;

/// <summary>What must be true of a folder that is written to at the end of long work.</summary>
internal static class OutputFolder
{
    /// <summary>Checks that a folder can be made, or written to where it is there already, and leaves nothing behind.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DataException">A part of the path is a file, or the place cannot be written to.</exception>
    public static void ThrowIfNotWritable(string folder)
    {
        string full = Path.GetFullPath(folder);
        string? existing = full;
        while (existing is not null && !Directory.Exists(existing))
        {
            if (File.Exists(existing))
            {
                throw new DataException($"The output folder {full} cannot be made, because {existing} is a file: name another folder.");
            }

            existing = Path.GetDirectoryName(existing);
        }

        string probe = Path.Combine(existing ?? full, Path.GetRandomFileName());
        try
        {
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The output folder {full} cannot be written to ({error.Message}): name another folder, or change its rights.", error);
        }
    }
}

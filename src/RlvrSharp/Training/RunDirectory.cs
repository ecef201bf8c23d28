using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Training;

/// <summary>The folder of a run: summary.json, metrics.jsonl, evaluations.jsonl, checkpoints/step-NNNNNN/.</summary>
internal sealed class RunDirectory
{
    private const string StateFile = "run_state.json";
    private const string FilesKey = "files";
    private const string WayOut = "delete that checkpoint folder to resume from the one before.";
    private readonly string root;

    public RunDirectory(string root) => this.root = Path.GetFullPath(root);

    public string MetricsPath => Path.Combine(root, "metrics.jsonl");

    public string EvaluationsPath => Path.Combine(root, "evaluations.jsonl");

    public string SummaryPath => Path.Combine(root, "summary.json");

    public string ReportPath => Path.Combine(root, "report.html");

    private string CheckpointsPath => Path.Combine(root, "checkpoints");

    /// <summary>Whether anything of a run is there.</summary>
    public bool HoldsRun => File.Exists(MetricsPath) || File.Exists(SummaryPath) || File.Exists(EvaluationsPath) || Directory.Exists(CheckpointsPath);

    public void ThrowIfUnusable(bool resume)
    {
        if (File.Exists(root))
        {
            throw new DataException($"The output folder {root} is a file: name a folder.");
        }

        bool holdsRun = HoldsRun;
        if (holdsRun && CompleteCheckpoints().Count == 0)
        {
            throw new DataException(
                $"The output folder {root} holds a run without a checkpoint: it is still going, or it was stopped before its first one and has nothing to continue from. Name another folder, or delete this one.");
        }

        if (resume && !holdsRun)
        {
            throw new DataException(
                $"There is no checkpoint to resume in {root} (looked for checkpoints/step-NNNNNN with {StateFile}): name the folder of a run, or start one without resuming.");
        }

        if (!resume && holdsRun)
        {
            throw new DataException($"The output folder {root} already holds a run: name another folder, delete it, or resume it.");
        }

        OutputFolder.ThrowIfNotWritable(root);
    }

    /// <summary>Claims the folder: of two runs that want it at the same time, one is refused.</summary>
    public void Create()
    {
        Directory.CreateDirectory(root);
        try
        {
            new FileStream(EvaluationsPath, FileMode.CreateNew).Dispose();
        }
        catch (IOException error) when (File.Exists(EvaluationsPath))
        {
            throw new DataException($"The output folder {root} was taken by another run in the meantime: name another folder.", error);
        }

        Directory.CreateDirectory(CheckpointsPath);
    }

    public string CheckpointPath(int step) => Path.Combine(CheckpointsPath, string.Create(CultureInfo.InvariantCulture, $"step-{step:D6}"));

    /// <summary>The checkpoints by step. A folder without its state file is none.</summary>
    public SortedDictionary<int, string> CompleteCheckpoints()
    {
        var found = new SortedDictionary<int, string>();
        if (Directory.Exists(CheckpointsPath))
        {
            foreach (string checkpoint in Directory.EnumerateDirectories(CheckpointsPath, "step-*"))
            {
                string name = Path.GetFileName(checkpoint);
                if (int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int step) && File.Exists(Path.Combine(checkpoint, StateFile)))
                {
                    found[step] = checkpoint;
                }
            }
        }

        return found;
    }

    /// <summary>Saves the policy and the run's state to a temporary folder and renames it when it is whole.</summary>
    public async Task<string> SaveCheckpointAsync(ITrainablePolicy policy, int step, Action<Utf8JsonWriter> writeState)
    {
        string target = CheckpointPath(step);
        string temporary = Path.Combine(CheckpointsPath, ".tmp-" + Path.GetFileName(target));
        Delete(temporary);
        try
        {
            await policy.SaveAsync(temporary, withOptimizerState: true, CancellationToken.None).ConfigureAwait(false);
            using (var file = new FileStream(Path.Combine(temporary, StateFile), FileMode.CreateNew))
            using (var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true }))
            {
                writer.WriteStartObject();
                writeState(writer);
                WriteFiles(writer, temporary);
                writer.WriteEndObject();
            }

            Delete(target);
            Directory.Move(temporary, target);
        }
        catch
        {
            Delete(temporary);
            throw;
        }

        return target;
    }

    /// <summary>Reads a checkpoint's state, and checks that the checkpoint has every file it was saved with, at its full length.</summary>
    /// <param name="checkpoint">The checkpoint's folder.</param>
    /// <param name="read">Takes what it needs out of the state.</param>
    /// <exception cref="CheckpointException">The state is damaged or lacks something, or a file is gone or cut short.</exception>
    public static void ReadState(string checkpoint, Action<JsonElement> read)
    {
        string path = Path.Combine(checkpoint, StateFile);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            CheckFiles(document.RootElement.GetProperty(FilesKey), checkpoint);
            read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or IOException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new CheckpointException($"The state of the run, {path}, cannot be read ({error.Message}): {WayOut}", error);
        }
    }

    // A checkpoint without its optimiser's file would load, and go on as another run.
    private static void WriteFiles(Utf8JsonWriter writer, string checkpoint)
    {
        writer.WriteStartObject(FilesKey);
        foreach (string file in Directory.EnumerateFiles(checkpoint, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(checkpoint, file).Replace('\\', '/');
            if (name != StateFile)
            {
                writer.WriteNumber(name, new FileInfo(file).Length);
            }
        }

        writer.WriteEndObject();
    }

    private static void CheckFiles(JsonElement files, string checkpoint)
    {
        foreach (JsonProperty file in files.EnumerateObject())
        {
            var found = new FileInfo(Path.Combine(checkpoint, file.Name));
            long length = file.Value.GetInt64();
            if (!found.Exists || found.Length != length)
            {
                throw new CheckpointException(
                    $"{found.FullName} {(found.Exists ? $"has {found.Length} bytes" : "is gone")}; the checkpoint was saved with {length} bytes of it, and cannot be resumed to the same run without them: {WayOut}");
            }
        }
    }

    /// <summary>Forgets what was written after a step, because it will be done again.</summary>
    public void ForgetAfter(int step)
    {
        foreach (string path in (string[])[MetricsPath, EvaluationsPath])
        {
            var kept = new StringBuilder();
            foreach ((int lineStep, string line) in RunJson.ReadLines(path))
            {
                if (lineStep <= step)
                {
                    kept.Append(line).Append('\n');
                }
            }

            WriteWhole(path, Encoding.UTF8.GetBytes(kept.ToString()));
        }
    }

    public static void Append(string path, byte[] line)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(line);
    }

    public static void WriteWhole(string path, byte[] content)
    {
        string temporary = path + ".tmp";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Keeps the best, the newest, and of the others the newest, up to a number in all.</summary>
    public void Prune(int maximum, int bestStep)
    {
        if (maximum == 0)
        {
            return;
        }

        SortedDictionary<int, string> checkpoints = CompleteCheckpoints();
        int newest = checkpoints.Keys.Last();
        int[] removable = checkpoints.Keys.Where(step => step != bestStep && step != newest).ToArray();
        foreach (int step in removable.Take(Math.Max(0, checkpoints.Count - maximum)))
        {
            Delete(checkpoints[step]);
        }
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}

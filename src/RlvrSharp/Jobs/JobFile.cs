using System.Text.Json;
using RlvrSharp.Graders.Json;
using System.Text.Unicode;
using RlvrSharp.Evaluation;
using RlvrSharp.Losses;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Jobs;

/// <summary>
/// A job file: the OpenAI fine-tuning job body with <c>method.type = "reinforcement"</c>, plus one object <c>rlvr</c> for what that
/// contract does not have (algorithm, group size, KL, device …). See docs/job-file.md.
/// </summary>
public sealed class JobFile
{
    private JobFile()
    {
    }

    /// <summary>The file itself, a full path.</summary>
    public required string Path { get; init; }

    /// <summary>A short name for the run: the job's <c>suffix</c>, or the name of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>The model folder, a full path.</summary>
    public required string ModelDirectory { get; init; }

    /// <summary>The training rows, a full path.</summary>
    public required string TrainingFile { get; init; }

    /// <summary>The held-out rows, a full path.</summary>
    public required string ValidationFile { get; init; }

    /// <summary>The grader, as JSON.</summary>
    public required JsonElement Grader { get; init; }

    /// <summary>The response format, as JSON, or undefined.</summary>
    public JsonElement ResponseFormat { get; init; }

    /// <summary>The trainer's options, seed included.</summary>
    public required PolicyTrainerOptions Trainer { get; init; }

    /// <summary>Passes over the training rows, where the job gives these and not the number of steps.</summary>
    public int? Epochs { get; private set; }

    /// <summary>The run's options; the output folder is still empty.</summary>
    public required TrainingRunOptions Run { get; init; }

    /// <summary>The policy's options.</summary>
    public required ManagedPolicyOptions Policy { get; init; }

    /// <summary>What changes scores into rewards, in the order in which it runs: the job's <c>rlvr.reward_shaping</c>.</summary>
    public IReadOnlyList<IRewardShaper> Shapers { get; init; } = [];

    /// <summary>The weights of the grader's parts, where each is normalised by itself (GDPO); else empty.</summary>
    internal IReadOnlyDictionary<string, double> PartWeights { get; init; } = new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Whether the best checkpoint's adapters are added to the model in the end, as a model folder <c>merged</c> in the run's folder.</summary>
    public bool Merge { get; init; }

    /// <summary>The settings as they are written in the file: what a resumed run must find unchanged.</summary>
    internal string Settings { get; init; } = string.Empty;

    /// <summary>Keys of the outside contract that were accepted and have no effect here.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Reads a job file and checks everything that can be checked without opening other files.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The job.</returns>
    /// <exception cref="DataException">The file is missing or malformed, or settings are unknown or wrong: all are named.</exception>
    public static JobFile Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"The job file {path} does not exist: check the path.", error);
        }
        catch (Exception error) when ((error is IOException or UnauthorizedAccessException) && Directory.Exists(path))
        {
            throw new DataException($"The job file {path} is a folder, but a file is wanted: name the job's JSON file in it.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The job file {path} cannot be read: {error.Message}", error);
        }

        return Parse(bytes.AsMemory(bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0), path);
    }

    /// <summary>Reads a job from memory, as <see cref="Load"/> reads it from a file: for settings that a program changes or makes.</summary>
    /// <param name="json">The job, as UTF-8.</param>
    /// <param name="path">The file it stands for: the job's own paths start from its folder, and errors name it. It need not exist.</param>
    /// <returns>The job.</returns>
    /// <exception cref="DataException">It is malformed, or settings are unknown or wrong: all are named.</exception>
    public static JobFile Parse(ReadOnlyMemory<byte> json, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // The parser below looks into texts only when they are read.
        if (!Utf8.IsValid(json.Span))
        {
            throw new DataException($"The job file {path} is not UTF-8 text: save it as UTF-8.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                json, new JsonDocumentOptions { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return Parse(document.RootElement.Clone(), System.IO.Path.GetFullPath(path));
        }
        catch (JsonException error)
        {
            throw new DataException($"The job file {path} is not JSON (line {error.LineNumber + 1}): {error.Message}", error);
        }
    }

    /// <summary>Changes what a command line may change.</summary>
    /// <param name="seed">The seed, or null to leave the job's.</param>
    /// <param name="steps">The number of steps, or null to leave the job's.</param>
    /// <param name="threads">The number of threads, or null to leave the job's.</param>
    /// <exception cref="DataException">A value is out of range.</exception>
    public void Override(ulong? seed = null, int? steps = null, int? threads = null)
    {
        if (steps is < 1)
        {
            throw new DataException($"The number of steps is {steps}, but a run needs one or more.");
        }

        if (threads is < 0)
        {
            throw new DataException($"The number of threads is {threads}: give 1 or more, or 0 for all cores.");
        }

        Trainer.Seed = Run.Seed = seed ?? Trainer.Seed;
        if (Policy.Lora is not null)
        {
            Policy.Lora.Seed = Trainer.Seed;
        }

        Policy.Threads = threads ?? Policy.Threads;
        if (steps is { } count)
        {
            Trainer.Steps = count;
            Epochs = null;

            // A run cut short keeps as much of its warm-up as it has steps for.
            Trainer.Schedule.WarmupSteps = Math.Min(Trainer.Schedule.WarmupSteps, count - 1);
        }
    }

    private static JobFile Parse(JsonElement json, string path)
    {
        var problems = new List<string>();
        var ignored = new List<string>();
        string folder = System.IO.Path.GetDirectoryName(path)!;
        var root = new JobReader(json, string.Empty, problems);
        string? model = root.Text("model", required: true);
        string? training = root.Text("training_file", required: true);
        string? validation = root.Text("validation_file", required: true);
        string? suffix = root.Text("suffix");
        if (suffix is not null && (suffix.Length > 64 || suffix.Any(letter => "/\\:*?\"<>|".Contains(letter, StringComparison.Ordinal)) || suffix.Trim('.').Length == 0))
        {
            problems.Add($"suffix is \"{suffix}\", but it names the run's folder: use at most 64 characters, without / \\ : * ? \" < > |.");
        }

        ulong seed = root.Seed("seed") ?? 0;
        root.Ignore("metadata", "integrations", "object", "id");
        JobReader method = root.Object("method");
        if (method.Text("type", required: true) is { } type && type != "reinforcement")
        {
            problems.Add($"method.type is \"{type}\", but this is a reinforcement job: set it to \"reinforcement\" (for supervised fine-tuning there is `rlvr sft`).");
        }

        JobReader reinforcement = method.Object("reinforcement");
        JsonElement grader = reinforcement.Raw("grader");
        if (grader.ValueKind != JsonValueKind.Object)
        {
            problems.Add("method.reinforcement.grader is missing: it says what a right answer is, such as {\"type\": \"structured_field\", …}.");
        }

        JobReader hyper = reinforcement.Object("hyperparameters");
        JobReader rlvr = root.Object("rlvr");
        PolicyTrainerOptions trainer = TrainingPresets.Create(rlvr.Choice("algorithm", TrainingPresets.Names) ?? "grpo");
        trainer.Seed = seed;
        var run = new TrainingRunOptions { Seed = seed };
        var policy = new ManagedPolicyOptions();
        int? epochs = ReadHyperparameters(hyper, trainer, run, ignored);
        JobSettings.Read(rlvr, trainer, run, policy);
        RewardShapingSettings shaping = RewardShapingSettings.Read(rlvr, trainer);
        root.Refuse("reward_shaping", "it belongs into the object rlvr: write it as rlvr.reward_shaping.");
        bool merge = rlvr.Flag("merge") ?? false;
        if (policy.Lora is not null)
        {
            policy.Lora.Seed = seed;
        }

        if (epochs is not null && rlvr.Has("steps"))
        {
            problems.Add("hyperparameters.n_epochs and rlvr.steps are both given, but they say the same thing in two ways: remove one.");
        }

        JsonElement responseFormat = reinforcement.Raw("response_format");
        hyper.Finish();
        reinforcement.Finish();
        method.Finish();
        rlvr.Finish();
        root.Finish();
        if (problems.Count == 0)
        {
            // Ranges and combinations, with the names of the options; the epochs' steps are known once the rows are.
            problems.AddRange(JobSettings.FindFaults(trainer, stepsAreKnown: epochs is null));
        }

        if (problems.Count > 0)
        {
            throw new DataException($"The job file {path} cannot be used:" + string.Concat(problems.Select(problem => Environment.NewLine + "  " + problem)));
        }

        return new JobFile
        {
            Path = path,
            Name = suffix ?? System.IO.Path.GetFileName(folder),
            ModelDirectory = System.IO.Path.GetFullPath(model!, folder),
            TrainingFile = System.IO.Path.GetFullPath(training!, folder),
            ValidationFile = System.IO.Path.GetFullPath(validation!, folder),
            Grader = grader,
            ResponseFormat = responseFormat,
            Trainer = trainer,
            Epochs = epochs,
            Run = run,
            Policy = policy,
            Merge = merge,
            Shapers = shaping.Shapers,
            PartWeights = shaping.PartWeights,
            Ignored = ignored,
            Settings = Canonical(reinforcement.Raw("hyperparameters")) + Canonical(root.Raw("rlvr")),
        };
    }

    /// <summary>Settings as a text that does not change with white space, comments or order, numbers by value, without nulls and those that change no number.</summary>
    private static string Canonical(JsonElement settings, bool inside = false) => settings.ValueKind != JsonValueKind.Object
        ? "{}"
        : string.Join(';', settings.EnumerateObject()
            .Where(setting => setting.Value.ValueKind != JsonValueKind.Null && (inside || setting.Name is not ("threads" or "checkpoint_interval" or "max_checkpoints" or "recompute_activations" or "max_batch" or "merge")))
            .OrderBy(setting => setting.Name, StringComparer.Ordinal)
            .Select(setting => $"{setting.Name}={(setting.Value.ValueKind switch
            {
                JsonValueKind.Object => Canonical(setting.Value, inside: true),
                JsonValueKind.Number => JsonValueKey.Of(setting.Value),
                _ => setting.Value,
            })}"));

    private static int? ReadHyperparameters(JobReader hyper, PolicyTrainerOptions trainer, TrainingRunOptions run, List<string> ignored)
    {
        trainer.Rollout.ProblemsPerStep = hyper.Whole("batch_size", 1, 1_000_000) ?? trainer.Rollout.ProblemsPerStep;
        trainer.Optimizer.LearningRate *= hyper.Number("learning_rate_multiplier", 0, 1e6, minExclusive: true) ?? 1;
        run.EvaluateEvery = hyper.Whole("eval_interval", 1) ?? run.EvaluateEvery;
        run.Evaluation.DrawsPerProblem = hyper.Whole("eval_samples", 1, 10_000) ?? run.Evaluation.DrawsPerProblem;
        foreach (string key in (string[])["reasoning_effort", "compute_multiplier"])
        {
            if (hyper.Has(key))
            {
                ignored.Add("hyperparameters." + key);
            }
        }

        return hyper.Whole("n_epochs", 1, 1_000_000);
    }
}

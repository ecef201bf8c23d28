using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RlvrSharp.Data;
using RlvrSharp.Evaluation;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Lint;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Jobs;

/// <summary>A job ready to run: model, rows and grader are loaded, and everything that could be wrong has been looked at.</summary>
public sealed class TrainingJob : IAsyncDisposable
{
    private readonly ManagedPolicy policy;
    private readonly IPolicy reference;
    private readonly IGrader grader;
    private readonly TrainingRun run;

    private TrainingJob(JobFile file, ManagedPolicy policy, IPolicy reference, IGrader grader, TrainingRun run)
    {
        File = file;
        this.policy = policy;
        this.reference = reference;
        this.grader = grader;
        this.run = run;
    }

    /// <summary>The job file, with what was changed on the way.</summary>
    public JobFile File { get; }

    /// <summary>The training rows.</summary>
    public required IReadOnlyList<Problem> Problems { get; init; }

    /// <summary>The held-out rows.</summary>
    public required IReadOnlyList<Problem> Validation { get; init; }

    /// <summary>Whether the model has a chat template; without one, the messages' texts are put one after the other.</summary>
    public bool HasChatTemplate => policy.HasChatTemplate;

    /// <summary>What the grader's JSON was accepted with.</summary>
    public IReadOnlyList<GraderWarning> Warnings { get; init; } = [];

    /// <summary>Loads what a job names.</summary>
    /// <param name="file">The job.</param>
    /// <param name="outputDirectory">The run's folder; only looked at here.</param>
    /// <param name="resume">Whether to continue the run in it.</param>
    /// <param name="graders">The grader types the job may use; null for the built-in ones.</param>
    /// <param name="loggers">Where progress is logged.</param>
    /// <returns>The job. Dispose of it.</returns>
    /// <exception cref="RlvrException">Something cannot be used; the message says what and why.</exception>
    public static TrainingJob Load(
        JobFile file, string outputDirectory, bool resume = false, GraderJsonContext? graders = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        TrainingRun.CheckOutput(outputDirectory, resume);
        CheckAdapters(file);
        long start = Stopwatch.GetTimestamp();
        loggers ??= NullLoggerFactory.Instance;
        graders ??= new GraderJsonContext();
        graders.ResponseFormat = file.ResponseFormat;
        IGrader grader = GraderJson.Load(file.Grader, graders);
        ManagedPolicy? policy = null;
        try
        {
            CheckParts(file, grader);
            IProblemRequirement[] requirements = grader is IProblemRequirement requirement ? [requirement] : [];
            IReadOnlyList<Problem> problems = ProblemFile.Load(file.TrainingFile, requirements);
            IReadOnlyList<Problem> validation = ProblemFile.Load(file.ValidationFile, requirements);
            string name = file.Grader.TryGetProperty("name", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "grader";
            var grading = new GradingPipeline([new WeightedGrader(name, grader)], file.Trainer.Rollout.Grading, loggers.CreateLogger<GradingPipeline>());
            if (file.Epochs is { } epochs)
            {
                long steps = (long)epochs * ((problems.Count + file.Trainer.Rollout.ProblemsPerStep - 1) / file.Trainer.Rollout.ProblemsPerStep);
                file.Trainer.Steps = steps <= 100_000_000
                    ? (int)steps
                    : throw new DataException($"n_epochs is {epochs}, which makes {steps} steps over {problems.Count} rows, but a run has at most 100,000,000: lower it.");
            }

            file.Policy.ValueHead = file.Trainer is PpoOptions;
            policy = ManagedPolicy.Load(file.ModelDirectory, file.Policy, loggers.CreateLogger<ManagedPolicy>());
            IPolicy reference = policy.CreateReference();
            PolicyTrainer trainer = PolicyTrainer.Create(policy, reference, grading, file.Trainer, file.Shapers, loggers);
            trainer.CheckProblems([.. problems, .. validation]);
            file.Run.OutputDirectory = outputDirectory;
            file.Run.Resume = resume;
            AddHashes(file);
            file.Run.LoadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var run = new TrainingRun(policy, reference, trainer, new Evaluator(grading), file.Run, loggers.CreateLogger<TrainingRun>());
            return new TrainingJob(file, policy, reference, grader, run) { Problems = problems, Validation = validation, Warnings = graders.Warnings };
        }
        catch
        {
            policy?.Dispose();
            GraderLifetime.DisposeAsync(grader).AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>
    /// Starts what the grader needs (Python workers), and runs the cheap part of lint: refuses a grader whose gold answers fail or whose empty answers pass.
    /// Nothing is written. To train all the same, do not call it.
    /// </summary>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <returns>What was found short of errors; show it.</returns>
    /// <exception cref="DataException">The grader or the rows would waste the training; the message has every error and its cure.</exception>
    /// <exception cref="GradingException">The machine lacks what the grader needs.</exception>
    public async Task<LintReport> CheckGraderAsync(CancellationToken cancellationToken = default)
    {
        await GraderLifetime.StartAsync(grader, cancellationToken).ConfigureAwait(false);
        LintReport report = await GraderLint.CheckQuicklyAsync(grader, Problems, Validation, cancellationToken: cancellationToken).ConfigureAwait(false);
        LintFinding[] errors = [.. report.Findings.Where(finding => finding.Severity == LintSeverity.Error)];
        return errors.Length == 0
            ? report
            : throw new DataException(
                $"Training with this grader would be wasted ({errors.Length} {(errors.Length == 1 ? "error" : "errors")} found by lint):"
                + string.Concat(errors.Select(error => $"\n  {error.Id}{(error.Row is null ? string.Empty : $" {error.Row}")}: {error.Text} {error.Cure}")));
    }

    /// <summary>Starts what the grader needs, such as Python workers, without looking at the grader itself. <see cref="CheckGraderAsync"/> does it too.</summary>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <returns>A task.</returns>
    /// <exception cref="DataException">A source cannot be loaded.</exception>
    /// <exception cref="GradingException">The machine lacks what the grader needs.</exception>
    public Task StartGraderAsync(CancellationToken cancellationToken = default) => GraderLifetime.StartAsync(grader, cancellationToken);

    /// <summary>What the grader's code runs on and what isolates it, once it has been started; empty where it runs none.</summary>
    public IReadOnlyList<KeyValuePair<string, PythonEnvironment>> GraderEnvironments => GraderLifetime.Environments(grader);

    /// <summary>Runs the job.</summary>
    /// <param name="cancellationToken">Ends it after the step in progress.</param>
    /// <returns>What happens, as it happens.</returns>
    public async IAsyncEnumerable<RunEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (RunEvent happened in run.RunAsync(Problems, Validation, cancellationToken).ConfigureAwait(false))
        {
            if (happened is RunEvent.Finished finished && File.Merge && !cancellationToken.IsCancellationRequested)
            {
                await MergeAsync(finished.Summary, cancellationToken).ConfigureAwait(false);
            }

            yield return happened;
        }
    }

    /// <summary>Adds the best checkpoint's adapters to the model; the newest's, where none was better than the model itself.</summary>
    private async Task MergeAsync(RunSummary summary, CancellationToken cancellationToken)
    {
        string checkpoint = Checkpoint(summary.BestStep) is var best && Directory.Exists(best) ? best : Checkpoint(summary.Steps);
        string target = System.IO.Path.Combine(File.Run.OutputDirectory, "merged");
        if (Directory.Exists(target))
        {
            Directory.Delete(target, recursive: true);
        }

        await policy.LoadAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        await policy.SaveMergedAsync(target, cancellationToken).ConfigureAwait(false);

        string Checkpoint(int step) => System.IO.Path.Combine(File.Run.OutputDirectory, "checkpoints", string.Create(CultureInfo.InvariantCulture, $"step-{step:D6}"));
    }

    /// <summary>Lets go of the model and ends what the grader may have started.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        (reference as IDisposable)?.Dispose();
        policy.Dispose();
        await GraderLifetime.DisposeAsync(grader).ConfigureAwait(false);
    }

    /// <summary>Checks that the parts of the grader that a job's settings name are there; <see cref="Load"/> does it too.</summary>
    /// <param name="file">The job.</param>
    /// <param name="grader">Its grader.</param>
    /// <exception cref="DataException">The grader has no parts, or none of such a name.</exception>
    public static void CheckParts(JobFile file, IGrader grader)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(grader);
        RewardShapingSettings.CheckParts(file, grader);
    }

    /// <summary>Checks what a job's settings and the kind of its model folder make of each other; <see cref="Load"/> does it too.</summary>
    /// <param name="file">The job.</param>
    /// <exception cref="DataException">They do not go together: adapters on adapters, weights that cannot be trained, a merge of nothing.</exception>
    public static void CheckAdapters(JobFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        bool adapter = LoraCheckpoint.IsAdapter(file.ModelDirectory);
        var problems = new List<string>();
        if (adapter && file.Policy.Lora is not null)
        {
            problems.Add($"rlvr.lora is given, but {file.ModelDirectory} is an adapter folder, whose adapters are trained on as they are: remove rlvr.lora, or merge the adapter into a model first (rlvr merge).");
        }

        if (!adapter && file.Policy.Lora is null && file.Policy.BFloat16Weights)
        {
            problems.Add("rlvr.weights is bfloat16, but such weights cannot be trained themselves: add rlvr.lora to train adapters on them, or set rlvr.weights to float32.");
        }

        if (!adapter && file.Policy.Lora is null && file.Merge)
        {
            problems.Add("rlvr.merge is set, but the job trains no adapters, so there is nothing to merge: remove it, or add rlvr.lora.");
        }

        if (problems.Count > 0)
        {
            throw new DataException($"The job file {file.Path} cannot be used:" + string.Concat(problems.Select(problem => Environment.NewLine + "  " + problem)));
        }
    }

    /// <summary>What a resumed run must find unchanged: the model's files, the rows, the grader, the settings.</summary>
    private static void AddHashes(JobFile file)
    {
        string[] folders = LoraCheckpoint.IsAdapter(file.ModelDirectory) ? [file.ModelDirectory, LoraCheckpoint.BaseDirectory(file.ModelDirectory)] : [file.ModelDirectory];
        file.Run.Hashes["model"] = Hash(folders.SelectMany(ModelFiles));
        file.Run.Hashes["data"] = Hash([(file.TrainingFile, "train"), (file.ValidationFile, "validation")]);
        file.Run.Hashes["grader"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{file.Grader}{file.ResponseFormat}")));
        file.Run.Hashes["settings"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Settings)));
    }

    // The named chat templates decide prompts too. Names count, the place of the folder does not.
    private static IEnumerable<(string Path, string Name)> ModelFiles(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
        .Select(found => (Path: found.FullName, Name: System.IO.Path.GetRelativePath(folder, found.FullName).Replace('\\', '/')))
        .Where(found => System.IO.Path.GetExtension(found.Name) is ".json" or ".safetensors" or ".jinja"
            && (!found.Name.Contains('/', StringComparison.Ordinal) || found.Name.StartsWith("additional_chat_templates/", StringComparison.Ordinal)))
        .OrderBy(found => found.Name, StringComparer.Ordinal);

    private static string Hash(IEnumerable<(string Path, string Name)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string path, string name) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            using FileStream file = System.IO.File.OpenRead(path);
            hash.AppendData(SHA256.HashData(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

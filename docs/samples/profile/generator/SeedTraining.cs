using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using RlvrSharp.Jobs;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Samples.Profile;

/// <summary>One training with a job's settings, on the training rows of one seed and on one thread.</summary>
internal sealed class SeedTraining : IDisposable
{
    private readonly ManagedPolicy policy;

    private SeedTraining(JobFile file, ulong seed)
    {
        file.Override(seed, threads: 1);
        file.Policy.ValueHead = file.Trainer is PpoOptions;
        TrainingRows = Rows.ToProblems(Rows.Draw(Split.Train, seed, Rows.TrainCount), "train");
        policy = ManagedPolicy.Load(file.ModelDirectory, file.Policy);
        Initial = policy.CreateReference();
    }

    /// <summary>The rows that were trained on.</summary>
    public IReadOnlyList<Problem> TrainingRows { get; }

    /// <summary>The policy, trained.</summary>
    public IPolicy Policy => policy;

    /// <summary>The policy as it was before.</summary>
    public IPolicy Initial { get; }

    /// <summary>What each step reported.</summary>
    public List<TrainingStep> Steps { get; } = [];

    /// <summary>Wall seconds of training alone.</summary>
    public double Seconds { get; private set; }

    /// <summary>Reads a job, with another algorithm than its own where one is named: just as if the file said so.</summary>
    public static JobFile LoadJob(string job, string? algorithm = null, int? steps = null)
    {
        JobFile file = JobFile.Load(job);
        if (algorithm is not null)
        {
            JsonNode json = JsonNode.Parse(File.ReadAllText(job), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!;
            json["rlvr"] ??= new JsonObject();
            json["rlvr"]!["algorithm"] = algorithm;
            file = JobFile.Parse(JsonSerializer.SerializeToUtf8Bytes(json), job);
        }

        file.Override(steps: steps);
        return file;
    }

    /// <summary>Trains by reinforcement, with the algorithm that the job names.</summary>
    public static Task<SeedTraining> ReinforceAsync(JobFile file, ulong seed, CancellationToken stop, Func<SeedTraining, TrainingStep, Task>? watch = null) =>
        RunAsync(file, seed, (policy, initial) => PolicyTrainer.Create(policy, initial, Measure.Grading(), file.Trainer), watch, stop);

    /// <summary>Trains by showing the answers: as many steps on as many rows each, with the same optimiser and course.</summary>
    public static Task<SeedTraining> SuperviseAsync(JobFile file, ulong seed, CancellationToken stop, Func<SeedTraining, TrainingStep, Task>? watch = null) =>
        RunAsync(
            file,
            seed,
            (policy, _) => new SftTrainer(policy, new SftOptions
            {
                Steps = file.Trainer.Steps,
                BatchSize = file.Trainer.Rollout.ProblemsPerStep,
                Seed = file.Trainer.Seed,
                Optimizer = file.Trainer.Optimizer,
                Schedule = file.Trainer.Schedule,
            }),
            watch,
            stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        (Initial as IDisposable)?.Dispose();
        policy.Dispose();
    }

    private static async Task<SeedTraining> RunAsync(JobFile file, ulong seed, Func<ManagedPolicy, IPolicy, ITrainer> create, Func<SeedTraining, TrainingStep, Task>? watch, CancellationToken stop)
    {
        var training = new SeedTraining(file, seed);
        try
        {
            long start = Stopwatch.GetTimestamp();
            await foreach (TrainingStep step in create(training.policy, training.Initial).TrainAsync(training.TrainingRows, stop).ConfigureAwait(false))
            {
                training.Steps.Add(step);
                if (watch is not null)
                {
                    await watch(training, step).ConfigureAwait(false);
                }
            }

            // A trainer ends its stream on a stop without an exception, but half a training has no place in a table.
            stop.ThrowIfCancellationRequested();
            training.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return training;
        }
        catch
        {
            training.Dispose();
            throw;
        }
    }
}

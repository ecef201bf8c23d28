using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RlvrSharp.Diagnostics;
using RlvrSharp.Evaluation;

namespace RlvrSharp.Training;

/// <summary>
/// A whole run around a trainer: evaluation before, during and after, checkpoints, logs and the summary, in one folder that can be
/// resumed to the same bits after a stop or a crash.
/// </summary>
public sealed class TrainingRun
{
    private const int ExamplesPerEvaluation = 8;
    private readonly ITrainablePolicy policy;
    private readonly IPolicy reference;
    private readonly IResumableTrainer trainer;
    private readonly Evaluator evaluator;
    private readonly TrainingRunOptions options;
    private readonly ILogger logger;
    private readonly RunDirectory directory;
    private readonly SortedDictionary<string, double> seconds = new(StringComparer.Ordinal)
    {
        ["load"] = 0,
        ["rollout"] = 0,
        ["grade"] = 0,
        ["train"] = 0,
        ["eval"] = 0,
        ["total"] = 0,
    };

    private readonly SortedDictionary<int, EvaluationResult> evaluations = [];
    private int bestStep;
    private long sampledTokens;
    private long trainedTokens;
    private double earlierSeconds;

    /// <summary>Puts a run together.</summary>
    /// <param name="policy">The policy to train.</param>
    /// <param name="reference">The frozen initial policy, made before anything is trained or loaded.</param>
    /// <param name="trainer">The trainer over <paramref name="policy"/>.</param>
    /// <param name="evaluator">How validation problems are graded.</param>
    /// <param name="options">Where and how often.</param>
    /// <param name="logger">Where progress is logged.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Settings are out of range; all are named.</exception>
    public TrainingRun(
        ITrainablePolicy policy,
        IPolicy reference,
        IResumableTrainer trainer,
        Evaluator evaluator,
        TrainingRunOptions options,
        ILogger<TrainingRun>? logger = null)
    {
        this.policy = policy ?? throw new ArgumentNullException(nameof(policy));
        this.reference = reference ?? throw new ArgumentNullException(nameof(reference));
        this.trainer = trainer ?? throw new ArgumentNullException(nameof(trainer));
        this.evaluator = evaluator ?? throw new ArgumentNullException(nameof(evaluator));
        OptionsCheck.ThrowIfInvalid(options, new TrainingRunOptionsValidator());
        this.options = options;
        this.logger = logger ?? (ILogger)NullLogger.Instance;
        directory = new RunDirectory(options.OutputDirectory);
    }

    /// <summary>Checks that an output folder can be used, without touching it.</summary>
    /// <param name="outputDirectory">The folder.</param>
    /// <param name="resume">Whether a run is to be continued there.</param>
    /// <exception cref="DataException">It holds a run already, or there is none to resume.</exception>
    public static void CheckOutput(string outputDirectory, bool resume)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputDirectory);
        new RunDirectory(outputDirectory).ThrowIfUnusable(resume);
    }

    /// <summary>Finds where the run in a folder can be continued.</summary>
    /// <param name="outputDirectory">The folder.</param>
    /// <returns>The newest checkpoint's step, and what the run was started with.</returns>
    /// <exception cref="DataException">There is nothing to resume.</exception>
    /// <exception cref="CheckpointException">The checkpoint is damaged.</exception>
    public static ResumePoint FindResumePoint(string outputDirectory)
    {
        CheckOutput(outputDirectory, resume: true);
        (int step, string checkpoint) = new RunDirectory(outputDirectory).CompleteCheckpoints().Last();
        ResumePoint? point = null;
        RunDirectory.ReadState(checkpoint, state => point = new ResumePoint(step, state.GetProperty("seed").GetUInt64(), state.GetProperty("total_steps").GetInt32()));
        return point!;
    }

    /// <summary>Runs to the end, or to the end of the step in which it is cancelled; either way the folder is complete.</summary>
    /// <param name="problems">The training problems.</param>
    /// <param name="validation">The held-out problems.</param>
    /// <param name="cancellationToken">Ends the run after the step in progress: a checkpoint and the summary are still written.</param>
    /// <returns>What happens, as it happens; the last event is <see cref="RunEvent.Finished"/>.</returns>
    public async IAsyncEnumerable<RunEvent> RunAsync(
        IReadOnlyList<Problem> problems, IReadOnlyList<Problem> validation, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(validation);
        directory.ThrowIfUnusable(options.Resume);
        trainer.CheckProblems(problems);
        trainer.CheckProblems(validation);
        long start = Stopwatch.GetTimestamp();
        if (options.Resume)
        {
            await ResumeAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            yield return new RunEvent.EvaluationStarted(0);

            // Nothing is created before the first evaluation went through: a run that cannot work leaves no folder.
            EvaluationResult baseline = await EvaluateAsync(0, validation, cancellationToken).ConfigureAwait(false);
            directory.Create();
            RunDirectory.Append(directory.EvaluationsPath, RunJson.EvaluationLine(0, baseline, validation, ExamplesPerEvaluation));
            yield return new RunEvent.Evaluated(0, baseline, IsBest: true);
        }

        seconds["load"] += options.LoadSeconds;
        int total = trainer.TotalSteps;
        int saved = trainer.CompletedSteps;
        await foreach (TrainingStep step in trainer.TrainAsync(problems, cancellationToken).ConfigureAwait(false))
        {
            Count(step);
            yield return new RunEvent.StepCompleted(step);
            bool last = step.Number == step.TotalSteps;
            EvaluationResult? evaluation = null;
            if (IsDue(step.Number, options.EvaluateEvery) || last)
            {
                yield return new RunEvent.EvaluationStarted(step.Number);
                evaluation = await TryEvaluateAsync(step.Number, validation, cancellationToken).ConfigureAwait(false);
            }

            RunDirectory.Append(directory.MetricsPath, RunJson.MetricsLine(step, evaluation));
            if (evaluation is not null)
            {
                RunDirectory.Append(directory.EvaluationsPath, RunJson.EvaluationLine(step.Number, evaluation, validation, ExamplesPerEvaluation));
                yield return new RunEvent.Evaluated(step.Number, evaluation, bestStep == step.Number);
            }

            if (last || evaluation is not null || IsDue(step.Number, options.CheckpointEvery))
            {
                yield return new RunEvent.CheckpointSaved(step.Number, await SaveAsync(step.Number, Elapsed(start)).ConfigureAwait(false));
                saved = step.Number;
            }
        }

        // A trainer may end early, by a stop or by its own rule (a limit on the KL divergence): what it did last is kept all the same, and
        // measured unless the stop forbids it; a run resumed after its last step makes up for the evaluation that the stop cut off.
        int reached = trainer.CompletedSteps;
        bool ended = !cancellationToken.IsCancellationRequested;
        if (ended && !evaluations.ContainsKey(reached))
        {
            yield return new RunEvent.EvaluationStarted(reached);
            if (await TryEvaluateAsync(reached, validation, cancellationToken).ConfigureAwait(false) is { } closing)
            {
                RunDirectory.Append(directory.EvaluationsPath, RunJson.EvaluationLine(reached, closing, validation, ExamplesPerEvaluation));
                yield return new RunEvent.Evaluated(reached, closing, bestStep == reached);
                saved = -1;
            }
        }

        if (reached > 0 && reached > saved)
        {
            yield return new RunEvent.CheckpointSaved(reached, await SaveAsync(reached, Elapsed(start)).ConfigureAwait(false));
        }

        RunSummary summary = Summarize(total, Elapsed(start));
        RunDirectory.WriteWhole(directory.SummaryPath, RunJson.Summary(summary, options.Hashes, BestCheckpoint()));
        RunDirectory.WriteWhole(directory.ReportPath, System.Text.Encoding.UTF8.GetBytes(RunReport.Create(options.OutputDirectory)));
        yield return new RunEvent.Finished(summary);
    }

    private static bool IsDue(int step, int every) => every > 0 && step % every == 0;

    private double Elapsed(long start) => earlierSeconds + options.LoadSeconds + Stopwatch.GetElapsedTime(start).TotalSeconds;

    private string? BestCheckpoint() =>
        Directory.Exists(directory.CheckpointPath(bestStep)) ? "checkpoints/" + Path.GetFileName(directory.CheckpointPath(bestStep)) : null;

    private void Count(TrainingStep step)
    {
        sampledTokens += step.SampledTokens;
        trainedTokens += step.TrainedTokens;
        foreach ((string phase, double spent) in step.Seconds)
        {
            // The time per grading is a mean, which does not add up.
            if (!phase.StartsWith(TrainingStep.GraderSeconds, StringComparison.Ordinal))
            {
                seconds[phase] = seconds.GetValueOrDefault(phase) + spent;
            }
        }
    }

    private async Task<EvaluationResult?> TryEvaluateAsync(int step, IReadOnlyList<Problem> validation, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await EvaluateAsync(step, validation, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // A stop during an evaluation gives up the evaluation, not the step.
            return null;
        }
    }

    private async Task<EvaluationResult> EvaluateAsync(int step, IReadOnlyList<Problem> validation, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        EvaluationResult result = await evaluator.EvaluateAsync(policy, validation, options.Evaluation, reference, cancellationToken).ConfigureAwait(false);
        seconds["eval"] += Stopwatch.GetElapsedTime(start).TotalSeconds;
        evaluations[step] = result;
        if (result.Sampled.Score.Mean > evaluations[bestStep].Sampled.Score.Mean)
        {
            bestStep = step;
        }

        Estimate score = result.Sampled.Score;
        Log.Evaluated(logger, step, score.Mean, score.Low, score.High, score.Count);
        return result;
    }

    private async Task<string> SaveAsync(int step, double elapsed)
    {
        string saved = await directory.SaveCheckpointAsync(policy, step, writer =>
        {
            writer.WriteNumber("step", step);
            writer.WriteNumber("seed", options.Seed);
            writer.WriteNumber("total_steps", trainer.TotalSteps);
            writer.WriteNumber("best_step", bestStep);
            writer.WriteNumber("sampled_tokens", sampledTokens);
            writer.WriteNumber("trained_tokens", trainedTokens);
            RunJson.WriteHashes(writer, options.Hashes);
            writer.WritePropertyName("trainer");
            trainer.SaveState(writer);
            writer.WriteStartObject("seconds");
            foreach ((string phase, double spent) in seconds)
            {
                writer.WriteNumber(phase, phase == "total" ? elapsed : spent);
            }

            writer.WriteEndObject();
        }).ConfigureAwait(false);
        directory.Prune(options.MaxCheckpoints, bestStep);
        Log.CheckpointSaved(logger, saved);
        return saved;
    }

    private async Task ResumeAsync(CancellationToken cancellationToken)
    {
        (int step, string checkpoint) = directory.CompleteCheckpoints().Last();
        SortedDictionary<int, EvaluationResult> earlier = RunJson.ReadEvaluations(directory.EvaluationsPath);
        RunDirectory.ReadState(checkpoint, state =>
        {
            ThrowIfAnother(state, checkpoint);
            if (!earlier.ContainsKey(0))
            {
                throw new CheckpointException(
                    $"The evaluation of the initial policy is missing from {directory.EvaluationsPath}, so there is nothing to compare with: start the run anew.");
            }

            trainer.LoadState(state.GetProperty("trainer"));
            bestStep = state.GetProperty("best_step").GetInt32();
            sampledTokens = state.GetProperty("sampled_tokens").GetInt64();
            trainedTokens = state.GetProperty("trained_tokens").GetInt64();
            foreach (JsonProperty phase in state.GetProperty("seconds").EnumerateObject())
            {
                seconds[phase.Name] = phase.Value.GetDouble();
            }
        });
        await policy.LoadAsync(checkpoint, cancellationToken).ConfigureAwait(false);
        directory.ForgetAfter(step);
        foreach ((int evaluated, EvaluationResult result) in earlier.Where(evaluation => evaluation.Key <= step))
        {
            evaluations[evaluated] = result;
        }

        earlierSeconds = seconds["total"];
    }

    /// <summary>A run of another model, dataset, grader or seed is never continued without a word.</summary>
    private void ThrowIfAnother(JsonElement state, string checkpoint)
    {
        var differences = new List<string>();
        ulong seed = state.GetProperty("seed").GetUInt64();
        if (seed != options.Seed)
        {
            differences.Add($"seed (was {seed}, is {options.Seed})");
        }

        int steps = state.GetProperty("total_steps").GetInt32();
        if (steps != trainer.TotalSteps)
        {
            differences.Add($"steps (was {steps}, is {trainer.TotalSteps})");
        }

        Dictionary<string, string> before = state.GetProperty("hashes").EnumerateObject()
            .ToDictionary(hash => hash.Name, hash => hash.Value.GetString()!, StringComparer.Ordinal);
        foreach (string name in before.Keys.Union(options.Hashes.Keys).Order(StringComparer.Ordinal))
        {
            if (!before.TryGetValue(name, out string? was) || !options.Hashes.TryGetValue(name, out string? now) || was != now)
            {
                differences.Add(name);
            }
        }

        if (differences.Count > 0)
        {
            throw new CheckpointException(
                $"The run in {checkpoint} cannot be resumed because it is not the same run any more. Changed since: {string.Join(", ", differences)}. Put that back as it was, or start a new run.");
        }
    }

    private RunSummary Summarize(int total, double elapsed)
    {
        EvaluationResult baseline = evaluations[0];
        EvaluationResult final = evaluations.Last().Value;
        (double Before, double After)[] pairs = baseline.Sampled.RowScores.Zip(final.Sampled.RowScores)
            .Where(pair => !double.IsNaN(pair.First) && !double.IsNaN(pair.Second))
            .ToArray();
        seconds["total"] = elapsed;
        return new RunSummary
        {
            Baseline = baseline,
            Final = final,
            Gain = Bootstrap.PairedDifference(
                Array.ConvertAll(pairs, pair => pair.Before),
                Array.ConvertAll(pairs, pair => pair.After),
                options.Evaluation.Confidence,
                seed: options.Evaluation.Seed),
            BestStep = bestStep,
            BestScore = evaluations[bestStep].Sampled.Score,
            Steps = trainer.CompletedSteps,
            TotalSteps = total,
            Interrupted = (trainer.CompletedSteps < total && !trainer.HasEnded) || !evaluations.ContainsKey(trainer.CompletedSteps),
            Seed = options.Seed,
            Seconds = seconds,
            SampledTokens = sampledTokens,
            TrainedTokens = trainedTokens,
        };
    }
}

using System.Diagnostics;
using RlvrSharp.Evaluation;
using RlvrSharp.Jobs;
using RlvrSharp.Training;
using Spectre.Console;

namespace RlvrSharp.Cli.Output;

/// <summary>Shows a run as it goes: a live table on a terminal, plain lines where the output goes elsewhere.</summary>
internal abstract class RunDisplay : IAsyncDisposable
{
    public static RunDisplay Create(JobFile file, string folder, int rows, int validationRows)
    {
        string header = $"{file.Name}: {rows} training rows, {validationRows} held-out rows, {file.Trainer.Steps} steps of "
            + $"{file.Trainer.Rollout.ProblemsPerStep} × {file.Trainer.Rollout.GroupSize} completions, seed {file.Trainer.Seed}, into {folder}";
        return Console.IsOutputRedirected ? new PlainRunDisplay(header) : new LiveRunDisplay(header);
    }

    public abstract void Show(RunEvent happened);

    public abstract ValueTask DisposeAsync();

    protected static string Percent(double share) => $"{100 * share:F1} %";

    protected static string Seconds(double seconds) => seconds < 90 ? $"{seconds:F0} s" : $"{Math.Floor(seconds / 60):F0} min {seconds % 60:F0} s";

    /// <summary>The closing lines, the same on both displays.</summary>
    protected static IEnumerable<string> Closing(RunSummary summary)
    {
        yield return summary.Interrupted
            ? $"Stopped after step {summary.Steps} of {summary.TotalSteps}; continue with --resume. The last evaluation against the initial model:"
            : $"Done: {summary.Steps} steps in {Seconds(summary.Seconds["total"])}.";
        yield return Row("held out", "score, sampled", "exact", "score, greedy", "exact");
        yield return Row("before", Interval(summary.Baseline.Sampled.Score), Percent(summary.Baseline.Sampled.Exact.Mean), Greedy(summary.Baseline), GreedyExact(summary.Baseline));
        yield return Row("after", Interval(summary.Final.Sampled.Score), Percent(summary.Final.Sampled.Exact.Mean), Greedy(summary.Final), GreedyExact(summary.Final));
        yield return $"Gain {summary.Gain.Mean:+0.000;-0.000} [{summary.Gain.Low:+0.000;-0.000}, {summary.Gain.High:+0.000;-0.000}] over {summary.Gain.Count} held-out rows (95 % interval, paired): {Verdict(summary.Gain)}.";
        if (summary.Final is { KlToInitial: { } kl, KlToInitialPerCompletion: { } perCompletion })
        {
            yield return $"KL divergence from the initial model: {kl:F4} nats per token, {perCompletion:F2} per completion. Best step: {summary.BestStep} ({summary.BestScore.Mean:F3}).";
        }
    }

    private static string Row(string name, string sampled, string exact, string greedy, string greedyExact) =>
        $"  {name,-10}{sampled,-26}{exact,-10}{greedy,-16}{greedyExact}";

    private static string Verdict(Estimate gain) => gain.Low > 0 ? "better" : gain.High < 0 ? "worse" : "not distinguishable";

    private static string Interval(Estimate estimate) => $"{estimate.Mean:F3} [{estimate.Low:F3}, {estimate.High:F3}]";

    private static string Greedy(EvaluationResult result) => result.Greedy is { } greedy ? $"{greedy.Score.Mean:F3}" : "–";

    private static string GreedyExact(EvaluationResult result) => result.Greedy is { } greedy ? Percent(greedy.Exact.Mean) : "–";

    /// <summary>One line per event.</summary>
    private sealed class PlainRunDisplay : RunDisplay
    {
        private readonly long start = Stopwatch.GetTimestamp();

        public PlainRunDisplay(string header) => Console.WriteLine(header);

        public override void Show(RunEvent happened)
        {
            switch (happened)
            {
                case RunEvent.StepCompleted { Report: var step }:
                    double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    Console.WriteLine(
                        $"step {step.Number}/{step.TotalSteps}  reward {step.RewardMean:F3} ± {step.RewardStd:F3}  exact {Percent(step.ExactFraction)}  kl {step.KlToInitial:F5}  grad {step.GradNorm:F3}  {elapsed:F1} s");
                    break;
                case RunEvent.Evaluated { Step: var number, Result: var result }:
                    string greedy = result.Greedy is { } answers ? $", greedy {answers.Score.Mean:F3} (exact {Percent(answers.Exact.Mean)})" : string.Empty;
                    Console.WriteLine(
                        $"held out at step {number}: score {Interval(result.Sampled.Score)}, exact {Percent(result.Sampled.Exact.Mean)}, n = {result.Sampled.Score.Count}{greedy}, kl {result.KlToInitial:F5}");
                    break;
                case RunEvent.CheckpointSaved { Directory: var directory }:
                    Console.WriteLine($"saved {directory}");
                    break;
                case RunEvent.Finished { Summary: var summary }:
                    foreach (string line in Closing(summary))
                    {
                        Console.WriteLine(line);
                    }

                    break;
            }
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A table that rewrites itself.</summary>
    private sealed class LiveRunDisplay : RunDisplay
    {
        private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock gate = new();
        private readonly Task live;
        private readonly List<(int Step, EvaluationResult Result)> evaluations = [];
        private LiveDisplayContext? context;
        private TrainingStep? last;
        private RunSummary? summary;
        private string status = "loading";
        private long firstStep;
        private int stepsBefore;

        public LiveRunDisplay(string header)
        {
            AnsiConsole.WriteLine(header);
            live = AnsiConsole.Live(Build()).StartAsync(async display =>
            {
                context = display;
                await finished.Task.ConfigureAwait(false);
                display.UpdateTarget(Build());
            });
        }

        public override void Show(RunEvent happened)
        {
            lock (gate)
            {
                switch (happened)
                {
                    case RunEvent.EvaluationStarted { Step: var number }:
                        status = number == 0 ? "measuring the initial model" : $"measuring step {number}";
                        break;
                    case RunEvent.StepCompleted { Report: var step }:
                        if (last is null)
                        {
                            firstStep = Stopwatch.GetTimestamp();
                            stepsBefore = step.Number;
                        }

                        last = step;
                        status = "training";
                        break;
                    case RunEvent.Evaluated { Step: var number, Result: var result }:
                        evaluations.Add((number, result));
                        status = "training";
                        break;
                    case RunEvent.CheckpointSaved { Directory: var directory }:
                        status = $"saved {Path.GetFileName(directory)}";
                        break;
                    case RunEvent.Finished done:
                        summary = done.Summary;
                        status = "done";
                        break;
                }

                context?.UpdateTarget(Build());
            }
        }

        public override async ValueTask DisposeAsync()
        {
            finished.TrySetResult();
            await live.ConfigureAwait(false);
            foreach (string line in summary is null ? [] : Closing(summary))
            {
                AnsiConsole.WriteLine(line);
            }
        }

        private Table Build()
        {
            var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(Markup.Escape(status)) };
            table.AddColumns("step", "reward", "exact", "precision", "recall", "F1", "KL to initial", "time left");
            table.AddRow(last is null
                ? ["–", "–", "–", "–", "–", "–", "–", "–"]
                :
                [
                    $"{Bar((double)last.Number / last.TotalSteps)} {last.Number}/{last.TotalSteps}",
                    $"{last.RewardMean:F3} ± {last.RewardStd:F3}",
                    Percent(last.ExactFraction),
                    last.PrecisionMean is { } precision ? $"{precision:F3}" : "–",
                    last.RecallMean is { } recall ? $"{recall:F3}" : "–",
                    F1(last),
                    $"{last.KlToInitial:F5}",
                    TimeLeft(last),
                ]);
            foreach ((int step, EvaluationResult result) in evaluations.TakeLast(8))
            {
                string greedy = result.Greedy is { } answers ? $", greedy {answers.Score.Mean:F3} (exact {Percent(answers.Exact.Mean)})" : string.Empty;
                table.Caption = new TableTitle(Markup.Escape(
                    (table.Caption is null ? string.Empty : table.Caption.Text.Replace("[[", "[", StringComparison.Ordinal).Replace("]]", "]", StringComparison.Ordinal) + "\n")
                    + $"held out at step {step}: score {Interval(result.Sampled.Score)}, exact {Percent(result.Sampled.Exact.Mean)}{greedy}"));
            }

            return table;
        }

        private static string F1(TrainingStep step) => step is { PrecisionMean: { } p, RecallMean: { } r } && p + r > 0 ? $"{2 * p * r / (p + r):F3}" : "–";

        private static string Bar(double share) => new string('█', (int)(share * 12)).PadRight(12, '░');

        private string TimeLeft(TrainingStep step)
        {
            int done = step.Number - stepsBefore;
            return done == 0 ? "…" : Seconds(Stopwatch.GetElapsedTime(firstStep).TotalSeconds / done * (step.TotalSteps - step.Number));
        }
    }
}

using Microsoft.Extensions.Logging;

namespace RlvrSharp.Diagnostics;

/// <summary>Every message this library logs. Prompts and completions appear at Trace only.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Step {Step}/{Total}: reward {Reward:F4}, score {Score:F4}, KL to initial {Kl:F5}, gradient norm {GradNorm:F4}")]
    public static partial void StepDone(ILogger logger, int step, int total, double reward, double score, double kl, double gradNorm);

    [LoggerMessage(2, LogLevel.Debug, "Step {Step}, problem {Problem}: rewards {Rewards}")]
    public static partial void Group(ILogger logger, int step, string problem, string rewards);

    [LoggerMessage(3, LogLevel.Warning, "Step {Step}: the gradient norm is {GradNorm}, so the update was skipped")]
    public static partial void UpdateSkipped(ILogger logger, int step, double gradNorm);

    [LoggerMessage(4, LogLevel.Information, "Checkpoint saved: {Directory}")]
    public static partial void CheckpointSaved(ILogger logger, string directory);

    [LoggerMessage(5, LogLevel.Information, "Step {Step}: validation score {Score:F4} [{Low:F4}, {High:F4}], n = {Count}")]
    public static partial void Evaluated(ILogger logger, int step, double score, double low, double high, int count);

    [LoggerMessage(6, LogLevel.Warning, "Grader {Grader} failed on problem {Problem}: {Reason}")]
    public static partial void GraderFailed(ILogger logger, string grader, string problem, string reason, Exception? error);

    [LoggerMessage(7, LogLevel.Trace, "Problem {Problem}, reward {Reward:F4}: {Text}")]
    public static partial void CompletionText(ILogger logger, string problem, float reward, string text);

    [LoggerMessage(8, LogLevel.Information, "Run starts: seed {Seed}, {Problems} problems, {Steps} steps of {ProblemsPerStep} × {GroupSize} completions")]
    public static partial void RunStarts(ILogger logger, ulong seed, int problems, int steps, int problemsPerStep, int groupSize);

    [LoggerMessage(20, LogLevel.Warning, "The model in {Directory} has no chat template: the texts of a prompt's messages are put one after the other")]
    public static partial void NoChatTemplate(ILogger logger, string directory);

    [LoggerMessage(9, LogLevel.Warning, "Step {Step}: training stops because the KL divergence of the update, {Kl:F5} nats per token, passed the limit of {Limit:F5}")]
    public static partial void StoppedOnKl(ILogger logger, int step, double kl, double limit);
}

using RlvrSharp.Evaluation;

namespace RlvrSharp.Training;

/// <summary>Something that happened in a <see cref="TrainingRun"/>; match on the derived type.</summary>
public abstract record RunEvent
{
    private RunEvent()
    {
    }

    /// <summary>An evaluation of the validation problems begins.</summary>
    /// <param name="Step">The step it is about; 0 is the initial policy.</param>
    public sealed record EvaluationStarted(int Step) : RunEvent;

    /// <summary>The validation problems were evaluated.</summary>
    /// <param name="Step">The step; 0 is the initial policy.</param>
    /// <param name="Result">What came out.</param>
    /// <param name="IsBest">Whether no earlier step of this run scored higher.</param>
    public sealed record Evaluated(int Step, EvaluationResult Result, bool IsBest) : RunEvent;

    /// <summary>A training step is done.</summary>
    /// <param name="Report">Its report.</param>
    public sealed record StepCompleted(TrainingStep Report) : RunEvent;

    /// <summary>A checkpoint is complete on disk.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="Directory">Where it is.</param>
    public sealed record CheckpointSaved(int Step, string Directory) : RunEvent;

    /// <summary>The run is over, and its summary is written.</summary>
    /// <param name="Summary">The summary.</param>
    public sealed record Finished(RunSummary Summary) : RunEvent;
}

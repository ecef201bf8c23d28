using System.Text.Json;

namespace RlvrSharp;

/// <summary>A trainer whose run can be cut off and continued to the same bits.</summary>
public interface IResumableTrainer : ITrainer
{
    /// <summary>The step that was finished last; 0 before the first.</summary>
    int CompletedSteps { get; }

    /// <summary>How many steps the run is planned to have.</summary>
    int TotalSteps { get; }

    /// <summary>Whether the run is over: the last step is done, or a rule of the trainer's own ended it. A stop from outside does not end it.</summary>
    bool HasEnded { get; }

    /// <summary>Looks for everything in the problems that would stop training, without running anything.</summary>
    /// <param name="problems">The problems to train on, or to evaluate.</param>
    /// <exception cref="DataException">Rows cannot be used; all are named.</exception>
    void CheckProblems(IReadOnlyList<Problem> problems);

    /// <summary>Writes what the trainer itself remembers, as one JSON object. The policy's weights and moments are the policy's to save.</summary>
    /// <param name="writer">Where to.</param>
    void SaveState(Utf8JsonWriter writer);

    /// <summary>Reads what <see cref="SaveState"/> wrote; the next <see cref="ITrainer.TrainAsync"/> continues after that step.</summary>
    /// <param name="state">The object.</param>
    void LoadState(JsonElement state);
}

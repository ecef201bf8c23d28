using System.Text.Json;

namespace RlvrSharp;

/// <summary>Asks a policy for one completion. For a group, repeat the prompt with other streams.</summary>
/// <param name="Messages">The prompt. Policies may prepare equal prompts once.</param>
/// <param name="Stream">
/// The key of this completion's own random stream (<see cref="KeyedRandom.Key"/>): the completion depends on nothing else that is random.
/// </param>
public sealed record SampleRequest(IReadOnlyList<PromptMessage> Messages, ulong Stream)
{
    /// <summary>Asks for a completion of a problem's prompt, with the tools that the problem offers.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="stream">The key of the completion's own random stream.</param>
    public SampleRequest(Problem problem, ulong stream)
        : this((problem ?? throw new ArgumentNullException(nameof(problem))).Messages, stream) => Tools = problem.Tools;

    /// <summary>The tools offered to the model, as in the chat API, or <see cref="JsonValueKind.Undefined"/>.</summary>
    public JsonElement Tools { get; init; }
}

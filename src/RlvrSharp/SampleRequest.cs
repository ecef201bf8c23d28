namespace RlvrSharp;

/// <summary>Asks a policy for one completion. For a group, repeat the prompt with other streams.</summary>
/// <param name="Messages">The prompt. Policies may prepare equal prompts once.</param>
/// <param name="Stream">
/// The key of this completion's own random stream (<see cref="KeyedRandom.Key"/>): the completion depends on nothing else that is random.
/// </param>
public sealed record SampleRequest(IReadOnlyList<PromptMessage> Messages, ulong Stream);

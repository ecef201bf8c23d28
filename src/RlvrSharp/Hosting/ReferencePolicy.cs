namespace RlvrSharp.Hosting;

/// <summary>The frozen initial policy, as a service: where a trainer was chosen it is made together with the policy, before anything can train it.</summary>
/// <param name="Policy">The frozen policy.</param>
public sealed record ReferencePolicy(IPolicy Policy) : IDisposable
{
    /// <summary>Disposes of the frozen policy, if it is disposable.</summary>
    public void Dispose() => (Policy as IDisposable)?.Dispose();
}

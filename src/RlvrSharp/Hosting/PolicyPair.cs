using Microsoft.Extensions.DependencyInjection;

namespace RlvrSharp.Hosting;

/// <summary>
/// The policy and what it was at first. A trainer measures how far the policy moved, so where there is one, both are made at once: an app that warms
/// the policy up before it asks for the trainer would else be measured from there. Without a trainer no memory is spent on the second.
/// </summary>
internal sealed class PolicyPair : IDisposable
{
    private readonly Lazy<ReferencePolicy> reference;

    public PolicyPair(IServiceProvider provider, Func<IServiceProvider, ITrainablePolicy> create)
    {
        Policy = create(provider);
        reference = new Lazy<ReferencePolicy>(() => new ReferencePolicy(Policy.CreateReference()));
        if (provider.GetService<TrainerChoice>() is not null)
        {
            _ = reference.Value;
        }
    }

    public ITrainablePolicy Policy { get; }

    public ReferencePolicy Reference => reference.Value;

    public void Dispose()
    {
        if (reference.IsValueCreated)
        {
            reference.Value.Dispose();
        }

        (Policy as IDisposable)?.Dispose();
    }
}

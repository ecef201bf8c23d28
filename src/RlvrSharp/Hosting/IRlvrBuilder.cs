using Microsoft.Extensions.DependencyInjection;

namespace RlvrSharp.Hosting;

/// <summary>What <c>services.AddRlvr()</c> returns: Use… picks the one, Add… appends to the many.</summary>
public interface IRlvrBuilder
{
    /// <summary>The services being configured.</summary>
    IServiceCollection Services { get; }
}

internal sealed record RlvrBuilder(IServiceCollection Services) : IRlvrBuilder;

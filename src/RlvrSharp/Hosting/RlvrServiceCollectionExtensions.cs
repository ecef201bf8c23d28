using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RlvrSharp;
using RlvrSharp.Diagnostics;
using RlvrSharp.Evaluation;
using RlvrSharp.Graders;
using RlvrSharp.Hosting;
using RlvrSharp.Training;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds reinforcement fine-tuning to a service collection.</summary>
public static class RlvrServiceCollectionExtensions
{
    /// <summary>
    /// Registers what every run needs; then pick a policy and a trainer (<c>Use…</c>) and add graders and shapers (<c>Add…</c>). Options are
    /// validated when the host starts, every failure named.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddRlvr(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions();
        services.AddMetrics();
        services.TryAddSingleton<RlvrMetrics>();
        services.TryAddSingleton(provider =>
            provider.GetService<PolicyPair>()?.Reference ?? new ReferencePolicy(provider.GetRequiredService<ITrainablePolicy>().CreateReference()));
        services.TryAddSingleton<IPolicy>(provider => provider.GetRequiredService<ITrainablePolicy>());
        services.AddOptions<GradingOptions>().Configure<IServiceProvider>((grading, provider) => provider.GetService<TrainerChoice>()?.Options(provider).Rollout.Grading.CopyTo(grading));
        services.TryAddSingleton(provider => new GradingPipeline(
            [.. provider.GetServices<WeightedGrader>()],
            provider.GetRequiredService<IOptions<GradingOptions>>().Value,
            provider.GetService<ILogger<GradingPipeline>>(),
            provider.GetService<RlvrMetrics>(),
            provider.GetService<TimeProvider>()));
        services.TryAddSingleton<Evaluator>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GradingOptions>, GradingOptionsValidator>());
        services.AddOptions<Composition>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<Composition>, CompositionValidator>());
        return new RlvrBuilder(services);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RlvrSharp.Hosting;

namespace RlvrSharp.Torch;

/// <summary>Trains on TorchSharp.</summary>
public static class TorchBuilderExtensions
{
    /// <summary>Trains a <see cref="TorchPolicy"/>: on the first GPU where there is one.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="modelDirectory">A Hugging Face model directory, or a PEFT adapter's.</param>
    /// <param name="configure">Changes the options. A trainer that needs values has switched the value head on.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseTorchPolicy(this IRlvrBuilder builder, string modelDirectory, Action<TorchPolicyOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);
        OptionsBuilder<TorchPolicyOptions> options = builder.Services.AddOptions<TorchPolicyOptions>().ValidateOnStart();
        options.Configure<IServiceProvider>((policy, provider) => policy.ValueHead = provider.GetService<TrainerChoice>()?.NeedsValues ?? false);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TorchPolicyOptions>, TorchPolicyOptionsValidator>());
        return builder.UsePolicy(provider => TorchPolicy.Load(
            modelDirectory, provider.GetRequiredService<IOptions<TorchPolicyOptions>>().Value, provider.GetService<ILogger<TorchPolicy>>()));
    }
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;
using RlvrSharp.Policies;
using RlvrSharp.Training;

namespace RlvrSharp.Hosting;

/// <summary>Composes a trainer.</summary>
public static class RlvrBuilderExtensions
{
    /// <summary>Trains a model in managed code, on any machine.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="modelDirectory">The Hugging Face model folder; loaded when the policy is first asked for.</param>
    /// <param name="configure">Changes the policy's options.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseManagedPolicy(this IRlvrBuilder builder, string modelDirectory, Action<ManagedPolicyOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);
        return builder.UsePolicy(_ =>
        {
            var options = new ManagedPolicyOptions();
            configure?.Invoke(options);
            return ManagedPolicy.Load(modelDirectory, options);
        });
    }

    /// <summary>Trains a policy of your own.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="create">Makes the policy; called once.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UsePolicy(this IRlvrBuilder builder, Func<IServiceProvider, ITrainablePolicy> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.Replace(ServiceDescriptor.Singleton(create));
        return builder;
    }

    /// <summary>Trains by GRPO.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseGrpo(this IRlvrBuilder builder, Action<GrpoOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<GrpoOptions> options = builder.Services.AddOptions<GrpoOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        return UseGrpo(builder, options);
    }

    /// <summary>Trains by GRPO with options from configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">A section with the names of <see cref="GrpoOptions"/>, such as <c>Rlvr:Grpo</c>.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseGrpo(this IRlvrBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        return UseGrpo(builder, builder.Services.AddOptions<GrpoOptions>().Bind(configuration, binder => binder.ErrorOnUnknownConfiguration = true));
    }

    /// <summary>Adds a grader of a class that the container makes.</summary>
    /// <typeparam name="TGrader">The class.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="weight">Its share in the score; 0 makes it a metric only.</param>
    /// <param name="name">Its name in reports; null takes the class name without "Grader".</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddGrader<TGrader>(this IRlvrBuilder builder, double weight = 1, string? name = null)
        where TGrader : class, IGrader
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TGrader>();
        string known = name ?? (typeof(TGrader).Name.EndsWith("Grader", StringComparison.Ordinal) ? typeof(TGrader).Name[..^6] : typeof(TGrader).Name);
        builder.Services.AddSingleton(provider => new WeightedGrader(known, provider.GetRequiredService<TGrader>(), weight));
        return builder;
    }

    /// <summary>Adds a grader.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="grader">The grader.</param>
    /// <param name="weight">Its share in the score; 0 makes it a metric only.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddGrader(this IRlvrBuilder builder, string name, IGrader grader, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(new WeightedGrader(name, grader, weight));
        return builder;
    }

    /// <summary>Adds a grader that is a function.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="score">Gives a score in [0, 1]; called from several threads.</param>
    /// <param name="weight">Its share in the score; 0 makes it a metric only.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddGrader(this IRlvrBuilder builder, string name, Func<Problem, Completion, double> score, double weight = 1) =>
        AddGrader(builder, name, new DelegateGrader(score), weight);

    /// <summary>Adds the grader of structured answers: JSON, compared field by field.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Declares fields; null infers them from each reference.</param>
    /// <param name="name">Its name in reports.</param>
    /// <param name="weight">Its share in the score; 0 makes it a metric only.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddStructuredFieldGrader(
        this IRlvrBuilder builder, Action<StructuredFieldGraderOptions>? configure = null, string name = "fields", double weight = 1)
    {
        var options = new StructuredFieldGraderOptions();
        configure?.Invoke(options);
        return AddGrader(builder, name, new StructuredFieldGrader(options), weight);
    }

    /// <summary>Adds a reward shaper of a class that the container makes; shapers run in the order added.</summary>
    /// <typeparam name="TShaper">The class.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddRewardShaper<TShaper>(this IRlvrBuilder builder)
        where TShaper : class, IRewardShaper
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IRewardShaper, TShaper>();
        return builder;
    }

    /// <summary>Adds a reward shaper; shapers run in the order added.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="shaper">The shaper.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder AddRewardShaper(this IRlvrBuilder builder, IRewardShaper shaper)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(shaper);
        builder.Services.AddSingleton(shaper);
        return builder;
    }

    private static IRlvrBuilder UseGrpo(IRlvrBuilder builder, OptionsBuilder<GrpoOptions> options)
    {
        options.ValidateOnStart();
        IServiceCollection services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GrpoOptions>, GrpoOptionsValidator>());
        services.AddOptions<GradingOptions>().Configure<IOptions<GrpoOptions>>((grading, grpo) => grpo.Value.Rollout.Grading.CopyTo(grading));
        services.Replace(ServiceDescriptor.Singleton<ITrainer>(provider => new GrpoTrainer(
            provider.GetRequiredService<ITrainablePolicy>(),
            provider.GetRequiredService<ReferencePolicy>().Policy,
            provider.GetRequiredService<GradingPipeline>(),
            provider.GetRequiredService<IOptions<GrpoOptions>>().Value,
            [.. provider.GetServices<IRewardShaper>()],
            provider.GetService<ILogger<GrpoTrainer>>(),
            provider.GetService<RlvrMetrics>())));
        return builder;
    }
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RlvrSharp.Advantages;
using RlvrSharp.Diagnostics;
using RlvrSharp.Graders;
using RlvrSharp.Losses;
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
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);
        OptionsBuilder<ManagedPolicyOptions> options = builder.Services.AddOptions<ManagedPolicyOptions>().ValidateOnStart();
        options.Configure<IServiceProvider>((policy, provider) => policy.ValueHead = provider.GetService<TrainerChoice>()?.NeedsValues ?? false);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ManagedPolicyOptions>, ManagedPolicyOptionsValidator>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ManagedPolicyOptions>, ModelFolderValidator>());
        builder.UsePolicy(provider => ManagedPolicy.Load(modelDirectory, provider.GetRequiredService<IOptions<ManagedPolicyOptions>>().Value, provider.GetService<ILogger<ManagedPolicy>>()));
        builder.Services.AddSingleton(new ModelFolder(modelDirectory));
        return builder;
    }

    /// <summary>Trains a policy of your own.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="create">Makes the policy; called once.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UsePolicy(this IRlvrBuilder builder, Func<IServiceProvider, ITrainablePolicy> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.RemoveAll<ModelFolder>();
        builder.Services.Replace(ServiceDescriptor.Singleton(provider => new PolicyPair(provider, create)));
        builder.Services.Replace(ServiceDescriptor.Singleton<ITrainablePolicy>(provider => provider.GetRequiredService<PolicyPair>().Policy));
        return builder;
    }

    /// <summary>Trains by GRPO.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseGrpo(this IRlvrBuilder builder, Action<GrpoOptions>? configure = null) =>
        UseTrainer<GrpoOptions, GrpoOptionsValidator>(builder, () => new GrpoOptions(), configure);

    /// <summary>Trains by GRPO with options from configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">A section with the names of <see cref="GrpoOptions"/>, such as <c>Rlvr:Grpo</c>.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseGrpo(this IRlvrBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return UseTrainer<GrpoOptions, GrpoOptionsValidator>(builder, () => new GrpoOptions(), null, configuration);
    }

    /// <summary>Trains by PPO. The policy of <see cref="UseManagedPolicy"/> then gets a value head; one of <see cref="UsePolicy"/> must have values.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UsePpo(this IRlvrBuilder builder, Action<PpoOptions>? configure = null) =>
        UseTrainer<PpoOptions, PpoOptionsValidator>(builder, () => new PpoOptions(), configure);

    /// <summary>Trains by PPO with options from configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">A section with the names of <see cref="PpoOptions"/>, such as <c>Rlvr:Ppo</c>.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UsePpo(this IRlvrBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return UseTrainer<PpoOptions, PpoOptionsValidator>(builder, () => new PpoOptions(), null, configuration);
    }

    /// <summary>Trains by an algorithm of <see cref="TrainingPresets"/>: its values to begin with, then yours.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name, such as <c>gspo</c>.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">There is no algorithm of this name.</exception>
    public static IRlvrBuilder UseAlgorithm(this IRlvrBuilder builder, string name, Action<PolicyTrainerOptions>? configure = null) => TrainingPresets.Create(name) switch
    {
        PpoOptions => UseTrainer<PpoOptions, PpoOptionsValidator>(builder, () => (PpoOptions)TrainingPresets.Create(name), configure),
        _ => UseTrainer<GrpoOptions, GrpoOptionsValidator>(builder, () => (GrpoOptions)TrainingPresets.Create(name), configure),
    };

    /// <summary>Takes advantages from a function of your own of a group's rewards, in place of GRPO's. PPO has a critic instead.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="advantage">The function.</param>
    /// <param name="minGroupSize">The fewest completions a prompt needs.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseAdvantage(this IRlvrBuilder builder, GroupAdvantage advantage, int minGroupSize = 2)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var estimator = new GroupAdvantageEstimator(advantage, minGroupSize);
        builder.Services.AddOptions<GrpoOptions>().PostConfigure(options => options.Advantage = estimator);
        return builder;
    }

    /// <summary>Takes advantages from a class of your own, made by the container, in place of GRPO's. PPO has a critic instead.</summary>
    /// <typeparam name="TEstimator">The class.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseAdvantage<TEstimator>(this IRlvrBuilder builder)
        where TEstimator : class, IAdvantageEstimator
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TEstimator>();
        builder.Services.AddOptions<GrpoOptions>().PostConfigure<TEstimator>((options, estimator) => options.Advantage = estimator);
        return builder;
    }

    /// <summary>Trains on a policy objective of your own, with whichever trainer is used.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="objective">The objective, such as a <see cref="TokenObjective"/> or a record that derives from <see cref="PolicyObjective"/>.</param>
    /// <returns>The builder.</returns>
    public static IRlvrBuilder UseObjective(this IRlvrBuilder builder, PolicyObjective objective)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(objective);
        builder.Services.AddOptions<GrpoOptions>().PostConfigure(options => options.Objective = objective);
        builder.Services.AddOptions<PpoOptions>().PostConfigure(options => options.Objective = objective);
        return builder;
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

    private static IRlvrBuilder UseTrainer<TOptions, TValidator>(IRlvrBuilder builder, Func<TOptions> create, Action<TOptions>? configure, IConfiguration? configuration = null)
        where TOptions : PolicyTrainerOptions
        where TValidator : class, IValidateOptions<TOptions>
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        OptionsBuilder<TOptions> options = services.AddOptions<TOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (configuration is not null)
        {
            options.Bind(configuration, binder => binder.ErrorOnUnknownConfiguration = true);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TValidator>());
        services.Replace(ServiceDescriptor.Transient<IOptionsFactory<TOptions>>(provider => new PresetOptionsFactory<TOptions>(
            create,
            provider.GetServices<IConfigureOptions<TOptions>>(),
            provider.GetServices<IPostConfigureOptions<TOptions>>(),
            provider.GetServices<IValidateOptions<TOptions>>())));
        services.Replace(ServiceDescriptor.Singleton(new TrainerChoice(typeof(TOptions) == typeof(PpoOptions), provider => provider.GetRequiredService<IOptions<TOptions>>().Value)));
        services.Replace(ServiceDescriptor.Singleton<ITrainer>(provider => PolicyTrainer.Create(
            provider.GetRequiredService<ITrainablePolicy>(),
            provider.GetRequiredService<ReferencePolicy>().Policy,
            provider.GetRequiredService<GradingPipeline>(),
            provider.GetRequiredService<IOptions<TOptions>>().Value,
            [.. provider.GetServices<IRewardShaper>()],
            provider.GetService<ILoggerFactory>(),
            provider.GetService<RlvrMetrics>())));
        return builder;
    }
}

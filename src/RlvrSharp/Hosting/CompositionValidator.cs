using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RlvrSharp.Graders;

namespace RlvrSharp.Hosting;

/// <summary>Has no settings: it stands for what was put together, so that the host checks that as it checks options.</summary>
internal sealed class Composition;

/// <summary>Checks, when the host starts, that a trainer was given what it needs.</summary>
internal sealed class CompositionValidator(IServiceProvider provider, IServiceProviderIsService known) : IValidateOptions<Composition>
{
    public ValidateOptionsResult Validate(string? name, Composition options)
    {
        if (provider.GetService<TrainerChoice>() is null)
        {
            return ValidateOptionsResult.Skip;
        }

        var faults = new List<string>();
        if (!known.IsService(typeof(ITrainablePolicy)))
        {
            faults.Add("A trainer was chosen, but there is no policy to train: add UseManagedPolicy(\"MODEL_DIR\") or UsePolicy(…).");
        }

        WeightedGrader[] graders = [.. provider.GetServices<WeightedGrader>()];
        if (GradingPipeline.FindFault(graders) is { } fault)
        {
            faults.Add(fault);
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

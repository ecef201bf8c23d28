using Microsoft.Extensions.Options;
using RlvrSharp.Training;

namespace RlvrSharp.Hosting;

/// <summary>The trainer that was chosen last: what the other services need to know of it.</summary>
/// <param name="NeedsValues">Whether it has a critic.</param>
/// <param name="Options">Its options.</param>
internal sealed record TrainerChoice(bool NeedsValues, Func<IServiceProvider, PolicyTrainerOptions> Options);

/// <summary>Begins options with the values of an algorithm, before configuration changes them.</summary>
internal sealed class PresetOptionsFactory<TOptions>(
    Func<TOptions> create, IEnumerable<IConfigureOptions<TOptions>> setups, IEnumerable<IPostConfigureOptions<TOptions>> postConfigures, IEnumerable<IValidateOptions<TOptions>> validations)
    : OptionsFactory<TOptions>(setups, postConfigures, validations)
    where TOptions : class
{
    /// <inheritdoc/>
    protected override TOptions CreateInstance(string name) => create();
}

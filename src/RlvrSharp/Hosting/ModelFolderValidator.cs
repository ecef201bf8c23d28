using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RlvrSharp.Policies;

namespace RlvrSharp.Hosting;

/// <summary>The model folder that was chosen last.</summary>
internal sealed record ModelFolder(string Path);

/// <summary>Checks, when the host starts, that the model's folder is one; its files are read when the policy is first asked for.</summary>
internal sealed class ModelFolderValidator(IServiceProvider provider) : IValidateOptions<ManagedPolicyOptions>
{
    public ValidateOptionsResult Validate(string? name, ManagedPolicyOptions options) =>
        provider.GetService<ModelFolder>() is { } folder && !Directory.Exists(folder.Path)
            ? ValidateOptionsResult.Fail($"The model folder {Path.GetFullPath(folder.Path)} does not exist: give UseManagedPolicy a folder with config.json, model.safetensors and tokenizer.json.")
            : ValidateOptionsResult.Success;
}

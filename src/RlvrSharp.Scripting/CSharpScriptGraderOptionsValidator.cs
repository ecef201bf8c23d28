using Microsoft.Extensions.Options;

namespace RlvrSharp.Scripting;

/// <summary>Checks the ranges of <see cref="CSharpScriptGraderOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class CSharpScriptGraderOptionsValidator : IValidateOptions<CSharpScriptGraderOptions>
{
    public static void ThrowIfInvalid(CSharpScriptGraderOptions options)
    {
        ValidateOptionsResult result = new CSharpScriptGraderOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(nameof(CSharpScriptGraderOptions), typeof(CSharpScriptGraderOptions), result.Failures);
        }
    }
}

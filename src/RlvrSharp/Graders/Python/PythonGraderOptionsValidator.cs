using Microsoft.Extensions.Options;

namespace RlvrSharp.Graders;

/// <summary>Checks the ranges of <see cref="PythonGraderOptions"/>, for containers and for graders made by hand.</summary>
[OptionsValidator]
internal sealed partial class PythonGraderOptionsValidator : IValidateOptions<PythonGraderOptions>
{
    public static void ThrowIfInvalid(PythonGraderOptions options)
    {
        ValidateOptionsResult result = new PythonGraderOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(nameof(PythonGraderOptions), typeof(PythonGraderOptions), result.Failures);
        }
    }
}

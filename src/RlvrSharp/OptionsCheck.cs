using Microsoft.Extensions.Options;

namespace RlvrSharp;

/// <summary>Validates options where there is no container to do it.</summary>
internal static class OptionsCheck
{
    /// <summary>Runs validators and throws with every failure of all of them.</summary>
    public static void ThrowIfInvalid<TOptions>(TOptions options, params ReadOnlySpan<IValidateOptions<TOptions>> validators)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        foreach (IValidateOptions<TOptions> validator in validators)
        {
            ValidateOptionsResult result = validator.Validate(Options.DefaultName, options);
            if (result.Failed)
            {
                failures.AddRange(result.Failures);
            }
        }

        if (failures.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), failures);
        }
    }

    /// <summary>Adds the rules across settings to the result of the rules on each.</summary>
    public static ValidateOptionsResult Combine(ValidateOptionsResult ranges, IEnumerable<string> conflicts)
    {
        string[] failures = [.. ranges.Failures ?? [], .. conflicts];
        return failures.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

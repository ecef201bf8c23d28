using System.Globalization;
using Microsoft.Extensions.Options;

namespace RlvrSharp.Graders;

/// <summary>Checks <see cref="StructuredFieldGraderOptions"/> and names every failure at once.</summary>
public sealed class StructuredFieldGraderOptionsValidator : IValidateOptions<StructuredFieldGraderOptions>
{
    private const double MaxWeight = 1e6;
    private const double MaxBeta = 1000;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, StructuredFieldGraderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckRange(failures, "Beta", options.Beta, 0, MaxBeta, "F1 has 1, and 0.5 makes inventions dearer");
        CheckRange(failures, "UndeclaredWeight", options.UndeclaredWeight, 0, MaxWeight, "1 makes an invented key as dear as a wrong field");
        CheckRange(failures, "MaxDepth", options.MaxDepth, 1, 10_000, "64 is plenty");
        CheckRange(failures, "MaxBytes", options.MaxBytes, 2, 1 << 30, "1048576 is plenty");
        CheckRange(failures, "MaxAligned", options.MaxAligned, 1, 1024, "pairing takes the cube of it");
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (FieldOptions field in options.Fields)
        {
            CheckField(failures, names, field);
        }

        CheckNesting(failures, options, names);
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static void CheckField(List<string> failures, Dictionary<string, string> names, FieldOptions field)
    {
        string title = $"Field '{field.Path}'";
        IReadOnlyList<string>? parts = FieldPath.Split(field.Path ?? "", out string fault);
        if (parts is null)
        {
            failures.Add($"{title}: its path cannot be read: {fault}.");
        }
        else if (!names.TryAdd(string.Join('\0', parts), field.Path!))
        {
            failures.Add($"{title}: it is declared twice: declare each field once.");
        }

        if (!(field.Weight > 0 && field.Weight <= MaxWeight))
        {
            failures.Add($"{title}: its weight is {Show(field.Weight)}: use a number above 0 and up to {Show(MaxWeight)}; to leave a key out of grading, ignore it.");
        }

        if (field.Beta is { } beta)
        {
            CheckRange(failures, $"{title}: its beta", beta, 0, MaxBeta, "1 weighs inventions and omissions alike");
        }

        if (field.WrongPenalty is { } penalty)
        {
            CheckRange(failures, $"{title}: its wrong-value penalty", penalty, 0, 1000, "0 adds none");
        }

        if (!System.Enum.IsDefined(field.List))
        {
            failures.Add($"{title}: its list mode {field.List} does not exist: use Multiset, Set, Ordered or BestOf.");
        }

        CheckRange(failures, $"{title}: its BestOf", field.BestOf, 1, 1000, "it is how many tries are free");
        if (field.BestOf != 1 && field.List != FieldListMode.BestOf)
        {
            failures.Add($"{title}: BestOf is {Show(field.BestOf)}, but its list mode is {field.List}: set List to BestOf.");
        }

        foreach (string problem in field.Comparer?.Validate() ?? [])
        {
            failures.Add($"{title}: comparer '{field.Comparer!.Type}': {problem}.");
        }

        if (field.List == FieldListMode.Set && field.Comparer is { HasKeys: false })
        {
            failures.Add($"{title}: a set needs a comparer that only knows equal and unequal, and '{field.Comparer.Type}' has tolerance or partial credit: use the list mode Multiset.");
        }

        if (field.Keys.Count > 0 && field.Comparer is not null)
        {
            failures.Add($"{title}: Keys name members of objects, but its comparer '{field.Comparer.Type}' compares single values: leave one of them out.");
        }
    }

    /// <summary>A field that has fields within it is an object; keys must be among what is declared there.</summary>
    private static void CheckNesting(List<string> failures, StructuredFieldGraderOptions options, Dictionary<string, string> names)
    {
        foreach (FieldOptions field in options.Fields)
        {
            if (FieldPath.Split(field.Path ?? "", out _) is not { } parts)
            {
                continue;
            }

            string prefix = string.Join('\0', parts) + '\0';
            string[] within = [.. names.Keys.Where(other => other.StartsWith(prefix, StringComparison.Ordinal))];
            if (within.Length == 0)
            {
                continue;
            }

            if (field.Comparer is not null)
            {
                failures.Add($"Field '{field.Path}': it has the comparer '{field.Comparer.Type}', but '{names[within[0]]}' is declared within it: leave one of them out.");
            }

            if (field.List == FieldListMode.BestOf)
            {
                failures.Add($"Field '{field.Path}': the list mode BestOf chooses among single values, but '{names[within[0]]}' is declared within it: leave one of them out.");
            }

            foreach (string key in field.Keys.Where(key => !System.Array.Exists(within, other => string.Equals(other, prefix + key, StringComparison.Ordinal))))
            {
                failures.Add($"Field '{field.Path}': its key '{key}' is not among the fields declared within it: declare it or name another.");
            }
        }
    }

    private static void CheckRange(List<string> failures, string title, double value, double low, double high, string hint)
    {
        if (!(value >= low && value <= high))
        {
            failures.Add($"{title} is {Show(value)}: use a number from {Show(low)} to {Show(high)}; {hint}.");
        }
    }

    private static string Show(double value) => value.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>Several graders and a formula over their scores. The contract's <c>multi</c>.</summary>
/// <remarks>
/// <para>The grade's score is the formula's value cut to [0, 1]; the value itself is the metric <see cref="RawScore.MetricName"/>, and
/// each part's own number is a metric under the part's name. A part that the formula does not use is measured and never rewarded.</para>
/// <para>Where a part has no score neither has the whole: Failed before Ungradable before Skipped. A formula without a value (a division
/// by 0) is Failed.</para>
/// </remarks>
public sealed class MultiGrader : IJsonGrader, IAsyncDisposable
{
    private readonly KeyValuePair<string, IGrader>[] parts;
    private readonly ScoreFormula formula;

    /// <summary>A grader of graders.</summary>
    /// <param name="parts">The graders by the names that the formula uses: letters, digits and underscores.</param>
    /// <param name="formula">The formula, such as <c>gate(format, 0.8 * fields + 0.2 * style)</c>; see <see cref="ScoreFormula"/>.</param>
    /// <param name="name">What reports call it.</param>
    /// <exception cref="DataException">The formula cannot be read or uses a name that there is not.</exception>
    public MultiGrader(IReadOnlyList<KeyValuePair<string, IGrader>> parts, string formula, string name = "multi")
        : this(parts, ScoreFormula.Parse(formula, NamesOf(parts)), name)
    {
    }

    private MultiGrader(IReadOnlyList<KeyValuePair<string, IGrader>> parts, ScoreFormula formula, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        this.parts = [.. parts];
        this.formula = formula;
        Name = name;
    }

    /// <inheritdoc/>
    public string Type => "multi";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The formula.</summary>
    public ScoreFormula Formula => formula;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, GraderTemplate>> Templates => [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, IGrader>> Parts => parts;

    /// <inheritdoc/>
    public async ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        // All are started before the first is awaited, so that judges and services run side by side.
        var pending = new Task<Grade>[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            pending[i] = GuardedGrading.GradeAsync(parts[i].Value, parts[i].Key, problem, completion, cancellationToken).AsTask();
        }

        var grades = new Grade[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            grades[i] = await pending[i].ConfigureAwait(false);
        }

        return Combine(grades);
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem)
    {
        foreach (KeyValuePair<string, IGrader> part in parts)
        {
            if ((part.Value as IProblemRequirement)?.FindFault(problem) is { } fault)
            {
                return $"{part.Key}: {fault}";
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        writer.WriteString("name", Name);
        writer.WriteStartObject("graders");
        foreach (KeyValuePair<string, IGrader> part in parts)
        {
            writer.WritePropertyName(part.Key);
            GraderJson.Write(writer, part.Value);
        }

        writer.WriteEndObject();
        writer.WriteString("calculate_output", formula.Text);
        writer.WriteEndObject();
    }

    /// <summary>Disposes the parts that need it, such as Python workers.</summary>
    /// <returns>A task.</returns>
    public async ValueTask DisposeAsync()
    {
        foreach (KeyValuePair<string, IGrader> part in parts)
        {
            await GraderLifetime.DisposeAsync(part.Value).ConfigureAwait(false);
        }
    }

    internal static IGrader? FromJson(GraderJsonReader reader) => MultiGraderJson.Read(reader, (parts, formula, name) => new MultiGrader(parts, formula, name));

    private static string[] NamesOf(IReadOnlyList<KeyValuePair<string, IGrader>> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        foreach (KeyValuePair<string, IGrader> part in parts)
        {
            ArgumentNullException.ThrowIfNull(part.Value);
            if (MultiGraderJson.FaultOfName(part.Key) is { } fault)
            {
                throw new DataException($"The grader name \"{part.Key}\" {fault}");
            }
        }

        string[] names = [.. parts.Select(part => part.Key)];
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? names
            : throw new DataException("Two graders of a multi grader have the same name: give each its own.");
    }

    private Grade Combine(Grade[] grades)
    {
        foreach (GradeStatus status in (ReadOnlySpan<GradeStatus>)[GradeStatus.Failed, GradeStatus.Ungradable, GradeStatus.Skipped])
        {
            int at = Array.FindIndex(grades, grade => grade.Status == status);
            if (at >= 0)
            {
                string reason = $"{parts[at].Key}: {grades[at].Reason}";
                return status switch
                {
                    GradeStatus.Failed => WithContractScore(Grade.Failed(reason, grades[at].Error), grades),
                    GradeStatus.Ungradable => Grade.Ungradable(reason),
                    _ => Grade.Skipped(reason),
                };
            }
        }

        var values = new double[grades.Length];
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        for (int i = 0; i < grades.Length; i++)
        {
            values[i] = RawScore.Of(grades[i]);
            metrics[parts[i].Key] = values[i];
            foreach ((string key, double number) in grades[i].Metrics ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, double>.Empty)
            {
                if (key != RawScore.MetricName)
                {
                    metrics[$"{parts[i].Key}.{key}"] = number;
                }
            }
        }

        double value = formula.Evaluate(values, out string? fault);
        if (fault is not null)
        {
            return Grade.Failed($"The formula \"{JsonTexts.Cut(formula.Text)}\" has no value: {fault}");
        }

        metrics[RawScore.MetricName] = value;
        return new Grade(Math.Clamp(value, 0, 1) + 0.0)
        {
            Precision = Share(grades, "precision", grade => grade.Precision),
            Recall = Share(grades, "recall", grade => grade.Recall),
            Fields = FieldsOf(grades),
            Metrics = metrics,
            Reason = Explain(grades, value),
        };
    }

    private Grade WithContractScore(Grade failed, Grade[] grades)
    {
        double?[] known = [.. grades.Select(RawScore.ContractOf)];
        if (known.Any(number => number is null))
        {
            return failed;
        }

        double value = formula.Evaluate([.. known.Select(number => number!.Value)], out string? fault);
        return fault is null ? RawScore.WithContractScore(failed, value) : failed;
    }

    // The one part that knows it, or else the part that is called so, as in precision-and-recall multi graders.
    private double? Share(Grade[] grades, string name, Func<Grade, double?> pick)
    {
        Grade[] known = [.. grades.Where(grade => pick(grade) is not null)];
        int named = Array.FindIndex(parts, part => part.Key == name);
        return known.Length == 1 ? pick(known[0]) : known.Length == 0 && named >= 0 ? grades[named].Score : null;
    }

    private FieldGrade[] FieldsOf(Grade[] grades)
    {
        int holders = grades.Count(grade => grade.Fields.Count > 0);
        return holders == 0 ? []
            : [.. grades.SelectMany((grade, i) => grade.Fields.Select(field => holders == 1 ? field : field with { Path = $"{parts[i].Key}.{field.Path}" }))];
    }

    private string? Explain(Grade[] grades, double value)
    {
        var reasons = new List<string>();
        if (value is < 0 or > 1)
        {
            reasons.Add($"The formula gives {value.ToString("R", CultureInfo.InvariantCulture)}, cut to [0, 1].");
        }

        for (int i = 0; i < grades.Length; i++)
        {
            if (grades[i].Reason is { } reason)
            {
                reasons.Add($"{parts[i].Key}: {reason}");
            }
        }

        return reasons.Count == 0 ? null : string.Join(' ', reasons);
    }
}

namespace RlvrSharp.Graders;

/// <summary>How one field did over a set of answers.</summary>
public sealed record FieldReportRow
{
    /// <summary>The field's path, with <c>[]</c> for the elements of lists.</summary>
    public required string Field { get; init; }

    /// <summary>Rates of the weights summed over all rows: rows with more to say count more.</summary>
    public required FieldRates Micro { get; init; }

    /// <summary>Means of each row's own rates, over the rows that have the field on either side.</summary>
    public required FieldRates Macro { get; init; }

    /// <summary>Places where the value was right.</summary>
    public required int Correct { get; init; }

    /// <summary>Places where there was a value on both sides and they did not fully agree.</summary>
    public required int Wrong { get; init; }

    /// <summary>Places where the answer had none.</summary>
    public required int Missing { get; init; }

    /// <summary>Places where only the answer had one.</summary>
    public required int Invented { get; init; }

    /// <summary>The most frequent mistakes, most frequent first.</summary>
    public required IReadOnlyList<FieldConfusion> Confusions { get; init; }
}

namespace RlvrSharp.Graders;

/// <summary>What is declared about one field of a structured answer.</summary>
public sealed class FieldOptions
{
    /// <summary>
    /// Where the field is: names joined by dots, <c>address.city</c>, with <c>[]</c> after a name for the elements of a list,
    /// <c>items[].price</c>. A name that itself has a dot or bracket is put in quotes: <c>['a.b'].c</c>.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>How two values are compared; null compares as if nothing was declared. Where the reference has a list, its elements are compared so.</summary>
    public FieldComparer? Comparer { get; set; }

    /// <summary>
    /// What the field weighs, against 1 for a field that says nothing. A field within an object shares its object's weight with its
    /// siblings in proportion to this.
    /// </summary>
    /// <value>The default value is 1.</value>
    public double Weight { get; set; } = 1;

    /// <summary>How many times as much leaving this field out costs as inventing it; null takes the enclosing field's, or <see cref="StructuredFieldGraderOptions.Beta"/>.</summary>
    public double? Beta { get; set; }

    /// <summary>Whether the whole score is 0 unless this field is fully right.</summary>
    public bool Gate { get; set; }

    /// <summary>
    /// How many times its weight a wrong or invented value costs beyond the usual, as added false-positive weight; 0 or more. It
    /// lowers the score, not the reported precision. Null takes the enclosing field's, or 0.
    /// </summary>
    public double? WrongPenalty { get; set; }

    /// <summary>Whether a written <c>null</c> is a value of its own. Otherwise null and a missing key are the same.</summary>
    public bool NullIsValue { get; set; }

    /// <summary>Whether every reference must have a value here; a row without one is then an error in the data.</summary>
    public bool Required { get; set; }

    /// <summary>How elements find their partners where the reference has a list.</summary>
    /// <value>The default value is <see cref="FieldListMode.Multiset"/>.</value>
    public FieldListMode List { get; set; }

    /// <summary>For <see cref="FieldListMode.BestOf"/>: how many elements of the answer may try.</summary>
    /// <value>The default value is 1.</value>
    public int BestOf { get; set; } = 1;

    /// <summary>For lists of objects: names of members that must agree before two objects may be paired, such as a line number.</summary>
    public IReadOnlyList<string> Keys { get; set; } = [];

    /// <summary>Whether a schema said so, which a declaration of the same path overrides.</summary>
    internal bool FromSchema { get; init; }
}

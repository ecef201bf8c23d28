namespace RlvrSharp.Graders;

/// <summary>Says about a property of a class or record how the field is graded; for <see cref="StructuredFieldGraderOptions.FromType{T}"/>. On a record's parameter it means its property.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter | AttributeTargets.Field)]
public sealed class GradedFieldAttribute : Attribute
{
    /// <summary>The comparer by its name in grader JSON, such as <c>money</c> or <c>similarity</c>; null follows from the property's type.</summary>
    public string? Comparer { get; init; }

    /// <summary>The key in the JSON, where it is not the property's name.</summary>
    public string? Name { get; init; }

    /// <summary>What the field weighs against 1 for the others.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>For numbers and money: the absolute tolerance.</summary>
    public double Tolerance { get; init; }

    /// <summary>For numbers: the relative tolerance as a share.</summary>
    public double Relative { get; init; }

    /// <summary>For similarity: where credit begins.</summary>
    public double Threshold { get; init; } = 0.8;

    /// <summary>For dates and times: the formats; none means ISO 8601.</summary>
    public string[] Formats { get; init; } = [];

    /// <summary>For enum: the words. For regex: the pattern, as the only one.</summary>
    public string[] Values { get; init; } = [];

    /// <summary>Whether numbers and booleans may be written as texts.</summary>
    public bool AcceptText { get; init; }

    /// <summary>Whether the whole score is 0 unless this field is right.</summary>
    public bool Gate { get; init; }

    /// <summary>β of this field; negative (the default) takes the enclosing one.</summary>
    public double Beta { get; init; } = -1;

    /// <summary>What a wrong value costs beyond the usual; negative (the default) takes the enclosing one.</summary>
    public double WrongPenalty { get; init; } = -1;

    /// <summary>Whether a written null is a value of its own.</summary>
    public bool NullIsValue { get; init; }

    /// <summary>Whether every reference must have a value here.</summary>
    public bool Required { get; init; }

    /// <summary>For lists: how elements find their partners.</summary>
    public FieldListMode List { get; init; }

    /// <summary>For the list mode BestOf: how many tries are free.</summary>
    public int BestOf { get; init; } = 1;

    /// <summary>For lists of objects: JSON keys that must agree before two may be paired.</summary>
    public string[] Keys { get; init; } = [];

    /// <summary>Leaves the property out: its key costs and earns nothing. At the top level only.</summary>
    public bool Ignore { get; init; }
}

namespace RlvrSharp.Graders;

/// <summary>What the reference has at one place.</summary>
internal enum GoldKind : byte
{
    /// <summary>Nothing: the key is missing, or null, or a container without values.</summary>
    Absent,

    /// <summary>One value, or one list of alternatives: a leaf.</summary>
    Leaf,

    Object,
    List,

    /// <summary>A leaf that the answer may try several times.</summary>
    BestOf,
}

/// <summary>One place of a reference with all that comparing needs, computed once per reference.</summary>
internal sealed class GoldNode
{
    public required GoldKind Kind { get; init; }

    public required FieldSpec Spec { get; init; }

    /// <summary>Where it is, as the trace says it.</summary>
    public required string Path { get; init; }

    /// <summary>What it weighs, in units of one whole top-level field.</summary>
    public required double Weight { get; init; }

    /// <summary>The name within its object.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its value as text, for the trace; null where it is absent.</summary>
    public string? Text { get; init; }

    /// <summary>A leaf's type.</summary>
    public AnswerKind ValueKind { get; init; }

    public FieldComparer Comparer { get; init; } = FieldComparer.Inferred();

    /// <summary>What the comparer made of the value.</summary>
    public object? Prepared { get; init; }

    /// <summary>Members, elements, or the alternatives of a <see cref="GoldKind.BestOf"/>.</summary>
    public GoldNode[] Children { get; init; } = [];

    /// <summary>Where members are, for objects with many.</summary>
    public Dictionary<string, int>? MemberIndex { get; init; }

    /// <summary>Keys of the reference that are not declared: they are not graded.</summary>
    public HashSet<string>? Ungraded { get; init; }

    /// <summary>What one undeclared key of weight 1 weighs in this object, or one surplus element in this list.</summary>
    public double Unit { get; init; }

    /// <summary>Whether all elements are leaves of one key comparer.</summary>
    public bool HasKeys { get; init; }

    /// <summary>For lists with keys: the first element with each key.</summary>
    public Dictionary<string, int>? FirstByKey { get; init; }

    /// <summary>For lists with keys: the next element with the same key, or -1.</summary>
    public int[] NextWithKey { get; init; } = [];

    /// <summary>Lists only: the text that says which elements are identical, for lists too long to pair.</summary>
    public string[] Canonical { get; init; } = [];

    /// <summary>The number of leaves at and below.</summary>
    public int Leaves { get; init; } = 1;

    /// <summary>The path of the first gate below it that has a value in the reference, or null.</summary>
    public string? GateBelow { get; init; }

    /// <summary>What missing all of it adds to the denominator.</summary>
    public double MissCost { get; init; }

    /// <summary>The trace of a fully right and of a missing leaf: the same objects for every answer.</summary>
    public FieldGrade? Right { get; init; }

    public FieldGrade? Missing { get; init; }

    public int IndexOf(ReadOnlySpan<char> name, int guess)
    {
        // Answers mostly keep the reference's order.
        if ((uint)guess < (uint)Children.Length && name.SequenceEqual(Children[guess].Name))
        {
            return guess;
        }

        if (MemberIndex is not null)
        {
            return MemberIndex.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out int found) ? found : -1;
        }

        for (int i = 0; i < Children.Length; i++)
        {
            if (name.SequenceEqual(Children[i].Name))
            {
                return i;
            }
        }

        return -1;
    }
}

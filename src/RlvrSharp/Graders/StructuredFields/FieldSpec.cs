namespace RlvrSharp.Graders;

/// <summary>What is declared about a field and the fields below it, ready for use.</summary>
internal sealed class FieldSpec
{
    public required string Name { get; init; }

    public required string Path { get; init; }

    public FieldComparer? Comparer { get; set; }

    public double Weight { get; set; } = 1;

    /// <summary>1 / (1 + β²): the share of the denominator that false positives make up; the rest is what misses make up.</summary>
    public double Alpha { get; set; }

    public double Penalty { get; set; }

    public bool Gate { get; set; }

    public bool NullIsValue { get; set; }

    /// <summary>Whether a null here or at a field declared below is a value.</summary>
    private bool NullCounts { get; set; }

    public bool Required { get; set; }

    public FieldListMode List { get; set; }

    public int BestOf { get; set; } = 1;

    public IReadOnlyList<string> Keys { get; set; } = [];

    public List<FieldSpec> Children { get; } = [];

    /// <summary>What holds for this list's elements; made by <see cref="MakeElement"/>.</summary>
    public FieldSpec Element => field ??= MakeElement();

    /// <summary>What holds for a field of which nothing is declared, within this one.</summary>
    public FieldSpec Undeclared => field ??= new FieldSpec { Name = "", Path = Path, Alpha = Alpha, Penalty = Penalty };

    /// <summary>Builds the tree of fields. The options are valid.</summary>
    public static FieldSpec Compile(StructuredFieldGraderOptions options)
    {
        var root = new FieldSpec { Name = "", Path = "", Alpha = AlphaOf(options.Beta) };
        var byPath = new Dictionary<string, FieldOptions>(StringComparer.Ordinal);
        foreach (FieldOptions field in options.Fields)
        {
            FieldSpec at = root;
            foreach (string name in FieldPath.Split(field.Path, out _)!)
            {
                FieldSpec? child = at.Children.Find(candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
                if (child is null)
                {
                    child = new FieldSpec { Name = name, Path = FieldPath.Join(at.Path, name) };
                    at.Children.Add(child);
                }

                at = child;
            }

            byPath[at.Path] = field;
        }

        root.Fill(byPath);
        return root;
    }

    /// <summary>Whether a tree has a value for this field, counting nulls that are declared to be one, also within objects and lists.</summary>
    public bool IsPresent(AnswerTree tree, int index)
    {
        if (index < 0 || tree[index].HasValue || !NullCounts)
        {
            return index >= 0 && tree[index].HasValue;
        }

        AnswerKind kind = tree[index].Kind;
        for (int child = index + 1; kind is AnswerKind.Object or AnswerKind.List && child < tree[index].End; child = tree[child].End)
        {
            if ((kind == AnswerKind.List ? Element : FindChild(tree.Name(child)))?.IsPresent(tree, child) == true)
            {
                return true;
            }
        }

        return NullIsValue && kind == AnswerKind.Null;
    }

    private FieldSpec? FindChild(ReadOnlySpan<char> name)
    {
        foreach (FieldSpec child in Children)
        {
            if (name.SequenceEqual(child.Name))
            {
                return child;
            }
        }

        return null;
    }

    private FieldSpec MakeElement()
    {
        var element = new FieldSpec { Name = Name, Path = Path, Comparer = Comparer, Alpha = Alpha, Penalty = Penalty };
        element.Children.AddRange(Children);
        element.NullCounts = Children.Exists(child => child.NullCounts);
        return element;
    }

    private static double AlphaOf(double beta) => 1 / (1 + (beta * beta));

    private void Fill(Dictionary<string, FieldOptions> byPath)
    {
        foreach (FieldSpec child in Children)
        {
            FieldOptions field = byPath.GetValueOrDefault(child.Path) ?? new FieldOptions();
            child.Comparer = field.Comparer;
            child.Weight = field.Weight;
            child.Alpha = field.Beta is { } beta ? AlphaOf(beta) : Alpha;
            child.Penalty = field.WrongPenalty ?? Penalty;
            child.Gate = field.Gate;
            child.NullIsValue = field.NullIsValue;
            child.Required = field.Required;
            child.List = field.List;
            child.BestOf = field.BestOf;
            child.Keys = [.. field.Keys];
            child.Fill(byPath);
        }

        NullCounts = NullIsValue || Children.Exists(child => child.NullCounts);
    }
}

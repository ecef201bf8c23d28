namespace RlvrSharp.Graders;

/// <summary>A reference answer, parsed and prepared for comparing; immutable, shared by all threads.</summary>
internal sealed class Reference
{
    private readonly AnswerTree tree;

    private Reference(AnswerTree tree, FieldSpec spec)
    {
        this.tree = tree;
        Root = BuildObject(spec, 0, 0, "", "", isRoot: true);
        var missing = new List<FieldGrade>();
        CollectMissing(Root, missing);
        Missing = [.. missing];
    }

    public GoldNode Root { get; }

    /// <summary>The trace of an answer that has nothing.</summary>
    public IReadOnlyList<FieldGrade> Missing { get; }

    /// <summary>Parses and prepares a reference.</summary>
    /// <param name="text">The JSON text.</param>
    /// <param name="spec">What is declared.</param>
    /// <param name="options">Depth and what counts as empty.</param>
    /// <param name="owner">What to call the reference in errors, such as "The reference of train.jsonl:3".</param>
    /// <exception cref="DataException">It is not one JSON object, or a value does not fit its comparer.</exception>
    public static Reference Read(string text, FieldSpec spec, StructuredFieldGraderOptions options, string owner)
    {
        var tree = new AnswerTree();
        AnswerFault fault = tree.Parse(text, 0, text.Length, options.MaxDepth, options.EmptyIsAbsent, mayTrail: false, out int position);
        if (fault != AnswerFault.None)
        {
            throw new DataException($"{owner} is not usable JSON: {AnswerTree.Describe(fault, text, position, options.MaxDepth)}. "
                + "The structured-field grader compares with one JSON object: write it as one.");
        }

        if (tree[0].Kind != AnswerKind.Object)
        {
            throw new DataException($"{owner} is {FieldComparer.Show(tree.Value(0))}, but the structured-field grader compares with one JSON object: write it as one.");
        }

        try
        {
            return new Reference(tree, spec);
        }
        catch (FieldValueFault value)
        {
            throw new DataException($"{owner} does not fit the declared fields: {value.Message}. Correct the row, or declare the field otherwise.");
        }
    }

    private GoldNode Build(FieldSpec spec, int index, double weight, string path, string name)
    {
        bool isNull = index >= 0 && tree[index].Kind == AnswerKind.Null;
        if (!spec.IsPresent(tree, index))
        {
            return !spec.Required
                ? new GoldNode { Kind = GoldKind.Absent, Spec = spec, Path = path, Name = name, Weight = weight, Unit = weight, Leaves = 0 }
                : throw new FieldValueFault($"'{path}' is required, but the reference has no value there") { HasPath = true };
        }

        if (isNull)
        {
            return Leaf(spec, index, weight, path, name, null);
        }

        AnswerKind kind = tree[index].Kind;
        FieldComparer comparer = spec.Comparer ?? FieldComparer.Inferred();
        try
        {
            if (spec.List == FieldListMode.BestOf)
            {
                return BuildBestOf(spec, comparer, index, weight, path, name);
            }

            if (kind == AnswerKind.List)
            {
                return comparer.TakesLists
                    ? Leaf(spec, index, weight, path, name, comparer.PrepareList(tree, index))
                    : BuildList(spec, index, weight, path, name);
            }

            if (kind == AnswerKind.Object)
            {
                return spec.Comparer is null
                    ? BuildObject(spec, index, weight, path, name, isRoot: false)
                    : throw new FieldValueFault($"is an object, but the comparer '{comparer.Type}' compares single values; declare the fields within it instead");
            }

            return spec.Children.Count == 0
                ? Leaf(spec, index, weight, path, name, comparer.Prepare(tree.Value(index)))
                : throw new FieldValueFault($"is {FieldComparer.Show(tree.Value(index))}, but fields are declared within it, such as '{spec.Children[0].Path}'");
        }
        catch (FieldValueFault fault) when (!fault.HasPath)
        {
            throw new FieldValueFault($"'{path}' {fault.Message}") { HasPath = true };
        }
    }

    private GoldNode Leaf(FieldSpec spec, int index, double weight, string path, string name, object? prepared)
    {
        string text = Show(tree, index);
        return new GoldNode
        {
            Kind = GoldKind.Leaf,
            Spec = spec,
            Path = path,
            Name = name,
            Weight = weight,
            Unit = weight,
            Text = text,
            ValueKind = tree[index].Kind,
            Comparer = spec.Comparer ?? FieldComparer.Inferred(),
            Prepared = prepared,
            MissCost = (1 - spec.Alpha) * weight,
            Right = new FieldGrade(path, text, text, 1, weight),
            Missing = new FieldGrade(path, text, null, 0, weight),
        };
    }

    private GoldNode BuildObject(FieldSpec spec, int index, double weight, string path, string name, bool isRoot)
    {
        // Members are what is declared or, where nothing is, what the reference has.
        var members = new List<(FieldSpec Spec, string Name, int Index)>();
        HashSet<string>? ungraded = null;
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int child = index + 1; child < tree[index].End; child = tree[child].End)
        {
            found[tree.Name(child).ToString()] = child;
        }

        if (spec.Children.Count == 0)
        {
            members.AddRange(found.Select(pair => (spec.Undeclared, pair.Key, pair.Value)));
        }
        else
        {
            members.AddRange(spec.Children.Select(child => (child, child.Name, found.GetValueOrDefault(child.Name, -1))));
            ungraded = found.Keys.Except(spec.Children.Select(child => child.Name), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        }

        double total = 0;
        foreach ((FieldSpec child, _, int at) in members)
        {
            total += child.IsPresent(tree, at) ? child.Weight : 0;
        }

        double unit = isRoot ? 1 : weight / (total > 0 ? total : 1);
        GoldNode[] children =
        [
            .. members.Select(member => Build(member.Spec, member.Index, unit * member.Spec.Weight, FieldPath.Join(path, member.Name), member.Name)),
        ];
        return new GoldNode
        {
            Kind = GoldKind.Object,
            Spec = spec,
            Path = path,
            Name = name,
            Weight = weight,
            Unit = unit,
            Text = Show(tree, index),
            Children = children,
            MemberIndex = children.Length > 8 ? children.Select((child, at) => (child.Name, at)).ToDictionary(StringComparer.Ordinal) : null,
            Ungraded = ungraded is { Count: > 0 } ? ungraded : null,
            Leaves = children.Sum(child => child.Leaves),
            GateBelow = GateAmong(children),
            MissCost = children.Sum(child => child.MissCost),
        };
    }

    private GoldNode BuildList(FieldSpec spec, int index, double weight, string path, string name)
    {
        var canonical = new List<string>();
        var elements = new List<int>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int child = index + 1; child < tree[index].End; child = tree[child].End)
        {
            if (spec.Element.IsPresent(tree, child))
            {
                string text = FieldWalk.IdentityOf(tree, child, spec.Comparer);
                if (spec.List != FieldListMode.Set || seen.Add(text))
                {
                    elements.Add(child);
                    canonical.Add(text);
                }
            }
        }

        double unit = weight / elements.Count;
        var children = new GoldNode[elements.Count];
        for (int i = 0; i < children.Length; i++)
        {
            children[i] = Build(spec.Element, elements[i], unit, FieldPath.Element(path, i), "");
        }

        bool hasKeys = children.All(child => child is { Kind: GoldKind.Leaf, Comparer.HasKeys: true, Prepared: string });
        (Dictionary<string, int>? first, int[] next) = hasKeys ? Chain(children) : (null, []);
        return new GoldNode
        {
            Kind = GoldKind.List,
            Spec = spec,
            Path = path,
            Name = name,
            Weight = weight,
            Unit = unit,
            Text = Show(tree, index),
            Children = children,
            HasKeys = hasKeys,
            FirstByKey = first,
            NextWithKey = next,
            Canonical = [.. canonical],
            Leaves = children.Sum(child => child.Leaves),
            GateBelow = GateAmong(children),
            MissCost = children.Sum(child => child.MissCost),
        };
    }

    private GoldNode BuildBestOf(FieldSpec spec, FieldComparer comparer, int index, double weight, string path, string name)
    {
        List<int> accepted = [];
        if (tree[index].Kind == AnswerKind.List && !comparer.TakesLists)
        {
            for (int child = index + 1; child < tree[index].End; child = tree[child].End)
            {
                if (tree[child].HasValue)
                {
                    accepted.Add(child);
                }
            }
        }
        else
        {
            accepted.Add(index);
        }

        if (accepted.Exists(child => tree[child].Kind == AnswerKind.Object || (tree[child].Kind == AnswerKind.List && !comparer.TakesLists)))
        {
            throw new FieldValueFault("holds objects or lists, but the list mode 'best_of' chooses among single values");
        }

        FieldSpec element = spec.Element;
        string text = Show(tree, index);
        return new GoldNode
        {
            Kind = GoldKind.BestOf,
            Spec = spec,
            Path = path,
            Name = name,
            Weight = weight,
            Unit = weight,
            Text = text,
            Children = [.. accepted.Select(child => Build(element, child, weight, path, ""))],
            MissCost = (1 - spec.Alpha) * weight,
            Missing = new FieldGrade(path, text, null, 0, weight),
        };
    }

    private static (Dictionary<string, int> First, int[] Next) Chain(GoldNode[] children)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] next = new int[children.Length];
        for (int i = children.Length - 1; i >= 0; i--)
        {
            var key = (string)children[i].Prepared!;
            next[i] = first.GetValueOrDefault(key, -1);
            first[key] = i;
        }

        return (first, next);
    }

    private static string? GateAmong(GoldNode[] children) =>
        children.Select(child => child.Spec.Gate && child.Leaves > 0 ? child.Path : child.GateBelow).FirstOrDefault(path => path is not null);

    private static void CollectMissing(GoldNode node, List<FieldGrade> missing)
    {
        if (node.Missing is not null)
        {
            missing.Add(node.Missing);
            return;
        }

        foreach (GoldNode child in node.Children)
        {
            CollectMissing(child, missing);
        }
    }

    /// <summary>A value as text for the trace: a string's content, or the JSON of anything else; very long ones are cut.</summary>
    internal static string Show(AnswerTree tree, int index)
    {
        const int Limit = 4000;
        ReadOnlySpan<char> text = tree.Text(index);
        if (text.Length <= Limit)
        {
            return text.ToString();
        }

        int end = char.IsHighSurrogate(text[Limit - 1]) ? Limit - 1 : Limit;
        return string.Concat(text[..end], "…");
    }
}

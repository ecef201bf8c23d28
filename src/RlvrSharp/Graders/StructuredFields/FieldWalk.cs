namespace RlvrSharp.Graders;

/// <summary>One comparison of an answer with a reference: walks both trees together, counts, and writes the trace.</summary>
internal ref partial struct FieldWalk(AnswerTree tree, StructuredFieldGraderOptions options, DeferredScores? deferred)
{
    // Comparisons of leaves that pairing lists may use up in one grade: some tenths of a second at most, whatever the answer holds.
    private const long PairingWork = 8_000_000;

    private long work = PairingWork;

    /// <summary>The path of the first gate that did not hold.</summary>
    public string? FailedGate { get; private set; }

    /// <summary>The path of the first list that was too long to be paired as a whole.</summary>
    public string? CutList { get; private set; }

    /// <summary>What makes two elements identical: their key if their comparer has keys, else their JSON with members sorted.</summary>
    public static string IdentityOf(AnswerTree tree, int index, FieldComparer? comparer)
    {
        var key = new KeyBuffer(stackalloc char[256]);
        WriteIdentity(tree, index, comparer, ref key);
        string text = key.Written.ToString();
        key.Dispose();
        return text;
    }

    /// <summary>Compares what the reference has at one place with what the answer has there.</summary>
    /// <param name="gold">The place.</param>
    /// <param name="index">The answer's node, or -1.</param>
    /// <param name="tally">Receives the counts.</param>
    /// <param name="final">False while trying out pairs: no trace, no gates.</param>
    public void Compare(GoldNode gold, int index, ref FieldTally tally, bool final)
    {
        if (gold.Spec.Gate && final)
        {
            var own = default(FieldTally);
            CompareValue(gold, index, ref own, final);
            if (own.Matched != own.Predicted || own.Matched != own.Expected)
            {
                FailedGate ??= gold.Path;
            }

            tally.Add(own);
            return;
        }

        CompareValue(gold, index, ref tally, final);
    }

    private void CompareValue(GoldNode gold, int index, ref FieldTally tally, bool final)
    {
        // An object is looked into though it has no values: its members are missed one by one.
        bool present = gold.Spec.IsPresent(tree, index) || (index >= 0 && gold.Kind == GoldKind.Object && tree[index].Kind == AnswerKind.Object);
        if (!present)
        {
            FailGatesBelow(gold, final);
            Miss(gold, ref tally, final);
            return;
        }

        switch (gold.Kind)
        {
            case GoldKind.Absent:
                Invent(gold, index, ref tally, final);
                break;
            case GoldKind.Leaf:
                double similarity = Similarity(gold, index);
                tally.AddLeaf(gold.Spec, gold.Weight, similarity);
                if (final)
                {
                    TraceLeaf(gold, index, similarity);
                }

                break;
            case GoldKind.BestOf:
                CompareBestOf(gold, index, ref tally, final);
                break;
            case GoldKind.Object when tree[index].Kind == AnswerKind.Object:
                CompareObject(gold, index, ref tally, final);
                break;
            case GoldKind.List when tree[index].Kind == AnswerKind.List:
                CompareList(gold, index, ref tally, final);
                break;
            default:
                // Another kind of container, or none: one false field.
                work--;
                tally.AddLeaf(gold.Spec, gold.Weight, 0);
                FailGatesBelow(gold, final);
                if (final)
                {
                    tree.Trace.Add(new FieldGrade(gold.Path, gold.Text, Reference.Show(tree, index), 0, gold.Weight));
                }

                break;
        }
    }

    /// <summary>Where something is missing as a whole, so are the gates within it.</summary>
    private void FailGatesBelow(GoldNode gold, bool final) => FailedGate ??= final ? gold.GateBelow : null;

    private double Similarity(GoldNode gold, int index)
    {
        work--;
        AnswerKind kind = tree[index].Kind;
        if (kind == gold.ValueKind && gold.Comparer.IsReflexive && tree.Text(index).SequenceEqual(gold.Text))
        {
            return 1;
        }

        return kind >= AnswerKind.List || kind == AnswerKind.Null || gold.Prepared is null
            ? 0
            : gold.Comparer.Compare(gold.Prepared, tree.Value(index), deferred);
    }

    private void CompareObject(GoldNode gold, int index, ref FieldTally tally, bool final)
    {
        GoldNode[] members = gold.Children;
        using var places = new PooledInts(members.Length, stackalloc int[32]);
        places.Span.Fill(-1);
        double unit = options.UndeclaredWeight * gold.Unit;
        int guess = 0;
        bool anyExtra = false;
        for (int child = index + 1; child < tree[index].End; child = tree[child].End)
        {
            int at = gold.IndexOf(tree.Name(child), guess);
            if (at >= 0)
            {
                places.Span[at] = child;
                guess = at + 1;
            }
            else
            {
                anyExtra |= tree[child].HasValue;
            }
        }

        for (int i = 0; i < members.Length; i++)
        {
            Compare(members[i], places.Span[i], ref tally, final);
        }

        for (int child = index + 1; anyExtra && child < tree[index].End; child = tree[child].End)
        {
            if (tree[child].HasValue && gold.IndexOf(tree.Name(child), -1) < 0 && !IsUngraded(gold, child))
            {
                tally.AddInvention(gold.Spec, unit);
                if (final)
                {
                    tree.Trace.Add(new FieldGrade(FieldPath.Join(gold.Path, tree.Name(child).ToString()), null, Reference.Show(tree, child), 0, unit));
                }
            }
        }
    }

    private readonly bool IsUngraded(GoldNode gold, int child)
    {
        if (gold.Ungraded is null && options.Ignored.Count == 0)
        {
            return false;
        }

        string name = tree.Name(child).ToString();
        return gold.Ungraded?.Contains(name) == true || (gold.Path.Length == 0 && options.Ignored.Contains(name));
    }

    private readonly void Miss(GoldNode gold, ref FieldTally tally, bool final)
    {
        if (gold.Missing is not null)
        {
            tally.AddMiss(gold.Spec, gold.Weight);
            if (final)
            {
                tree.Trace.Add(gold.Missing);
            }

            return;
        }

        foreach (GoldNode child in gold.Children)
        {
            Miss(child, ref tally, final);
        }
    }

    /// <summary>A value where the reference has none: each element of a list is an invention, anything else is one.</summary>
    private void Invent(GoldNode gold, int index, ref FieldTally tally, bool final)
    {
        if (tree[index].Kind != AnswerKind.List)
        {
            InventOne(gold.Spec, gold.Weight, index, ref tally, final ? gold.Path : null);
            return;
        }

        int position = 0;
        for (int child = index + 1; child < tree[index].End; child = tree[child].End, position++)
        {
            if (gold.Spec.Element.IsPresent(tree, child))
            {
                InventOne(gold.Spec, gold.Weight, child, ref tally, final ? FieldPath.Element(gold.Path, position) : null);
            }
        }
    }

    private void InventOne(FieldSpec spec, double weight, int index, ref FieldTally tally, string? path)
    {
        work--;
        tally.AddInvention(spec, weight);
        if (path is not null)
        {
            tree.Trace.Add(new FieldGrade(path, null, Reference.Show(tree, index), 0, weight));
        }
    }

    private readonly void TraceLeaf(GoldNode gold, int index, double similarity)
    {
        bool same = tree[index].Kind == gold.ValueKind && tree.Text(index).SequenceEqual(gold.Text);
        tree.Trace.Add(same && similarity == 1 ? gold.Right! : new FieldGrade(gold.Path, gold.Text, Reference.Show(tree, index), similarity, gold.Weight));
    }

    /// <summary>The best of the first few tries counts once; tries beyond those are inventions.</summary>
    private void CompareBestOf(GoldNode gold, int index, ref FieldTally tally, bool final)
    {
        bool isList = tree[index].Kind == AnswerKind.List;
        int tried = 0, position = 0, best = -1;
        double similarity = -1;
        var surplus = default(FieldTally);
        List<FieldGrade> trace = tree.Trace;
        int at = trace.Count;
        for (int child = isList ? index + 1 : index; child < tree[index].End; child = tree[child].End, position++)
        {
            if (!tree[child].HasValue)
            {
                continue;
            }

            if (++tried > gold.Spec.BestOf)
            {
                InventOne(gold.Spec, gold.Weight, child, ref surplus, final ? FieldPath.Element(gold.Path, position) : null);
                continue;
            }

            foreach (GoldNode accepted in gold.Children)
            {
                double one = Similarity(accepted, child);
                if (one > similarity)
                {
                    (similarity, best) = (one, child);
                }
            }

            if (!isList)
            {
                break;
            }
        }

        tally.AddLeaf(gold.Spec, gold.Weight, similarity);
        tally.Add(surplus);
        if (final)
        {
            trace.Insert(at, new FieldGrade(gold.Path, gold.Text, Reference.Show(tree, best), similarity, gold.Weight));
        }
    }

    private static void WriteIdentity(AnswerTree tree, int index, FieldComparer? comparer, ref KeyBuffer key)
    {
        int start = key.Length;
        if ((comparer ?? FieldComparer.Inferred()) is KeyFieldComparer keys && keys.TryWriteKey(tree.Value(index), ref key))
        {
            return;
        }

        key.Truncate(start);
        tree.WriteCanonical(index, ref key);
    }
}

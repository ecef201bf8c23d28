using System.Buffers;

namespace RlvrSharp.Graders;

internal ref partial struct FieldWalk
{
    // A pair is worth its matched share in units of 2⁻²⁶; of equally good pairings the one with the smaller denominator wins, in units of 2⁻¹⁶.
    private const double ShareUnits = 1 << 26;
    private const double CostUnits = 1 << 16;
    private const long MaxCost = 1 << 21;

    private void CompareList(GoldNode gold, int index, ref FieldTally tally, bool final)
    {
        GoldNode[] wanted = gold.Children;
        using var positions = new PooledInts(tree[index].Count, stackalloc int[32]);
        using var items = new PooledInts(tree[index].Count, stackalloc int[32]);
        int count = 0, position = 0;
        for (int child = index + 1; child < tree[index].End; child = tree[child].End, position++)
        {
            if (gold.Spec.Element.IsPresent(tree, child))
            {
                positions.Span[count] = position;
                items.Span[count++] = child;
            }
        }

        if (gold.Spec.List == FieldListMode.Set)
        {
            count = DropRepeats(gold, items.Span, positions.Span, count);
        }

        using var partners = new PooledInts(wanted.Length, stackalloc int[32]);
        Span<int> partnerOf = partners.Span;
        partnerOf.Fill(-1);
        if (gold.HasKeys && gold.Spec.List != FieldListMode.Ordered)
        {
            MatchKeys(gold, items.Span[..count], partnerOf);
        }
        else
        {
            MatchPairs(gold, items.Span[..count], partnerOf);
        }

        using var taken = new PooledInts(count, stackalloc int[32]);
        taken.Span.Clear();
        for (int i = 0; i < wanted.Length; i++)
        {
            int partner = partnerOf[i];
            if (partner >= 0)
            {
                taken.Span[partner] = 1;
            }

            Compare(wanted[i], partner >= 0 ? items.Span[partner] : -1, ref tally, final);
        }

        for (int j = 0; j < count; j++)
        {
            if (taken.Span[j] == 0)
            {
                InventOne(gold.Spec, gold.Unit, items.Span[j], ref tally, final ? FieldPath.Element(gold.Path, positions.Span[j]) : null);
            }
        }
    }

    private readonly int DropRepeats(GoldNode gold, scoped Span<int> items, scoped Span<int> positions, int count)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int kept = 0;
        for (int j = 0; j < count; j++)
        {
            if (seen.Add(IdentityOf(tree, items[j], gold.Spec.Comparer)))
            {
                items[kept] = items[j];
                positions[kept++] = positions[j];
            }
        }

        return kept;
    }

    /// <summary>Equality is an equivalence here, so taking any free equal element is optimal.</summary>
    private readonly void MatchKeys(GoldNode gold, scoped ReadOnlySpan<int> items, scoped Span<int> partnerOf)
    {
        GoldNode[] wanted = gold.Children;
        var lookup = gold.FirstByKey!.GetAlternateLookup<ReadOnlySpan<char>>();
        var key = new KeyBuffer(stackalloc char[256]);
        for (int j = 0; j < items.Length; j++)
        {
            if (tree[items[j]].Kind >= AnswerKind.List)
            {
                continue;
            }

            // All elements have the same comparer; where none is declared it is the inferred one.
            key.Truncate(0);
            int first = ((KeyFieldComparer)wanted[0].Comparer).TryWriteKey(tree.Value(items[j]), ref key) && lookup.TryGetValue(key.Written, out int found) ? found : -1;
            while (first >= 0 && partnerOf[first] >= 0)
            {
                first = gold.NextWithKey[first];
            }

            if (first >= 0)
            {
                partnerOf[first] = j;
            }
        }

        key.Dispose();
    }

    private void MatchPairs(GoldNode gold, scoped ReadOnlySpan<int> items, scoped Span<int> partnerOf)
    {
        int rows = partnerOf.Length;
        if (rows == 0 || items.Length == 0)
        {
            return;
        }

        using var rowList = new PooledInts(rows, stackalloc int[32]);
        using var columnList = new PooledInts(items.Length, stackalloc int[32]);
        Span<int> freeRows = rowList.Span, freeColumns = columnList.Span;
        bool ordered = gold.Spec.List == FieldListMode.Ordered;
        (int n, int m) = Math.Max(rows, items.Length) > options.MaxAligned
            ? MatchIdentical(gold, items, partnerOf, freeRows, freeColumns, ordered)
            : (Count(freeRows), Count(freeColumns));
        if (n > options.MaxAligned || m > options.MaxAligned)
        {
            CutList ??= gold.Path;
            (n, m) = (Math.Min(n, options.MaxAligned), Math.Min(m, options.MaxAligned));
        }

        if (n == 0 || m == 0)
        {
            return;
        }

        // A step of the assignment is about an eighth of a comparison.
        long assigning = (long)n * m * Math.Min(n, m) / 8;
        bool inOrderOnly = assigning + ((long)n * m * Math.Max(1, gold.Leaves / rows)) > work;
        if (inOrderOnly)
        {
            // Trying all pairs would take too long: only elements at the same place are compared.
            CutList ??= gold.Path;
        }
        else
        {
            work -= assigning;
        }

        long[] values = ArrayPool<long>.Shared.Rent(n * m);
        using var columns = new PooledInts(n, stackalloc int[32]);
        Span<int> columnOfRow = columns.Span;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < m; j++)
            {
                values[(i * m) + j] = inOrderOnly && i != j ? 0 : PairValue(gold, gold.Children[freeRows[i]], items[freeColumns[j]]);
            }
        }

        if (inOrderOnly)
        {
            for (int i = 0; i < n; i++)
            {
                columnOfRow[i] = i < m && values[(i * m) + i] > 0 ? i : -1;
            }
        }
        else if (ordered)
        {
            BestSubsequence(values, n, m, columnOfRow);
        }
        else
        {
            Assignment.Maximize(values, n, m, columnOfRow);
        }

        for (int i = 0; i < n; i++)
        {
            if (columnOfRow[i] >= 0)
            {
                partnerOf[freeRows[i]] = freeColumns[columnOfRow[i]];
            }
        }

        ArrayPool<long>.Shared.Return(values);
    }

    private static int Count(Span<int> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i;
        }

        return numbers.Length;
    }

    /// <summary>Pairs identical elements of long lists, so that only what differs has to be tried out; returns how many are left on both sides.</summary>
    private readonly (int Rows, int Columns) MatchIdentical(
        GoldNode gold, scoped ReadOnlySpan<int> items, scoped Span<int> partnerOf, scoped Span<int> freeRows, scoped Span<int> freeColumns, bool ordered)
    {
        int rows = partnerOf.Length;
        int n = 0, m = 0;
        if (ordered)
        {
            // Only a common beginning and a common end are certain to belong to a best common subsequence.
            int start = 0, tail = 0, shorter = Math.Min(rows, items.Length);
            while (start < shorter && IsIdentical(gold, start, items[start]))
            {
                partnerOf[start] = start;
                start++;
            }

            while (tail < shorter - start && IsIdentical(gold, rows - 1 - tail, items[items.Length - 1 - tail]))
            {
                partnerOf[rows - 1 - tail] = items.Length - 1 - tail;
                tail++;
            }

            for (int i = start; i < rows - tail; i++)
            {
                freeRows[n++] = i;
            }

            for (int j = start; j < items.Length - tail; j++)
            {
                freeColumns[m++] = j;
            }

            return (n, m);
        }

        var rowsByText = new Dictionary<string, Queue<int>>(StringComparer.Ordinal);
        for (int i = 0; i < rows; i++)
        {
            if (!rowsByText.TryGetValue(gold.Canonical[i], out Queue<int>? same))
            {
                rowsByText.Add(gold.Canonical[i], same = new Queue<int>());
            }

            same.Enqueue(i);
        }

        for (int j = 0; j < items.Length; j++)
        {
            if (rowsByText.TryGetValue(IdentityOf(tree, items[j], gold.Spec.Comparer), out Queue<int>? same) && same.TryDequeue(out int row))
            {
                partnerOf[row] = j;
            }
            else
            {
                freeColumns[m++] = j;
            }
        }

        for (int i = 0; i < rows; i++)
        {
            if (partnerOf[i] < 0)
            {
                freeRows[n++] = i;
            }
        }

        return (n, m);
    }

    private readonly bool IsIdentical(GoldNode gold, int row, int item) =>
        string.Equals(gold.Canonical[row], IdentityOf(tree, item, gold.Spec.Comparer), StringComparison.Ordinal);

    /// <summary>What pairing two elements gains: the matched share first, the saving in the denominator second. 0 or less means: better not.</summary>
    private long PairValue(GoldNode list, GoldNode wanted, int item)
    {
        if (!AgreesOnKeys(list, wanted, item))
        {
            return 0;
        }

        var pair = default(FieldTally);
        Compare(wanted, item, ref pair, final: false);
        double surplusCost = list.Spec.Alpha * list.Unit * (1 + list.Spec.Penalty);
        double saved = (wanted.MissCost + surplusCost - pair.Cost) / list.Unit;
        long share = (long)Math.Round(pair.Matched / list.Unit * ShareUnits);
        long cost = Math.Clamp((long)Math.Round(saved * CostUnits), -MaxCost, MaxCost);
        return (share * 2 * MaxCost) + cost;
    }

    private bool AgreesOnKeys(GoldNode list, GoldNode wanted, int item)
    {
        if (list.Spec.Keys.Count == 0)
        {
            return true;
        }

        if (wanted.Kind != GoldKind.Object || tree[item].Kind != AnswerKind.Object)
        {
            return false;
        }

        foreach (string key in list.Spec.Keys)
        {
            int at = wanted.IndexOf(key, -1);
            int member = FindMember(item, key);
            var own = default(FieldTally);
            if (at < 0)
            {
                // The reference's object does not say: neither may the answer's.
                if (member >= 0 && tree[member].HasValue)
                {
                    return false;
                }

                continue;
            }

            Compare(wanted.Children[at], member, ref own, final: false);
            if (own.Matched != own.Expected || own.Matched != own.Predicted)
            {
                return false;
            }
        }

        return true;
    }

    private readonly int FindMember(int item, string name)
    {
        for (int child = item + 1; child < tree[item].End; child = tree[child].End)
        {
            if (tree.Name(child).SequenceEqual(name))
            {
                return child;
            }
        }

        return -1;
    }

    /// <summary>The common subsequence of the largest value, by dynamic programming from the end.</summary>
    private static void BestSubsequence(ReadOnlySpan<long> values, int n, int m, Span<int> columnOfRow)
    {
        columnOfRow.Fill(-1);
        long[] best = ArrayPool<long>.Shared.Rent((n + 1) * (m + 1)); // [row, column], what the rest from there is worth
        best.AsSpan(0, (n + 1) * (m + 1)).Clear();
        for (int i = n - 1; i >= 0; i--)
        {
            for (int j = m - 1; j >= 0; j--)
            {
                long skip = Math.Max(best[((i + 1) * (m + 1)) + j], best[(i * (m + 1)) + j + 1]);
                long pair = values[(i * m) + j];
                best[(i * (m + 1)) + j] = pair > 0 ? Math.Max(skip, pair + best[((i + 1) * (m + 1)) + j + 1]) : skip;
            }
        }

        int row = 0, column = 0;
        while (row < n && column < m)
        {
            long here = best[(row * (m + 1)) + column];
            long pair = values[(row * m) + column];
            if (pair > 0 && here == pair + best[((row + 1) * (m + 1)) + column + 1])
            {
                columnOfRow[row++] = column++;
            }
            else if (here == best[((row + 1) * (m + 1)) + column])
            {
                row++;
            }
            else
            {
                column++;
            }
        }

        ArrayPool<long>.Shared.Return(best);
    }
}

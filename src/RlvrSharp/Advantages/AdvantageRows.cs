namespace RlvrSharp.Advantages;

/// <summary>What estimators share: walking over groups, spreading a completion's advantage over its tokens.</summary>
internal static class AdvantageRows
{
    /// <summary>Applies a function to each group's rewards; groups in the order of their first row.</summary>
    public static double[] PerGroup(IReadOnlyList<AdvantageRow> rows, Func<AdvantageRow, double> reward, GroupAdvantage advantage)
    {
        var result = new double[rows.Count];
        foreach (int[] group in Groups(rows))
        {
            var rewards = new double[group.Length];
            var lengths = new int[group.Length];
            var advantages = new double[group.Length];
            for (int i = 0; i < group.Length; i++)
            {
                rewards[i] = reward(rows[group[i]]);
                lengths[i] = rows[group[i]].CountedLength;
            }

            advantage(rewards, lengths, advantages);
            for (int i = 0; i < group.Length; i++)
            {
                result[group[i]] = advantages[i];
            }
        }

        return result;
    }

    /// <summary>The row numbers of each group, in the order in which the groups first appear.</summary>
    public static IEnumerable<int[]> Groups(IReadOnlyList<AdvantageRow> rows) =>
        Enumerable.Range(0, rows.Count).GroupBy(i => rows[i].Group).Select(group => group.ToArray());

    /// <summary>Gives every counted token its completion's advantage.</summary>
    public static TokenAdvantages[] Spread(IReadOnlyList<AdvantageRow> rows, double[] advantages)
    {
        var result = new TokenAdvantages[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            var tokens = new float[rows[i].Length];
            for (int t = 0; t < tokens.Length; t++)
            {
                tokens[t] = rows[i].Counts(t) ? (float)advantages[i] : 0;
            }

            result[i] = new TokenAdvantages(tokens, []);
        }

        return result;
    }

    /// <summary>Puts the groups one after the other: the row at each place, and the size of each group.</summary>
    public static (int[] Order, int[] Sizes) ByGroup(IReadOnlyList<AdvantageRow> rows)
    {
        int[][] groups = [.. Groups(rows)];
        return ([.. groups.SelectMany(group => group)], [.. groups.Select(group => group.Length)]);
    }

    /// <summary>The rewards of each token: those given per token, and the completion's own at its last counted token.</summary>
    public static float[] TokenRewards(AdvantageRow row)
    {
        float[] rewards = row.TokenRewards.IsEmpty ? new float[row.Length] : row.TokenRewards.ToArray();
        if (rewards.Length != row.Length)
        {
            throw new ArgumentException($"A row of {row.Length} tokens has {rewards.Length} token rewards: give one per token.", nameof(row));
        }

        for (int t = row.Length - 1; t >= 0; t--)
        {
            if (row.Counts(t))
            {
                rewards[t] += double.IsNaN(row.Reward) ? 0 : (float)row.Reward;
                break;
            }
        }

        return rewards;
    }

    /// <summary>Whitens over the counted tokens of all rows, in place; tokens that do not count become 0.</summary>
    public static void Whiten(IReadOnlyList<AdvantageRow> rows, float[][] advantages, WhiteningOptions? options)
    {
        if (options is not null)
        {
            var flat = new float[advantages.Sum(row => row.Length)];
            var mask = new float[flat.Length];
            int place = 0;
            for (int i = 0; i < rows.Count; i++)
            {
                for (int t = 0; t < advantages[i].Length; t++, place++)
                {
                    flat[place] = advantages[i][t];
                    mask[place] = rows[i].Counts(t) ? 1 : 0;
                }
            }

            Whitening.Apply<float>(flat, mask, options, flat);
            place = 0;
            foreach (float[] row in advantages)
            {
                flat.AsSpan(place, row.Length).CopyTo(row);
                place += row.Length;
            }
        }

        for (int i = 0; i < rows.Count; i++)
        {
            for (int t = 0; t < advantages[i].Length; t++)
            {
                advantages[i][t] = rows[i].Counts(t) ? advantages[i][t] : 0;
            }
        }
    }
}

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
}

namespace RlvrSharp.Graders.Json;

/// <summary>Finds the name a writer probably meant.</summary>
internal static class NearestName
{
    /// <summary>The nearest of the valid names, or null where none is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="valid">What could have been written.</param>
    /// <returns>A valid name or null.</returns>
    public static string? Of(string name, IEnumerable<string> valid)
    {
        string? nearest = null;
        int least = Math.Max(2, name.Length / 2) + 1;
        foreach (string candidate in valid)
        {
            int distance = string.Equals(name, candidate, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(name, candidate, least);
            if (distance < least)
            {
                least = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>The end of an error message: <c>Did you mean "x"?</c> where something is near, and the valid names.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="valid">What could have been written.</param>
    /// <returns>A sentence or two.</returns>
    public static string Hint(string name, IReadOnlyCollection<string> valid) =>
        (Of(name, valid) is { } nearest ? $"did you mean \"{nearest}\"? " : string.Empty) + $"Valid: {string.Join(", ", valid)}.";

    private static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) >= limit || a.Length > 64 || b.Length > 64)
        {
            return limit;
        }

        Span<int> row = stackalloc int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}

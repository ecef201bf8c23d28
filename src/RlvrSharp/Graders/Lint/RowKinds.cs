using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Lint;

/// <summary>The keys of rows that look like names of kinds (a category, the id of a check): texts with few values, each on several rows at the mean.</summary>
internal static class RowKinds
{
    private const int MostValues = 50;

    /// <summary>Finds them.</summary>
    /// <param name="problems">All rows.</param>
    /// <returns>Each key, and for each of its values the rows that have it.</returns>
    public static IEnumerable<(string Key, int[][] RowsByValue)> Of(IReadOnlyList<Problem> problems)
    {
        var keys = new SortedDictionary<string, SortedDictionary<string, List<int>>>(StringComparer.Ordinal);
        for (int i = 0; i < problems.Count; i++)
        {
            if (problems[i].Item.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            foreach (JsonProperty property in problems[i].Item.EnumerateObject())
            {
                if (property.Value.ValueKind == JsonValueKind.String && JsonTexts.Read(property.Value) is { Length: > 0 and <= 64 } value)
                {
                    SortedDictionary<string, List<int>> values = keys.TryGetValue(property.Name, out SortedDictionary<string, List<int>>? known) ? known : keys[property.Name] = new(StringComparer.Ordinal);
                    (values.TryGetValue(value, out List<int>? rows) ? rows : values[value] = []).Add(i);
                }
            }
        }

        return keys.Where(key => key.Value.Count <= MostValues && key.Value.Count * 2 <= key.Value.Values.Sum(rows => rows.Count))
            .Select(key => (key.Key, key.Value.Values.Select(rows => rows.ToArray()).ToArray()));
    }
}

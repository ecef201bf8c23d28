using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>One of a closed list of words, each perhaps with other spellings.</summary>
internal sealed class EnumFieldComparer : KeyFieldComparer
{
    private readonly IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> values;
    private readonly Dictionary<string, string> canonical = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly List<string> faults = [];

    public EnumFieldComparer(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> values)
        : base("enum")
    {
        this.values = [.. values];
        lookup = canonical.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string value, IReadOnlyList<string> aliases) in this.values)
        {
            foreach (string name in aliases.Prepend(value))
            {
                string folded = TextFolding.Fold(name, TextFoldings.Case);
                if (canonical.TryGetValue(folded, out string? other) && !string.Equals(other, value, StringComparison.Ordinal))
                {
                    faults.Add($"'{name}' stands for both '{other}' and '{value}': let each spelling stand for one value");
                }

                canonical[folded] = value;
            }
        }
    }

    private protected override string Wants =>
        "one of " + string.Join(", ", values.Take(20).Select(pair => $"'{pair.Key}'")) + (values.Count > 20 ? ", …" : "");

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (value.Kind != AnswerKind.String)
        {
            return false;
        }

        int start = key.Length;
        TextFolding.Fold(value.Text, TextFoldings.Case, ref key);
        if (!lookup.TryGetValue(key.Written[start..], out string? found))
        {
            return false;
        }

        key.Truncate(start);
        key.Append(found);
        return true;
    }

    internal override IEnumerable<string> Validate() => values.Count == 0 ? ["it has no values: name at least one"] : faults;

    internal override void WriteParameters(JsonObject json)
    {
        var list = new JsonArray();
        var aliases = new JsonObject();
        foreach ((string value, IReadOnlyList<string> others) in values)
        {
            list.Add((JsonNode)value);
            if (others.Count > 0)
            {
                aliases[value] = new JsonArray([.. others.Select(other => (JsonNode)other)]);
            }
        }

        json["values"] = list;
        if (aliases.Count > 0)
        {
            json["aliases"] = aliases;
        }
    }
}

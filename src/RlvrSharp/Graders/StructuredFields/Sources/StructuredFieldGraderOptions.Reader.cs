using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders;

public sealed partial class StructuredFieldGraderOptions
{
    /// <summary>Reads the options out of a grader's JSON object and reports what is wrong to its reader.</summary>
    /// <returns>The options, or null after a problem.</returns>
    internal static StructuredFieldGraderOptions? FromReader(GraderJsonReader reader)
    {
        // Asked for, so that the reader does not report them as unknown; unknown keys are its business, not ours.
        foreach (string key in JsonKeys)
        {
            _ = reader.Value(key);
        }

        var problems = new List<KeyValuePair<string, string>>();
        StructuredFieldGraderOptions? options = TryFromJson(reader.Json, problems, checkKeys: false);
        foreach ((string key, string text) in problems)
        {
            reader.Problem(key, text);
        }

        return options;
    }

    /// <summary>Writes what differs from the defaults into a grader's JSON object that is being written.</summary>
    internal void WriteMembers(Utf8JsonWriter writer)
    {
        foreach (JsonProperty property in ToJson().EnumerateObject())
        {
            property.WriteTo(writer);
        }
    }
}

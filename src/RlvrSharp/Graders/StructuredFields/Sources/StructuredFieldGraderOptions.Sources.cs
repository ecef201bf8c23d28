using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace RlvrSharp.Graders;

public sealed partial class StructuredFieldGraderOptions
{
    /// <summary>
    /// Declares the properties of a class or record as fields: texts, numbers, dates, enums, lists and nested types by their C# types, and what
    /// <see cref="GradedFieldAttribute"/> says. Keys are named as <c>System.Text.Json</c> names them (JsonPropertyName, then the policy, then the property's name).
    /// </summary>
    /// <typeparam name="T">The type an answer would deserialise to.</typeparam>
    /// <param name="naming">How properties become keys, such as <see cref="JsonNamingPolicy.SnakeCaseLower"/>; null keeps their names.</param>
    /// <returns>Options to grade with or to change further.</returns>
    /// <exception cref="ArgumentException">The type has no properties, or an attribute names a comparer that does not exist.</exception>
    [RequiresUnreferencedCode("Reads the properties of the type and of the types of its properties.")]
    public static StructuredFieldGraderOptions FromType<T>(JsonNamingPolicy? naming = null) => TypeFields.Read(typeof(T), naming);

    /// <summary>
    /// Declares the properties of a JSON Schema as fields: types, enum, format (date, date-time, duration, uri, phone), required, items, local references, and the hints
    /// <c>x-comparer</c>, <c>x-weight</c>, <c>x-beta</c>, <c>x-gate</c>, <c>x-wrong-penalty</c>, <c>x-null-is-value</c>, <c>x-list</c>, <c>x-best-of</c>, <c>x-keys</c>,
    /// <c>x-aliases</c> and <c>x-ignore</c>. A response format that wraps the schema may be given as it is.
    /// </summary>
    /// <param name="schema">The schema of an object.</param>
    /// <returns>Options to grade with or to change further.</returns>
    /// <exception cref="DataException">The schema describes no object, or a hint is unusable; the message names all of it.</exception>
    public static StructuredFieldGraderOptions FromJsonSchema(JsonElement schema)
    {
        var problems = new List<KeyValuePair<string, string>>();
        StructuredFieldGraderOptions options = JsonSchemaFields.Read(schema, "schema", problems);
        return problems.Count == 0 ? options : throw new DataException(
            "The JSON Schema cannot be graded by:" + string.Concat(problems.Select(problem => $"{Environment.NewLine}  {problem.Key}: {problem.Value}")));
    }
}

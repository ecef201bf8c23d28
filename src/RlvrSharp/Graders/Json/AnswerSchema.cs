using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A JSON Schema, in the subset that strict structured output allows and a little more; tells whether an answer follows it.</summary>
/// <remarks>
/// Keywords: <c>type enum const properties required additionalProperties items prefixItems anyOf oneOf allOf not $ref $defs definitions minimum maximum
/// exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format minItems maxItems uniqueItems minProperties maxProperties</c>, and
/// annotations. A keyword that is not known is an error, since ignoring it would let answers through.
/// </remarks>
public sealed class AnswerSchema
{
    private readonly SchemaNode root;

    private AnswerSchema(SchemaNode root) => this.root = root;

    /// <summary>Reads a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <returns>The schema, ready to validate.</returns>
    /// <exception cref="DataException">Something in it is unknown or malformed; the message has all of it.</exception>
    public static AnswerSchema Parse(JsonElement schema)
    {
        var compiler = new SchemaCompiler(schema);
        SchemaNode root = compiler.Compile();
        return compiler.Problems.Count == 0
            ? new AnswerSchema(root)
            : throw new DataException($"The schema cannot be used:{string.Concat(compiler.Problems.Select(problem => "\n  " + problem))}");
    }

    /// <summary>Checks a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The first way in which it does not follow the schema, with its path; null where it does.</returns>
    public string? Validate(JsonElement value) => root.Validate(value, "$", 0);
}

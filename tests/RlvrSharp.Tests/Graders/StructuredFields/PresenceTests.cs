using System.Text.Json;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

/// <summary>Gates, keys and nulls where something is missing as a whole.</summary>
public sealed class PresenceTests
{
    private const string Order = """{"o":{"x":"1"},"b":2,"items":[{"s":"A","p":1},{"s":"B","p":2}]}""";

    [Theory]
    [InlineData(Order, 1)]
    [InlineData("""{"b":2,"items":[{"s":"A","p":1},{"s":"B","p":2}]}""", 0)]
    [InlineData("""{"o":null,"b":2,"items":[{"s":"A","p":1},{"s":"B","p":2}]}""", 0)]
    [InlineData("""{"o":"1","b":2,"items":[{"s":"A","p":1},{"s":"B","p":2}]}""", 0)]
    [InlineData("""{"o":{"x":"1"},"b":2,"items":[{"s":"A","p":1}]}""", 0)]
    [InlineData("""{"o":{"x":"1"},"b":2,"items":"A, B"}""", 0)]
    [InlineData("""{"o":{"x":"1"},"b":2,"items":[{"s":"B","p":2},{"s":"A","p":1}]}""", 1)]
    [InlineData("""{"o":{"x":"1"},"b":2,"items":[{"s":"A","p":1},{"s":"B","p":3}]}""", 2.75 / 3)]
    public void A_gate_fails_too_where_what_holds_it_is_missing(string answer, double score)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions()
            .Field("o.x", field => field.Gate = true)
            .Field("b")
            .Field("items[].s", field => field.Gate = true)
            .Field("items[].p"));
        Assert.Equal(score, grader.Grade(answer, Order).Score, 12);
    }

    [Theory]
    [InlineData("""{"items":[{"n":1},{"n":2}]}""", 1)]
    [InlineData("""{"items":[{"n":2,"k":null},{"n":1}]}""", 1)]
    [InlineData("""{"items":[{"n":1,"k":"A"},{"n":2}]}""", 0.5)]
    public void A_key_that_neither_object_has_agrees(string answer, double recall)
    {
        var options = new StructuredFieldGraderOptions().Field("items[]", field => field.Keys = ["k"]);
        Assert.Equal(recall, new StructuredFieldGrader(options).Grade(answer, """{"items":[{"n":1},{"n":2}]}""").Recall!.Value, 12);
        options.Field("items[].k").Field("items[].n");
        Assert.Equal(recall, new StructuredFieldGrader(options).Grade(answer, """{"items":[{"n":1},{"n":2}]}""").Recall!.Value, 12);
    }

    [Theory]
    [InlineData("""{"died": null}""", 1)]
    [InlineData("""{}""", 0)]
    [InlineData("""{"died": "1999"}""", 0)]
    public void A_null_that_is_a_value_is_one_beside_nothing_else(string answer, double score)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("died", field => field.NullIsValue = true).Field("name"));
        Assert.Equal(score, grader.Grade(answer, """{"died": null}""").Score);

        var nested = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("person.died", field => field.NullIsValue = true));
        Assert.Equal(score, nested.Grade($"{{\"person\": {answer}}}", """{"person": {"died": null}}""").Score);
    }

    [Theory]
    [InlineData("""{"o":{"a":null},"c":"z"}""", """{"c":"z"}""", 2.0 / 3)]
    [InlineData("""{"o":{"a":null},"c":"z"}""", """{"o":{"a":null},"c":"z"}""", 1)]
    [InlineData("""{"o":{},"c":"z"}""", """{"c":"z"}""", 1)]
    [InlineData("""{"o":null,"c":"z"}""", """{"c":"z"}""", 1)]
    [InlineData("""{"o":{"b":null},"c":"z"}""", """{"c":"z"}""", 1)]
    [InlineData("""{"c":"z"}""", """{"o":{"a":null},"c":"z"}""", 2.0 / 3)]
    [InlineData("""{"l":[{"a":null}]}""", """{"l":[]}""", 0)]
    [InlineData("""{"l":[{"a":null}]}""", """{"l":[{}]}""", 0)]
    [InlineData("""{"l":[{"a":null}]}""", """{"l":[{"a":null}]}""", 1)]
    [InlineData("""{"l":[{"a":null},{"a":null}]}""", """{"l":[{"a":null}]}""", 2.0 / 3)]
    [InlineData("""{"l":[{"a":null}]}""", """{}""", 0)]
    [InlineData("""{"l":[{"b":null}]}""", """{"l":[]}""", 1)]
    [InlineData("""{"l":[null]}""", """{"l":[{}]}""", 1)]
    [InlineData("""{"l":[]}""", """{"l":[{"a":null}]}""", 0)]
    [InlineData("""{"l":[{}]}""", """{"l":[{"a":null}]}""", 0)]
    [InlineData("""{"l":[{"a":1}]}""", """{"l":[{"a":null}]}""", 0)]
    public void A_null_that_is_a_value_counts_within_objects_and_lists_that_the_other_side_lacks(string answer, string reference, double score)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions()
            .Field("c")
            .Field("o.a", field => field.NullIsValue = true)
            .Field("o.b")
            .Field("l[].a", field => field.NullIsValue = true)
            .Field("l[].b"));
        Assert.Equal(score, grader.Grade(answer, reference).Score, 12);
    }

    [Fact]
    public void A_schema_that_holds_itself_ends()
    {
        StructuredFieldGraderOptions options = StructuredFieldGraderOptions.FromJsonSchema(JsonElement.Parse("""
            {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {
              "value": {"type": "integer"}, "left": {"$ref": "#/$defs/node"}, "right": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
              "all": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}}
            """));
        Assert.Equal(["value", "left", "right", "all"], options.Fields.Select(field => field.Path));
        const string Tree = """{"value": 1, "left": {"value": 2, "left": {"value": 3}}}""";
        Assert.Equal(1, new StructuredFieldGrader(options).Grade(Tree, Tree).Score);
    }

    [Fact]
    public void Hints_beside_references_and_alternatives_count()
    {
        StructuredFieldGraderOptions options = StructuredFieldGraderOptions.FromJsonSchema(JsonElement.Parse("""
            {"type": "object", "required": ["total", "when", "who", "size", "tags"], "properties": {
              "total": {"anyOf": [{"type": "number"}, {"type": "null"}], "x-weight": 3, "x-comparer": {"type": "money", "tolerance": 0.01}},
              "when": {"$ref": "#/$defs/day", "x-gate": true},
              "who": {"allOf": [{"$ref": "#/$defs/person"}], "description": "…", "x-weight": 2},
              "size": {"type": "integer", "nullable": true},
              "a.b": {"type": "string", "x-ignore": true},
              "both": {"allOf": [{"properties": {"p": {"type": "integer"}}}, {"type": "object", "properties": {"q": {"type": "string"}}}]},
              "tags": {"type": "array", "items": {"type": "string", "x-comparer": "id"}}},
             "$defs": {"day": {"type": "string", "format": "date"}, "person": {"type": "object", "properties": {"name": {"type": "string"}}}}}
            """));
        Dictionary<string, FieldOptions> fields = options.Fields.ToDictionary(field => field.Path);
        Assert.Equal((3, "money", false), (fields["total"].Weight, fields["total"].Comparer!.Type, fields["total"].Required));
        Assert.Equal(("date", true, true), (fields["when"].Comparer!.Type, fields["when"].Gate, fields["when"].Required));
        Assert.Equal(2, fields["who"].Weight);
        Assert.Equal("text", fields["who.name"].Comparer!.Type);
        Assert.False(fields["size"].Required);
        Assert.Equal(["a.b"], options.Ignored);
        Assert.Equal("integer", fields["both.p"].Comparer!.Type);
        Assert.Equal("text", fields["both.q"].Comparer!.Type);
        Assert.Equal("id", fields["tags"].Comparer!.Type);
    }

    [Fact]
    public void A_hint_that_belongs_to_the_list_is_named_where_it_stands_at_its_elements()
    {
        DataException error = Assert.Throws<DataException>(() => StructuredFieldGraderOptions.FromJsonSchema(JsonElement.Parse(
            """{"properties": {"tags": {"type": "array", "items": {"type": "string", "x-weight": 2}}}}""")));
        Assert.Contains("properties.tags.items.x-weight", error.Message, StringComparison.Ordinal);
    }
}

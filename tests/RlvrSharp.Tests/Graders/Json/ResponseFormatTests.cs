using System.Text.Json;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class ResponseFormatTests
{
    private const string Schema = """
        {"type": "object", "additionalProperties": false, "required": ["name", "kind"],
         "properties": {
           "name": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[A-Z]"},
           "kind": {"enum": ["a", "b", 3]},
           "born": {"type": ["string", "null"], "format": "date"},
           "count": {"type": "integer", "minimum": 0, "exclusiveMaximum": 10, "multipleOf": 2},
           "price": {"type": "number", "multipleOf": 0.01},
           "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": true},
           "tree": {"$ref": "#/$defs/node"},
           "either": {"anyOf": [{"type": "integer"}, {"const": "many"}]}},
         "$defs": {"node": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["children"], "additionalProperties": false}}}
        """;

    [Theory]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\"}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": 3.0}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"c\"}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"\\ud800\"}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"price\": 79228162514264337593543950335}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"price\": 1e28}", true)]
    [InlineData("{\"name\": \"Ada\"}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"x\": 1}", false)]
    [InlineData("{\"name\": \"ada\", \"kind\": \"a\"}", false)]
    [InlineData("{\"name\": \"A\", \"kind\": \"a\"}", false)]
    [InlineData("{\"name\": \"A\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\", \"kind\": \"a\"}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"born\": null}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"born\": \"2024-02-30\"}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"count\": 4.0}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"count\": 3}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"count\": 10}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"count\": 2.5}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"count\": 1e400}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"price\": 19.99}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"price\": 19.995}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"tags\": []}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"tags\": [\"x\", \"x\"]}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"tags\": [\"x\", 1]}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"tree\": {\"children\": [{\"children\": []}]}}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"tree\": {\"children\": [{\"kids\": []}]}}", false)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"either\": \"many\"}", true)]
    [InlineData("{\"name\": \"Ada\", \"kind\": \"a\", \"either\": \"few\"}", false)]
    [InlineData("[]", false)]
    public void Answers_follow_the_schema_or_not(string answer, bool follows) =>
        Assert.Equal(follows, AnswerSchema.Parse(JsonElement.Parse(Schema)).Validate(JsonElement.Parse(answer)) is null);

    [Theory]
    [InlineData("""{"uniqueItems": true}""", "[1, 1.0]", false)]
    [InlineData("""{"uniqueItems": true}""", "[1, \"1\", true, [1]]", true)]
    [InlineData("""{"uniqueItems": true}""", """[{"a": 1, "b": [0]}, {"b": [-0.0], "a": 10e-1}]""", false)]
    [InlineData("""{"uniqueItems": true}""", """["\ud800", "\ud801"]""", true)]
    [InlineData("""{"uniqueItems": true}""", """["\u0061", "a"]""", false)]
    [InlineData("""{"uniqueItems": true}""", "[9007199254740993, 9007199254740992]", true)]
    [InlineData("""{"const": 1}""", "1.0", true)]
    [InlineData("""{"const": 1}""", "1e99999999999999999999", false)]
    [InlineData("""{"const": 1}""", "true", false)]
    [InlineData("""{"const": {"a": [1], "b": null}}""", """{"b": null, "a": [1e0]}""", true)]
    [InlineData("""{"enum": [0.10, 2]}""", "1e-1", true)]
    [InlineData("""{"enum": ["\ud800"]}""", "\"\\ud800\"", true)]
    [InlineData("""{"enum": [1, 2], "const": 2}""", "1", false)]
    [InlineData("""{"enum": []}""", "1", false)]
    [InlineData("""{"type": "integer"}""", "1.0000000000000000000001", false)]
    [InlineData("""{"type": "integer"}""", "1e400", true)]
    [InlineData("""{"type": "integer"}""", "120e-1", true)]
    [InlineData("""{"maximum": 9007199254740992}""", "9007199254740993", false)]
    [InlineData("""{"minimum": 0.1}""", "0.1", true)]
    [InlineData("""{"multipleOf": 0.1}""", "0.3", true)]
    [InlineData("""{"pattern": "^a$"}""", "\"a\\n\"", false)]
    [InlineData("""{"pattern": "^\\d+$"}""", "\"\u0663\"", false)]
    [InlineData("""{"pattern": "^[\\w-]+$"}""", "\"a-b_9\"", true)]
    [InlineData("""{"pattern": "^\\w$"}""", "\"\u00e9\"", false)]
    [InlineData("""{"pattern": "^[$]\\$[\\]\\[[]$"}""", "\"$$][\"", false)]
    [InlineData("""{"pattern": "^[$]\\$[\\]\\[[]{3}$"}""", "\"$$][[\"", true)]
    [InlineData("""{"pattern": "a"}""", "\"xay\"", true)]
    [InlineData("""{"pattern": "^.{2}$"}""", "\"\ud83d\ude00\"", false)]
    [InlineData("""{"pattern": "^.[^a]\\W$"}""", "\"\ud83d\ude00\ud83d\ude00\ud83d\ude00\"", true)]
    [InlineData("""{"pattern": "^[^]a]\\D+$"}""", "\"bcd]\"", false)]
    [InlineData("""{"pattern": "^.$"}""", "\"\\n\"", false)]
    [InlineData("""{"pattern": "^[😀]$"}""", """ "😀" """, true)]
    [InlineData("""{"pattern": "^[😀]$"}""", """ "😁" """, false)]
    [InlineData("""{"pattern": "^😀+$"}""", """ "😀😀" """, true)]
    [InlineData("""{"pattern": "^😀+$"}""", """ "😀😁" """, false)]
    [InlineData("""{"pattern": "^[😀-😎]$"}""", """ "😅" """, true)]
    [InlineData("""{"pattern": "^[😀-😎]$"}""", """ "🙀" """, false)]
    [InlineData("""{"pattern": "^[^😀-😎]$"}""", """ "🙀" """, true)]
    [InlineData("""{"pattern": "^[^😀-😎]$"}""", """ "😅" """, false)]
    [InlineData("""{"pattern": "^[^😀]$"}""", """ "a" """, true)]
    [InlineData("""{"pattern": "^[a😀]{2}$"}""", """ "😀a" """, true)]
    [InlineData("""{"pattern": "^[\\s\\S]$"}""", """ "😀" """, true)]
    [InlineData("""{"pattern": "^[\\D]$"}""", """ "5" """, false)]
    [InlineData("""{"pattern": "^\\z$"}""", """ "z" """, true)]
    [InlineData("""{"pattern": "^\\z$"}""", """ "" """, false)]
    [InlineData("""{"pattern": "^\\Ab$"}""", """ "Ab" """, true)]
    [InlineData("""{"pattern": "^\\Ab$"}""", """ "b" """, false)]
    [InlineData("""{"pattern": "^[]]$"}""", """ "]" """, false)]
    [InlineData("""{"pattern": "^[]$"}""", """ "a" """, false)]
    [InlineData("""{"pattern": "^[^]$"}""", """ "😀" """, true)]
    [InlineData("""{"pattern": "^\\ud83d\\ude00{2}$"}""", """ "😀😀" """, true)]
    [InlineData("""{"pattern": "^\\u{1F600}$"}""", """ "😀" """, true)]
    [InlineData("""{"pattern": "^[\\ud83d\\ude00]$"}""", """ "😀" """, true)]
    [InlineData("""{"pattern": "^[\\w-]{2}$"}""", """ "a-" """, true)]
    [InlineData("""{"pattern": "^[a-c-]$"}""", """ "-" """, true)]
    [InlineData("""{"pattern": "^[+--]$"}""", """ "," """, true)]
    [InlineData("""{"pattern": "^[\\b]$"}""", """ "\b" """, true)]
    [InlineData("""{"pattern": "^\\.\\/\\-$"}""", """ "./-" """, true)]
    [InlineData("""{"pattern": "^\\.$"}""", """ "a" """, false)]
    [InlineData("""{"pattern": "^\\s$"}""", """ "\u0085" """, false)]
    [InlineData("""{"pattern": "^\\s$"}""", """ "\ufeff" """, true)]
    [InlineData("""{"pattern": "^\\x41\\t$"}""", """ "A\t" """, true)]
    [InlineData("""{"pattern": "^\\p{Lu}[^\\p{Lu}]$"}""", """ "Ab" """, true)]
    [InlineData("""{"pattern": "^(a|😀)*$"}""", """ "a😀a" """, true)]
    [InlineData("""{"pattern": "^[𐀀-􏿿]$"}""", """ "😀" """, true)]
    [InlineData("""{"pattern": "^[𐏿-𐐁]$"}""", """ "𐐀" """, true)]
    [InlineData("""{"pattern": "^[𐏿-𐐁]$"}""", """ "𐐂" """, false)]
    [InlineData("""{"pattern": "^[a-𐀁]$"}""", """ "𐀁" """, true)]
    [InlineData("""{"pattern": "^[a-𐀁]$"}""", """ "𐀂" """, false)]
    [InlineData("""{"pattern": "^[a-z-[aeiou]]$"}""", """ "b]" """, true)]
    public void Values_are_equal_by_what_they_are_and_patterns_are_those_of_json_schema(string schema, string answer, bool follows) =>
        Assert.Equal(follows, AnswerSchema.Parse(JsonElement.Parse(schema)).Validate(JsonElement.Parse(answer)) is null);

    [Theory]
    [InlineData("{\"type\": \"strng\"}", "did you mean \"string\"")]
    [InlineData("{\"dependentRequired\": {}}", "not enforced")]
    [InlineData("{\"properties\": {\"a\": {\"patern\": \"x\"}}}", "did you mean \"pattern\"")]
    [InlineData("{\"$ref\": \"#/$defs/no\"}", "nowhere")]
    [InlineData("{\"pattern\": \"(?=x)\"}", "linear time")]
    [InlineData("{\"pattern\": \"(\\\\w)\\\\1\"}", "linear time")]
    [InlineData("{\"pattern\": \"[b-a]\"}", "ends before it begins")]
    [InlineData("{\"pattern\": \"[a\"}", "never closed")]
    [InlineData("{\"minimum\": \"1\"}", "must be a number")]
    [InlineData("{\"enum\": 1}", "must be a list")]
    [InlineData("5", "not a schema")]
    public void A_schema_that_cannot_be_enforced_is_refused(string schema, string part) =>
        Assert.Contains(part, Assert.Throws<DataException>(() => AnswerSchema.Parse(JsonElement.Parse(schema))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"city\": \"Oslo\"}", GradeStatus.Graded, 1)]
    [InlineData("{\"city\": \"Rome\"}", GradeStatus.Graded, 0)]
    [InlineData("{\"city\": 5}", GradeStatus.Ungradable, 0)]
    [InlineData("Oslo", GradeStatus.Ungradable, 0)]
    [InlineData("{\"city\": \"Oslo\"} ok", GradeStatus.Ungradable, 0)]
    public void A_response_format_is_a_gate_before_the_grader(string answer, GradeStatus status, double score)
    {
        var context = new GraderJsonContext
        {
            ResponseFormat = JsonElement.Parse("""{"type": "json_schema", "json_schema": {"name": "place", "strict": true, "schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": false}}}"""),
        };
        IGrader grader = GraderJson.Parse("""{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_json.city}}", "reference": "{{item.reference}}"}""", context);
        Grade grade = grader.GradeText(answer, "Oslo");
        Assert.Equal((status, score), (grade.Status, grade.Score));
    }

    [Fact]
    public void A_fault_of_the_schema_says_that_it_is_the_response_format_s()
    {
        IGrader inner = GraderJson.Parse("""{"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "a"}""");
        JsonElement format = JsonElement.Parse("""{"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "objct"}}}""");
        Assert.StartsWith("response_format: ", Assert.Throws<DataException>(() => ResponseFormatGate.Wrap(inner, format)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"type\": \"text\"}", true)]
    [InlineData("{\"type\": \"xml\"}", false)]
    [InlineData("{\"type\": \"json_schema\"}", false)]
    public void Formats(string format, bool known)
    {
        IGrader inner = GraderJson.Parse("""{"type": "string_check", "name": "c", "operation": "eq", "input": "a", "reference": "a"}""");
        if (known)
        {
            Assert.Same(inner, ResponseFormatGate.Wrap(inner, JsonElement.Parse(format)));
        }
        else
        {
            Assert.Throws<DataException>(() => ResponseFormatGate.Wrap(inner, JsonElement.Parse(format)));
        }
    }
}

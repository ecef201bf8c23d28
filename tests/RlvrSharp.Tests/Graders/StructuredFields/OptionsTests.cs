using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.StructuredFields;

public sealed class OptionsTests
{
    [Fact]
    public void Every_failure_is_named_at_once()
    {
        var options = new StructuredFieldGraderOptions { Beta = -1, UndeclaredWeight = double.NaN, MaxDepth = 0, MaxBytes = 0, MaxAligned = 100_000 }
            .Field("", FieldComparer.Text())
            .Field("a..b")
            .Field("c[0]")
            .Field("d", weight: 0)
            .Field("e", FieldComparer.Number(tolerance: -1))
            .Field("f", FieldComparer.Text()).Field("f.g")
            .Field("h").Field("h[]")
            .Field("i", field => (field.Beta, field.WrongPenalty, field.BestOf) = (-2, -3, 2))
            .Field("j", field => (field.List, field.Comparer) = (FieldListMode.Set, FieldComparer.Similarity(0.2)))
            .Field("k", FieldComparer.Enum()).Field("l", FieldComparer.Date("Q")).Field("m", FieldComparer.Regex("(?=a)b"))
            .Field("n", field => field.Keys = ["id"]).Field("n.sku").Field("o", FieldComparer.Duration("parsecs")).Field("p", FieldComparer.Phone("US"));

        string[] failures = [.. Assert.Throws<OptionsValidationException>(() => new StructuredFieldGrader(options)).Failures];

        foreach (string part in new[]
        {
            "Beta is -1", "UndeclaredWeight is NaN", "MaxDepth is 0", "MaxBytes is 0", "MaxAligned is 100000", "Field ''", "Field 'a..b'", "Field 'c[0]'",
            "Field 'd': its weight is 0", "Field 'e': comparer 'number': its tolerance is -1", "Field 'f': it has the comparer 'text', but 'f.g'",
            "Field 'h[]': it is declared twice", "Field 'i': its beta is -2", "Field 'i': its wrong-value penalty is -3", "Field 'i': BestOf is 2",
            "Field 'j': comparer 'similarity': its threshold is 0.2", "Field 'j': a set needs", "Field 'k': comparer 'enum'", "'Q' is not a format",
            "Field 'm': comparer 'regex'", "Field 'n': its key 'id'", "its unit is 'parsecs'", "its default country is 'US'",
        })
        {
            Assert.True(System.Array.Exists(failures, failure => failure.Contains(part, StringComparison.Ordinal)), part + " is not in\n" + string.Join("\n", failures));
        }
    }

    [Fact]
    public void Weights_are_shared_out_within_objects()
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", weight: 3).Field("b.c", weight: 3).Field("b.d").Field("['e.f']"));
        Grade grade = grader.Grade("""{"a":1,"b":{"c":1,"d":0},"e.f":0}""", """{"a":1,"b":{"c":1,"d":1},"e.f":1}""");
        Assert.Equal([3, 0.75, 0.25, 1], grade.Fields.Select(field => field.Weight));
        Assert.Equal("['e.f']", grade.Fields[3].Path);
        Assert.Equal(3.75 / 5, grade.Score, 12);
    }

    [Fact]
    public void Keys_of_the_reference_that_are_not_declared_are_not_graded()
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a").Ignore("reasoning"));
        const string Reference = """{"a":1,"comment":"x"}""";
        Assert.Equal(1, grader.Grade("""{"a":1}""", Reference).Score);
        Assert.Equal(1, grader.Grade("""{"a":1,"comment":"y","reasoning":"long"}""", Reference).Score);
        Assert.Equal(2.0 / 3, grader.Grade("""{"a":1,"other":"y"}""", Reference).Score, 12);
        var lenient = new StructuredFieldGrader(new StructuredFieldGraderOptions { UndeclaredWeight = 0 }.Field("a"));
        Assert.Equal(1, lenient.Grade("""{"a":1,"other":"y"}""", Reference).Score);
    }

    [Fact]
    public void A_failed_gate_takes_the_whole_score_and_leaves_the_rates()
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("id", field => field.Gate = true).Field("a"));
        const string Reference = """{"id":1,"a":"x"}""";
        Assert.Equal(1, grader.Grade(Reference, Reference).Score);
        Assert.Equal(2.0 / 3, grader.Grade("""{"id":1}""", Reference).Score, 12);
        foreach (string answer in new[] { """{"id":2,"a":"x"}""", """{"a":"x"}""" })
        {
            Grade grade = grader.Grade(answer, Reference);
            Assert.Equal((GradeStatus.Graded, 0.0), (grade.Status, grade.Score));
            Assert.True(grade.Recall > 0);
            Assert.Contains("'id'", grade.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_wrong_penalty_costs_more_than_leaving_out_and_does_not_touch_precision()
    {
        const string Reference = """{"a":1,"b":2}""";
        var strict = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a").Field("b", field => field.WrongPenalty = 1));
        Assert.Equal(2.0 / 3, strict.Grade("""{"a":1}""", Reference).Score, 12);
        Grade wrong = strict.Grade("""{"a":1,"b":3}""", Reference);
        Assert.Equal(2.0 / (3 + 2), wrong.Score, 12);
        Assert.Equal(0.5, wrong.Precision);
        Assert.Equal(1, strict.Grade(Reference, Reference).Score);
    }

    [Fact]
    public void A_beta_per_field_weighs_its_own_inventions_against_its_own_omissions()
    {
        const string Reference = """{"a":1,"b":2}""";
        var options = new StructuredFieldGraderOptions().Field("a").Field("b", field => field.Beta = 2);
        var grader = new StructuredFieldGrader(options);

        // M / (Σ α S_p + (1 − α) S_g), α = 1/2 for a and 1/5 for b.
        Assert.Equal(1 / (1 + 0.8), grader.Grade("""{"a":1}""", Reference).Score, 12);
        Assert.Equal(1 / (0.5 + 1), grader.Grade("""{"b":2}""", Reference).Score, 12);
        Assert.Equal(1, grader.Grade(Reference, Reference).Score);
        var same = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", field => field.Beta = 1).Field("b"));
        Assert.Equal(new StructuredFieldGrader().Grade("""{"a":1,"c":3}""", Reference).Score, same.Grade("""{"a":1,"c":3}""", Reference).Score, 12);
    }

    [Fact]
    public void Null_is_a_value_only_where_declared()
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions().Field("a", field => field.NullIsValue = true).Field("b"));
        const string Reference = """{"a":null,"b":1}""";
        Assert.Equal(1, grader.Grade("""{"a":null,"b":1}""", Reference).Score);
        Assert.Equal(2.0 / 3, grader.Grade("""{"b":1}""", Reference).Score, 12);
        Assert.Equal(0.5, grader.Grade("""{"a":0,"b":1}""", Reference).Score, 12);
        Assert.Equal("null", grader.Grade("""{"a":0,"b":1}""", Reference).Fields[0].Expected);
    }

    [Fact]
    public void Empty_texts_can_count_as_absent()
    {
        const string Reference = """{"a":"","b":"x"}""";
        Assert.Equal(2.0 / 3, new StructuredFieldGrader().Grade("""{"b":"x"}""", Reference).Score, 12);
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions { EmptyIsAbsent = true });
        Assert.Equal(1, grader.Grade("""{"b":"x"}""", Reference).Score);
        Assert.Equal(1, grader.Grade("""{"a":" ","b":"x"}""", Reference).Score);
    }

    [Theory]
    [InlineData("```json\n{\"a\":1}\n```", true, false, GradeStatus.Graded)]
    [InlineData("Here it is:\n```\n{\"a\":1}\n```\nDone.", true, false, GradeStatus.Graded)]
    [InlineData("{\"a\":1}", true, false, GradeStatus.Graded)]
    [InlineData("```\n{\"a\":1}\n```\n```\n{\"a\":2}\n```", true, false, GradeStatus.Ungradable)]
    [InlineData("```json\n{\"a\":1}", true, false, GradeStatus.Ungradable)]
    [InlineData("``` {\"a\":1} ```", true, false, GradeStatus.Ungradable)]
    [InlineData("Sure! {\"a\":1} Anything else?", false, true, GradeStatus.Graded)]
    [InlineData("{\"a\":1} or {\"a\":2}", false, true, GradeStatus.Ungradable)]
    [InlineData("no object", false, true, GradeStatus.Ungradable)]
    public void Fences_and_prose_are_read_only_if_allowed(string answer, bool fenced, bool prose, GradeStatus status)
    {
        var grader = new StructuredFieldGrader(new StructuredFieldGraderOptions { AllowFenced = fenced, AllowProse = prose });
        Grade grade = grader.Grade(answer, """{"a":1}""");
        Assert.Equal((status, status == GradeStatus.Graded ? 1.0 : 0.0), (grade.Status, grade.Score));
    }

    [Fact]
    public void Json_round_trips_with_every_comparer()
    {
        using var json = JsonDocument.Parse("""
            {"type":"structured_field","name":"n","input":"{{sample.output_text}}","reference":"{{item.reference}}",
             "beta":0.5,"undeclared_weight":2,"empty_is_absent":true,"allow_fenced":true,"allow_prose":true,"max_depth":9,"max_bytes":999,"max_aligned":7,"trace":false,
             "ignored":["thoughts"],
             "fields":{
              "a":"text","b":{"type":"text","ignore_case":false,"ignore_punctuation":true,"ignore_articles":true,"compatibility":true},
              "c":{"type":"number","tolerance":0.01,"relative":0.1,"accept_text":true},"d":"number","e":{"type":"integer","accept_text":true},"f":"id","g":"exact",
              "h":{"type":"enum","values":["x","y"],"aliases":{"x":["ex"]}},"i":"boolean","j":{"type":"date","formats":["dd.MM.yyyy"],"partial_credit":true},
              "k":{"type":"date_time","tolerance_seconds":5},"l":{"type":"duration","unit":"hours"},"m":{"type":"money","tolerance":1,"decimal_separator":","},
              "n":{"type":"url","ignore_scheme":true,"ignore_www":true},"o":{"type":"phone","default_country":"+49"},"p":{"type":"regex","pattern":"a(b)"},
              "q":"regex_reference","r":{"type":"similarity","threshold":0.7},"s":{"type":"one_of","of":{"type":"number","tolerance":2}},"t":"one_of",
              "u":{"weight":2,"beta":3,"gate":true,"wrong_penalty":0.5,"null_is_value":true,"required":true},
              "v":{"type":"text","list":"best_of","best_of":3},"w[]":{"keys":["id"]},"w[].id":"id","x":{"list":"set"},"y":{"list":"ordered"},"z":null}}
            """);
        StructuredFieldGraderOptions options = StructuredFieldGraderOptions.FromJson(json.RootElement);
        string once = options.ToJson().GetRawText();
        Assert.Equal(once, StructuredFieldGraderOptions.FromJson(options.ToJson()).ToJson().GetRawText());

        JsonElement written = options.ToJson();
        foreach (JsonProperty property in json.RootElement.EnumerateObject().Where(property => property.Name is not ("type" or "name" or "input" or "reference" or "fields")))
        {
            Assert.True(JsonElement.DeepEquals(property.Value, written.GetProperty(property.Name)), property.Name);
        }

        foreach (JsonProperty field in json.RootElement.GetProperty("fields").EnumerateObject().Where(field => field.Name != "z"))
        {
            Assert.True(JsonElement.DeepEquals(field.Value, written.GetProperty("fields").GetProperty(field.Name)), field.Name);
        }
    }

    [Theory]
    [InlineData("""{"bata":1}""", "bata", "did you mean \"beta\"")]
    [InlineData("""{"fields":{"a":"nummer"}}""", "fields.a", "did you mean \"number\"")]
    [InlineData("""{"fields":{"a":{"type":"number","tolerence":1}}}""", "fields.a.tolerence", "did you mean \"tolerance\"")]
    [InlineData("""{"fields":{"a":{"type":"text","tolerance":1}}}""", "fields.a.tolerance", "no key of a field of type text")]
    [InlineData("""{"fields":{"a":{"list":"bag"}}}""", "fields.a.list", "Valid: multiset")]
    [InlineData("""{"fields":{"a":{"weight":"two"}}}""", "fields.a.weight", "must be a number")]
    [InlineData("""{"fields":{"a":{"weight":0}}}""", "fields", "weight is 0")]
    [InlineData("""{"fields":{"a":7}}""", "fields.a", "a comparer's name")]
    [InlineData("""{"fields":3}""", "fields", "an object of fields")]
    [InlineData("""{"fields":{"a":{"type":"one_of","of":"nummer"}}}""", "fields.a.of", "did you mean \"number\"")]
    [InlineData("""{"fields":{"a":{"type":"regex"}}}""", "fields.a.pattern", "is missing")]
    [InlineData("""{"schema":{"type":"array"}}""", "schema", "no object with properties")]
    [InlineData("[]", "structured_field", "not a JSON object")]
    public void Faulty_json_is_named_with_its_place(string json, string place, string why)
    {
        using var document = JsonDocument.Parse(json);
        var error = Assert.Throws<DataException>(() => StructuredFieldGraderOptions.FromJson(document.RootElement));
        Assert.Contains(place + ":", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_cannot_be_exported() => Assert.Contains(
        "'a'",
        Assert.Throws<InvalidOperationException>(() => new StructuredFieldGraderOptions().Field("a", FieldComparer.Custom("mine", (_, _) => 1)).ToJson()).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_list_of_paths_declares_inferred_fields()
    {
        using var document = JsonDocument.Parse("""{"fields":["a","b.c"]}""");
        Assert.Equal(["a", "b.c"], StructuredFieldGraderOptions.FromJson(document.RootElement).Fields.Select(field => field.Path));
    }

    [Fact]
    public void A_json_schema_declares_fields()
    {
        using var document = JsonDocument.Parse("""
            {"type":"json_schema","json_schema":{"name":"invoice","schema":{"type":"object","required":["vendor","note"],"$defs":{"item":{"type":"object",
              "properties":{"sku":{"type":"string","x-comparer":"id"},"price":{"type":"number","x-comparer":{"type":"money","tolerance":0.01}}}}},
             "properties":{"vendor":{"type":"string","x-weight":2},"note":{"type":["string","null"]},"date":{"type":"string","format":"date"},
              "paid":{"type":"boolean"},"count":{"anyOf":[{"type":"integer"},{"type":"null"}]},"state":{"enum":["WA","OR"],"x-aliases":{"WA":["Washington"]}},
              "tags":{"type":"array","uniqueItems":true,"items":{"type":"string"}},"items":{"type":"array","x-keys":["sku"],"items":{"$ref":"#/$defs/item"}},
              "thoughts":{"type":"string","x-ignore":true},"address":{"type":"object","properties":{"city":{"type":"string"}}},"site":{"type":"string","format":"uri","x-gate":true}}}}}
            """);
        StructuredFieldGraderOptions options = StructuredFieldGraderOptions.FromJsonSchema(document.RootElement);

        Assert.Equal(
            "vendor:text note:text date:date paid:boolean count:integer state:enum tags:text items: items.sku:id items.price:money address: address.city:text site:url",
            string.Join(" ", options.Fields.Select(field => $"{field.Path}:{field.Comparer?.Type}")));
        Assert.Equal(2, options.Fields[0].Weight);
        Assert.Equal(["vendor"], options.Fields.Where(field => field.Required).Select(field => field.Path));
        Assert.Equal(FieldListMode.Set, options.Fields.Single(field => field.Path == "tags").List);
        Assert.Equal(["sku"], options.Fields.Single(field => field.Path == "items").Keys);
        Assert.True(options.Fields.Single(field => field.Path == "site").Gate);
        Assert.Equal(["thoughts"], options.Ignored);
        var grader = new StructuredFieldGrader(options);
        Assert.Equal(1, grader.Grade(
            """{"thoughts":"…","vendor":"acme","state":"washington","tags":["a","a"],"items":[{"sku":"1","price":"$2.00"}],"site":"https://x.org/"}""",
            """{"vendor":"Acme","state":"WA","tags":["a"],"items":[{"sku":"1","price":2.01}],"site":"https://x.org"}""").Score);
        Assert.Contains("'vendor' is required", grader.FindFault(new Problem("?") { Reference = "{}" }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","x-comparr":"id"}}}""", "did you mean \"x-comparer\"")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}}}""", "'#/$defs/b'")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","x-comparer":"idd"}}}""", "did you mean \"id\"")]
    public void A_faulty_schema_is_refused(string schema, string why)
    {
        using var document = JsonDocument.Parse(schema);
        Assert.Contains(why, Assert.Throws<DataException>(() => StructuredFieldGraderOptions.FromJsonSchema(document.RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_in_grader_json_can_be_overridden_field_by_field()
    {
        using var document = JsonDocument.Parse("""{"schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"number"}}},"fields":{"a":"id","c":"text"}}""");
        Assert.Equal("a:id b:number c:text", string.Join(" ", StructuredFieldGraderOptions.FromJson(document.RootElement).Fields.Select(field => $"{field.Path}:{field.Comparer!.Type}")));
    }

    [Fact]
    public void A_record_declares_fields()
    {
        StructuredFieldGraderOptions options = StructuredFieldGraderOptions.FromType<Invoice>(JsonNamingPolicy.SnakeCaseLower);
        Assert.Equal(
            "vendor_name:similarity total:money due:date state:enum tags:text lines: lines.sku:id lines.quantity:integer lines.unit_price:number "
            + "address: address.city:text address.parent: codes:integer paid:boolean seen:date_time took:duration site:url extra:",
            string.Join(" ", options.Fields.Select(field => $"{field.Path}:{field.Comparer?.Type}")));
        Assert.Equal(["thoughts"], options.Ignored);
        Assert.Equal(FieldListMode.Set, options.Fields.Single(field => field.Path == "codes").List);
        FieldOptions lines = options.Fields.Single(field => field.Path == "lines");
        Assert.Equal((2, "sku"), (lines.Weight, lines.Keys[0]));
        Assert.Equal(1, new StructuredFieldGrader(options).Grade(
            """{"total":"$12.50","state":"Washington State","lines":[{"sku":"a","quantity":2}]}""",
            """{"total":12.5,"state":"washington state","lines":[{"sku":"a","quantity":2.0}]}""").Score);
        _ = Assert.Throws<ArgumentException>(() => StructuredFieldGraderOptions.FromType<string>());
        Assert.Contains("did you mean", Assert.Throws<ArgumentException>(() => StructuredFieldGraderOptions.FromType<Misspelt>()).Message, StringComparison.Ordinal);
    }

    private enum State
    {
        [JsonStringEnumMemberName("Washington State")]
        Washington,
        Oregon,
    }

    private sealed record Line([GradedField(Comparer = "id")] string Sku, int Quantity, decimal? UnitPrice);

    private sealed record Address(string City, Address? Parent);

    private sealed record Misspelt([property: GradedField(Comparer = "similarty")] string A);

    private sealed record Invoice(
        [GradedField(Comparer = "similarity", Threshold = 0.9)] string VendorName,
        [property: GradedField(Comparer = "money", Tolerance = 0.01)] decimal Total,
        DateOnly? Due,
        State State,
        string[] Tags,
        [GradedField(Weight = 2, Keys = ["sku"])] IReadOnlyList<Line> Lines,
        Address Address)
    {
        [GradedField(Ignore = true)]
        public string? Thoughts { get; init; }

        public HashSet<int>? Codes { get; init; }

        public bool Paid { get; init; }

        public DateTime Seen { get; init; }

        public TimeSpan Took { get; init; }

        public Uri? Site { get; init; }

        public Dictionary<string, string>? Extra { get; init; }
    }
}

using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class GraderTemplateTests
{
    private const string Row = """
        {"item": {"s": "text", "n": 1.0, "big": 1e+21, "t": true, "nul": null, "list": [1, {"a": "é"}], "obj": {"k": "v"}, "a b": "space", "x-y": "dash", "}}": "braces", "]'[": "brackets", "deep": ["\u3000\ud83d\ude00\u007f\u001f/<\"\\"], "surrogate": "a\ud800b", "tmpl": "{{item.s}}"},
         "sample": {"output_text": "{\"city\": \"Oslo\", \"n\": [3, 4]}"}}
        """;

    [Theory]
    [InlineData("{{item.s}}", "text")]
    [InlineData("{{ item . s }}", null)]
    [InlineData("{{\n item.s\t}}", "text")]
    [InlineData("<{{item.s}}|{{item.s}}>", "<text|text>")]
    [InlineData("{{item.n}}", "1.0")]
    [InlineData("{{item.big}}", "1e+21")]
    [InlineData("{{item.t}}", "true")]
    [InlineData("{{item.nul}}", "null")]
    [InlineData("{{item.list}}", "[1,{\"a\":\"é\"}]")]
    [InlineData("{{item.list[1].a}}", "é")]
    [InlineData("{{item.list.1.a}}", "é")]
    [InlineData("{{item.obj}}", "{\"k\":\"v\"}")]
    [InlineData("{{item['a b']}}", "space")]
    [InlineData("{{item[\"obj\"].k}}", "v")]
    [InlineData("{{item.x-y}}", "dash")]
    [InlineData("{{item.tmpl}}", "{{item.s}}")]
    [InlineData("{{item['}}']}}!", "braces!")]
    [InlineData("{{ item[ \"]'[\" ] }}", "brackets")]
    [InlineData("{{item.deep}}", "[\"\u3000\ud83d\ude00\u007f\\u001f/<\\\"\\\\\"]")]
    [InlineData("{{'{{'}}item.s}}", "{{item.s}}")]
    [InlineData("{{'}}'}}", "}}")]
    [InlineData("{{sample.output_json.n[1]}}", "4")]
    [InlineData("{{sample.choices[0].message.content}}", "{\"city\": \"Oslo\", \"n\": [3, 4]}")]
    [InlineData("{ {item.s} }", "{ {item.s} }")]
    [InlineData("", "")]
    [InlineData("{{}}", null)]
    [InlineData("{{item..s}}", null)]
    [InlineData("{{item.s", null)]
    [InlineData("{{{item.s}}}", null)]
    [InlineData("{{item.s|upper}}", null)]
    [InlineData("{{item.list[0:1]}}", null)]
    [InlineData("{{item['s}}", null)]
    [InlineData("{{item['s'x]}}", null)]
    [InlineData("{{item.list[-1]}}", null)]
    [InlineData("{{ITEM.s}}", null)]
    [InlineData("{{item.s + 'x'}}", null)]
    public void Text_is_filled_in_as_documented_or_refused(string template, string? expected)
    {
        if (expected is null)
        {
            Assert.Throws<DataException>(() => GraderTemplate.Parse(template));
            return;
        }

        GraderInput input = GraderInput.Parse(Row, "row");
        string text = GraderTemplate.Parse(template).Render(input.Problem, input.Completion, out Grade? fault);
        Assert.Null(fault);
        Assert.Equal(expected, text);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_row_is_read_and_not_a_crash()
    {
        GraderInput input = GraderInput.Parse(Row, "row");
        string text = GraderTemplate.Parse("{{item.surrogate}}").Render(input.Problem, input.Completion, out _);
        Assert.Equal(3, text.Length);
        Assert.Equal(0xD800, text[1]);
    }

    [Theory]
    [InlineData("{{item.missing}}", GradeStatus.Failed)]
    [InlineData("{{item.s.t}}", GradeStatus.Failed)]
    [InlineData("{{item.list[2]}}", GradeStatus.Failed)]
    [InlineData("{{sample.output_json.town}}", GradeStatus.Ungradable)]
    [InlineData("{{sample.output_json.n[7]}}", GradeStatus.Ungradable)]
    [InlineData("{{sample.output_tools[0]}}", GradeStatus.Ungradable)]
    [InlineData("{{sample.nothing}}", GradeStatus.Failed)]
    public void A_missing_path_is_the_row_s_fault_or_the_answer_s_and_never_a_score(string template, GradeStatus expected)
    {
        GraderInput input = GraderInput.Parse(Row, "row");
        GraderTemplate.Parse(template).Render(input.Problem, input.Completion, out Grade? fault);
        Assert.Equal(expected, fault!.Status);
        Assert.Contains("invalid_variable_error", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_s_fault_is_found_before_there_is_a_completion()
    {
        GraderInput input = GraderInput.Parse(Row, "row");
        Assert.Null(GraderTemplate.Parse("{{item.s}}{{sample.output_json.x}}").FindFault(input.Problem));
        Assert.Contains("item.nope", GraderTemplate.Parse("{{item.nope}}").FindFault(input.Problem), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    [InlineData("{\"a\": 1} {\"a\": 2}")]
    [InlineData("```json\n{\"a\": 1}\n```")]
    [InlineData("{\"a\": NaN}")]
    [InlineData("")]
    public void Only_one_whole_JSON_value_without_repeated_keys_is_output_json(string text)
    {
        GraderTemplate.Parse("{{sample.output_json.a}}").Render(new Problem("?"), Completion.FromText(text), out Grade? fault);
        Assert.Equal(GradeStatus.Ungradable, fault!.Status);
    }

    [Fact]
    public void Tool_calls_written_into_the_text_are_output_tools()
    {
        Completion completion = Completion.FromText("Let me look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>");
        string text = GraderTemplate.Parse("{{sample.output_tools[0].function.name}} {{sample.output_tools[0].function.arguments}}")
            .Render(new Problem("?"), completion, out Grade? fault);
        Assert.Null(fault);
        Assert.Equal("get_weather {\"city\":\"Paris\"}", text);
    }

    [Fact]
    public void A_problem_made_in_code_has_its_reference_as_item_reference()
    {
        var problem = new Problem("?") { Reference = """{"city": "Oslo"}""" };
        Assert.Equal("Oslo", GraderTemplate.Parse("{{item.reference.city}}").Render(problem, Completion.FromText(""), out _));
        Assert.Equal("7", GraderTemplate.Parse("{{item.reference}}").Render(new Problem("?") { Reference = "7" }, Completion.FromText(""), out _));
    }
}

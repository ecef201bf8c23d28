using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models.ChatTemplates;

public class JinjaLanguageTests
{
    [Fact]
    public void Every_expression_and_statement_gives_what_Jinja2_gives()
    {
        JsonElement golden = TemplateCases.Read("language.json");
        JsonElement context = golden.GetProperty("context");
        List<string> wrong = [];
        int count = 0;
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            count++;
            string source = item.GetProperty("template").GetString()!;
            if (TemplateCases.Check(null, source, context, item.GetProperty("expected")) is { } difference)
            {
                wrong.Add($"{source}\n   {difference}");
            }
        }

        Assert.True(count > 800, $"only {count} cases");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count}:\n" + string.Join('\n', wrong.Take(20)));
    }

    [Theory]
    [InlineData("a\n  {{ x", 2, 3, "no end '}}'")]
    [InlineData("{% if true %}\nx", 2, 1, "endif")]
    [InlineData("{{ 1 +\n  ) }}", 2, 3, "')'")]
    [InlineData("a\n{% include 'x' %}", 2, 4, "'include' is not supported")]
    [InlineData("{% frob %}", 1, 4, "'frob'")]
    [InlineData("{{ missing.x }}", 1, 11, "'missing' is undefined")]
    [InlineData("x\n{{ 1 | nosuch }}", 2, 8, "no filter named 'nosuch'")]
    [InlineData("{{ 1 | random }}", 1, 8, "'random' is not supported")]
    [InlineData("{{ 1 is nosuch }}", 1, 6, "no test named 'nosuch'")]
    [InlineData("{{ 1 + 'a' }}", 1, 6, "whole number")]
    [InlineData("{{ 'abc\n' ~ \"x }}", 2, 5, "closing quote")]
    public void Errors_tell_line_and_column_and_what_is_wrong(string source, int line, int column, string part)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => ChatTemplate.Parse(source).Render([new PromptMessage("user", "x")]));

        Assert.Contains($"line {line}, column {column}:", exception.Message, StringComparison.Ordinal);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}")]
    [InlineData("{% set l = [] %}{{ l.append(l) or '' }}{{ l }}")]
    [InlineData("{% set l = [1] %}{% for x in l %}{{ l.append(x) or '' }}{% endfor %}")]
    [InlineData("{{ 'a' * 1000000000 }}")]
    [InlineData("{{ [1] * 1000000000 }}")]
    [InlineData("{{ 9 ** 387420489 }}")]
    [InlineData("{{ 'x'.center(2000000000) }}")]
    [InlineData("{{ '%2000000000d' % 1 }}")]
    [InlineData("{{ 'a'|indent(2000000000) }}")]
    [InlineData("{{ ('a' * 1000000).replace('a', 'b' * 1000) }}")]
    [InlineData("{% set a = 'a' * 8000000 %}{% for i in range(1000) %}{{ (a ~ 'a') in (a ~ 'b') }}{% endfor %}")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}")]
    public void A_template_that_would_never_end_is_stopped_with_a_reason(string source)
    {
        var options = new ChatTemplateOptions { MaxSteps = 500_000 };

        CheckpointException exception = Assert.Throws<CheckpointException>(() => ChatTemplate.Parse(source).Render([], options));

        Assert.Matches("steps of work|characters or items|nest|refused", exception.Message);
    }

    [Fact]
    public void Deep_nesting_is_an_error_and_not_a_crash()
    {
        foreach (string source in new[]
        {
            "{{ " + new string('(', 20_000) + "1" + new string(')', 20_000) + " }}",
            "{{ " + new string('[', 20_000),
            "{{ " + string.Concat(Enumerable.Repeat("not ", 20_000)) + "1 }}",
            "{{ " + string.Concat(Enumerable.Repeat("- ", 20_000)) + "1 }}",
            "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 20_000)) + " }}",
            "{{ a" + string.Concat(Enumerable.Repeat("|upper", 20_000)) + " }}",
            "{{ 1" + string.Concat(Enumerable.Repeat(" if 1 else 1", 20_000)) + " }}",
            string.Concat(Enumerable.Repeat("{% if true %}", 20_000)),
            "{% set " + new string('(', 20_000) + "a",
        })
        {
            Assert.Throws<CheckpointException>(() => ChatTemplate.Parse(source).Render([]));
        }
    }

    [Fact]
    public void Mutated_templates_give_text_or_an_error_of_ours()
    {
        string[] sources = [TemplateCases.ReadText("llama-3.1.jinja"), TemplateCases.ReadText("qwen3.jinja"), TemplateCases.ReadText("zephyr.jinja")];
        const string pieces = "{%}#-+|()[]'\"\\.,:~ \n0a";
        PromptMessage[] messages = [new("system", "s"), new("user", "u"), new("assistant", "<think>a</think>b")];
        var options = new ChatTemplateOptions { MaxSteps = 50_000 };
        int rendered = 0;
        for (ulong seed = 0; seed < 1500; seed++)
        {
            var random = new KeyedRandom(KeyedRandom.Key(seed));
            var text = new System.Text.StringBuilder(sources[random.NextInt32(sources.Length)]);
            for (int edits = 1 + random.NextInt32(3); edits > 0; edits--)
            {
                int at = random.NextInt32(text.Length);
                switch (random.NextInt32(3))
                {
                    case 0:
                        text.Remove(at, Math.Min(1 + random.NextInt32(8), text.Length - at));
                        break;
                    case 1:
                        text.Insert(at, pieces[random.NextInt32(pieces.Length)]);
                        break;
                    default:
                        text[at] = pieces[random.NextInt32(pieces.Length)];
                        break;
                }
            }

            try
            {
                ChatTemplate.Parse(text.ToString()).Render(messages, options);
                rendered++;
            }
            catch (RlvrException)
            {
            }
        }

        Assert.InRange(rendered, 50, 1450);
    }
}

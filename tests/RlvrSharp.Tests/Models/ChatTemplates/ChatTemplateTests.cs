using System.Globalization;
using System.Text.Json;
using RlvrSharp.Models;

namespace RlvrSharp.Tests.Models.ChatTemplates;

public sealed class ChatTemplateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rlvr-template").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_conversation_renders_as_Jinja2_renders_it()
    {
        var templates = new Dictionary<string, ChatTemplate>();
        List<string> wrong = [];
        int count = 0;
        foreach (JsonElement item in TemplateCases.Read("conversations.json").EnumerateArray())
        {
            count++;
            string file = item.GetProperty("template").GetString()!;
            if (!templates.TryGetValue(file, out ChatTemplate? template))
            {
                templates[file] = template = ChatTemplate.Parse(TemplateCases.ReadText(file));
            }

            if (TemplateCases.Check(template, null, item.GetProperty("context"), item.GetProperty("expected")) is { } difference)
            {
                wrong.Add($"{file}, {item.GetProperty("name")}\n   {difference}");
            }
        }

        Assert.True(count > 700 && templates.Count >= 11, $"only {count} cases of {templates.Count} templates");
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count}:\n" + string.Join('\n', wrong.Take(5)));
    }

    [Fact]
    public void The_known_form_of_ChatML_comes_out()
    {
        ChatTemplate template = ChatTemplate.Parse(TemplateCases.ReadText("chatml.jinja"));

        string text = template.Render([new("system", "Be brief."), new("user", "Hi")]);

        Assert.Equal("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", text);
    }

    [Fact]
    public void A_template_that_refuses_says_why_in_its_own_words()
    {
        ChatTemplate template = ChatTemplate.Parse(TemplateCases.ReadText("gemma.jinja"));

        PolicyException exception = Assert.Throws<PolicyException>(() => template.Render([new("system", "x")]));

        Assert.Contains("System role not supported", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_date_is_an_option_and_never_the_clock()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ strftime_now('%d %b %Y') }}");

        Assert.Equal("26 Jul 2024", template.Render([]));
        Assert.Equal("01 Feb 2031", template.Render([], new ChatTemplateOptions { Now = new DateTimeOffset(2031, 2, 1, 12, 0, 0, TimeSpan.Zero) }));
    }

    [Fact]
    public void Variables_reach_the_template_whatever_their_kind()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ a }}|{{ b }}|{{ c }}|{{ d }}|{{ e.x }}|{{ f }}|{{ bos_token }}");
        var options = new ChatTemplateOptions
        {
            BosToken = "<s>",
            Variables = { ["a"] = true, ["b"] = 3, ["c"] = 1.0, ["d"] = null, ["e"] = JsonDocument.Parse("{\"x\":[1,2.0]}").RootElement, ["f"] = "t" },
        };

        Assert.Equal("True|3|1.0|None|[1, 2.0]|t|<s>", template.Render([], options));
        options.Variables["a"] = DateTime.UnixEpoch;
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => template.Render([], options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_culture_changes_nothing()
    {
        CultureInfo saved = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("tr-TR");
            Assert.Equal("1.5 TITLE -1 1,234.50 Jul", ChatTemplate.Parse("{{ 1.5 }} {{ 'title'|upper }} {{ -1 }} {{ '{:,.2f}'.format(1234.5) }} {{ strftime_now('%b') }}").Render([]));
        }
        finally
        {
            CultureInfo.CurrentCulture = saved;
        }
    }

    [Fact]
    public void Messages_must_be_an_array_of_objects()
    {
        ChatTemplate template = ChatTemplate.Parse("x");

        Assert.Throws<ArgumentException>(() => template.Render(JsonDocument.Parse("{}").RootElement));
        Assert.Contains("Message 1", Assert.Throws<ArgumentException>(() => template.Render(JsonDocument.Parse("[{}, 3]").RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_without_a_template_gives_none()
    {
        Assert.Null(ChatTemplate.TryLoad(folder));
        Write("tokenizer_config.json", "{\"bos_token\": \"<s>\"}");
        Assert.Null(ChatTemplate.TryLoad(folder));
        Assert.Contains("nowhere", Assert.Throws<CheckpointException>(() => ChatTemplate.TryLoad(Path.Combine(folder, "nowhere"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_config_gives_template_and_tokens()
    {
        Write("tokenizer_config.json", """{"bos_token": {"content": "<B>", "lstrip": false}, "eos_token": "<E>", "pad_token": null, "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token is defined }}{{ unk_token }}"}""");
        Write("special_tokens_map.json", """{"eos_token": "<other>", "unk_token": "<U>"}""");

        ChatTemplate template = ChatTemplate.TryLoad(folder)!;

        Assert.Equal("<B>hi<E>False<U>", template.Render([new("user", "hi")]));
        Assert.Equal("<X>hi<E>False<U>", template.Render([new("user", "hi")], new ChatTemplateOptions { BosToken = "<X>" }));
        Assert.Equal(["default"], template.Names);
        Assert.Equal("<B>", template.SpecialTokens["bos_token"]);
    }

    [Fact]
    public void Named_templates_are_chosen_by_tools_or_by_name()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T{{ tools|length }}"}, {"name": "rag", "template": "R"}]}""");
        ChatTemplate template = ChatTemplate.TryLoad(folder)!;
        JsonElement tools = JsonDocument.Parse("[{}]").RootElement;

        Assert.Equal("D", template.Render([]));
        Assert.Equal("T1", template.Render([], new ChatTemplateOptions { Tools = tools }));
        Assert.Equal("R", template.Render([], new ChatTemplateOptions { Tools = tools, TemplateName = "rag" }));
        Assert.Contains("default, rag, tool_use", Assert.Throws<ArgumentException>(() => template.Render([], new ChatTemplateOptions { TemplateName = "x" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_template_file_wins_over_the_config()
    {
        Write("tokenizer_config.json", """{"eos_token": "<E>", "chat_template": "old"}""");
        Write("chat_template.jinja", "new{{ eos_token }}\n");
        Directory.CreateDirectory(Path.Combine(folder, "additional_chat_templates"));
        Write("additional_chat_templates/tool_use.jinja", "tools");

        ChatTemplate template = ChatTemplate.TryLoad(folder)!;

        Assert.Equal("new<E>", template.Render([]));
        Assert.Equal(["default", "tool_use"], template.Names);
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "JSON object")]
    [InlineData("{\"chat_template\": 5}", "chat_template")]
    [InlineData("{\"chat_template\": [{\"name\": 1}]}", "'name' and 'template'")]
    [InlineData("{\"chat_template\": \"{% if %}\"}", "line 1, column 7")]
    public void A_broken_config_is_named(string json, string part)
    {
        Write("tokenizer_config.json", json);

        CheckpointException exception = Assert.Throws<CheckpointException>(() => ChatTemplate.TryLoad(folder));

        Assert.Contains("tokenizer_config.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_prompts_stay_within_the_limits()
    {
        ChatTemplate template = ChatTemplate.Parse(TemplateCases.ReadText("qwen3.jinja"));
        PromptMessage[] messages = [.. Enumerable.Range(0, 200).Select(i => new PromptMessage(i % 2 == 0 ? "user" : "assistant", "<think>x</think>" + new string('y', 10_000)))];

        Assert.True(template.Render(messages).Length > 2_000_000);
        Assert.Throws<CheckpointException>(() => template.Render(messages, new ChatTemplateOptions { MaxOutputLength = 100_000 }));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}

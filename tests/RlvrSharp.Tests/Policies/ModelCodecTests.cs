using System.Text.Json;
using Microsoft.Extensions.Logging;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

/// <summary>How a policy's prompts become text: the chosen template, its variables, tools, and no template at all.</summary>
public sealed class ModelCodecTests : IDisposable
{
    private static readonly PromptMessage[] Messages = [new("developer", "a"), new("user", "b")];
    private static readonly JsonElement Tools = JsonDocument.Parse("""[{"type": "function", "function": {"name": "look"}}]""").RootElement;
    private readonly string root = Directory.CreateTempSubdirectory("rlvr-codec-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task Tools_names_and_variables_reach_the_template_and_named_templates_are_saved_along()
    {
        string model = CopyModel("model");
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), "{{ messages[0].role }}{% if tools %}:{{ tools[0].function.name }}{% endif %}{% if hurry %}!{% endif %}");
        Directory.CreateDirectory(Path.Combine(model, "additional_chat_templates"));
        File.WriteAllText(Path.Combine(model, "additional_chat_templates", "rag.jinja"), "rag {{ messages[0].role }} (developer)");
        using (ManagedPolicy policy = ManagedPolicy.Load(model))
        {
            Assert.True(policy.HasChatTemplate);
            Assert.Equal("system", Text(policy, default));
            Assert.Equal("system:look", Text(policy, Tools));
            var problem = new Problem(Messages) { Tools = Tools };
            IReadOnlyList<Completion> completions = await policy.SampleAsync(
                [new SampleRequest(problem, 1), new SampleRequest(Messages, 1), new SampleRequest(problem, 2)], new SamplingOptions { MaxTokens = 1 });
            Assert.Equal(["system:look", "system", "system:look"], completions.Select(completion => policy.Codec.Decode(completion.PromptTokens.Span)));
            await policy.SaveAsync(Path.Combine(root, "saved"));
        }

        var options = new ManagedPolicyOptions { ChatTemplate = "rag" };
        using ManagedPolicy named = ManagedPolicy.Load(Path.Combine(root, "saved"), options);
        Assert.Equal("rag developer (developer)", Text(named, default));
        options = new ManagedPolicyOptions { ChatTemplateVariables = { ["hurry"] = true } };
        using ManagedPolicy hurried = ManagedPolicy.Load(Path.Combine(root, "saved"), options);
        Assert.Equal("system!", Text(hurried, default));
        PolicyException error = Assert.Throws<PolicyException>(() => ManagedPolicy.Load(model, new ManagedPolicyOptions { ChatTemplate = "rga" }));
        Assert.Contains("default, rag", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_a_template_says_so_once_and_takes_no_tools()
    {
        var log = new Messenger();
        using ManagedPolicy policy = ManagedPolicy.Load(CopyModel("plain"), logger: log);
        Assert.False(policy.HasChatTemplate);
        Assert.Equal("ab", Text(policy, default));
        Assert.Equal("ab", Text(policy, default));
        string line = Assert.Single(log.Lines);
        Assert.Contains("no chat template", line, StringComparison.Ordinal);
        Assert.Contains("tools", Assert.Throws<PolicyException>(() => Text(policy, Tools)).Message, StringComparison.Ordinal);
        Assert.Contains("tools", Assert.Throws<PolicyException>(() => ((ITokenCodec)new PlainCodec(10, 1)).EncodePrompt(Messages, Tools)).Message, StringComparison.Ordinal);
    }

    private static string Text(ManagedPolicy policy, JsonElement tools) => policy.Codec.Decode(policy.Codec.EncodePrompt(Messages, tools));

    private string CopyModel(string name)
    {
        string folder = Path.Combine(root, name);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden", "models", "llama-tiny")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    private sealed class Messenger : ILogger<ManagedPolicy>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}

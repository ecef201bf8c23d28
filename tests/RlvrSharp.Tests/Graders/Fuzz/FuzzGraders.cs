using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RlvrSharp.Graders;
using RlvrSharp.Graders.Json;
using RlvrSharp.Graders.Judges;

namespace RlvrSharp.Tests.Graders.Fuzz;

/// <summary>A grader under test, by a name for reports.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Grader">The grader.</param>
/// <param name="Row">The row it grades against.</param>
/// <param name="MayFail">Whether a Failed grade can be right: only where the faked judge or service talks nonsense.</param>
/// <param name="Every">In a long study, it gets every so-manieth answer: 1 gets all. More only for slow variants of a type that gets all.</param>
internal sealed record FuzzGrader(string Name, IGrader Grader, Problem Row, bool MayFail = false, int Every = 1);

/// <summary>Every grader the library has, in every mode that changes its code path; models and services are faked.</summary>
internal static class FuzzGraders
{
    /// <summary>The row most graders see.</summary>
    public const string Gold = """{"name": "Ada Łovelace", "year": 1815, "tags": ["math", "engine"], "address": {"city": "London", "zip": null}}""";

    private const string Input = "\"input\": \"{{sample.output_text}}\", \"reference\": \"{{item.reference}}\"";

    /// <summary>Answers that mutations start from.</summary>
    public static IReadOnlyList<string> Seeds { get; } =
    [
        Gold, FuzzFields.Gold, FuzzFields.Wrong, "", "Paris or London", "1,234.50", "-12.5e3", "The answer is \\boxed{42}.", "```json\n" + Gold + "\n```",
        "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call>", "{\"a\": [1, 2.5e300, {\"b\": null}]}", "ΣΊΣΥΦΟΣ \U0001F600 e\u0301", "[[1,2],[3,[4]]]", "\"text\"",
        "The quick brown fox jumps over the lazy dog, and the lazy dog begins to start running.",
    ];

    public static IReadOnlyList<FuzzGrader> All()
    {
        var row = new Problem("?") { Id = "row", Reference = Gold };
        var number = new Problem("?") { Id = "number", Reference = "1234.5" };
        var prose = new Problem("?") { Id = "prose", Reference = "The quick brown fox jumped over the lazy dogs and started running." };
        var graders = new List<FuzzGrader>
        {
            new("exact match", new ExactMatchGrader(), row),
            new("exact match, normalised", new ExactMatchGrader(normalize: true), row),
            new("number", new NumberGrader(0.01, 0.001), number),
            new("number, last", new NumberGrader(useLast: true), number),
            new("structured_field, inferred", new StructuredFieldGrader(), row),
            new("structured_field, every comparer", FuzzFields.EveryComparer(), new Problem("?") { Reference = FuzzFields.Gold }),
            new("structured_field, every list mode", FuzzFields.EveryList(), new Problem("?") { Reference = FuzzFields.Gold }),
        };
        foreach (string operation in (string[])["eq", "ne", "like", "ilike"])
        {
            Add($"string_check {operation}", $$"""{"type": "string_check", "name": "c", "operation": "{{operation}}", {{Input}}}""", row);
        }

        foreach (string metric in (string[])["fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l", "cosine"])
        {
            Add($"text_similarity {metric}", Similarity($"\"evaluation_metric\": \"{metric}\""), metric.Length % 2 == 0 ? row : prose);
        }

        foreach (string function in (string[])["partial_ratio", "token_sort_ratio", "token_set_ratio", "token_ratio", "WRatio"])
        {
            Add($"text_similarity {function}", Similarity($"\"evaluation_metric\": \"fuzzy_match\", \"fuzzy_process\": true, \"fuzzy_function\": \"{function}\""), row, every: function is "partial_ratio" or "WRatio" ? 20 : 5);
        }

        foreach (string smoothing in (string[])["method1", "method2", "method3", "method4", "method5", "method7"])
        {
            Add($"text_similarity bleu {smoothing}", Similarity($"\"evaluation_metric\": \"bleu\", \"bleu_smoothing\": \"{smoothing}\""), prose, every: 5);
        }

        Add("text_similarity rouge_l, stemmed", Similarity("\"evaluation_metric\": \"rouge_l\", \"rouge_stem\": true"), prose, every: 5);
        Add("structured_field in JSON", $$"""{"type": "structured_field", "name": "f", {{Input}}, "beta": 0.5}""", row);
        Add("template output_json", """{"type": "string_check", "name": "j", "operation": "eq", "input": "{{sample.output_json.address.city}}", "reference": "London"}""", row);
        Add("template output_tools, choices", """{"type": "string_check", "name": "t", "operation": "ne", "input": "{{sample.output_tools[0].function.arguments}} {{sample.choices[0].message.content}}", "reference": "x"}""", row);
        Add("multi, formula", $$"""{"type": "multi", "name": "m", "graders": {"a": {"type": "string_check", "operation": "like", {{Input}}}, "b": {{Similarity("\"evaluation_metric\": \"rouge_l\"")}} }, "calculate_output": "gate(a or b > 0.1, 2 * b - 0.5) / max(a + b, 1e-9) ^ 2 + log(1 + abs(b)) - if(a, exp(b), sqrt(b))"}""", row);
        Add("multi, nested with fields and judge", $$"""{"type": "multi", "name": "m", "graders": {"f": {"type": "structured_field", {{Input}}}, "n": {"type": "multi", "graders": {"j": {{Judge}} }, "calculate_output": "clamp(j, 0, 1)"} }, "calculate_output": "min(f, n)"}""", row, every: 5);
        Add("score_model", Judge, row);
        Add("score_model, nonsense", Judge.Replace("\"judge\"", "\"nonsense\"", StringComparison.Ordinal), row, mayFail: true, every: 5);
        Add("label_model", """{"type": "label_model", "name": "l", "model": "labels", "input": [{"role": "user", "content": "{{sample.output_text}} {{item.reference}}"}], "labels": ["good", "bad"], "passing_labels": ["good"]}""", row);
        Add("endpoint", """{"type": "endpoint", "name": "e", "url": "http://localhost/grade"}""", row);
        Add("response_format json_schema", $$"""{"type": "structured_field", "name": "f", {{Input}}}""", row, format: """
            {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object", "required": ["name"], "additionalProperties": {"anyOf": [{"type": ["string", "null"], "maxLength": 40, "pattern": "^[A-Za-z ]*$"}, {"$ref": "#/$defs/any"}]},
              "properties": {"name": {"type": "string", "minLength": 1}, "year": {"type": "integer", "minimum": 0, "multipleOf": 5}, "tags": {"type": "array", "uniqueItems": true, "items": {"enum": ["math", "engine", 1.0]}}},
              "$defs": {"any": {"type": ["object", "string", "null"], "additionalProperties": {"$ref": "#/$defs/any"}}}}}}
            """);
        Add("response_format json_object", $$"""{"type": "string_check", "name": "c", "operation": "ne", {{Input}}}""", row, format: """{"type": "json_object"}""");
        return graders;

        void Add(string name, string json, Problem problem, bool mayFail = false, string? format = null, int every = 1)
        {
            var context = new GraderJsonContext
            {
                ChatClients = model => new FakeJudge(model),
                Embeddings = new FakeEmbeddings(),
                Http = new HttpClient(new FakeEndpoint()),
                ResponseFormat = format is null ? default : JsonElement.Parse(format),
            };
            context.Judges.Attempts = 1;
            context.Judges.CacheEntries = 0;
            graders.Add(new FuzzGrader(name, GraderJson.Parse(json, context), problem, mayFail, every));
        }
    }

    private static string Judge => """{"type": "score_model", "name": "j", "model": "judge", "range": [-2, 5], "input": [{"role": "user", "content": "Judge {{sample.output_text}} against {{item.reference}}"}]}""";

    private static string Similarity(string keys) => $$"""{"type": "text_similarity", "name": "s", {{keys}}, {{Input}}}""";

    /// <summary>A model that answers by what it is asked: numbers also beyond the range, labels, or garbage.</summary>
    private sealed class FakeJudge(string model) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            string asked = messages.Last().Text;
            uint hash = 2166136261;
            foreach (char letter in asked)
            {
                hash = (hash ^ letter) * 16777619;
            }

            string reply = model switch
            {
                "labels" => $$"""{"steps": [], "result": "{{(hash % 2 == 0 ? "good" : "bad")}}"}""",
                "nonsense" => AnswerMutator.Make(["""{"steps": [{"description": "d", "conclusion": "c"}], "result": 3.5}""", "good", "1e400", asked.Length > 400 ? asked[..400] : asked], 77, hash),
                _ => $$"""{"steps": [{"description": "d", "conclusion": "c"}], "result": {{((int)(hash % 200) - 100) / 10}}}""",
            };
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, reply)));
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (ChatResponseUpdate update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class FakeEmbeddings : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(value =>
            {
                float[] vector = new float[8];
                foreach (char letter in value)
                {
                    vector[letter % 8]++;
                }

                return new Embedding<float>(vector);
            })));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class FakeEndpoint : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            using JsonDocument json = JsonDocument.Parse(body);
            double score = ((json.RootElement.GetProperty("trace_id").GetString()![0] % 16) / 8.0) - 0.5;
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(new { score }), Encoding.UTF8, "application/json") };
        }
    }
}

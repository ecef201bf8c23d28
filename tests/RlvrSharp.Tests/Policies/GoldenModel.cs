using System.Text.Json;
using RlvrSharp.Models;
using RlvrSharp.Policies;

namespace RlvrSharp.Tests.Policies;

/// <summary>One of the reference models with what its publisher's code computes for it.</summary>
internal sealed class GoldenModel
{
    public static string[] Names { get; } = ["llama-tiny", "llama-tiny-bf16", "llama31-tiny-tied", "qwen2-tiny", "qwen3-tiny"];

    public GoldenModel(string name)
    {
        Folder = Path.Combine(AppContext.BaseDirectory, "Golden", "models", name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "golden.json")));
        Json = document.RootElement.Clone();
    }

    public string Folder { get; }

    public JsonElement Json { get; }

    public IEnumerable<int[]> Sequences => Json.GetProperty("sequences").EnumerateArray().Select(Ints);

    public static int[] Ints(JsonElement element) => [.. element.EnumerateArray().Select(number => number.GetInt32())];

    public static double[] Doubles(JsonElement element) => [.. element.EnumerateArray().Select(number => number.GetDouble())];

    public ManagedPolicy Load(int threads = 1, ManagedPolicyOptions? options = null)
    {
        CausalLmConfig config = CausalLmConfig.Load(Folder);
        options ??= new ManagedPolicyOptions();
        options.Threads = threads;
        return ManagedPolicy.Load(Folder, config, new PlainCodec(config.VocabularySize, config.EndTokens[0]), options);
    }
}

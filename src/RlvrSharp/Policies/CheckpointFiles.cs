using System.Text;
using RlvrSharp.Models;

namespace RlvrSharp.Policies;

/// <summary>The files of a model directory besides its weights, held in memory so that saving carries them over byte for byte.</summary>
internal sealed class CheckpointFiles
{
    private static readonly string[] ModelFiles = ["config.json", "generation_config.json"];

    private static readonly string[] TokenizerFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model",
        "chat_template.jinja", "chat_template.json",
    ];

    private const string TemplateFolder = "additional_chat_templates";

    private readonly List<(string Name, byte[] Content)> files;

    private CheckpointFiles(IEnumerable<(string Name, byte[] Content)> files) => this.files = [.. files];

    /// <summary>The files of an existing model.</summary>
    public static CheckpointFiles Read(string directory) => new(Existing(directory, [.. ModelFiles, .. TokenizerFiles, .. Templates(directory)]));

    /// <summary>The files of a fresh model: its configuration, and a tokenizer's as they are.</summary>
    public static CheckpointFiles ForFreshModel(CausalLmConfig config, string? tokenizerDirectory) =>
        new([("config.json", Encoding.UTF8.GetBytes(config.ToJson())), .. tokenizerDirectory is null ? [] : Existing(tokenizerDirectory, [.. TokenizerFiles, .. Templates(tokenizerDirectory)])]);

    /// <summary>Writes the files.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="withModel">False leaves the model's own files out, so that only the tokenizer's are written.</param>
    public void Write(string directory, bool withModel = true)
    {
        foreach ((string name, byte[] content) in files.Where(file => withModel || !ModelFiles.Contains(file.Name)))
        {
            string path = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    private static IEnumerable<string> Templates(string directory)
    {
        string folder = Path.Combine(directory, TemplateFolder);
        return Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.jinja").Order(StringComparer.Ordinal).Select(path => TemplateFolder + "/" + Path.GetFileName(path))
            : [];
    }

    private static IEnumerable<(string Name, byte[] Content)> Existing(string directory, string[] names) => names
        .Where(name => File.Exists(Path.Combine(directory, name)))
        .Select(name => (name, File.ReadAllBytes(Path.Combine(directory, name))));
}

using System.Text.Encodings.Web;
using System.Text.Json;

namespace RlvrSharp.Models.Tokenization;

/// <summary>Writes the files of a byte-level tokenizer that was trained here, as Hugging Face tools read them.</summary>
internal static class TokenizerWriter
{
    public static byte[] Tokenizer(ByteLevelBpeTrainer trainer, IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges) => Write(json =>
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int i = 0; i < trainer.SpecialTokens.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", vocabulary.Count + i);
            json.WriteString("content", trainer.SpecialTokens[i]);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        bool qwen = trainer.Words == WordPattern.Qwen2;
        if (qwen)
        {
            json.WriteStartObject("normalizer");
            json.WriteString("type", "NFC");
            json.WriteEndObject();
            json.WriteStartObject("pre_tokenizer");
            json.WriteString("type", "Sequence");
            json.WriteStartArray("pretokenizers");
            json.WriteStartObject();
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", TokenPatterns.Qwen2);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
            json.WriteEndObject();
            json.WriteStartObject();
            ByteLevel(json, useRegex: false);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("normalizer");
            json.WriteStartObject("pre_tokenizer");
            ByteLevel(json, useRegex: true);
            json.WriteEndObject();
        }

        if (trainer.BeginToken is { } begin)
        {
            Template(json, begin, vocabulary.Count + trainer.SpecialTokens.ToList().IndexOf(begin));
        }
        else
        {
            json.WriteNull("post_processor");
        }

        json.WriteStartObject("decoder");
        ByteLevel(json, useRegex: !qwen);
        json.WriteEndObject();
        Model(json, vocabulary, merges);
    });

    public static byte[] Config(ByteLevelBpeTrainer trainer) => Write(json =>
    {
        json.WriteBoolean("add_prefix_space", false);
        json.WriteStartObject("added_tokens_decoder");
        json.WriteEndObject();
        json.WriteString("bos_token", trainer.BeginToken);
        if (trainer.ChatTemplate is { } template)
        {
            json.WriteString("chat_template", template);
        }

        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("eos_token", trainer.EndToken);
        if (trainer.ContextLength is { } length)
        {
            json.WriteNumber("model_max_length", length);
        }

        json.WriteString("pad_token", trainer.PadToken);
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
    });

    private static void Model(Utf8JsonWriter json, IReadOnlyList<string> vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < vocabulary.Count; id++)
        {
            json.WriteNumber(vocabulary[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((string left, string right) in merges)
        {
            json.WriteStringValue($"{left} {right}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void ByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", useRegex);
    }

    private static void Template(Utf8JsonWriter json, string begin, int id)
    {
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach ((string key, string[] texts) in ((string, string[])[])[("single", ["A"]), ("pair", ["A", "B"])])
        {
            json.WriteStartArray(key);
            for (int i = 0; i < texts.Length; i++)
            {
                Item("SpecialToken", begin, i);
                Item("Sequence", texts[i], i);
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("special_tokens");
        json.WriteStartObject(begin);
        json.WriteString("id", begin);
        json.WriteStartArray("ids");
        json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(begin);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();

        void Item(string kind, string name, int type)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", name);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }
}

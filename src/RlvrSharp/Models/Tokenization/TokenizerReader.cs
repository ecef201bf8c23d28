using System.Text;
using System.Text.Json;

namespace RlvrSharp.Models.Tokenization;

/// <summary>Reads tokenizer.json: each section into its parts, what is not built refused by name.</summary>
internal sealed class TokenizerReader(string path)
{
    private const int MaxId = 1 << 24;

    public TokenizerParts Read(JsonElement root)
    {
        JsonElement model = Object(root, "model") ?? throw Fault("has no \"model\" section");
        string type = ModelJson.Text(path, model, "type") ?? (ModelJson.Get(model, "merges") is null ? "none" : "BPE");
        if (type != "BPE")
        {
            throw Fault($"holds a model of the type \"{type}\"; supported is BPE (byte-level and SentencePiece-style)");
        }

        Dictionary<string, int> vocabulary = ReadVocabulary(model);
        List<AddedToken> added = ReadAddedTokens(root);
        var steps = new List<PreTokenizer>();
        bool bytesLast = false;
        if (Object(root, "pre_tokenizer") is { } section)
        {
            ReadPreTokenizer(section, steps, ref bytesLast);
        }

        var prefix = new List<int>();
        var suffix = new List<int>();
        if (Object(root, "post_processor") is { } post)
        {
            ReadPostProcessor(post, vocabulary, added, prefix, suffix);
        }

        return new TokenizerParts
        {
            AddedTokens = added,
            Normalizer = Object(root, "normalizer") is { } normalizer ? ReadNormalizer(normalizer) : null,
            PreTokenizers = steps,
            Model = ReadModel(model, vocabulary, bytesLast),
            Vocabulary = vocabulary,
            Prefix = prefix,
            Suffix = suffix,
            Decoders = Object(root, "decoder") is { } decoder ? [.. ReadDecoders(decoder)] : null,
        };
    }

    private Dictionary<string, int> ReadVocabulary(JsonElement model)
    {
        JsonElement section = Object(model, "vocab") ?? throw Fault("has no \"vocab\" object in its model");
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty entry in section.EnumerateObject())
        {
            vocabulary[Name(entry)] = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out int id) && id is >= 0 and < MaxId
                ? id
                : throw Fault($"gives the token \"{entry.Name}\" the id {ModelJson.Show(entry.Value)}; ids are whole numbers from 0 to {MaxId - 1}");
        }

        return vocabulary;
    }

    private string Name(JsonProperty entry)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointException($"{path}: a token of the vocabulary is not well-formed text: {error.Message}", error);
        }
    }

    private BytePairModel ReadModel(JsonElement model, Dictionary<string, int> vocabulary, bool bytesLast)
    {
        var merges = new List<(string, string)>();
        if (ModelJson.Get(model, "merges") is { } section)
        {
            foreach (JsonElement entry in List(section, "merges"))
            {
                merges.Add(ReadMerge(entry, merges.Count));
            }
        }

        return new BytePairModel(path, vocabulary, merges, new BytePairSettings
        {
            UnknownToken = ModelJson.Text(path, model, "unk_token"),
            ContinuingPrefix = ModelJson.Text(path, model, "continuing_subword_prefix"),
            EndSuffix = ModelJson.Text(path, model, "end_of_word_suffix"),
            FuseUnknown = ModelJson.Bool(path, model, "fuse_unk") ?? false,
            ByteFallback = ModelJson.Bool(path, model, "byte_fallback") ?? false,
            IgnoreMerges = ModelJson.Bool(path, model, "ignore_merges") ?? false,
        }, bytesLast);
    }

    private (string, string) ReadMerge(JsonElement entry, int rank)
    {
        if (entry.ValueKind == JsonValueKind.String)
        {
            string[] parts = ModelJson.GetText(path, entry).Split(' ');
            if (parts is [{ Length: > 0 } left, { Length: > 0 } right])
            {
                return (left, right);
            }
        }
        else if (entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2 && entry[0].ValueKind == JsonValueKind.String && entry[1].ValueKind == JsonValueKind.String)
        {
            (string left, string right) = (ModelJson.GetText(path, entry[0]), ModelJson.GetText(path, entry[1]));
            if (left.Length > 0 && right.Length > 0)
            {
                return (left, right);
            }
        }

        throw Fault($"has {ModelJson.Show(entry)} as merge {rank}; a merge is two tokens, as \"a b\" or [\"a\", \"b\"]");
    }

    private List<AddedToken> ReadAddedTokens(JsonElement root)
    {
        var tokens = new List<AddedToken>();
        if (ModelJson.Get(root, "added_tokens") is { } section)
        {
            foreach (JsonElement entry in List(section, "added_tokens"))
            {
                string content = Text(entry, "content");
                bool special = ModelJson.Bool(path, entry, "special") ?? false;
                tokens.Add(new AddedToken(
                    ModelJson.Int(path, entry, "id", 0, MaxId - 1) ?? throw Fault($"gives the added token \"{content}\" no id"),
                    content,
                    special,
                    ModelJson.Bool(path, entry, "single_word") ?? false,
                    ModelJson.Bool(path, entry, "lstrip") ?? false,
                    ModelJson.Bool(path, entry, "rstrip") ?? false,
                    ModelJson.Bool(path, entry, "normalized") ?? !special));
            }
        }

        return tokens;
    }

    private Normalizer ReadNormalizer(JsonElement section)
    {
        string type = Text(section, "type");
        switch (type)
        {
            case "Sequence":
                return new Normalizer.Sequence([.. List(Need(section, "normalizers"), "normalizers").Select(ReadNormalizer)]);
            case "NFC":
                return new Normalizer.Form(NormalizationForm.FormC);
            case "NFD":
                return new Normalizer.Form(NormalizationForm.FormD);
            case "NFKC":
                return new Normalizer.Form(NormalizationForm.FormKC);
            case "NFKD":
                return new Normalizer.Form(NormalizationForm.FormKD);
            case "Lowercase":
                return new Normalizer.Lowercase();
            case "StripAccents":
                return new Normalizer.StripAccents();
            case "Strip":
                return new Normalizer.Strip(ModelJson.Bool(path, section, "strip_left") ?? true, ModelJson.Bool(path, section, "strip_right") ?? true);
            case "Prepend":
                return new Normalizer.Prepend(Text(section, "prepend"));
            case "Replace":
                return ReadReplace(section);
            case "ByteLevel":
                return new Normalizer.Bytes();
            default:
                throw Unknown("normalizer", type, "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, ByteLevel");
        }
    }

    private Normalizer.Replace ReadReplace(JsonElement section) => new(ReadDelimiter(section), Text(section, "content"));

    private Delimiter ReadDelimiter(JsonElement section)
    {
        JsonElement pattern = Need(section, "pattern");
        if (pattern.ValueKind == JsonValueKind.String)
        {
            return new Delimiter(ModelJson.GetText(path, pattern));
        }

        if (ModelJson.Text(path, pattern, "String") is { } literal)
        {
            return new Delimiter(literal);
        }

        return ModelJson.Text(path, pattern, "Regex") is { } expression
            ? new Delimiter(Compile(expression))
            : throw Fault($"has the pattern {ModelJson.Show(pattern)}; a pattern is {{\"String\": …}} or {{\"Regex\": …}}");
    }

    private Pattern Compile(string expression)
    {
        try
        {
            return new Pattern(expression);
        }
        catch (CheckpointException error)
        {
            throw new CheckpointException($"{path}: {error.Message}", error);
        }
    }

    private void ReadPreTokenizer(JsonElement section, List<PreTokenizer> steps, ref bool bytesLast)
    {
        string type = Text(section, "type");
        if (type != "Sequence" && bytesLast)
        {
            // Bytes are mapped last of all, by the model, unless another step must see them mapped.
            steps.Add(new PreTokenizer.Bytes());
            bytesLast = false;
        }

        switch (type)
        {
            case "Sequence":
                foreach (JsonElement item in List(Need(section, "pretokenizers"), "pretokenizers"))
                {
                    ReadPreTokenizer(item, steps, ref bytesLast);
                }

                break;
            case "ByteLevel":
                if (ModelJson.Bool(path, section, "add_prefix_space") ?? true)
                {
                    steps.Add(new PreTokenizer.PrefixSpace());
                }

                if (ModelJson.Bool(path, section, "use_regex") ?? true)
                {
                    steps.Add(new PreTokenizer.Split(new Delimiter(new Pattern(TokenPatterns.Gpt2)), SplitBehavior.Isolated));
                }

                bytesLast = true;
                break;
            case "Split":
                bool invert = ModelJson.Bool(path, section, "invert") ?? false;
                steps.Add(new PreTokenizer.Split(ReadDelimiter(section), Behavior(Text(section, "behavior")), invert));
                break;
            case "Digits":
                bool individual = ModelJson.Bool(path, section, "individual_digits") ?? false;
                steps.Add(new PreTokenizer.Split(new Delimiter(CodePoints.IsNumeric), individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                steps.Add(new PreTokenizer.Split(new Delimiter(CodePoints.IsPunctuation), Behavior(ModelJson.Text(path, section, "behavior") ?? "Isolated")));
                break;
            case "Whitespace":
                steps.Add(new PreTokenizer.Split(new Delimiter(new Pattern(@"[\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+")), SplitBehavior.Removed, invert: true));
                break;
            case "WhitespaceSplit":
                steps.Add(new PreTokenizer.Split(new Delimiter(CodePoints.IsWhiteSpace), SplitBehavior.Removed));
                break;
            case "BertPreTokenizer":
                steps.Add(new PreTokenizer.Split(new Delimiter(CodePoints.IsWhiteSpace), SplitBehavior.Removed));
                steps.Add(new PreTokenizer.Split(new Delimiter(CodePoints.IsPunctuation), SplitBehavior.Isolated));
                break;
            case "CharDelimiterSplit":
                steps.Add(new PreTokenizer.Split(new Delimiter(Text(section, "delimiter")), SplitBehavior.Removed));
                break;
            case "FixedLength":
                steps.Add(new PreTokenizer.FixedLength(ModelJson.Int(path, section, "length", 1) ?? 5));
                break;
            case "Metaspace":
                (string replacement, bool prepend, bool onlyFirst) = ReadMetaspace(section);
                steps.Add(new PreTokenizer.Metaspace(replacement, prepend, onlyFirst, ModelJson.Bool(path, section, "split") ?? true));
                break;
            default:
                throw Unknown("pre_tokenizer", type, "Sequence, ByteLevel, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, Metaspace, BertPreTokenizer, CharDelimiterSplit, FixedLength");
        }
    }

    /// <summary>The newer form says when to prepend (<c>prepend_scheme</c>), the older whether (<c>add_prefix_space</c>).</summary>
    private (string Replacement, bool Prepend, bool OnlyFirst) ReadMetaspace(JsonElement section)
    {
        string replacement = ModelJson.Text(path, section, "replacement") ?? "\u2581";
        if (replacement.Length == 0)
        {
            throw Fault("has a Metaspace with an empty replacement; it must be one character");
        }

        string scheme = ModelJson.Text(path, section, "prepend_scheme") ?? (ModelJson.Bool(path, section, "add_prefix_space") ?? true ? "always" : "never");
        return scheme switch
        {
            "always" => (replacement, true, false),
            "first" => (replacement, true, true),
            "never" => (replacement, false, false),
            _ => throw Fault($"has the prepend_scheme \"{scheme}\"; it is always, first or never"),
        };
    }

    private SplitBehavior Behavior(string name) => Enum.TryParse(name, out SplitBehavior behavior) && Enum.IsDefined(behavior) && !char.IsAsciiDigit(name[0])
        ? behavior
        : throw Fault($"has the split behavior \"{name}\"; it is one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}");

    private void ReadPostProcessor(JsonElement section, Dictionary<string, int> vocabulary, List<AddedToken> added, List<int> prefix, List<int> suffix)
    {
        string type = Text(section, "type");
        switch (type)
        {
            case "Sequence":
                foreach (JsonElement item in List(Need(section, "processors"), "processors"))
                {
                    ReadPostProcessor(item, vocabulary, added, prefix, suffix);
                }

                break;
            case "ByteLevel":
                break; // moves offsets only
            case "TemplateProcessing":
                ReadTemplate(section, vocabulary, added, prefix, suffix);
                break;
            case "BertProcessing" or "RobertaProcessing":
                prefix.Insert(0, PairId(Need(section, "cls")));
                suffix.Add(PairId(Need(section, "sep")));
                break;
            default:
                throw Unknown("post_processor", type, "Sequence, ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing");
        }
    }

    private int PairId(JsonElement pair) => pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2 && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out int id) && id >= 0
        ? id
        : throw Fault($"has {ModelJson.Show(pair)} where a token and its id, [\"token\", 1], belong");

    private void ReadTemplate(JsonElement section, Dictionary<string, int> vocabulary, List<AddedToken> added, List<int> prefix, List<int> suffix)
    {
        var before = new List<int>();
        var after = new List<int>();
        bool seen = false;
        JsonElement? tokens = Object(section, "special_tokens");
        foreach (JsonElement item in List(Need(section, "single"), "single"))
        {
            if (Object(item, "Sequence") is not null)
            {
                if (seen)
                {
                    throw Fault("has a template that puts the text in twice, which is not supported");
                }

                seen = true;
                continue;
            }

            JsonElement special = Object(item, "SpecialToken") ?? throw Fault($"has {ModelJson.Show(item)} in its template; items are Sequence and SpecialToken");
            string name = Text(special, "id");
            List<int> ids = tokens is { } table && Object(table, name) is { } entry
                ? ModelJson.Ids(path, entry, "ids")
                : added.Find(token => token.Content == name) is { } token ? [token.Id]
                : vocabulary.TryGetValue(name, out int id) ? [id]
                : throw Fault($"has the token \"{name}\" in its template, but does not give its id");
            (seen ? after : before).AddRange(ids);
        }

        if (!seen)
        {
            throw Fault("has a template without the text (no Sequence)");
        }

        prefix.InsertRange(0, before);
        suffix.AddRange(after);
    }

    private IEnumerable<TokenDecoder> ReadDecoders(JsonElement section)
    {
        string type = Text(section, "type");
        switch (type)
        {
            case "Sequence":
                return [.. List(Need(section, "decoders"), "decoders").SelectMany(ReadDecoders)];
            case "ByteLevel":
                return [new TokenDecoder.ByteLevel()];
            case "ByteFallback":
                return [new TokenDecoder.ByteFallback()];
            case "Fuse":
                return [new TokenDecoder.Fuse()];
            case "Replace":
                return [new TokenDecoder.Replace(ReadReplace(section))];
            case "Strip":
                string content = Text(section, "content");
                if (content.Length == 0)
                {
                    throw Fault("has a Strip decoder with an empty content; it must be one character");
                }

                return [new TokenDecoder.Strip(CodePoints.At(content, 0, out _), ModelJson.Int(path, section, "start", 0) ?? 0, ModelJson.Int(path, section, "stop", 0) ?? 0)];
            case "Metaspace":
                (string replacement, bool prepend, _) = ReadMetaspace(section);
                return [new TokenDecoder.Metaspace(replacement[0], prepend)];
            case "BPEDecoder":
                return [new TokenDecoder.EndSuffix(ModelJson.Text(path, section, "suffix") ?? "</w>")];
            default:
                throw Unknown("decoder", type, "Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, BPEDecoder");
        }
    }

    private JsonElement? Object(JsonElement element, string key) => ModelJson.Get(element, key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => value,
        { } value => throw Fault($"has {ModelJson.Show(value)} as \"{key}\", which must be an object"),
    };

    private JsonElement Need(JsonElement element, string key) => ModelJson.Get(element, key) ?? throw Fault($"lacks \"{key}\" in {ModelJson.Show(element)}");

    private string Text(JsonElement element, string key) => ModelJson.Text(path, element, key) ?? throw Fault($"lacks \"{key}\" in {ModelJson.Show(element)}");

    private JsonElement.ArrayEnumerator List(JsonElement value, string key) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw Fault($"has {ModelJson.Show(value)} as \"{key}\", which must be a list");

    private CheckpointException Unknown(string section, string type, string supported) => Fault($"has a {section} of the type \"{type}\", which is not supported; supported are {supported}");

    private CheckpointException Fault(string what) => new($"{path} {what}.");
}

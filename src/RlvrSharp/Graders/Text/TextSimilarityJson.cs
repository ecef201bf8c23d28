using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>The keys of <c>text_similarity</c> that the contract does not have.</summary>
internal static class TextSimilarityJson
{
    public static readonly string[] FunctionNames = ["ratio", "partial_ratio", "token_sort_ratio", "token_set_ratio", "token_ratio", "WRatio"];
    public static readonly string[] SmoothingNames = ["none", "method1", "method2", "method3", "method4", "method5", "method7"];

    public static TextSimilarityOptions? ReadOptions(GraderJsonReader reader)
    {
        string? function = reader.Word("fuzzy_function", FunctionNames, "ratio");
        string? smoothing = reader.Word("bleu_smoothing", SmoothingNames, "none");
        bool process = reader.Flag("fuzzy_process", false);
        bool stem = reader.Flag("rouge_stem", false);
        bool synonyms = reader.Flag("meteor_synonyms", true);
        return function is null || smoothing is null ? null : new TextSimilarityOptions
        {
            FuzzyFunction = (FuzzyFunction)Array.IndexOf(FunctionNames, function),
            FuzzyProcess = process,
            BleuSmoothing = (BleuSmoothing)Array.IndexOf(SmoothingNames, smoothing),
            RougeStem = stem,
            Synonyms = synonyms ? reader.Context.Synonyms : null,
            Embeddings = reader.Context.Embeddings,
        };
    }
}

using RlvrSharp.Graders.Judges;
using RlvrSharp.Graders.Text;

namespace RlvrSharp.Graders.Json;

/// <summary>The types that every context knows.</summary>
internal static class BuiltInGraders
{
    public static void Register(GraderJsonContext context) => context
        .Add("string_check", StringCheckGrader.FromJson)
        .Add("text_similarity", TextSimilarityGrader.FromJson)
        .Add("structured_field", StructuredFieldJsonGrader.FromJson)
        .Add("score_model", ScoreModelGrader.FromJson)
        .Add("label_model", LabelModelGrader.FromJson)
        .Add("endpoint", EndpointGrader.FromJson)
        .Add("multi", MultiGrader.FromJson)
        .Add("python", PythonGraderJson.FromJson);
}

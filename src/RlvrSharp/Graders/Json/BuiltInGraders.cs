using RlvrSharp.Graders.Text;

namespace RlvrSharp.Graders.Json;

/// <summary>The types that every context knows.</summary>
internal static class BuiltInGraders
{
    public static void Register(GraderJsonContext context) => context
        .Add("string_check", StringCheckGrader.FromJson)
        .Add("structured_field", StructuredFieldJsonGrader.FromJson)
        .Add("text_similarity", TextSimilarityGrader.FromJson)
        .Add("multi", MultiGrader.FromJson)
        .Add("python", PythonGraderJson.FromJson);
}

namespace RlvrSharp.Graders.Json;

/// <summary>The types that every context knows.</summary>
internal static class BuiltInGraders
{
    public static void Register(GraderJsonContext context) => context
        .Add("string_check", StringCheckGrader.FromJson)
        .Add("multi", MultiGrader.FromJson);
}

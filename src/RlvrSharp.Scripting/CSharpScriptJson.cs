using RlvrSharp.Graders.Json;

namespace RlvrSharp.Scripting;

/// <summary>The grader language's type <c>csharp</c>: <c>source</c>, in any form that <see cref="CSharpScriptGrader"/> knows.</summary>
public static class CSharpScriptJson
{
    /// <summary>
    /// Lets grader JSON hold C#. <strong>The code runs inside this process with all your rights</strong>, so call this only where you
    /// trust whoever wrote the JSON.
    /// </summary>
    /// <remarks>
    /// In this language a score may lie outside [0, 1], for a <c>multi</c> may scale it: the grade's score is cut to the range, and the number
    /// itself goes to the formula (see <see cref="RawScore"/>). <see cref="CSharpScriptGraderOptions.ClampScores"/> is therefore always on here.
    /// </remarks>
    /// <param name="context">The context of a load.</param>
    /// <param name="options">The time limit; the name comes from the JSON. Null for the defaults.</param>
    /// <returns>The context.</returns>
    public static GraderJsonContext AddCSharp(this GraderJsonContext context, CSharpScriptGraderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        TimeSpan limit = (options ?? new CSharpScriptGraderOptions()).TimeLimit;
        return context.Add("csharp", reader =>
        {
            string? source = reader.Text("source");
            if (source is not null && string.IsNullOrWhiteSpace(source))
            {
                reader.Problem("source", "is empty, but it must be a C# expression, method or class.");
                source = null;
            }

            reader.Warn("source", "is C#, which runs inside this process with all your rights: go on only if you trust whoever wrote it.");
            return source is null ? null : new CSharpScriptGrader(source, new CSharpScriptGraderOptions { Name = reader.Name, TimeLimit = limit, ClampScores = true });
        });
    }
}

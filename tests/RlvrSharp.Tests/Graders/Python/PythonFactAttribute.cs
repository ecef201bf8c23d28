using RlvrSharp.Graders;

namespace RlvrSharp.Tests.Graders.Python;

/// <summary>A fact that needs an interpreter; it is skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> s_missing = new(() => Why(new PythonGraderOptions { AllowUnisolated = true }));

    public PythonFactAttribute()
    {
        Skip = s_missing.Value;
    }

    internal static string? Why(PythonGraderOptions options)
    {
        try
        {
            new PythonHost(options).Start().Worker.Dispose();
            return null;
        }
        catch (GradingException error)
        {
            return error.Message;
        }
    }
}

/// <summary>A fact with hostile code in it, which is not run unless it can be isolated.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class IsolatedPythonFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> s_missing = new(() => PythonFactAttribute.Why(new PythonGraderOptions()));

    public IsolatedPythonFactAttribute()
    {
        Skip = s_missing.Value;
    }
}

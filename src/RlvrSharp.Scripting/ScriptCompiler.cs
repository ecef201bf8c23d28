using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace RlvrSharp.Scripting;

/// <summary>Compiles scripts against what the host itself runs on.</summary>
internal static class ScriptCompiler
{
    private const int MostErrors = 20;
    private static readonly Lazy<MetadataReference[]> s_references = new(FindReferences);

    /// <summary>Compiles and loads a script.</summary>
    /// <param name="source">The script, in any form.</param>
    /// <param name="name">The grader's name, for errors.</param>
    /// <param name="context">Where the assembly is loaded.</param>
    /// <returns>The script's assembly.</returns>
    /// <exception cref="DataException">The script does not compile; the message has every error with line and column.</exception>
    public static Assembly Compile(string source, string name, ScriptLoadContext context)
    {
        SyntaxTree[] trees =
        [
            CSharpSyntaxTree.ParseText(SourceText.From(ScriptSource.Complete(source), Encoding.UTF8), ScriptSource.ParseOptions, ScriptSource.FileName),
            CSharpSyntaxTree.ParseText(SourceText.From(ScriptSource.GlobalUsings, Encoding.UTF8), ScriptSource.ParseOptions, "usings.csx"),
        ];
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release,
            nullableContextOptions: NullableContextOptions.Annotations,
            deterministic: true);
        CSharpCompilation compilation = CSharpCompilation.Create("RlvrSharp.Script", trees, s_references.Value, options);
        using var code = new MemoryStream();
        using var symbols = new MemoryStream();
        EmitResult result = compilation.Emit(code, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        if (!result.Success)
        {
            string[] errors = [.. result.Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error).OrderBy(one => one.Location.SourceSpan.Start).Select(Describe)];
            string more = errors.Length > MostErrors ? $"\n  … and {errors.Length - MostErrors} more" : "";
            throw new DataException($"The C# grader '{name}' does not compile:{string.Concat(errors.Take(MostErrors).Select(error => "\n  " + error))}{more}");
        }

        code.Position = 0;
        symbols.Position = 0;
        return context.LoadFromStream(code, symbols);
    }

    private static string Describe(Diagnostic error)
    {
        FileLinePositionSpan place = error.Location.GetMappedLineSpan();
        string message = error.GetMessage(System.Globalization.CultureInfo.InvariantCulture);
        return place.IsValid
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{place.Path}({place.StartLinePosition.Line + 1},{place.StartLinePosition.Character + 1}): {error.Id}: {message}")
            : $"{error.Id}: {message}";
    }

    private static MetadataReference[] FindReferences()
    {
        // The list of assemblies that the host was started with: the framework's and the application's.
        string[] paths = ((AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string library = typeof(IGrader).Assembly.Location;
        if (paths.Length == 0 || library.Length == 0)
        {
            throw new GradingException(
                "C# script graders need the assemblies of the application as files, which an application published as a single file or ahead of time does not have: publish it as a folder, or compile the grader into the application as an IGrader.");
        }

        return [.. paths.Append(library).Distinct(StringComparer.Ordinal).Where(path => path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)).Select(path => MetadataReference.CreateFromFile(path))];
    }
}

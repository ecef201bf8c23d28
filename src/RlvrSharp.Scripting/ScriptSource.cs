using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RlvrSharp.Scripting;

/// <summary>Makes a compilable file of any of the forms in which a script may be written; lines and columns stay the user's.</summary>
internal static class ScriptSource
{
    /// <summary>The file name in error messages and stack traces.</summary>
    public const string FileName = "grader.csx";

    /// <summary>The class that a script without one of its own becomes.</summary>
    public const string ClassName = "GraderScript";

    /// <summary>What every script may use without saying so.</summary>
    public const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Globalization;
        global using System.Linq;
        global using System.Text;
        global using System.Text.Json;
        global using System.Text.RegularExpressions;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using RlvrSharp;
        """;

    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest);

    private const string Signature = "public double Grade(JsonElement sample, JsonElement item, CancellationToken cancellationToken)";

    /// <summary>The file to compile.</summary>
    public static string Complete(string source)
    {
        if (IsExpression(source))
        {
            return $"sealed class {ClassName}\n{{\n{Signature} =>\n{Line}{source}\n;\n}}\n";
        }

        CompilationUnitSyntax unit = SyntaxFactory.ParseCompilationUnit(source, options: ParseOptions);
        GlobalStatementSyntax[] statements = [.. unit.Members.OfType<GlobalStatementSyntax>()];
        if (statements.Length == 0 && unit.Members.Any(member => member is BaseTypeDeclarationSyntax or BaseNamespaceDeclarationSyntax))
        {
            return Line + source;
        }

        // Usings stand outside of the class, everything else inside, each on its own lines and columns: the other is blanked out.
        int split = unit.Usings.Count == 0 ? 0 : unit.Usings[^1].Span.End;
        string usings = Line + source[..split];
        string rest = Line + Blank(source[..split]) + source[split..];
        bool isBody = statements.Length > 0 && !statements.Any(statement => statement.Statement is LocalFunctionStatementSyntax { Identifier.ValueText: "Grade" });
        return isBody
            ? $"{usings}\n#line hidden\nsealed class {ClassName}\n{{\n{Signature}\n{{\n{rest}\n#line hidden\n}}\n}}\n"
            : $"{usings}\n#line hidden\nsealed class {ClassName}\n{{\n{rest}\n#line hidden\n}}\n";
    }

    private static string Line => $"#line 1 \"{FileName}\"\n";

    private static bool IsExpression(string source)
    {
        ExpressionSyntax expression = SyntaxFactory.ParseExpression(source, options: ParseOptions, consumeFullText: true);
        return !expression.ContainsDiagnostics && expression is not IdentifierNameSyntax { IsMissing: true };
    }

    private static string Blank(string text) => string.Concat(text.Select(letter => letter is '\n' or '\r' ? letter : ' '));
}

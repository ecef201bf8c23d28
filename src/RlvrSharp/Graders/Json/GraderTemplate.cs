using System.Text;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A text with <c>{{item.key}}</c> and <c>{{sample.output_text}}</c> in it, as OpenAI grader JSON has them.</summary>
/// <remarks>
/// <para>Paths: keys after dots, <c>[0]</c> into lists, <c>['my key']</c> for keys with unusual characters; white space inside the braces is
/// ignored. Namespaces: <c>item</c> (the row) and <c>sample</c> (<c>output_text</c>, <c>output_json</c>, <c>output_tools</c>, <c>choices</c>). A quoted
/// text in the braces stands for itself, so <c>{{'{{'}}</c> writes two braces.</para>
/// <para>Values become text like this (the contract leaves it open): strings bare, numbers as they are written in the row (<c>1.0</c> stays
/// <c>1.0</c>), <c>true</c>, <c>false</c>, <c>null</c>, lists and objects as JSON without white space. Values are never expanded again.</para>
/// </remarks>
public sealed class GraderTemplate
{
    private readonly Piece[] pieces;

    private GraderTemplate(string text, Piece[] pieces)
    {
        Text = text;
        this.pieces = pieces;
        References = [.. pieces.Where(piece => piece.Path is not null).Select(piece => piece.Path!.Text).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The template as written.</summary>
    public string Text { get; }

    /// <summary>The paths it reads, such as <c>item.reference</c>, each once, in order.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Whether it reads nothing of the sample, so that it is the same text for every completion.</summary>
    public bool IsFixed => pieces.All(piece => piece.Path is null or { FromItem: true });

    /// <summary>The template in one way of writing, for comparing: <c>{{ item['a'] }}</c> and <c>{{item.a}}</c> are the same.</summary>
    internal string Canonical => string.Concat(pieces.Select(piece => piece.Path is { } path ? $"{{{{{path.Canonical}}}}}" : piece.Literal)).Trim();

    internal IEnumerable<TemplatePath> Paths => pieces.Where(piece => piece.Path is not null).Select(piece => piece.Path!);

    /// <summary>Whether it is one path and nothing else, so that the value itself can be had.</summary>
    internal TemplatePath? OnlyPath => pieces is [{ Path: { } path }] ? path : null;

    /// <summary>Parses a template.</summary>
    /// <param name="text">The text with braces.</param>
    /// <returns>The template.</returns>
    /// <exception cref="DataException">A brace is open or a path is not one.</exception>
    public static GraderTemplate Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out string? problem) ?? throw new DataException($"The template \"{JsonTexts.Cut(text)}\" cannot be used: {problem}");
    }

    /// <summary>The text for one row and one completion.</summary>
    /// <param name="problem">The row.</param>
    /// <param name="completion">The completion.</param>
    /// <param name="fault">
    /// Null, or the grade that a grader must return instead: <see cref="GradeStatus.Failed"/> where the row (or the template) is at
    /// fault, <see cref="GradeStatus.Ungradable"/> where the completion is.
    /// </param>
    /// <returns>The text; empty where there is a fault.</returns>
    public string Render(Problem problem, Completion completion, out Grade? fault) => Render(problem, completion, null, out fault);

    /// <summary>As the public one, with a function over every value that comes from the sample.</summary>
    /// <param name="problem">The row.</param>
    /// <param name="completion">The completion.</param>
    /// <param name="wrap">What to make of text the model wrote; null leaves it as it is.</param>
    /// <param name="fault">The grade to return instead, or null.</param>
    /// <returns>The text.</returns>
    internal string Render(Problem problem, Completion completion, Func<string, string>? wrap, out Grade? fault)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(completion);
        fault = null;
        if (pieces.Length == 1)
        {
            return RenderPiece(pieces[0], problem, completion, wrap, out fault);
        }

        var builder = new StringBuilder();
        foreach (Piece piece in pieces)
        {
            builder.Append(RenderPiece(piece, problem, completion, wrap, out fault));
            if (fault is not null)
            {
                return string.Empty;
            }
        }

        return builder.ToString();
    }

    /// <summary>What of the row this template needs and the row lacks.</summary>
    /// <param name="problem">The row.</param>
    /// <returns>A sentence, or null where nothing is missing.</returns>
    public string? FindFault(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        foreach (TemplatePath path in Paths)
        {
            if (path.FromItem && ItemValue(path, problem, out string? fault) is null)
            {
                return fault;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>
    /// What of the row is missing for comparing two templates. Where the row has null and the answer's text stands on the other side, nothing is
    /// there to compare with, and the answer "null" must not be right. Against a value within the answer's JSON, or a fixed text, null is a value like others.
    /// </summary>
    /// <param name="left">One side of the comparison.</param>
    /// <param name="right">The other side.</param>
    /// <param name="problem">The row.</param>
    /// <returns>A sentence, or null where nothing is missing.</returns>
    internal static string? FindFault(GraderTemplate left, GraderTemplate right, Problem problem) =>
        left.FindFault(problem) ?? right.FindFault(problem) ?? left.FindNull(right, problem) ?? right.FindNull(left, problem);

    /// <summary>The texts of two templates that are compared with each other, for one row and one completion.</summary>
    /// <param name="left">One side of the comparison.</param>
    /// <param name="right">The other side.</param>
    /// <param name="problem">The row.</param>
    /// <param name="completion">The completion.</param>
    /// <param name="rightText">The text of the other side.</param>
    /// <param name="fault">The grade to return instead, or null.</param>
    /// <returns>The text of the one side.</returns>
    internal static string Render(GraderTemplate left, GraderTemplate right, Problem problem, Completion completion, out string rightText, out Grade? fault)
    {
        string leftText = left.Render(problem, completion, out fault);
        rightText = fault is null ? right.Render(problem, completion, out fault) : string.Empty;
        if (fault is null && (left.FindNull(right, problem) ?? right.FindNull(left, problem)) is { } missing)
        {
            fault = Grade.Failed(missing);
        }

        return leftText;
    }

    internal static GraderTemplate? TryParse(string text, out string? problem)
    {
        problem = null;
        var pieces = new List<Piece>();
        int at = 0;
        while (at < text.Length)
        {
            int open = text.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                break;
            }

            if (open > at)
            {
                pieces.Add(new Piece(text[at..open], null));
            }

            int close = FindClose(text, open + 2);
            if (close < 0)
            {
                problem = $"\"{JsonTexts.Cut(text[open..], 30)}\" opens with {{{{ and never closes: end it with }}}}, or write {{{{'{{{{'}}}} for two plain braces.";
                return null;
            }

            string expression = text[(open + 2)..close].Trim();
            if (expression.Length >= 2 && expression[0] is '\'' or '"' && expression[^1] == expression[0])
            {
                pieces.Add(new Piece(expression[1..^1], null));
            }
            else if (TemplatePath.TryParse(expression, out problem) is { } path)
            {
                pieces.Add(new Piece(null, path));
            }
            else
            {
                return null;
            }

            at = close + 2;
        }

        if (at < text.Length || pieces.Count == 0)
        {
            pieces.Add(new Piece(text[at..], null));
        }

        return new GraderTemplate(text, [.. pieces]);
    }

    internal static JsonElement? ItemValue(TemplatePath path, Problem problem, out string? fault)
    {
        JsonElement? value = path.Follow(GraderInput.ItemOf(problem), 0, out string? why);
        fault = value is null
            ? $"invalid_variable_error: the grader reads {{{{{path.Text}}}}}, but {why}. Add it to the row or correct the path."
            : null;
        return value;
    }

    private string? FindNull(GraderTemplate other, Problem problem) =>
        OnlyPath is { FromItem: true } path && !other.IsFixed && other.OnlyPath is not { IsWithinOutputJson: true }
            && ItemValue(path, problem, out _) is { ValueKind: JsonValueKind.Null }
            ? $"invalid_variable_error: the grader compares the answer with {{{{{path.Text}}}}}, but that is null in the row. Give it a value, or leave the row out."
            : null;

    // A quoted text, or a quoted key in brackets, may hold closing braces itself.
    private static int FindClose(string text, int from)
    {
        int at = from;
        for (bool mayQuote = true; at < text.Length; at++)
        {
            if (mayQuote && text[at] is '\'' or '"')
            {
                int quote = text.IndexOf(text[at], at + 1);
                at = quote < 0 ? at : quote;
            }
            else if (text[at] == '}' && at + 1 < text.Length && text[at + 1] == '}')
            {
                return at;
            }

            mayQuote = text[at] == '[' || (mayQuote && char.IsWhiteSpace(text[at]));
        }

        return -1;
    }

    private static string RenderPiece(Piece piece, Problem problem, Completion completion, Func<string, string>? wrap, out Grade? fault)
    {
        fault = null;
        if (piece.Path is not { } path)
        {
            return piece.Literal!;
        }

        if (path.IsOutputText)
        {
            return wrap is null ? completion.Text : wrap(completion.Text);
        }

        if (path.FromItem)
        {
            if (ItemValue(path, problem, out string? why) is { } value)
            {
                return JsonTexts.Stringify(value);
            }

            fault = Grade.Failed(why!);
            return string.Empty;
        }

        JsonElement? sample = SampleView.Of(completion).Find(path, out fault);
        string text = sample is { } found ? JsonTexts.Stringify(found) : string.Empty;
        return wrap is null || fault is not null ? text : wrap(text);
    }

    private readonly record struct Piece(string? Literal, TemplatePath? Path);
}

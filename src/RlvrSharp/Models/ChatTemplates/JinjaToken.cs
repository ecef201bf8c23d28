namespace RlvrSharp.Models;

/// <summary>The kinds of token a template is made of.</summary>
internal enum JinjaTokenKind
{
    Data,
    OutputBegin,
    OutputEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>One token: its kind, its text (for operators and names) or value (for literals), and where it begins.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, object? Value, int Line, int Column)
{
    public bool IsOperator(string text) => Kind == JinjaTokenKind.Operator && Text == text;

    public bool IsName(string text) => Kind == JinjaTokenKind.Name && Text == text;

    /// <summary>How an error message calls it.</summary>
    public string Describe() => Kind switch
    {
        JinjaTokenKind.End => "the end of the template",
        JinjaTokenKind.BlockEnd => "'%}'",
        JinjaTokenKind.OutputEnd => "'}}'",
        JinjaTokenKind.BlockBegin => "'{%'",
        JinjaTokenKind.OutputBegin => "'{{'",
        JinjaTokenKind.Data => "text",
        JinjaTokenKind.Text => "a string",
        _ => $"'{Text}'",
    };
}

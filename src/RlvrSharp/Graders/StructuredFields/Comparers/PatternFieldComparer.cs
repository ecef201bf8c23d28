using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RlvrSharp.Graders;

/// <summary>
/// Texts of a declared form, of which only what the groups catch counts: with <c>(?:INV-?)?(\d+)</c>, "INV-17" and "17" are equal. Without groups the
/// whole text counts. The engine never backtracks, so no answer can make it hang.
/// </summary>
internal sealed class PatternFieldComparer : KeyFieldComparer
{
    private readonly string pattern;
    private readonly Regex? regex;
    private readonly string? fault;

    public PatternFieldComparer(string pattern)
        : base("regex")
    {
        this.pattern = pattern;
        (regex, fault) = Compile(pattern);
    }

    private protected override string Wants => $"a text of the form {pattern}";

    public static (Regex? Regex, string? Fault) Compile(string pattern)
    {
        try
        {
            return (new Regex($"^(?:{pattern})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), null);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return (null, $"its pattern '{pattern}' cannot be used: {error.Message} Patterns are matched without backtracking: leave lookarounds and backreferences out");
        }
    }

    internal override bool TryWriteKey(AnswerValue value, ref KeyBuffer key)
    {
        if (value.Kind != AnswerKind.String)
        {
            return false;
        }

        string text = value.Text.Trim().ToString();
        Match match = regex!.Match(text);
        if (!match.Success)
        {
            return false;
        }

        if (match.Groups.Count == 1)
        {
            key.Append(text);
            return true;
        }

        for (int i = 1; i < match.Groups.Count; i++)
        {
            key.Append(match.Groups[i].Success ? '1' : '0');
            key.Append(match.Groups[i].ValueSpan);
            key.Append('\0');
        }

        return true;
    }

    internal override IEnumerable<string> Validate() => fault is null ? [] : [fault];

    internal override void WriteParameters(JsonObject json) => json["pattern"] = pattern;
}

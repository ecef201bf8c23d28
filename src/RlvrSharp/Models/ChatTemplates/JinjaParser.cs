namespace RlvrSharp.Models;

/// <summary>Turns a template's tokens into a tree; this part reads statements.</summary>
internal sealed partial class JinjaParser
{
    private const int MaxDepth = 200;

    private readonly List<JinjaToken> tokens;
    private readonly Stack<HashSet<string>> macroNames = new();
    private int at;
    private int depth;
    private int loops;

    private JinjaParser(List<JinjaToken> tokens) => this.tokens = tokens;

    private JinjaToken Current => tokens[at];

    /// <summary>Reads a template.</summary>
    public static IReadOnlyList<JinjaStatement> Parse(string source)
    {
        var parser = new JinjaParser(JinjaLexer.Tokenize(source));
        return parser.ParseBody([]);
    }

    // Reads until a block whose name is one of the ends; leaves the name current.
    private List<JinjaStatement> ParseBody(ReadOnlySpan<string> ends)
    {
        JinjaToken start = Current;
        List<JinjaStatement> body = [];
        while (true)
        {
            JinjaToken token = Current;
            switch (token.Kind)
            {
                case JinjaTokenKind.Data:
                    at++;
                    body.Add(new JinjaData(token.Text, token.Line, token.Column));
                    break;
                case JinjaTokenKind.OutputBegin:
                    at++;
                    body.Add(new JinjaOutput(ParseTuple(), token.Line, token.Column));
                    Expect(JinjaTokenKind.OutputEnd, "'}}'");
                    break;
                case JinjaTokenKind.BlockBegin:
                    at++;
                    if (Current.Kind == JinjaTokenKind.Name && ends.Contains(Current.Text))
                    {
                        return body;
                    }

                    body.Add(ParseStatement());
                    Expect(JinjaTokenKind.BlockEnd, "'%}'");
                    break;
                default:
                    return ends.Length == 0
                        ? body
                        : throw new JinjaException($"A block is not closed: the template ends where '{string.Join("' or '", ends.ToArray())}' is wanted.", start.Line, start.Column);
            }
        }
    }

    private List<JinjaStatement> ParseBlock(params ReadOnlySpan<string> ends)
    {
        if (Current.IsOperator(":"))
        {
            at++;
        }

        Expect(JinjaTokenKind.BlockEnd, "'%}'");
        Down();
        List<JinjaStatement> body = ParseBody(ends);
        depth--;
        return body;
    }

    // A block's body with its end.
    private List<JinjaStatement> ParseClosed(string end)
    {
        List<JinjaStatement> body = ParseBlock(end);
        at++;
        return body;
    }

    // The same, where a 'break' inside cannot mean a loop outside.
    private List<JinjaStatement> ParseApart(string end)
    {
        int saved = loops;
        loops = 0;
        List<JinjaStatement> body = ParseClosed(end);
        loops = saved;
        return body;
    }

    private JinjaStatement ParseStatement()
    {
        JinjaToken token = Current;
        if (token.Kind != JinjaTokenKind.Name)
        {
            throw Error($"A block begins with its name, not with {token.Describe()}.");
        }

        at++;
        switch (token.Text)
        {
            case "if":
                return ParseIf(token);
            case "for":
                return ParseFor(token);
            case "set":
                return ParseSet(token);
            case "macro":
                string name = ParseNewName();
                macroNames.Push(new HashSet<string>(StringComparer.Ordinal));
                return FinishMacro(token, name, ParseParameters(), "endmacro");
            case "call":
                return ParseCallBlock(token);
            case "filter":
                JinjaExpression filter = ParseFilterChain(ParseFilter(null, Current))!;
                return new JinjaFilterBlock(filter, ParseClosed("endfilter"), token.Line, token.Column);
            case "with":
                return ParseWith(token);
            case "generation":
                return new JinjaWith([], ParseApart("endgeneration"), token.Line, token.Column);
            case "print":
                return new JinjaOutput(ParseTuple(), token.Line, token.Column);
            case "break" or "continue":
                return loops > 0
                    ? new JinjaBreak(token.Text == "continue", token.Line, token.Column)
                    : throw new JinjaException($"'{token.Text}' stands outside of any loop.", token.Line, token.Column);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape" or "trans" or "do" or "debug":
                throw new JinjaException($"The block '{token.Text}' is not supported: a chat template stands alone.", token.Line, token.Column);
            default:
                throw new JinjaException(
                    token.Text.StartsWith("end", StringComparison.Ordinal) || token.Text is "else" or "elif"
                        ? $"'{token.Text}' closes or continues a block that is not open here."
                        : $"There is no block named '{token.Text}'.",
                    token.Line,
                    token.Column);
        }
    }

    private JinjaIf ParseIf(JinjaToken token)
    {
        List<(JinjaExpression, IReadOnlyList<JinjaStatement>)> branches = [];
        List<JinjaStatement> otherwise = [];
        while (true)
        {
            JinjaExpression condition = ParseTuple(conditional: false);
            branches.Add((condition, ParseBlock("elif", "else", "endif")));
            string end = tokens[at++].Text;
            if (end == "elif")
            {
                continue;
            }

            if (end == "else")
            {
                otherwise = ParseClosed("endif");
            }

            return new JinjaIf(branches, otherwise, token.Line, token.Column);
        }
    }

    private JinjaFor ParseFor(JinjaToken token)
    {
        JinjaToken start = Current;
        JinjaExpression target = ParseTarget(attributes: false);
        if (Names(target).Contains("loop"))
        {
            throw new JinjaException("The variable of a loop cannot be called 'loop'.", start.Line, start.Column);
        }

        if (!Current.IsName("in"))
        {
            throw Error($"'in' is wanted after the loop's variable, not {Current.Describe()}.");
        }

        at++;
        JinjaExpression items = ParseTuple(conditional: false, end: "recursive");
        JinjaExpression? filter = null;
        if (Current.IsName("if"))
        {
            at++;
            filter = ParseExpression();
        }

        bool recursive = Current.IsName("recursive");
        at += recursive ? 1 : 0;
        loops++;
        List<JinjaStatement> body = ParseBlock("endfor", "else");
        loops--;
        List<JinjaStatement> otherwise = tokens[at++].Text == "else" ? ParseClosed("endfor") : [];
        return new JinjaFor(target, items, filter, recursive, body, otherwise, token.Line, token.Column);
    }

    private static IEnumerable<string> Names(JinjaExpression target) => target switch
    {
        JinjaName name => [name.Name],
        JinjaItems items => items.Items.SelectMany(Names),
        _ => [],
    };

    private JinjaStatement ParseSet(JinjaToken token)
    {
        JinjaExpression target = ParseTarget(attributes: true);
        if (Current.IsOperator("="))
        {
            at++;
            return new JinjaSet(target, ParseTuple(), token.Line, token.Column);
        }

        JinjaExpression? filter = ParseFilterChain(null);
        return new JinjaSetBlock(target, filter, ParseClosed("endset"), token.Line, token.Column);
    }

    private JinjaExpression? ParseFilterChain(JinjaExpression? filter)
    {
        while (Current.IsOperator("|"))
        {
            at++;
            filter = ParseFilter(filter, Current);
        }

        return filter;
    }

    private JinjaWith ParseWith(JinjaToken token)
    {
        List<(JinjaExpression, JinjaExpression)> values = [];
        while (Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (values.Count > 0)
            {
                ExpectOperator(",");
            }

            JinjaExpression target = ParseOneTarget(attributes: false);
            ExpectOperator("=");
            values.Add((target, ParseExpression()));
        }

        return new JinjaWith(values, ParseClosed("endwith"), token.Line, token.Column);
    }

    private JinjaMacro FinishMacro(JinjaToken token, string name, List<JinjaParameter> parameters, string end)
    {
        List<JinjaStatement> body = ParseApart(end);
        HashSet<string> names = macroNames.Pop();
        if (macroNames.TryPeek(out HashSet<string>? outer))
        {
            outer.UnionWith(names);
        }

        return new JinjaMacro(name, parameters, body, names, token.Line, token.Column);
    }

    private JinjaCallBlock ParseCallBlock(JinjaToken token)
    {
        macroNames.Push(new HashSet<string>(StringComparer.Ordinal));
        List<JinjaParameter> parameters = Current.IsOperator("(") ? ParseParameters() : [];
        JinjaToken start = Current;
        if (ParseExpression() is not JinjaCall call)
        {
            throw new JinjaException("'call' wants the call of a macro.", start.Line, start.Column);
        }

        return new JinjaCallBlock(call, FinishMacro(token, "caller", parameters, "endcall"), token.Line, token.Column);
    }

    private List<JinjaParameter> ParseParameters()
    {
        List<JinjaParameter> parameters = [];
        ExpectOperator("(");
        while (!Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            string name = ParseNewName();
            JinjaExpression? value = null;
            if (Current.IsOperator("="))
            {
                at++;
                value = ParseExpression();
            }
            else if (parameters.Exists(parameter => parameter.Default is not null))
            {
                throw Error($"The parameter '{name}' has no default, but one before it has.");
            }

            parameters.Add(new JinjaParameter(name, value));
        }

        at++;
        return parameters;
    }

    private string ParseNewName()
    {
        JinjaToken token = Current;
        if (token.Kind != JinjaTokenKind.Name || token.Text is "true" or "false" or "none" or "True" or "False" or "None")
        {
            throw Error($"A new name is wanted, not {token.Describe()}.");
        }

        at++;
        return token.Text;
    }

    // What 'for', 'set' and 'with' write to: a name, names between commas (also in parentheses), or an attribute of a namespace.
    private JinjaExpression ParseTarget(bool attributes)
    {
        JinjaToken start = Current;
        List<JinjaExpression> targets = [];
        bool isTuple = false;
        while (true)
        {
            targets.Add(ParseOneTarget(attributes));
            if (!Current.IsOperator(","))
            {
                break;
            }

            isTuple = true;
            at++;
            if ((Current.Kind is not JinjaTokenKind.Name && !Current.IsOperator("(")) || Current.IsName("in"))
            {
                break;
            }
        }

        return isTuple ? new JinjaItems(targets, true, start.Line, start.Column) : targets[0];
    }

    private JinjaExpression ParseOneTarget(bool attributes)
    {
        JinjaToken start = Current;
        if (start.IsOperator("("))
        {
            at++;
            Down();
            JinjaExpression inner = ParseTarget(attributes);
            depth--;
            ExpectOperator(")");
            return inner;
        }

        string name = ParseNewName();
        if (attributes && Current.IsOperator("."))
        {
            at++;
            string attribute = Expect(JinjaTokenKind.Name, "the name of an attribute").Text;
            return new JinjaNamespaceTarget(name, attribute, start.Line, start.Column);
        }

        return new JinjaName(name, start.Line, start.Column);
    }

    private JinjaToken Expect(JinjaTokenKind kind, string what) =>
        Current.Kind == kind ? tokens[at++] : throw Error($"{what} is wanted here, not {Current.Describe()}.");

    private void ExpectOperator(string text)
    {
        if (!Current.IsOperator(text))
        {
            throw Error($"'{text}' is wanted here, not {Current.Describe()}.");
        }

        at++;
    }

    private void Down()
    {
        if (++depth > MaxDepth)
        {
            throw Error($"The template nests deeper than {MaxDepth} levels.");
        }
    }

    private JinjaException Error(string message) => new(message, Current.Line, Current.Column);
}

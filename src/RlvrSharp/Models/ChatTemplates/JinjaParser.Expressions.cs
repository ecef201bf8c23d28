using System.Text;

namespace RlvrSharp.Models;

/// <summary>This part reads expressions, loosest binding first: conditional, or, and, not, comparisons, + −, ~, * / // %, **, unary, then what follows a value.</summary>
internal sealed partial class JinjaParser
{
    // One expression, or several between commas, which make a tuple.
    private JinjaExpression ParseTuple(bool conditional = true, bool parentheses = false, string? end = null)
    {
        JinjaToken start = Current;
        List<JinjaExpression> items = [];
        bool isTuple = false;
        while (!IsTupleEnd(end))
        {
            items.Add(conditional ? ParseExpression() : ParseOr());
            if (!Current.IsOperator(","))
            {
                break;
            }

            isTuple = true;
            at++;
        }

        if (!isTuple && items.Count == 1)
        {
            return items[0];
        }

        return isTuple || parentheses
            ? new JinjaItems(items, true, start.Line, start.Column)
            : throw Error($"An expression is wanted here, not {Current.Describe()}.");
    }

    private bool IsTupleEnd(string? end) =>
        Current.Kind is JinjaTokenKind.OutputEnd or JinjaTokenKind.BlockEnd || Current.IsOperator(")") || (end is not null && Current.IsName(end));

    private JinjaExpression ParseExpression()
    {
        Down();
        JinjaExpression value = ParseOr();
        while (Current.IsName("if"))
        {
            JinjaToken token = tokens[at++];
            JinjaExpression condition = ParseOr();
            JinjaExpression? otherwise = null;
            if (Current.IsName("else"))
            {
                at++;
                otherwise = ParseExpression();
            }

            value = new JinjaConditional(condition, value, otherwise, token.Line, token.Column);
        }

        depth--;
        return value;
    }

    private JinjaExpression ParseOr()
    {
        JinjaExpression left = ParseAnd();
        while (Current.IsName("or"))
        {
            JinjaToken token = tokens[at++];
            left = new JinjaBinary("or", left, ParseAnd(), token.Line, token.Column);
        }

        return left;
    }

    private JinjaExpression ParseAnd()
    {
        JinjaExpression left = ParseNot();
        while (Current.IsName("and"))
        {
            JinjaToken token = tokens[at++];
            left = new JinjaBinary("and", left, ParseNot(), token.Line, token.Column);
        }

        return left;
    }

    private JinjaExpression ParseNot()
    {
        if (!Current.IsName("not"))
        {
            return ParseComparison();
        }

        JinjaToken token = tokens[at++];
        Down();
        var result = new JinjaUnary("not", ParseNot(), token.Line, token.Column);
        depth--;
        return result;
    }

    private JinjaExpression ParseComparison()
    {
        JinjaToken start = Current;
        JinjaExpression first = ParseSum();
        List<(string, JinjaExpression)> rest = [];
        while (true)
        {
            JinjaToken token = Current;
            if (token.Kind == JinjaTokenKind.Operator && token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                at++;
                rest.Add((token.Text, ParseSum()));
            }
            else if (token.IsName("in"))
            {
                at++;
                rest.Add(("in", ParseSum()));
            }
            else if (token.IsName("not") && tokens[at + 1].IsName("in"))
            {
                at += 2;
                rest.Add(("not in", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new JinjaComparison(first, rest, start.Line, start.Column);
            }
        }
    }

    private JinjaExpression ParseSum()
    {
        JinjaExpression left = ParseConcat();
        while (Current.Kind == JinjaTokenKind.Operator && Current.Text is "+" or "-")
        {
            JinjaToken token = tokens[at++];
            left = new JinjaBinary(token.Text, left, ParseConcat(), token.Line, token.Column);
        }

        return left;
    }

    private JinjaExpression ParseConcat()
    {
        JinjaToken start = Current;
        List<JinjaExpression> parts = [ParseProduct()];
        while (Current.IsOperator("~"))
        {
            at++;
            parts.Add(ParseProduct());
        }

        return parts.Count == 1 ? parts[0] : new JinjaConcat(parts, start.Line, start.Column);
    }

    private JinjaExpression ParseProduct()
    {
        JinjaExpression left = ParsePower();
        while (Current.Kind == JinjaTokenKind.Operator && Current.Text is "*" or "/" or "//" or "%")
        {
            JinjaToken token = tokens[at++];
            left = new JinjaBinary(token.Text, left, ParsePower(), token.Line, token.Column);
        }

        return left;
    }

    private JinjaExpression ParsePower()
    {
        JinjaExpression left = ParseUnary(filters: true);
        while (Current.IsOperator("**"))
        {
            JinjaToken token = tokens[at++];
            left = new JinjaBinary("**", left, ParseUnary(filters: true), token.Line, token.Column);
        }

        return left;
    }

    private JinjaExpression ParseUnary(bool filters)
    {
        JinjaToken token = Current;
        JinjaExpression value;
        if (token.Kind == JinjaTokenKind.Operator && token.Text is "-" or "+")
        {
            at++;
            Down();
            value = new JinjaUnary(token.Text, ParseUnary(filters: false), token.Line, token.Column);
            depth--;
        }
        else
        {
            value = ParsePrimary();
        }

        value = ParsePostfix(value);
        return filters ? ParseFilters(value) : value;
    }

    private JinjaExpression ParsePrimary()
    {
        JinjaToken token = Current;
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                at++;
                return ParseName(token);
            case JinjaTokenKind.Text:
                var text = new StringBuilder();
                while (Current.Kind == JinjaTokenKind.Text)
                {
                    text.Append((string)tokens[at++].Value!);
                }

                return new JinjaLiteral(text.ToString(), token.Line, token.Column);
            case JinjaTokenKind.Integer or JinjaTokenKind.Float:
                at++;
                return new JinjaLiteral(token.Value, token.Line, token.Column);
            case JinjaTokenKind.Operator when token.Text is "(" or "[" or "{":
                at++;
                Down();
                JinjaExpression value = token.Text == "(" ? ParseParentheses() : token.Text == "[" ? ParseList(token) : ParseMapping(token);
                depth--;
                return value;
            default:
                throw Error($"An expression cannot begin with {token.Describe()}.");
        }
    }

    private JinjaExpression ParseName(JinjaToken token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new JinjaLiteral(true, token.Line, token.Column);
            case "false" or "False":
                return new JinjaLiteral(false, token.Line, token.Column);
            case "none" or "None":
                return new JinjaLiteral(null, token.Line, token.Column);
            default:
                if (macroNames.TryPeek(out HashSet<string>? names))
                {
                    names.Add(token.Text);
                }

                return new JinjaName(token.Text, token.Line, token.Column);
        }
    }

    private JinjaExpression ParseParentheses()
    {
        JinjaExpression value = ParseTuple(parentheses: true);
        ExpectOperator(")");
        return value;
    }

    private JinjaItems ParseList(JinjaToken start)
    {
        List<JinjaExpression> items = [];
        while (!Current.IsOperator("]"))
        {
            items.Add(ParseExpression());
            if (!Current.IsOperator("]"))
            {
                ExpectOperator(",");
            }
        }

        at++;
        return new JinjaItems(items, false, start.Line, start.Column);
    }

    private JinjaPairs ParseMapping(JinjaToken start)
    {
        List<(JinjaExpression, JinjaExpression)> pairs = [];
        while (!Current.IsOperator("}"))
        {
            JinjaExpression key = ParseExpression();
            ExpectOperator(":");
            pairs.Add((key, ParseExpression()));
            if (!Current.IsOperator("}"))
            {
                ExpectOperator(",");
            }
        }

        at++;
        return new JinjaPairs(pairs, start.Line, start.Column);
    }

    private JinjaExpression ParsePostfix(JinjaExpression value)
    {
        while (true)
        {
            JinjaToken token = Current;
            if (token.IsOperator("."))
            {
                at++;
                JinjaToken name = tokens[at++];
                value = name.Kind switch
                {
                    JinjaTokenKind.Name => new JinjaAttribute(value, name.Text, token.Line, token.Column),
                    JinjaTokenKind.Integer => new JinjaIndex(value, new JinjaLiteral(name.Value, name.Line, name.Column), token.Line, token.Column),
                    _ => throw new JinjaException($"A name or a number is wanted after '.', not {name.Describe()}.", name.Line, name.Column),
                };
            }
            else if (token.IsOperator("["))
            {
                at++;
                value = ParseSubscript(value, token);
            }
            else if (token.IsOperator("("))
            {
                value = new JinjaCall(value, ParseArguments(), token.Line, token.Column);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression ParseSubscript(JinjaExpression target, JinjaToken start)
    {
        JinjaExpression? first = Current.IsOperator(":") ? null : ParseExpression();
        if (!Current.IsOperator(":"))
        {
            List<JinjaExpression> keys = [first!];
            while (Current.IsOperator(","))
            {
                at++;
                keys.Add(ParseExpression());
            }

            ExpectOperator("]");
            return new JinjaIndex(target, keys.Count == 1 ? keys[0] : new JinjaItems(keys, true, start.Line, start.Column), start.Line, start.Column);
        }

        at++;
        JinjaExpression? stop = Current.IsOperator(":") || Current.IsOperator("]") ? null : ParseExpression();
        JinjaExpression? step = null;
        if (Current.IsOperator(":"))
        {
            at++;
            step = Current.IsOperator("]") ? null : ParseExpression();
        }

        ExpectOperator("]");
        return new JinjaSlice(target, first, stop, step, start.Line, start.Column);
    }

    private List<JinjaArgument> ParseArguments()
    {
        List<JinjaArgument> arguments = [];
        ExpectOperator("(");
        while (!Current.IsOperator(")"))
        {
            JinjaToken token = Current;
            if (token.IsOperator("*") || token.IsOperator("**"))
            {
                at++;
                arguments.Add(new JinjaArgument(token.Text == "*" ? JinjaArgumentKind.Spread : JinjaArgumentKind.SpreadNamed, string.Empty, ParseExpression()));
            }
            else if (token.Kind == JinjaTokenKind.Name && tokens[at + 1].IsOperator("="))
            {
                at += 2;
                arguments.Add(new JinjaArgument(JinjaArgumentKind.Named, token.Text, ParseExpression()));
            }
            else if (arguments.Exists(argument => argument.Kind != JinjaArgumentKind.Positional))
            {
                throw Error("An argument without a name stands after one with a name.");
            }
            else
            {
                arguments.Add(new JinjaArgument(JinjaArgumentKind.Positional, string.Empty, ParseExpression()));
            }

            if (!Current.IsOperator(")"))
            {
                ExpectOperator(",");
            }
        }

        at++;
        return arguments;
    }

    private JinjaExpression ParseFilters(JinjaExpression value)
    {
        while (true)
        {
            JinjaToken token = Current;
            if (token.IsOperator("|"))
            {
                at++;
                value = ParseFilter(value, Current);
            }
            else if (token.IsName("is"))
            {
                at++;
                value = ParseTest(value, token);
            }
            else if (token.IsOperator("("))
            {
                value = new JinjaCall(value, ParseArguments(), token.Line, token.Column);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaFilterCall ParseFilter(JinjaExpression? value, JinjaToken start)
    {
        string name = ParseDottedName("a filter");
        List<JinjaArgument> arguments = Current.IsOperator("(") ? ParseArguments() : [];
        return new JinjaFilterCall(value, name, arguments, start.Line, start.Column);
    }

    private string ParseDottedName(string what)
    {
        string name = Expect(JinjaTokenKind.Name, $"the name of {what}").Text;
        while (Current.IsOperator("."))
        {
            at++;
            name += "." + Expect(JinjaTokenKind.Name, $"the name of {what}").Text;
        }

        return name;
    }

    private JinjaTestCall ParseTest(JinjaExpression value, JinjaToken start)
    {
        bool negated = Current.IsName("not");
        at += negated ? 1 : 0;
        string name = ParseDottedName("a test");
        List<JinjaArgument> arguments = [];
        if (Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (BeginsTestArgument(Current))
        {
            if (Current.IsName("is"))
            {
                throw Error("Tests cannot be chained with 'is'; join them with 'and'.");
            }

            arguments.Add(new JinjaArgument(JinjaArgumentKind.Positional, string.Empty, ParsePostfix(ParsePrimary())));
        }

        return new JinjaTestCall(value, name, arguments, negated, start.Line, start.Column);
    }

    private static bool BeginsTestArgument(JinjaToken token) => token.Kind switch
    {
        JinjaTokenKind.Name => token.Text is not ("else" or "or" or "and"),
        JinjaTokenKind.Text or JinjaTokenKind.Integer or JinjaTokenKind.Float => true,
        JinjaTokenKind.Operator => token.Text is "[" or "{",
        _ => false,
    };
}

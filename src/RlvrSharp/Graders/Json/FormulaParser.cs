using System.Globalization;

namespace RlvrSharp.Graders.Json;

/// <summary>Reads formulas: or, and, not, comparisons, + -, * /, unary minus, ^ (to the right), calls; loosest first.</summary>
internal ref struct FormulaParser(string text, IReadOnlyList<string> names)
{
    private const int MaxDepth = 200;
    private const int MaxLength = 10_000;

    private static readonly Dictionary<string, (FormulaOp Op, int Least, int Most)> Calls = new(StringComparer.Ordinal)
    {
        ["min"] = (FormulaOp.Min, 1, int.MaxValue),
        ["max"] = (FormulaOp.Max, 1, int.MaxValue),
        ["abs"] = (FormulaOp.Abs, 1, 1),
        ["floor"] = (FormulaOp.Floor, 1, 1),
        ["ceil"] = (FormulaOp.Ceil, 1, 1),
        ["exp"] = (FormulaOp.Exp, 1, 1),
        ["sqrt"] = (FormulaOp.Sqrt, 1, 1),
        ["log"] = (FormulaOp.Log, 1, 1),
        ["if"] = (FormulaOp.If, 3, 3),
        ["clamp"] = (FormulaOp.Clamp, 3, 3),
        ["gate"] = (FormulaOp.Gate, 2, 2),
    };

    private readonly string text = text;
    private readonly IReadOnlyList<string> names = names;
    private int at;
    private int depth;

    /// <summary>Words that no part may have as its name.</summary>
    public static IReadOnlyList<string> ReservedWords { get; } = ["and", "or", "not"];

    /// <summary>Whether the contract's own language has the function.</summary>
    /// <param name="op">An operation.</param>
    /// <returns>False for what only this library knows.</returns>
    public static bool IsInContract(FormulaOp op) => op is not (FormulaOp.If or FormulaOp.Clamp or FormulaOp.Gate or FormulaOp.And or FormulaOp.Or or FormulaOp.Not
        or FormulaOp.Less or FormulaOp.LessOrEqual or FormulaOp.Greater or FormulaOp.GreaterOrEqual or FormulaOp.Equal or FormulaOp.NotEqual);

    public FormulaNode Parse()
    {
        Skip();
        if (at == text.Length)
        {
            throw Error("the formula is empty: write an expression over the names of the graders, such as 0.7 * a + 0.3 * b.");
        }

        if (text.Length > MaxLength)
        {
            throw Error($"the formula has {text.Length} characters, but at most {MaxLength} are read: make it simpler.");
        }

        FormulaNode node = ReadOr();
        if (at < text.Length)
        {
            throw Error(text[at] == ')'
                ? $"the ')' at position {at + 1} closes nothing: remove it, or open a '(' before it."
                : $"\"{Rest()}\" at position {at + 1} does not belong there: {Advice()}");
        }

        return node;
    }

    private static bool IsNameStart(char letter) => char.IsLetter(letter) || letter == '_';

    private static bool IsNamePart(char letter) => char.IsLetterOrDigit(letter) || letter == '_';

    private static FormatException Error(string message) => new(message);

    private FormulaNode ReadOr()
    {
        FormulaNode left = ReadAnd();
        while (TakeWord("or"))
        {
            left = Binary(FormulaOp.Or, left, ReadAnd());
        }

        return left;
    }

    private FormulaNode ReadAnd()
    {
        FormulaNode left = ReadNot();
        while (TakeWord("and"))
        {
            left = Binary(FormulaOp.And, left, ReadNot());
        }

        return left;
    }

    private FormulaNode ReadNot()
    {
        Skip();
        int start = at;
        if (!TakeWord("not"))
        {
            return ReadComparison();
        }

        Enter();
        FormulaNode operand = ReadNot();
        depth--;
        return new FormulaNode(FormulaOp.Not, start, operand.End, [operand]);
    }

    private FormulaNode ReadComparison()
    {
        FormulaNode left = ReadSum();
        FormulaOp? op = Take("<=") ? FormulaOp.LessOrEqual : Take(">=") ? FormulaOp.GreaterOrEqual : Take("==") ? FormulaOp.Equal
            : Take("!=") ? FormulaOp.NotEqual : Take("<") ? FormulaOp.Less : Take(">") ? FormulaOp.Greater : null;
        return op is { } known ? Binary(known, left, ReadSum()) : left;
    }

    private FormulaNode ReadSum()
    {
        FormulaNode left = ReadProduct();
        while (true)
        {
            if (Take("+"))
            {
                left = Binary(FormulaOp.Add, left, ReadProduct());
            }
            else if (Take("-"))
            {
                left = Binary(FormulaOp.Subtract, left, ReadProduct());
            }
            else
            {
                return left;
            }
        }
    }

    private FormulaNode ReadProduct()
    {
        FormulaNode left = ReadUnary();
        while (true)
        {
            Skip();
            if (Ahead("**") || Ahead("//"))
            {
                throw Error($"\"{text.Substring(at, 2)}\" at position {at + 1} is no operator here: write {(text[at] == '*' ? "a ^ b for a power" : "floor(a / b) for a whole quotient")}.");
            }

            if (Take("*"))
            {
                left = Binary(FormulaOp.Multiply, left, ReadUnary());
            }
            else if (Take("/"))
            {
                left = Binary(FormulaOp.Divide, left, ReadUnary());
            }
            else
            {
                return left;
            }
        }
    }

    private FormulaNode ReadUnary()
    {
        Skip();
        int start = at;
        bool negative = Take("-");
        if (!negative && !Take("+"))
        {
            return ReadPower();
        }

        if (!negative && string.IsNullOrWhiteSpace(text[..start]))
        {
            throw Error("the formula begins with '+': begin with a name, a number, a function or '('.");
        }

        Enter();
        FormulaNode operand = ReadUnary();
        depth--;
        return negative ? new FormulaNode(FormulaOp.Negate, start, operand.End, [operand]) : operand;
    }

    private FormulaNode ReadPower()
    {
        FormulaNode left = ReadAtom();
        if (!Take("^"))
        {
            return left;
        }

        Enter();
        FormulaNode right = ReadUnary();
        depth--;
        return Binary(FormulaOp.Power, left, right);
    }

    private FormulaNode ReadAtom()
    {
        Skip();
        int start = at;
        if (at == text.Length)
        {
            throw Error("the formula ends where a name, a number, a function or '(' must follow.");
        }

        char letter = text[at];
        if (letter == '(')
        {
            Enter();
            at++;
            FormulaNode inner = ReadOr();
            Close(start);
            depth--;
            inner.Start = start;
            inner.End = at;
            return inner;
        }

        if (char.IsAsciiDigit(letter) || letter == '.')
        {
            return ReadNumber();
        }

        if (IsNameStart(letter))
        {
            while (at < text.Length && IsNamePart(text[at]))
            {
                at++;
            }

            string name = text[start..at];
            Skip();
            return at < text.Length && text[at] == '(' ? ReadCall(name, start) : ReadName(name, start);
        }

        throw Error($"\"{Rest()}\" at position {at + 1} does not belong there: {Advice()}");
    }

    private FormulaNode ReadNumber()
    {
        int start = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
        {
            at++;
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            int sign = at + 1 < text.Length && text[at + 1] is '+' or '-' ? 1 : 0;
            if (at + 1 + sign < text.Length && char.IsAsciiDigit(text[at + 1 + sign]))
            {
                at += 1 + sign;
                while (at < text.Length && char.IsAsciiDigit(text[at]))
                {
                    at++;
                }
            }
        }

        string number = text[start..at];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
        {
            throw Error($"\"{number}\" at position {start + 1} is not a number: write numbers like 0.5 or 1e-9.");
        }

        return at < text.Length && IsNamePart(text[at])
            ? throw Error($"\"{number}{text[at]}\" at position {start + 1}: a number and a name stand side by side. Write the operator, such as {number} * name.")
            : new FormulaNode(FormulaOp.Number, start, at, []) { Value = value };
    }

    private FormulaNode ReadCall(string name, int start)
    {
        if (!Calls.TryGetValue(name, out (FormulaOp Op, int Least, int Most) call))
        {
            throw Error($"there is no function \"{name}\" (position {start + 1}): {(name is "pow" or "power" ? "write a ^ b for a power." : NearestName.Hint(name, Calls.Keys))}");
        }

        Enter();
        int open = at++;
        var arguments = new List<FormulaNode>();
        Skip();
        if (at == text.Length || text[at] != ')')
        {
            do
            {
                arguments.Add(ReadOr());
            }
            while (Take(","));
        }

        Close(open);
        depth--;
        if (arguments.Count < call.Least || arguments.Count > call.Most)
        {
            string wanted = call.Most == int.MaxValue ? $"at least {call.Least}" : $"{call.Least}";
            throw Error($"{name}() at position {start + 1} has {arguments.Count} argument(s), but it takes {wanted}.");
        }

        return new FormulaNode(call.Op, start, at, [.. arguments]);
    }

    private FormulaNode ReadName(string name, int start)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return new FormulaNode(FormulaOp.Name, start, start + name.Length, []) { Index = i };
            }
        }

        throw Error($"there is no grader \"{name}\" (position {start + 1}): {NearestName.Hint(name, [.. names])}");
    }

    private void Close(int open)
    {
        Skip();
        if (at == text.Length)
        {
            throw Error($"the '(' at position {open + 1} is never closed: add the missing ')'.");
        }

        if (text[at] != ')')
        {
            throw Error($"\"{Rest()}\" at position {at + 1} does not belong there: {Advice()}");
        }

        at++;
    }

    private readonly FormulaNode Binary(FormulaOp op, FormulaNode left, FormulaNode right) =>
        depth > MaxDepth ? throw Error(TooDeep()) : new FormulaNode(op, left.Start, right.End, [left, right]);

    private void Enter()
    {
        if (++depth > MaxDepth)
        {
            throw Error(TooDeep());
        }
    }

    private static string TooDeep() => $"the formula nests more than {MaxDepth} levels deep: make it simpler.";

    private void Skip()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }

    private readonly bool Ahead(string token) => text.AsSpan(at).StartsWith(token, StringComparison.Ordinal);

    private bool Take(string token)
    {
        Skip();
        if (!Ahead(token))
        {
            return false;
        }

        at += token.Length;
        return true;
    }

    private bool TakeWord(string word)
    {
        Skip();
        if (!Ahead(word) || (at + word.Length < text.Length && IsNamePart(text[at + word.Length])))
        {
            return false;
        }

        at += word.Length;
        return true;
    }

    private readonly string Rest() => JsonTexts.Cut(text[at..], 20);

    private readonly string Advice() => text[at] switch
    {
        '"' or '\'' => "formulas have no texts; write the graders' names bare.",
        '{' or '}' => "formulas have no templates; write the graders' names bare.",
        '.' => "a grader's score has no members.",
        ';' => "a formula is one expression.",
        '=' => "compare with ==.",
        ',' => "commas only separate the arguments of a function.",
        _ => "write + - * / ^, comparisons, and/or/not, functions, numbers and the graders' names.",
    };
}

using System.Globalization;

namespace RlvrSharp.Graders.Json;

/// <summary>What can be said of a formula without grading anything, by calculating with intervals.</summary>
internal static class FormulaChecks
{
    /// <summary>The interval that the formula's value lies in, given each name's.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="range">The interval of each name.</param>
    /// <returns>The interval; infinite where it is not known.</returns>
    public static (double Low, double High) RangeOf(ScoreFormula formula, Func<int, (double Low, double High)> range) => RangeOf(formula.Root, range);

    /// <summary>Everything that its writer should know.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="range">The interval of each name.</param>
    /// <returns>Sentences.</returns>
    public static IEnumerable<string> Notes(ScoreFormula formula, Func<int, (double Low, double High)> range)
    {
        var used = formula.Nodes().Where(node => node.Op == FormulaOp.Name).Select(node => node.Index).ToHashSet();
        if (used.Count == 0)
        {
            yield return "uses no grader, so every answer gets the same score and nothing can be learned: write the graders' names into it.";
        }

        for (int i = 0; i < formula.Names.Count && used.Count > 0; i++)
        {
            if (!used.Contains(i))
            {
                yield return $"does not use the grader \"{formula.Names[i]}\", which is then measured and never rewarded.";
            }
        }

        foreach (FormulaNode node in formula.Nodes())
        {
            if (NoteOf(formula, node, range) is { } note)
            {
                yield return note;
            }
        }

        (double low, double high) = RangeOf(formula.Root, range);
        if (used.Count > 0 && high <= 0)
        {
            yield return "can never be above 0, so no answer gets a score.";
        }
        else if (used.Count > 0 && low >= 1)
        {
            yield return "can never be below 1, so every answer gets the full score.";
        }
        else if (used.Count > 0 && double.IsFinite(low) && double.IsFinite(high) && (low < -1e-12 || high > 1 + 1e-12)
            && Sampled(formula, used, range) is var (least, most) && (least < -1e-12 || most > 1 + 1e-12))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"can lie between {least:G6} and {most:G6}; a score is cut to [0, 1]. Scale the formula if answers beyond the ends shall differ.");
        }
    }

    private static string? NoteOf(ScoreFormula formula, FormulaNode node, Func<int, (double Low, double High)> range)
    {
        string text = formula.TextOf(node);
        switch (node.Op)
        {
            case FormulaOp.Divide when Holds(RangeOf(node.Children[1], range), 0):
                return $"divides by \"{formula.TextOf(node.Children[1])}\", which can be 0; the grade is then Failed. Guard it, as in max({formula.TextOf(node.Children[1])}, 1e-9).";
            case FormulaOp.Log when RangeOf(node.Children[0], range).Low <= 0:
                return $"has \"{text}\", whose argument can be 0 or less; the grade is then Failed. Guard it, as in log(max({formula.TextOf(node.Children[0])}, 1e-9)).";
            case FormulaOp.Sqrt when RangeOf(node.Children[0], range).Low < 0:
                return $"has \"{text}\", whose argument can be negative; the grade is then Failed. Guard it, as in sqrt(max({formula.TextOf(node.Children[0])}, 0)).";
            case FormulaOp.If or FormulaOp.Gate:
                (double low, double high) = RangeOf(node.Children[0], range);
                bool always = low > 0 || high < 0;
                bool never = low == 0 && high == 0;
                return always || never
                    ? $"has \"{text}\", whose condition is {(always ? "always true" : "never true")}, so a part of it is never reached."
                    : null;
            default:
                return null;
        }
    }

    // Intervals know nothing of what belongs together, as in 2 * p * r / max(p + r, 1e-9), so values on a grid have the last word.
    private static (double Low, double High) Sampled(ScoreFormula formula, HashSet<int> used, Func<int, (double Low, double High)> range)
    {
        const int MaxPoints = 20_000;
        int steps = used.Count switch { 1 => 101, 2 => 21, 3 => 11, <= 5 => 5, _ => 2 };
        int[] names = [.. used.Order()];
        double[] values = new double[formula.Names.Count];
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        double points = Math.Min(MaxPoints, Math.Pow(steps, names.Length));
        for (int point = 0; point < points; point++)
        {
            int rest = point;
            foreach (int name in names)
            {
                (double from, double to) = range(name);
                values[name] = from + ((to - from) * (rest % steps) / (steps - 1));
                rest /= steps;
            }

            double value = formula.Evaluate(values, out string? fault);
            low = fault is null ? Math.Min(low, value) : low;
            high = fault is null ? Math.Max(high, value) : high;
        }

        return (low, high);
    }

    private static bool Holds((double Low, double High) range, double value) => range.Low <= value && value <= range.High;

    private static (double Low, double High) RangeOf(FormulaNode node, Func<int, (double Low, double High)> names)
    {
        (double Low, double High)[] args = [.. node.Children.Select(child => RangeOf(child, names))];
        return node.Op switch
        {
            FormulaOp.Number => (node.Value, node.Value),
            FormulaOp.Name => names(node.Index),
            FormulaOp.Negate => (-args[0].High, -args[0].Low),
            FormulaOp.Add => (args[0].Low + args[1].Low, args[0].High + args[1].High),
            FormulaOp.Subtract => (args[0].Low - args[1].High, args[0].High - args[1].Low),
            FormulaOp.Multiply => Corners(args[0], args[1], (a, b) => a * b),
            FormulaOp.Divide => Holds(args[1], 0) ? (double.NegativeInfinity, double.PositiveInfinity) : Corners(args[0], args[1], (a, b) => a / b),
            FormulaOp.Power => args[0].Low >= 0 && args[1].Low >= 0 ? Corners(args[0], args[1], Math.Pow) : (double.NegativeInfinity, double.PositiveInfinity),
            FormulaOp.Min => (args.Min(arg => arg.Low), args.Min(arg => arg.High)),
            FormulaOp.Max => (args.Max(arg => arg.Low), args.Max(arg => arg.High)),
            FormulaOp.Abs => Holds(args[0], 0) ? (0, Math.Max(-args[0].Low, args[0].High)) : Corners(args[0], args[0], (a, _) => Math.Abs(a)),
            FormulaOp.Floor => (Math.Floor(args[0].Low), Math.Floor(args[0].High)),
            FormulaOp.Ceil => (Math.Ceiling(args[0].Low), Math.Ceiling(args[0].High)),
            FormulaOp.Exp => (Math.Exp(args[0].Low), Math.Exp(args[0].High)),
            FormulaOp.Sqrt => (Math.Sqrt(Math.Max(0, args[0].Low)), Math.Sqrt(Math.Max(0, args[0].High))),
            FormulaOp.Log => (args[0].Low > 0 ? Math.Log(args[0].Low) : double.NegativeInfinity, args[0].High > 0 ? Math.Log(args[0].High) : double.NegativeInfinity),
            FormulaOp.Clamp => (Math.Min(Math.Max(args[0].Low, args[1].Low), args[2].Low), Math.Min(Math.Max(args[0].High, args[1].High), args[2].High)),
            FormulaOp.If => (Math.Min(args[1].Low, args[2].Low), Math.Max(args[1].High, args[2].High)),
            FormulaOp.Gate => (Math.Min(0, args[1].Low), Math.Max(0, args[1].High)),
            FormulaOp.Less => Compare(args[0].High < args[1].Low, args[0].Low >= args[1].High),
            FormulaOp.LessOrEqual => Compare(args[0].High <= args[1].Low, args[0].Low > args[1].High),
            FormulaOp.Greater => Compare(args[0].Low > args[1].High, args[0].High <= args[1].Low),
            FormulaOp.GreaterOrEqual => Compare(args[0].Low >= args[1].High, args[0].High < args[1].Low),
            _ => (0, 1),
        };
    }

    private static (double Low, double High) Compare(bool always, bool never) => always ? (1, 1) : never ? (0, 0) : (0, 1);

    private static (double Low, double High) Corners((double Low, double High) a, (double Low, double High) b, Func<double, double, double> apply)
    {
        ReadOnlySpan<double> corners = [apply(a.Low, b.Low), apply(a.Low, b.High), apply(a.High, b.Low), apply(a.High, b.High)];
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        foreach (double corner in corners)
        {
            if (double.IsNaN(corner))
            {
                return (double.NegativeInfinity, double.PositiveInfinity);
            }

            low = Math.Min(low, corner);
            high = Math.Max(high, corner);
        }

        return (low, high);
    }
}

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

        // A branch may be guarded by its condition, which intervals cannot know: there a fault must show itself at some point.
        double[][] points = [.. Points(formula, used, range)];
        HashSet<FormulaNode> guarded = [.. formula.Nodes().Where(node => node.Op is FormulaOp.If or FormulaOp.Gate).SelectMany(node => node.Children.Skip(1)).SelectMany(Below)];
        foreach (FormulaNode node in formula.Nodes())
        {
            if (NoteOf(formula, node, range) is { } note && (!guarded.Contains(node) || node.Op is FormulaOp.If or FormulaOp.Gate || points.Any(point => FaultAt(formula, point) is { } fault && fault.StartsWith($"\"{formula.TextOf(node)}\"", StringComparison.Ordinal))))
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
        else if (used.Count > 0 && (low < -1e-12 || high > 1 + 1e-12)
            && Reached(formula, points) is var (least, most) && (least < -1e-12 || most > 1 + 1e-12))
        {
            (low, high) = (least, most);
            yield return string.Create(CultureInfo.InvariantCulture, $"can lie between {low:G6} and {high:G6}; a score is cut to [0, 1]. Scale the formula if answers beyond the ends shall differ.");
        }
    }

    // Intervals know nothing of parts that move together, as in 2pr / max(p + r, 1e-9); so what they allow is looked for at points.
    private static (double Low, double High) Reached(ScoreFormula formula, double[][] points)
    {
        double[] values = [.. points.Select(point => formula.Evaluate(point, out _)).Where(double.IsFinite)];
        return values.Length == 0 ? (0, 1) : (values.Min(), values.Max());
    }

    private static string? FaultAt(ScoreFormula formula, double[] point)
    {
        formula.Evaluate(point, out string? reason);
        return reason;
    }

    // A grid over the names where that is small; else the corners that have one name apart from the others, and chance.
    private static IEnumerable<double[]> Points(ScoreFormula formula, HashSet<int> used, Func<int, (double Low, double High)> range)
    {
        int[] names = [.. used.Order()];
        int steps = names.Length switch { 1 => 100, 2 => 20, 3 => 10, _ => 4 };
        double[] shares = [.. Enumerable.Range(0, steps + 1).Select(step => (double)step / steps), 1e-6];
        int count = names.Length <= 4 ? (int)Math.Pow(shares.Length, names.Length) : 2000;
        var random = new KeyedRandom(KeyedRandom.Key(0x506F6E74));
        for (int i = 0; i < count; i++)
        {
            var point = new double[formula.Names.Count];
            int rest = i;
            for (int j = 0; j < names.Length; j++)
            {
                double share = names.Length <= 4 ? shares[rest % shares.Length]
                    : i < 2 * (names.Length + 1) ? (i / 2 == j ? 1 - (i % 2) : i % 2)
                    : shares[random.NextInt32(shares.Length)];
                rest /= shares.Length;
                (double low, double high) = range(names[j]);
                (low, high) = (double.IsFinite(low) ? low : 0, double.IsFinite(high) ? high : 1);
                point[names[j]] = low + ((high - low) * share);
            }

            yield return point;
        }
    }

    private static IEnumerable<FormulaNode> Below(FormulaNode node) => [node, .. node.Children.SelectMany(Below)];

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

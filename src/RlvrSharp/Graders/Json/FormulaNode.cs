namespace RlvrSharp.Graders.Json;

/// <summary>What a formula's node does.</summary>
internal enum FormulaOp
{
    Number, Name, Negate, Not, Add, Subtract, Multiply, Divide, Power,
    Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual, And, Or,
    Min, Max, Abs, Floor, Ceil, Exp, Sqrt, Log, If, Clamp, Gate,
}

/// <summary>A part of a formula, and how to evaluate it.</summary>
internal sealed class FormulaNode(FormulaOp op, int start, int end, FormulaNode[] children)
{
    public FormulaOp Op { get; } = op;

    /// <summary>Where the part begins in the formula's text.</summary>
    public int Start { get; set; } = start;

    /// <summary>Where it ends (exclusive).</summary>
    public int End { get; set; } = end;

    public FormulaNode[] Children { get; } = children;

    /// <summary>The number of a <see cref="FormulaOp.Number"/>.</summary>
    public double Value { get; init; }

    /// <summary>The index of the name of a <see cref="FormulaOp.Name"/>.</summary>
    public int Index { get; init; }

    /// <summary>The value; where there is none, NaN, and <paramref name="fault"/> is the part that has none.</summary>
    /// <param name="values">A value per name.</param>
    /// <param name="fault">The part without a value.</param>
    /// <returns>A finite number or NaN.</returns>
    public double Evaluate(ReadOnlySpan<double> values, ref FormulaNode? fault)
    {
        switch (Op)
        {
            case FormulaOp.Number:
                return Value;
            case FormulaOp.Name:
                return Check(values[Index], ref fault);
            case FormulaOp.If:
                double condition = Children[0].Evaluate(values, ref fault);
                return fault is null ? Children[condition != 0 ? 1 : 2].Evaluate(values, ref fault) : double.NaN;
            case FormulaOp.Gate:
                double open = Children[0].Evaluate(values, ref fault);
                return fault is not null ? double.NaN : open != 0 ? Children[1].Evaluate(values, ref fault) : 0;
            case FormulaOp.And or FormulaOp.Or:
                double left = Children[0].Evaluate(values, ref fault);
                if (fault is not null || (left != 0) == (Op == FormulaOp.Or))
                {
                    return fault is null ? Truth(left != 0) : double.NaN;
                }

                double right = Children[1].Evaluate(values, ref fault);
                return fault is null ? Truth(right != 0) : double.NaN;
            case FormulaOp.Min or FormulaOp.Max:
                return EvaluateExtreme(values, ref fault);
        }

        double a = Children[0].Evaluate(values, ref fault);
        double b = fault is null && Children.Length > 1 ? Children[1].Evaluate(values, ref fault) : 0;
        double c = fault is null && Children.Length > 2 ? Children[2].Evaluate(values, ref fault) : 0;
        return fault is not null ? double.NaN : Check(Apply(Op, a, b, c), ref fault);
    }

    private static double Truth(bool value) => value ? 1 : 0;

    private static double Apply(FormulaOp op, double a, double b, double c) => op switch
    {
        FormulaOp.Negate => -a,
        FormulaOp.Not => Truth(a == 0),
        FormulaOp.Add => a + b,
        FormulaOp.Subtract => a - b,
        FormulaOp.Multiply => a * b,
        FormulaOp.Divide => a / b,
        FormulaOp.Power => Math.Pow(a, b),
        FormulaOp.Less => Truth(a < b),
        FormulaOp.LessOrEqual => Truth(a <= b),
        FormulaOp.Greater => Truth(a > b),
        FormulaOp.GreaterOrEqual => Truth(a >= b),
        FormulaOp.Equal => Truth(a == b),
        FormulaOp.NotEqual => Truth(a != b),
        FormulaOp.Abs => Math.Abs(a),
        FormulaOp.Floor => Math.Floor(a),
        FormulaOp.Ceil => Math.Ceiling(a),
        FormulaOp.Exp => Math.Exp(a),
        FormulaOp.Sqrt => Math.Sqrt(a),
        FormulaOp.Log => Math.Log(a),
        FormulaOp.Clamp => Math.Min(Math.Max(a, b), c),
        _ => throw new InvalidOperationException($"The formula operation {op} is not evaluated here."),
    };

    private double EvaluateExtreme(ReadOnlySpan<double> values, ref FormulaNode? fault)
    {
        double result = Op == FormulaOp.Min ? double.PositiveInfinity : double.NegativeInfinity;
        foreach (FormulaNode child in Children)
        {
            double value = child.Evaluate(values, ref fault);
            if (fault is not null)
            {
                return double.NaN;
            }

            result = Op == FormulaOp.Min ? Math.Min(result, value) : Math.Max(result, value);
        }

        return result;
    }

    private double Check(double value, ref FormulaNode? fault)
    {
        if (!double.IsFinite(value))
        {
            fault = this;
            return double.NaN;
        }

        return value;
    }
}

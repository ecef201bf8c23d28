using System.Globalization;

namespace RlvrSharp.Graders.Json;

/// <summary>The arithmetic over scores that a <c>multi</c> grader has in <c>calculate_output</c>.</summary>
/// <remarks>
/// The contract's language is <c>+ - * / ^</c>, parentheses, numbers (also <c>1e-9</c>), <c>min max abs floor ceil exp sqrt log</c>
/// (natural). This library adds unary minus, comparisons (1 or 0), <c>and or not</c>, <c>if(condition, then, else)</c>,
/// <c>clamp(x, low, high)</c> and <c>gate(condition, x)</c>, which is x where the condition is not 0 and else 0. <c>^</c> binds to the right
/// and tighter than unary minus. Branches that are not taken are not evaluated.
/// </remarks>
public sealed class ScoreFormula
{
    private readonly FormulaNode root;

    private ScoreFormula(string text, IReadOnlyList<string> names, FormulaNode root)
    {
        Text = text;
        Names = names;
        this.root = root;
    }

    /// <summary>The formula as written.</summary>
    public string Text { get; }

    /// <summary>The names that the formula may use, in the order of the values of <see cref="Evaluate"/>.</summary>
    public IReadOnlyList<string> Names { get; }

    internal FormulaNode Root => root;

    /// <summary>Parses a formula.</summary>
    /// <param name="text">The formula.</param>
    /// <param name="names">The names it may use.</param>
    /// <returns>The formula.</returns>
    /// <exception cref="DataException">It cannot be read; the message has the position and the way out.</exception>
    public static ScoreFormula Parse(string text, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(names);
        return TryParse(text, names, out string? problem) ?? throw new DataException($"The formula \"{JsonTexts.Cut(text)}\" cannot be read (formula_parse_error): {problem}");
    }

    /// <summary>The formula's value, which may be any number; a formula without a value (a division by 0, say) gives NaN and a reason.</summary>
    /// <param name="values">A value for each of <see cref="Names"/>.</param>
    /// <param name="reason">Which part has no value and for which numbers; null where there is a value.</param>
    /// <returns>A finite number, or NaN.</returns>
    public double Evaluate(ReadOnlySpan<double> values, out string? reason)
    {
        if (values.Length != Names.Count)
        {
            throw new ArgumentException($"There are {values.Length} values for {Names.Count} names: give one value for each name.", nameof(values));
        }

        FormulaNode? fault = null;
        double result = root.Evaluate(values, ref fault);
        reason = fault is null ? null : Explain(fault, values);
        return result;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal static ScoreFormula? TryParse(string text, IReadOnlyList<string> names, out string? problem)
    {
        try
        {
            problem = null;
            return new ScoreFormula(text, names, new FormulaParser(text, names).Parse());
        }
        catch (FormatException error)
        {
            problem = error.Message;
            return null;
        }
    }

    /// <summary>Every node, parents before children.</summary>
    /// <returns>The nodes.</returns>
    internal IEnumerable<FormulaNode> Nodes()
    {
        var open = new Stack<FormulaNode>([root]);
        while (open.TryPop(out FormulaNode? node))
        {
            yield return node;
            foreach (FormulaNode child in node.Children)
            {
                open.Push(child);
            }
        }
    }

    internal string TextOf(FormulaNode node) => Text[node.Start..node.End];

    private string Explain(FormulaNode node, ReadOnlySpan<double> values)
    {
        FormulaNode? none = null;
        var operands = new List<string>();
        foreach (FormulaNode child in node.Children)
        {
            operands.Add($"{TextOf(child)} = {child.Evaluate(values, ref none).ToString("R", CultureInfo.InvariantCulture)}");
        }

        string why = node.Op switch
        {
            FormulaOp.Divide => "a division by 0 has no value: guard it, as in a / max(b, 1e-9)",
            FormulaOp.Log => "only numbers above 0 have a logarithm: guard it, as in log(max(x, 1e-9))",
            FormulaOp.Sqrt => "only numbers from 0 have a square root: guard it, as in sqrt(max(x, 0))",
            FormulaOp.Power => "this power has no finite value",
            FormulaOp.Name => "the score is not a finite number",
            _ => "the result is too large",
        };
        string where = operands.Count > 0 ? $" with {string.Join(", ", operands)}" : string.Empty;
        return $"\"{TextOf(node)}\"{where}: {why}.";
    }
}

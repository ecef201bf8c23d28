using RlvrSharp.Graders.Json;

namespace RlvrSharp.Tests.Graders.Json;

public class ScoreFormulaTests
{
    [Theory]
    [InlineData("a + b * 2", 1)]
    [InlineData("-a ^ 2", -0.25)]
    [InlineData("2 ^ -1", 0.5)]
    [InlineData("2 ^ 3 ^ 2", 512)]
    [InlineData("8 - 4 - 2", 2)]
    [InlineData("8 / 4 / 2", 1)]
    [InlineData("1.5e1 * 2E-1", 3)]
    [InlineData("if(a > b, 10, 20)", 10)]
    [InlineData("if(a <= b, 10, 20)", 20)]
    [InlineData("(a == 0.5) + (b != 0.25) + (a >= 0.5) + (a < 0.5)", 2)]
    [InlineData("not a == b", 1)]
    [InlineData("a and 0 or 1 and b", 1)]
    [InlineData("0 and 1 / 0", 0)]
    [InlineData("1 or 1 / 0", 1)]
    [InlineData("clamp(a * 10, 0, 1)", 1)]
    [InlineData("gate(a > 0.9, 1 / 0)", 0)]
    [InlineData("gate(a, b)", 0.25)]
    [InlineData("if(b == 0, 0, a / b)", 2)]
    [InlineData("max(a, b, 0.75)", 0.75)]
    [InlineData("min(a)", 0.5)]
    [InlineData("log(exp(a))", 0.5)]
    [InlineData("ceil(a) + floor(a) + abs(-a) + sqrt(b)", 2)]
    [InlineData("orange + andy", 3)]
    public void Values(string formula, double expected) =>
        Assert.Equal(expected, ScoreFormula.Parse(formula, ["a", "b", "orange", "andy"]).Evaluate([0.5, 0.25, 1, 2], out _), 14);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("(a + b", "position 1 is never closed")]
    [InlineData("a + b)", "position 6 closes nothing")]
    [InlineData("a + c", "no grader \"c\"")]
    [InlineData("a * (b + exact_mach)", "did you mean \"exact_match\"")]
    [InlineData("maxx(a, b)", "did you mean \"max\"")]
    [InlineData("min()", "at least 1")]
    [InlineData("clamp(a, 0)", "takes 3")]
    [InlineData("2a", "2 * name")]
    [InlineData("0x10", "side by side")]
    [InlineData("a ** 2", "a ^ b")]
    [InlineData("pow(a, 2)", "a ^ b")]
    [InlineData("a // b", "floor(a / b)")]
    [InlineData("a = b", "==")]
    [InlineData("a; b", "one expression")]
    [InlineData("{{a}} + b", "no templates")]
    [InlineData("a b", "does not belong")]
    [InlineData("1e999", "not a number")]
    [InlineData("1.2.3", "not a number")]
    [InlineData("a +", "ends where")]
    [InlineData("a if b else a", "does not belong")]
    [InlineData("+a", "begins with '+'")]
    [InlineData("\t+ a", "begins with '+'")]
    [InlineData("A + b", "did you mean \"a\"")]
    public void Faults_are_named_with_the_way_out(string formula, string part)
    {
        DataException error = Assert.Throws<DataException>(() => ScoreFormula.Parse(formula, ["a", "b", "exact_match"]));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(a + b) / (b - b)", "b - b) = 0")]
    [InlineData("log(b - b)", "above 0")]
    [InlineData("sqrt(b - a)", "square root")]
    [InlineData("(b - a) ^ 0.5", "power")]
    [InlineData("exp(10000 * a)", "too large")]
    public void A_formula_without_a_value_says_which_part_and_why(string formula, string part)
    {
        double value = ScoreFormula.Parse(formula, ["a", "b"]).Evaluate([0.5, 0.25], out string? reason);
        Assert.True(double.IsNaN(value));
        Assert.Contains(part, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused_rather_than_overflowing_the_stack()
    {
        Assert.Throws<DataException>(() => ScoreFormula.Parse(new string('(', 4900) + "a" + new string(')', 4900), ["a"]));
        Assert.Throws<DataException>(() => ScoreFormula.Parse(new string('-', 9000) + "a", ["a"]));
        Assert.Throws<DataException>(() => ScoreFormula.Parse(string.Concat(Enumerable.Repeat("a^", 3000)) + "a", ["a"]));
        Assert.Throws<DataException>(() => ScoreFormula.Parse(string.Concat(Enumerable.Repeat("not ", 2400)) + "a", ["a"]));
        Assert.Throws<DataException>(() => ScoreFormula.Parse(string.Join('+', Enumerable.Repeat("a", 6000)), ["a"]));
        Assert.Equal(2500, ScoreFormula.Parse(string.Join('+', Enumerable.Repeat("a", 2500)), ["a"]).Evaluate([1], out _));
    }
}

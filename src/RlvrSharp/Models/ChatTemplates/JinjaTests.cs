using System.Numerics;

namespace RlvrSharp.Models;

/// <summary>Tests, by name: what stands after <c>is</c>.</summary>
internal static class JinjaTests
{
    /// <summary>Applies a test.</summary>
    public static bool Apply(JinjaContext context, string name, object? value, JinjaArguments arguments)
    {
        context.Budget.Charge(1);
        string op = name switch
        {
            "eq" or "equalto" => "==",
            "ne" => "!=",
            "lt" or "lessthan" => "<",
            "le" => "<=",
            "gt" or "greaterthan" => ">",
            "ge" => ">=",
            _ => name,
        };
        if (op is "==" or "!=" or "<" or "<=" or ">" or ">=" or "in")
        {
            return JinjaOps.Test(op, value, arguments.Bind($"the test '{name}'", 1, "/other")[0], context.Budget);
        }

        if (name is "sameas" or "divisibleby")
        {
            object? other = arguments.Bind($"the test '{name}'", 1, name == "sameas" ? "other" : "num")[0];
            return name == "sameas" ? IsSame(value, other, context.Budget) : IsZero(JinjaOps.Compute("%", value, other, context.Budget));
        }

        arguments.Bind($"the test '{name}'", 0);
        return name switch
        {
            "defined" => value is not JinjaUndefined,
            "undefined" => value is JinjaUndefined,
            "none" => value is null,
            "boolean" => value is bool,
            "true" => value is true,
            "false" => value is false,
            "integer" => value is long or BigInteger,
            "float" => value is double,
            "number" => JinjaNumber.IsNumber(value),
            "string" => value is string,
            "mapping" => value is JinjaDict,
            "sequence" => value is string or JinjaList or JinjaTuple or JinjaDict or JinjaRange or JinjaUndefined,
            "iterable" => value is string or JinjaList or JinjaTuple or JinjaDict or JinjaRange or JinjaView or JinjaStream or JinjaUndefined or JinjaLoop,
            "callable" => value is JinjaCallable,
            "odd" => JinjaOps.AreEqual(JinjaOps.Compute("%", value, 2L, context.Budget), 1L, context.Budget),
            "even" => IsZero(JinjaOps.Compute("%", value, 2L, context.Budget)),
            "upper" => JinjaStringMethods.IsUpper(context.Str(value)),
            "lower" => JinjaStringMethods.IsLower(context.Str(value)),
            "escaped" => false,
            "filter" or "test" => throw new JinjaException($"the test '{name}' is not supported."),
            _ => throw new JinjaException($"there is no test named '{name}'."),
        };
    }

    private static bool IsZero(object? value) => JinjaOps.AreEqual(value, 0L, null);

    // Python's 'is': the same object; for plain values, the same kind and value.
    private static bool IsSame(object? left, object? right, JinjaBudget budget) =>
        left is null or bool or long or string
            ? left?.GetType() == right?.GetType() && JinjaOps.AreEqual(left, right, budget)
            : ReferenceEquals(left, right);
}

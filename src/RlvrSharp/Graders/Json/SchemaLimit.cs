using System.Globalization;
using System.Text.Json;

namespace RlvrSharp.Graders.Json;

/// <summary>A number of a schema or an answer, exact where <see cref="decimal"/> can hold it.</summary>
internal readonly struct SchemaLimit
{
    private readonly decimal? exact;

    /// <summary>A JSON number.</summary>
    /// <param name="number">The number; its value is infinite beyond the range of <see cref="double"/>.</param>
    public SchemaLimit(JsonElement number)
    {
        Value = number.TryGetDouble(out double value) ? value : double.PositiveInfinity;

        // Decimal would make 0 of small numbers.
        exact = Math.Abs(Value) is > 1e-12 or 0 && number.TryGetDecimal(out decimal held) ? held : null;
    }

    /// <summary>A count.</summary>
    /// <param name="count">A whole number.</param>
    public SchemaLimit(int count) => (Value, exact) = (count, count);

    /// <summary>The nearest <see cref="double"/>.</summary>
    public double Value { get; }

    /// <summary>Compares two numbers.</summary>
    /// <param name="other">Another number.</param>
    /// <returns>Below 0, 0 or above 0.</returns>
    public int CompareTo(SchemaLimit other) => exact is { } a && other.exact is { } b ? a.CompareTo(b) : Value.CompareTo(other.Value);

    /// <summary>Whether the number is a whole multiple of another.</summary>
    /// <param name="unit">A number above 0.</param>
    /// <returns>Whether it is.</returns>
    public bool IsMultipleOf(SchemaLimit unit) => exact is { } a && unit.exact is { } b ? a % b == 0 : Math.IEEERemainder(Value, unit.Value) == 0;

    /// <inheritdoc/>
    public override string ToString() => exact?.ToString(CultureInfo.InvariantCulture) ?? Value.ToString("R", CultureInfo.InvariantCulture);
}

using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace RlvrSharp;

/// <summary>The limits of a setting. As <see cref="RangeAttribute"/>, with a message that also says what the value is and what to do.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WithinAttribute : ValidationAttribute
{
    private readonly IComparable minimum;
    private readonly IComparable maximum;
    private readonly Func<object, IComparable> convert;

    public WithinAttribute(double minimum, double maximum)
        : this(minimum, maximum, value => Convert.ToDouble(value, CultureInfo.InvariantCulture))
    {
    }

    public WithinAttribute(long minimum, long maximum)
        : this(minimum, maximum, value => Convert.ToInt64(value, CultureInfo.InvariantCulture))
    {
    }

    /// <summary>Limits of a <see cref="TimeSpan"/> in its constant form, such as <c>00:00:00.010</c>.</summary>
    public WithinAttribute(string minimum, string maximum)
        : this(TimeSpan.ParseExact(minimum, "c", CultureInfo.InvariantCulture), TimeSpan.ParseExact(maximum, "c", CultureInfo.InvariantCulture), value => (TimeSpan)value)
    {
    }

    private WithinAttribute(IComparable minimum, IComparable maximum, Func<object, IComparable> convert) =>
        (this.minimum, this.maximum, this.convert) = (minimum, maximum, convert);

    /// <summary>Whether the value must be above the lower limit.</summary>
    public bool MinimumIsExclusive { get; set; }

    /// <summary>Whether the value must be below the upper limit.</summary>
    public bool MaximumIsExclusive { get; set; }

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        if (value is null)
        {
            return ValidationResult.Success;
        }

        // Comparing takes NaN for the smallest number, so it is below every lower limit but not below an infinite one: it lies nowhere.
        IComparable number = convert(value);
        int low = number.CompareTo(minimum);
        int high = number.CompareTo(maximum);
        bool valid = (MinimumIsExclusive ? low > 0 : low >= 0) && (MaximumIsExclusive ? high < 0 : high <= 0) && number is not double.NaN;
        return valid
            ? ValidationResult.Success
            : new ValidationResult($"{validationContext.DisplayName} is {Text(number)}, but must be {Rule()}: choose a value in that range.", [validationContext.MemberName ?? ""]);
    }

    private string Rule()
    {
        string lower = $"{(MinimumIsExclusive ? "above" : "at least")} {Text(minimum)}";
        return maximum is double.MaxValue ? $"{lower} and finite" : $"{lower} and {(MaximumIsExclusive ? "below" : "at most")} {Text(maximum)}";
    }

    private static string Text(IComparable value) => value switch
    {
        TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}

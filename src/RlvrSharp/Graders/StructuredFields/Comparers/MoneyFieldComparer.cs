using System.Text.Json.Nodes;

namespace RlvrSharp.Graders;

/// <summary>Amounts of money: a number, or a text with a number and perhaps a currency.</summary>
internal sealed class MoneyFieldComparer(double tolerance, char decimalSeparator) : FieldComparer("money")
{
    internal override object Prepare(AnswerValue expected) => TryRead(expected, out string amount, out string currency)
        ? (amount, currency)
        : throw new FieldValueFault($"is {Show(expected)}, but the comparer 'money' wants an amount such as 12.50, \"$12.50\" or \"EUR 12.50\"");

    internal override double Compare(object prepared, AnswerValue actual, DeferredScores? deferred)
    {
        (string amount, string currency) = ((string, string))prepared;
        return TryRead(actual, out string otherAmount, out string otherCurrency)
            && (currency.Length == 0 || string.Equals(currency, otherCurrency, StringComparison.Ordinal))
            && NumberFieldComparer.AreNear(amount, otherAmount, tolerance, 0) ? 1 : 0;
    }

    internal override IEnumerable<string> Validate()
    {
        if (!(tolerance >= 0 && double.IsFinite(tolerance)))
        {
            yield return FormattableString.Invariant($"its tolerance is {tolerance}: use 0 or a finite number above it");
        }

        if (decimalSeparator is not ('.' or ','))
        {
            yield return $"its decimal separator is '{decimalSeparator}': use '.' or ','";
        }
    }

    internal override void WriteParameters(JsonObject json)
    {
        if (tolerance > 0)
        {
            json["tolerance"] = tolerance;
        }

        if (decimalSeparator != '.')
        {
            json["decimal_separator"] = decimalSeparator.ToString();
        }
    }

    private bool TryRead(AnswerValue value, out string amount, out string currency)
    {
        (amount, currency) = ("", "");
        if (value.Kind == AnswerKind.Number)
        {
            amount = value.Text.ToString();
            return IsNumber(amount);
        }

        // No amount in print is longer; this also bounds the work.
        ReadOnlySpan<char> text = value.Text.Trim();
        if (value.Kind != AnswerKind.String || text.Length > 100)
        {
            return false;
        }

        bool negative = text.Length > 1 && (IsMinus(text[0]) || (text[0] == '(' && text[^1] == ')'));
        text = negative ? (text[0] == '(' ? text[1..^1] : text[1..]) : text;
        int first = text.IndexOfAnyInRange('0', '9');
        int last = text.LastIndexOfAnyInRange('0', '9');
        if (first < 0)
        {
            return false;
        }

        ReadOnlySpan<char> before = text[..first].Trim(), after = text[(last + 1)..].Trim();
        if (before.Length > 0 && IsMinus(before[^1]) && !negative)
        {
            negative = true;
            before = before[..^1].TrimEnd();
        }

        if (!TryPlain(text[first..(last + 1)], out string plain))
        {
            return false;
        }

        amount = negative ? "-" + plain : plain;
        if (before.Length == 0 || after.Length == 0)
        {
            return CurrencyNames.TryRead(before.Length > 0 ? before : after, out currency);
        }

        // A sign before and a code behind, $12.50 CAD, where the sign can stand for that code.
        return CurrencyNames.TryRead(after, out currency) && CurrencyNames.CanBe(before, currency);
    }

    private static bool IsMinus(char character) => character is '-' or '\u2212';

    /// <summary>Takes out thousands separators, which must be of one kind and stand before groups of exactly three digits.</summary>
    private bool TryPlain(ReadOnlySpan<char> text, out string plain)
    {
        plain = "";
        char groupSeparator = decimalSeparator == '.' ? ',' : '.';
        int point = text.IndexOf(decimalSeparator);
        ReadOnlySpan<char> whole = point < 0 ? text : text[..point], fraction = point < 0 ? "" : text[(point + 1)..];
        if (fraction.IndexOfAnyExceptInRange('0', '9') >= 0 || (point >= 0 && fraction.Length == 0))
        {
            return false;
        }

        var digits = new KeyBuffer(stackalloc char[128]);
        int group = -1;
        char separator = '\0';
        bool valid = true;
        foreach (char character in whole)
        {
            if (char.IsAsciiDigit(character))
            {
                digits.Append(character);
                group = group >= 0 ? group + 1 : group;
            }
            else
            {
                // One kind of separator in a number, and no zero in front: 0,123 is a decimal elsewhere, and 1 234,567 too.
                char kind = character is '\u00A0' or '\u202F' ? ' ' : character;
                valid &= (kind == groupSeparator || kind is '\'' or ' ') && (separator == '\0' || separator == kind) && group is -1 or 3;
                valid &= digits.Length > 0 && digits.Written[0] != '0' && (group >= 0 || digits.Length <= 3);
                separator = kind;
                group = 0;
            }
        }

        valid &= group is -1 or 3;
        if (fraction.Length > 0)
        {
            digits.Append('.');
            digits.Append(fraction);
        }

        plain = digits.Written.ToString();
        digits.Dispose();
        return valid;
    }

    private static bool IsNumber(ReadOnlySpan<char> literal)
    {
        var key = new KeyBuffer(stackalloc char[64]);
        bool isNumber = NumberText.TryWriteKey(literal, ref key);
        key.Dispose();
        return isNumber;
    }
}

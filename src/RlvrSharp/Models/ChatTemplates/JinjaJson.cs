using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace RlvrSharp.Models;

/// <summary>JSON in and out of templates: out as Python's <c>json.dumps</c> writes it with <c>ensure_ascii=False</c>, without HTML escapes.</summary>
internal static class JinjaJson
{
    private const int MaxDepth = 100;

    /// <summary>A JSON value as a template's value; numbers with a point or an exponent are floats.</summary>
    public static object? Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            case JsonValueKind.True or JsonValueKind.False:
                return element.ValueKind == JsonValueKind.True;
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                string raw = element.GetRawText();
                return raw.AsSpan().IndexOfAny(".eE") >= 0
                    ? double.Parse(raw, NumberStyles.Float, CultureInfo.InvariantCulture)
                    : JinjaNumber.Normalize(BigInteger.Parse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
            case JsonValueKind.Array:
                var list = new List<object?>(element.GetArrayLength());
                foreach (JsonElement item in element.EnumerateArray())
                {
                    list.Add(Read(item));
                }

                return new JinjaList(list);
            default:
                var dict = new JinjaDict();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    dict.Set(property.Name, Read(property.Value));
                }

                return dict;
        }
    }

    /// <summary>Writes a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="indent">What each level is indented by; null for one line.</param>
    /// <param name="itemSeparator">What stands between items.</param>
    /// <param name="keySeparator">What stands between a key and its value.</param>
    /// <param name="sortKeys">Whether keys are sorted.</param>
    /// <param name="ascii">Whether all but ASCII is escaped.</param>
    /// <param name="budget">What it may cost.</param>
    public static string Write(object? value, string? indent, string itemSeparator, string keySeparator, bool sortKeys, bool ascii, JinjaBudget budget)
    {
        var writer = new Writer(indent, itemSeparator, keySeparator, sortKeys, ascii, budget);
        writer.Value(value, 0);
        return writer.ToString();
    }

    private sealed class Writer(string? indent, string itemSeparator, string keySeparator, bool sortKeys, bool ascii, JinjaBudget budget)
    {
        private readonly StringBuilder result = new();

        public override string ToString() => result.ToString();

        public void Value(object? value, int depth)
        {
            if (depth > MaxDepth)
            {
                throw new JinjaException($"a value nests deeper than {MaxDepth} levels and cannot be written as JSON.");
            }

            budget.Charge(1);
            switch (value)
            {
                case null or bool or long or double or BigInteger:
                    result.Append(Scalar(value));
                    break;
                case string text:
                    Text(text);
                    break;
                case JinjaList list:
                    Items(list.Items, depth);
                    break;
                case JinjaTuple tuple:
                    Items(tuple.Items, depth);
                    break;
                case JinjaDict dict:
                    Pairs(dict, depth);
                    break;
                default:
                    throw new JinjaException($"{JinjaText.TypeName(value)} cannot be written as JSON.");
            }

            if (result.Length > budget.MaxText)
            {
                budget.ChargeText(result.Length);
            }
        }

        private static string Scalar(object? value) => value switch
        {
            null => "null",
            bool flag => flag ? "true" : "false",
            double number => double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : JinjaText.FloatRepr(number),
            long number => number.ToString(CultureInfo.InvariantCulture),
            BigInteger number => number.ToString(CultureInfo.InvariantCulture),
            _ => throw new JinjaException($"{JinjaText.TypeName(value)} cannot be a key in JSON."),
        };

        private void Items(IReadOnlyList<object?> items, int depth)
        {
            if (items.Count == 0)
            {
                result.Append("[]");
                return;
            }

            result.Append('[');
            for (int i = 0; i < items.Count; i++)
            {
                result.Append(i == 0 ? string.Empty : itemSeparator);
                NewLine(depth + 1);
                Value(items[i], depth + 1);
            }

            NewLine(depth);
            result.Append(']');
        }

        private void Pairs(JinjaDict dict, int depth)
        {
            if (dict.Count == 0)
            {
                result.Append("{}");
                return;
            }

            IEnumerable<KeyValuePair<object?, object?>> pairs = dict.Pairs;
            if (sortKeys)
            {
                pairs = pairs.Order(Comparer<KeyValuePair<object?, object?>>.Create((a, b) => JinjaOps.Compare(a.Key, b.Key, budget)));
            }

            result.Append('{');
            bool first = true;
            foreach (KeyValuePair<object?, object?> pair in pairs)
            {
                result.Append(first ? string.Empty : itemSeparator);
                first = false;
                NewLine(depth + 1);
                Text(pair.Key as string ?? Scalar(pair.Key));
                result.Append(keySeparator);
                Value(pair.Value, depth + 1);
            }

            NewLine(depth);
            result.Append('}');
        }

        private void NewLine(int depth)
        {
            if (indent is null)
            {
                return;
            }

            budget.ChargeText((long)indent.Length * depth);
            result.Append('\n');
            for (int i = 0; i < depth; i++)
            {
                result.Append(indent);
            }
        }

        private void Text(string text)
        {
            budget.ChargeText(text.Length);
            result.Append('"');
            foreach (char c in text)
            {
                switch (c)
                {
                    case '"':
                        result.Append("\\\"");
                        break;
                    case '\\':
                        result.Append("\\\\");
                        break;
                    case '\n':
                        result.Append("\\n");
                        break;
                    case '\r':
                        result.Append("\\r");
                        break;
                    case '\t':
                        result.Append("\\t");
                        break;
                    case '\b':
                        result.Append("\\b");
                        break;
                    case '\f':
                        result.Append("\\f");
                        break;
                    default:
                        if (c < ' ' || (ascii && c > '~'))
                        {
                            result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                        }
                        else
                        {
                            result.Append(c);
                        }

                        break;
                }
            }

            result.Append('"');
        }
    }
}

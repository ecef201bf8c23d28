using System.Numerics;

namespace RlvrSharp.Graders;

/// <summary>Reads .NET date formats themselves: which parts they have, and whether those can be what was meant.</summary>
internal static class DateFormat
{
    private static readonly string[] Parts = ["year", "month", "day", "hour", "minute", "second", "fraction"];

    /// <summary>Whether a format says the year, outside of quoted text.</summary>
    public static bool HasYear(string format)
    {
        _ = Scan(format, out int parts);
        return (parts & 1) != 0;
    }

    /// <summary>Which of year, month and day a format says, as the three lowest bits; null where it cannot be used, with the reason.</summary>
    public static int? DateParts(string format, out string fault)
    {
        // One letter alone is the name of a whole form to .NET.
        string? problem = format.Length < 2 ? "one letter is no form" : Scan(format, out _);
        _ = Scan(format, out int parts);
        if (problem is null && (parts & 7) == 0)
        {
            problem = "it has no year, month or day";
        }

        // Parts follow each other without a gap: a day and a year without a month are a month that was written as minutes.
        for (int part = 1; part < Parts.Length && problem is null; part++)
        {
            int longer = parts & ((1 << part) - 1);
            if (longer != 0 && parts >> part != 0 && (parts >> part & 1) == 0)
            {
                problem = $"it has a {Parts[BitOperations.Log2((uint)longer)]} but no {Parts[part]}";
            }
        }

        fault = problem ?? "";
        return problem is null ? parts & 7 : null;
    }

    /// <summary>A format that can be used and differs only in the case of Y, D and M, or null.</summary>
    public static string? Nearest(string format)
    {
        char[] letters = format.ToCharArray();
        var runs = new List<(int Start, int Length)>();
        char quote = '\0';
        for (int i = 0; i < letters.Length; i++)
        {
            if (quote != '\0' || letters[i] is '\'' or '"')
            {
                quote = quote == '\0' ? letters[i] : quote == letters[i] ? '\0' : quote;
                continue;
            }

            letters[i] = letters[i] switch { 'Y' => 'y', 'D' => 'd', char other => other };
            if (letters[i] is 'm' or 'M')
            {
                bool more = runs.Count > 0 && runs[^1].Start + runs[^1].Length == i && letters[i - 1] == letters[i];
                if (more)
                {
                    runs[^1] = (runs[^1].Start, runs[^1].Length + 1);
                }
                else
                {
                    runs.Add((i, 1));
                }
            }
        }

        // As it stands first; then every choice of months and minutes.
        for (int choice = -1; choice < 1 << Math.Min(runs.Count, 4); choice++)
        {
            for (int run = 0; run < runs.Count && choice >= 0; run++)
            {
                letters.AsSpan(runs[run].Start, runs[run].Length).Fill((choice >> run & 1) == 0 ? 'M' : 'm');
            }

            string candidate = new(letters);
            if (candidate != format && DateForms.FindFault(candidate) is null)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>Collects the parts of a format as bits, the year lowest.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    private static string? Scan(string format, out int parts)
    {
        const int Hour = 3, Minute = 4, Second = 5;
        parts = 0;
        string? fault = null;
        int last = -1;
        bool lostMinutes = false;
        for (int i = 0, next; i < format.Length; i = next)
        {
            char letter = format[i];
            next = i + 1;
            if (letter is '\'' or '"')
            {
                int close = format.IndexOf(letter, next);
                next = close < 0 ? format.Length : close + 1;
                continue;
            }

            if (letter is '\\' or '%')
            {
                next += letter == '\\' ? 1 : 0;
                continue;
            }

            while (next < format.Length && format[next] == letter)
            {
                next++;
            }

            // Three and more d are names of weekdays: no part of their own.
            int part = letter is 'd' && next - i > 2 ? -1 : "yMdHmsf".IndexOf(letter switch { 'h' => 'H', 'F' => 'f', _ => letter }, StringComparison.Ordinal);
            if (part >= 0)
            {
                fault ??= (parts & (1 << part)) != 0 ? $"it says the {Parts[part]} twice" : null;
                parts |= 1 << part;

                // Minutes belong beside hours or seconds; elsewhere they are months in the wrong case.
                lostMinutes = part == Minute ? last is not (Hour or Second) : lostMinutes && (last != Minute || part is not (Hour or Second));
                last = part;
            }
            else if (char.IsAsciiLetter(letter) && letter is not ('d' or 't' or 'K' or 'z' or 'g' or 'T' or 'Z'))
            {
                fault ??= $"{letter} stands for nothing, and words go in quotes";
            }
        }

        return fault ?? (lostMinutes ? "its minutes (m) stand apart from hours and seconds, and months are M" : null);
    }
}

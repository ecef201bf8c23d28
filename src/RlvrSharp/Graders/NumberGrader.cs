namespace RlvrSharp.Graders;

/// <summary>1 if the answer is the reference's number, by value and within a tolerance, else 0. Words around it make an answer ungradable, unless the last number of the text is asked for.</summary>
/// <remarks>Immutable and safe for threads. Compared exactly as the decimals that are written, however large or small.</remarks>
public sealed class NumberGrader : IGrader, IProblemRequirement
{
    private readonly double tolerance;
    private readonly double relative;
    private readonly bool useLast;

    /// <summary>A grader.</summary>
    /// <param name="tolerance">The absolute tolerance; 0 or more.</param>
    /// <param name="relative">The relative tolerance as a share, 0 to below 1.</param>
    /// <param name="useLast">Whether the last number in the text is the answer, whatever else the text says. Otherwise the text must be one number.</param>
    /// <exception cref="ArgumentOutOfRangeException">A tolerance is out of range.</exception>
    public NumberGrader(double tolerance = 0, double relative = 0, bool useLast = false)
    {
        if (!(tolerance >= 0 && double.IsFinite(tolerance)))
        {
            throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "The tolerance is a distance: use 0 or a finite number above it.");
        }

        if (!(relative >= 0 && relative < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(relative), relative, "The relative tolerance is a share: use 0 to below 1, such as 0.01 for one percent.");
        }

        (this.tolerance, this.relative, this.useLast) = (tolerance, relative, useLast);
    }

    /// <inheritdoc/>
    /// <exception cref="DataException">The problem's reference is not a number.</exception>
    public ValueTask<Grade> GradeAsync(Problem problem, Completion completion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(completion);
        if (FindFault(problem) is { } fault)
        {
            throw new DataException(fault);
        }

        ReadOnlySpan<char> text = completion.Text;
        if (useLast)
        {
            text = Last(text);
        }

        if (!NumberText.TryTrim(text, out ReadOnlySpan<char> actual))
        {
            return ValueTask.FromResult(Grade.Ungradable(useLast ? "The answer has no number." : "The answer is not one number."));
        }

        _ = NumberText.TryTrim(problem.Reference, out ReadOnlySpan<char> expected);
        return ValueTask.FromResult(new Grade(NumberFieldComparer.AreNear(expected, actual, tolerance, relative) ? 1 : 0));
    }

    /// <inheritdoc/>
    public string? FindFault(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Reference is not null && NumberText.TryTrim(problem.Reference, out _)
            ? null
            : $"The reference of {problem.Id ?? "a problem without an id"} is {(problem.Reference is null ? "missing" : $"\"{problem.Reference}\"")}, "
                + "but the number grader compares with one number: write it in digits, such as 12.5.";
    }

    /// <summary>The last number in a text; a full stop behind it and a sign that joins two numbers are not part of it, commas between thousands are.</summary>
    private static ReadOnlySpan<char> Last(ReadOnlySpan<char> text)
    {
        int last = text.LastIndexOfAnyInRange('0', '9');
        if (last < 0)
        {
            return [];
        }

        int first = last;
        while (first > 0 && (char.IsAsciiDigit(text[first - 1]) || (text[first - 1] == '.' && first > 1 && char.IsAsciiDigit(text[first - 2]))
            || (text[first - 1] is 'e' or 'E' && first > 1 && char.IsAsciiDigit(text[first - 2]))
            || (text[first - 1] is '-' or '+' && first > 2 && text[first - 2] is 'e' or 'E' && char.IsAsciiDigit(text[first - 3]))))
        {
            first--;
        }

        int whole = first;
        first = FirstOfGroups(text, first, last);
        bool signed = first > 0 && text[first - 1] == '-' && (first == 1 || !char.IsLetterOrDigit(text[first - 2]));
        ReadOnlySpan<char> number = text[(signed ? first - 1 : first)..(last + 1)];
        return first == whole ? number : number.ToString().Replace(",", "", StringComparison.Ordinal);
    }

    /// <summary>Where a number with separated thousands begins, such as 1,234.50: groups of exactly three digits, and before them one to three without a zero in front. Else where the last one does.</summary>
    private static int FirstOfGroups(ReadOnlySpan<char> text, int first, int last)
    {
        int digits = 0;
        while (first + digits <= last && char.IsAsciiDigit(text[first + digits]))
        {
            digits++;
        }

        int start = first;
        while (digits == 3 && start > 0 && text[start - 1] == ',')
        {
            digits = 0;
            while (start - 2 - digits >= 0 && char.IsAsciiDigit(text[start - 2 - digits]))
            {
                digits++;
            }

            start -= digits + 1;
        }

        return digits is > 0 and <= 3 && text[start] != '0' && BeginsNumber(text[..start], digits) ? start : first;
    }

    /// <summary>Whether groups that begin behind this text are one number: not the tail of another number, of a name, of a time, or what stands in a list or a call.</summary>
    private static bool BeginsNumber(ReadOnlySpan<char> before, int digits)
    {
        char last = before.Length > 0 ? before[^1] : ' ';
        char earlier = before.Length > 1 ? before[^2] : ' ';
        return last switch
        {
            '.' or ',' or '[' or '_' => false,
            '(' => !char.IsLetterOrDigit(earlier) && earlier != '_',
            ':' or '\'' or '\u2019' => !char.IsDigit(earlier),

            // 1 234,567 is 1234.567 where thousands are spaced.
            ' ' or '\u00A0' or '\u202F' => digits != 3 || !char.IsDigit(earlier),
            _ => !char.IsLetterOrDigit(last),
        };
    }
}

using System.Runtime.CompilerServices;

namespace RlvrSharp.Models;

/// <summary>What one rendering may cost, so that no template can hang or fill the memory. Counts work, not time: the same template always ends the same way.</summary>
internal sealed class JinjaBudget(long maxSteps, int maxText)
{
    /// <summary>How deep expressions, statements and macro calls may nest.</summary>
    public const int MaxDepth = 1500;

    private long steps;
    private int depth;

    /// <summary>The most characters any text, and the most items any list, may have.</summary>
    public int MaxText => maxText;

    /// <summary>Counts work.</summary>
    public void Charge(long work)
    {
        steps += work;
        if (steps > maxSteps || steps < 0)
        {
            throw new JinjaException(
                $"the template did more than {maxSteps} steps of work (MaxSteps), so it was stopped; a loop or a text in it grows without end.");
        }
    }

    /// <summary>Counts work on a text, or the making of one.</summary>
    public void ChargeText(long length)
    {
        if (length > maxText)
        {
            throw new JinjaException(
                $"the template made a text or a list of {length} characters or items; the most is {maxText} (MaxOutputLength).");
        }

        Charge(1 + (length / 8));
    }

    /// <summary>Counts a search for one text in another.</summary>
    public void ChargeSearch(long length, long wanted) => Charge(1 + (length / 8) + (length * Math.Min(wanted, length) / 4096));

    /// <summary>Goes one level down.</summary>
    public void Enter()
    {
        if (++depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TooDeep();
        }

        Charge(1);
    }

    /// <summary>Goes one level up.</summary>
    public void Leave() => depth--;

    /// <summary>The error of a template that nests without end.</summary>
    public static JinjaException TooDeep() => new(
        $"expressions, blocks or macro calls nest deeper than {MaxDepth} levels (or than the stack allows); a macro may be calling itself without end.");
}

namespace RlvrSharp.Models.Tokenization;

/// <summary>What a pattern is made of, between reading and compiling it.</summary>
internal abstract record PatternNode
{
    /// <summary>One code point of a set.</summary>
    public sealed record OneOf(CodePointSet Set) : PatternNode;

    /// <summary>One after another; none is the empty pattern.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <summary>The first that leads to a match.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Items) : PatternNode;

    /// <summary>Repeated; a negative maximum has no end.</summary>
    public sealed record Repeat(PatternNode Item, int Minimum, int Maximum, bool Lazy) : PatternNode;

    /// <summary>Matched without a way back into it.</summary>
    public sealed record Atomic(PatternNode Item) : PatternNode;

    /// <summary>Looked at, not taken.</summary>
    public sealed record Look(PatternNode Item, bool Behind, bool Negative) : PatternNode;

    /// <summary>A place: <c>^ $ \A \z \Z \b \B</c>, by the last letter, in upper or lower case.</summary>
    public sealed record Place(char Kind) : PatternNode;
}

namespace RlvrSharp.Graders;

/// <summary>The kinds of JSON value.</summary>
internal enum AnswerKind : byte
{
    Null,
    False,
    True,
    Number,
    String,
    List,
    Object,
}

/// <summary>One value of an <see cref="AnswerTree"/>. Children follow their parent directly; <see cref="End"/> is where the next sibling is.</summary>
internal struct AnswerNode
{
    public AnswerKind Kind;

    /// <summary>Whether anything but null is here or below.</summary>
    public bool HasValue;

    /// <summary>Whether the text had escapes and lies in the tree's own buffer.</summary>
    public bool TextDecoded;

    /// <summary>The same for the member's name.</summary>
    public bool NameDecoded;

    public int NameStart;
    public int NameLength;

    /// <summary>Where the value's text is: a string's content, a number's or container's source.</summary>
    public int Start;
    public int Length;

    /// <summary>The index after the last node below this one.</summary>
    public int End;

    /// <summary>How many children it has.</summary>
    public int Count;
}

/// <summary>A value without children, as comparers see it: its kind and the text of a string or number.</summary>
internal readonly ref struct AnswerValue(AnswerKind kind, ReadOnlySpan<char> text)
{
    public AnswerKind Kind { get; } = kind;

    public ReadOnlySpan<char> Text { get; } = text;
}

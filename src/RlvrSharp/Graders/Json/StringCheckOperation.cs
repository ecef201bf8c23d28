namespace RlvrSharp.Graders.Json;

/// <summary>How a <see cref="StringCheckGrader"/> compares; always by code point, never by culture.</summary>
public enum StringCheckOperation
{
    /// <summary><c>eq</c>: the texts are the same, character for character; nothing is trimmed.</summary>
    Equal,

    /// <summary><c>ne</c>: the texts differ.</summary>
    NotEqual,

    /// <summary><c>like</c>: the input contains the reference (no wildcards). An empty reference is contained in everything.</summary>
    Like,

    /// <summary><c>ilike</c>: the lower-cased input contains the lower-cased reference.</summary>
    LikeIgnoringCase,
}

namespace RlvrSharp.Graders;

/// <summary>How the elements of a list find their partners. In every mode one element of the reference is matched at most once.</summary>
public enum FieldListMode
{
    /// <summary>
    /// Order does not matter, counts do: an answer's second "Python" is a false positive if the reference has one. Elements that
    /// are objects or lists, or whose comparer gives partial credit, are paired so that the matched weight is as large as it can be.
    /// </summary>
    Multiset,

    /// <summary>Order does not matter and repeats on either side count once.</summary>
    Set,

    /// <summary>Order matters: the best common subsequence counts.</summary>
    Ordered,

    /// <summary>
    /// The answer may try several times: the best of its first <see cref="FieldOptions.BestOf"/> elements counts, the others of those
    /// are free, and every further element is a false positive. A list in the reference holds the answers that are accepted.
    /// </summary>
    BestOf,
}

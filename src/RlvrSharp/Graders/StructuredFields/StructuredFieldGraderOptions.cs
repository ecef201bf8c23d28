namespace RlvrSharp.Graders;

/// <summary>
/// What a structured answer should look like and what its parts are worth. With no field declared, the fields are those of each reference, compared as
/// <see cref="FieldComparer.Inferred"/> does. A grader reads its options once, when it is made.
/// </summary>
public sealed partial class StructuredFieldGraderOptions
{
    /// <summary>The declared fields.</summary>
    public IList<FieldOptions> Fields { get; } = [];

    /// <summary>How many times as much recall matters as precision in the score F_β. 0.5 makes inventions dearer than omissions.</summary>
    /// <value>The default value is 1.</value>
    public double Beta { get; set; } = 1;

    /// <summary>What a key costs that nothing declares and the reference does not have, in units of one whole field beside it.</summary>
    /// <value>The default value is 1.</value>
    public double UndeclaredWeight { get; set; } = 1;

    /// <summary>Top-level keys of the answer that cost and earn nothing, such as a place to think.</summary>
    public ISet<string> Ignored { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether an empty or blank text counts as null, in references and answers. Empty lists and objects always do.</summary>
    public bool EmptyIsAbsent { get; set; }

    /// <summary>Whether the JSON may stand in a fenced block (<c>```json … ```</c>), with text around it. There must be exactly one.</summary>
    public bool AllowFenced { get; set; }

    /// <summary>Whether text may stand before and after the JSON object. There must be exactly one object.</summary>
    public bool AllowProse { get; set; }

    /// <summary>How many objects and lists may lie within each other; an answer with more is ungradable.</summary>
    /// <value>The default value is 64.</value>
    public int MaxDepth { get; set; } = 64;

    /// <summary>How long an answer may be, in bytes of UTF-8; a longer one is ungradable.</summary>
    /// <value>The default value is 1048576.</value>
    public int MaxBytes { get; set; } = 1 << 20;

    /// <summary>
    /// How many elements of a list are paired by trying all pairs, after identical ones are out of the way. What an answer has beyond that counts as
    /// false positives. Lists of plain values are matched without a limit.
    /// </summary>
    /// <value>The default value is 256.</value>
    public int MaxAligned { get; set; } = 256;

    /// <summary>Whether grades carry the trace, field by field.</summary>
    /// <value>The default value is true.</value>
    public bool Trace { get; set; } = true;

    /// <summary>Declares a field.</summary>
    /// <param name="path">Where it is: <c>vendor</c>, <c>address.city</c>, <c>items[].price</c>. See <see cref="FieldOptions.Path"/>.</param>
    /// <param name="comparer">How values are compared; null infers it from the reference.</param>
    /// <param name="weight">What it weighs, against 1 for the others.</param>
    /// <returns>These options.</returns>
    public StructuredFieldGraderOptions Field(string path, FieldComparer? comparer = null, double weight = 1) =>
        Field(path, field => (field.Comparer, field.Weight) = (comparer, weight));

    /// <summary>Declares a field with more to say about it.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="configure">Sets what differs from the defaults.</param>
    /// <returns>These options.</returns>
    public StructuredFieldGraderOptions Field(string path, Action<FieldOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(configure);
        var field = new FieldOptions { Path = path };
        configure(field);
        Fields.Add(field);
        return this;
    }

    /// <summary>Names a top-level key of the answer that costs and earns nothing.</summary>
    /// <param name="key">The key.</param>
    /// <returns>These options.</returns>
    public StructuredFieldGraderOptions Ignore(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Ignored.Add(key);
        return this;
    }
}

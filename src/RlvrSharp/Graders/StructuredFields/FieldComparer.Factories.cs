using System.Diagnostics.CodeAnalysis;

namespace RlvrSharp.Graders;

public abstract partial class FieldComparer
{
    private static readonly InferredFieldComparer InferredComparer = new();
    private static readonly ExactFieldComparer ExactComparer = new();
    private static readonly IdFieldComparer IdComparer = new();

    /// <summary>
    /// What holds where nothing is declared: texts as <see cref="Text"/> compares them, numbers by value, booleans as such; a text never
    /// equals a number that looks like it.
    /// </summary>
    /// <returns>The comparer.</returns>
    public static FieldComparer Inferred() => InferredComparer;

    /// <summary>The same type and, for texts, the same characters. Numbers are equal in value, as 1 and 1.0 are.</summary>
    /// <returns>The comparer.</returns>
    public static FieldComparer Exact() => ExactComparer;

    /// <summary>Texts that are equal after normalising: Unicode form C, case, white space around and each run of it inside.</summary>
    /// <param name="ignoreCase">Whether case does not count. ß and ss are the same then, as Unicode has it.</param>
    /// <param name="ignorePunctuation">Whether punctuation is left out.</param>
    /// <param name="ignoreArticles">Whether the words a, an and the are left out.</param>
    /// <param name="compatibility">Whether to use Unicode form KC: full-width letters, ligatures and superscripts count as plain ones.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Text(bool ignoreCase = true, bool ignorePunctuation = false, bool ignoreArticles = false, bool compatibility = false) =>
        new TextFieldComparer(Foldings(ignoreCase, ignorePunctuation, ignoreArticles, compatibility));

    /// <summary>Numbers, compared in decimal: |a − b| ≤ <paramref name="tolerance"/>, or ≤ <paramref name="relative"/> × the larger of |a| and |b|.</summary>
    /// <param name="tolerance">The absolute tolerance; 0 or more.</param>
    /// <param name="relative">The relative tolerance as a share; 0.01 is one percent.</param>
    /// <param name="acceptText">Whether the answer may write the number as a text, <c>"12.5"</c>.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Number(double tolerance = 0, double relative = 0, bool acceptText = false) => tolerance == 0 && relative == 0
        ? new NumberKeyComparer("number", acceptText, wholeOnly: false)
        : new NumberFieldComparer(tolerance, relative, acceptText);

    /// <summary>Whole numbers of any length, exact.</summary>
    /// <param name="acceptText">Whether the answer may write the number as a text.</param>
    /// <returns>The comparer.</returns>
    [SuppressMessage("Naming", "CA1720", Justification = "It is the word that schemas and users have for it.")]
    public static FieldComparer Integer(bool acceptText = false) => new NumberKeyComparer("integer", acceptText, wholeOnly: true);

    /// <summary>Identifiers such as invoice numbers: every character counts, zeros in front included; only white space around does not.</summary>
    /// <returns>The comparer.</returns>
    public static FieldComparer Id() => IdComparer;

    /// <summary>One of a closed list of words; case and white space do not count. A reference with another word is an error in the data.</summary>
    /// <param name="values">The words.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Enum(params string[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new EnumFieldComparer(values.Select(value => KeyValuePair.Create(value, (IReadOnlyList<string>)[])));
    }

    /// <summary>One of a closed list of words, each with other spellings that count as it.</summary>
    /// <param name="aliases">The words, each with its other spellings.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Enum(IReadOnlyDictionary<string, IReadOnlyList<string>> aliases)
    {
        ArgumentNullException.ThrowIfNull(aliases);
        return new EnumFieldComparer(aliases);
    }

    /// <summary>true or false.</summary>
    /// <param name="acceptText">Whether the answer may write true, false, yes or no as a text.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Boolean(bool acceptText = false) => new BooleanFieldComparer(acceptText);

    /// <summary>Days in declared formats; anything in another format is wrong. No format means <c>yyyy-MM-dd</c>.</summary>
    /// <param name="formats">.NET date formats. Names of months and days are English; two-digit years are 1950 to 2049.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Date(params string[] formats) => Date(partialCredit: false, formats);

    /// <summary>Days in declared formats, if wanted with a third of the credit each for year, month and day.</summary>
    /// <param name="partialCredit">Whether a date that is right in part earns thirds.</param>
    /// <param name="formats">.NET date formats.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Date(bool partialCredit, params string[] formats)
    {
        ArgumentNullException.ThrowIfNull(formats);
        string[] used = formats.Length == 0 ? ["yyyy-MM-dd"] : [.. formats];
        return partialCredit ? new PartialDateFieldComparer(used) : new DateFieldComparer(used);
    }

    /// <summary>A function of your own. It must be safe for threads and give the same for the same input.</summary>
    /// <param name="name">What errors and reports call it.</param>
    /// <param name="compare">Gets the reference's value and the answer's as text and returns how much they agree, 0 to 1.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer Custom(string name, Func<string, string, double> compare)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(compare);
        return new CustomFieldComparer(name, compare);
    }

    /// <summary>
    /// Something slow for free text, such as the cosine of two embeddings or a judge. Equal texts are never asked about, equal questions
    /// within one grade once. Works with <see cref="StructuredFieldGrader.GradeAsync"/> only.
    /// </summary>
    /// <param name="name">What errors and reports call it.</param>
    /// <param name="compare">Gets the reference's text and the answer's and returns how much they agree, 0 to 1.</param>
    /// <returns>The comparer.</returns>
    public static FieldComparer FreeText(string name, Func<string, string, CancellationToken, ValueTask<double>> compare)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(compare);
        return new FreeTextFieldComparer(name, compare);
    }

    private static TextFoldings Foldings(bool ignoreCase, bool ignorePunctuation, bool ignoreArticles, bool compatibility) =>
        (ignoreCase ? TextFoldings.Case : 0) | (ignorePunctuation ? TextFoldings.Punctuation : 0)
        | (ignoreArticles ? TextFoldings.Articles : 0) | (compatibility ? TextFoldings.Compatibility : 0);
}

namespace RlvrSharp.Graders.Text;

/// <summary>How similar two texts are, 0 to 1, as the packages that OpenAI's grader image pins calculate it.</summary>
/// <remarks>Positions are Unicode code points; words are what stands between white space (ROUGE: runs of a–z and 0–9 of the lower-cased text).
/// Thread-safe and independent of culture.</remarks>
public static class TextSimilarity
{
    /// <summary>rapidfuzz's comparisons, divided by 100.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="function">Which one.</param>
    /// <param name="process">Whether both are lower-cased and stripped of punctuation first.</param>
    /// <returns>0 to 1; 1 for two empty texts with <see cref="FuzzyFunction.Ratio"/>.</returns>
    public static double Fuzzy(string input, string reference, FuzzyFunction function = FuzzyFunction.Ratio, bool process = false)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        return process
            ? FuzzyMatch.Compare(function, FuzzyMatch.Process(input), FuzzyMatch.Process(reference))
            : FuzzyMatch.Compare(function, input, reference);
    }

    /// <summary>NLTK's <c>sentence_bleu</c> with one reference, 1 to 4 words.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="smoothing">What to do about n-gram orders without a match.</param>
    /// <returns>0 to 1; a little above 1 is possible with <see cref="BleuSmoothing.Method5"/> and <see cref="BleuSmoothing.Method7"/>, as in the package.</returns>
    public static double Bleu(string input, string reference, BleuSmoothing smoothing = BleuSmoothing.None)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        return Text.Bleu.Sentence(CodePoints.Words(input), CodePoints.Words(reference), smoothing);
    }

    /// <summary>NLTK's <c>sentence_gleu</c> with one reference, 1 to 4 words.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <returns>0 to 1.</returns>
    public static double Gleu(string input, string reference)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        return Text.Bleu.Google(CodePoints.Words(input), CodePoints.Words(reference));
    }

    /// <summary>NLTK's <c>meteor_score</c> with one reference and WordNet's synonyms.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <returns>0 to 1.</returns>
    public static double Meteor(string input, string reference) => Meteor(input, reference, WordNet.SynonymsOf);

    /// <summary>NLTK's <c>meteor_score</c> with one reference and synonyms of one's own, or none.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="synonyms">The synonyms of a word or of its Porter stem, in lower case; null leaves that stage out.</param>
    /// <returns>0 to 1.</returns>
    public static double Meteor(string input, string reference, Func<string, IReadOnlySet<string>>? synonyms)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        return Text.Meteor.Score(CodePoints.Words(input), CodePoints.Words(reference), synonyms);
    }

    /// <summary>rouge-score's n-gram overlap.</summary>
    /// <param name="n">Words in an n-gram, at least 1.</param>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="stem">Whether words longer than three letters are stemmed.</param>
    /// <returns>Precision, recall and their F measure.</returns>
    public static TextOverlap RougeN(int n, string input, string reference, bool stem = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        return Rouge.Ngrams(n, input, reference, stem);
    }

    /// <summary>rouge-score's longest common subsequence of words.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="stem">Whether words longer than three letters are stemmed.</param>
    /// <returns>Precision, recall and their F measure.</returns>
    public static TextOverlap RougeL(string input, string reference, bool stem = false)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(reference);
        return Rouge.Longest(input, reference, stem);
    }
}

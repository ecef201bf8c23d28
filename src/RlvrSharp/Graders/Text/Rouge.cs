using System.Text;
using RlvrSharp.Graders.Json;

namespace RlvrSharp.Graders.Text;

/// <summary>ROUGE (Lin, 2004) as the package rouge-score calculates it: words are runs of a–z and 0–9 of the lower-cased text.</summary>
internal static class Rouge
{
    /// <summary>The overlap of n-grams.</summary>
    /// <param name="n">Words in an n-gram.</param>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="stem">Whether words longer than three letters are stemmed.</param>
    /// <returns>Precision and recall.</returns>
    public static TextOverlap Ngrams(int n, string input, string reference, bool stem)
    {
        var ids = new NgramIds();
        Dictionary<int, int> said = ids.Count(ids.Words(Words(input, stem)), n)[n - 1];
        Dictionary<int, int> wanted = ids.Count(ids.Words(Words(reference, stem)), n)[n - 1];
        double shared = NgramIds.Overlap(said, wanted);
        return new TextOverlap(shared / Math.Max(1, NgramIds.Total(said)), shared / Math.Max(1, NgramIds.Total(wanted)));
    }

    /// <summary>The longest common subsequence of words.</summary>
    /// <param name="input">The answer.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="stem">Whether words longer than three letters are stemmed.</param>
    /// <returns>Precision and recall.</returns>
    public static TextOverlap Longest(string input, string reference, bool stem)
    {
        var ids = new NgramIds();
        int[] said = ids.Words(Words(input, stem));
        int[] wanted = ids.Words(Words(reference, stem));
        if (said.Length == 0 || wanted.Length == 0)
        {
            return default;
        }

        double common = CommonSubsequence.Length(said, wanted);
        return new TextOverlap(common / said.Length, common / wanted.Length);
    }

    private static List<string> Words(string text, bool stem)
    {
        string lower = LowerCase.Of(text);
        var words = new List<string>();
        var word = new StringBuilder();
        for (int i = 0; i <= lower.Length; i++)
        {
            if (i < lower.Length && (char.IsAsciiLetterLower(lower[i]) || char.IsAsciiDigit(lower[i])))
            {
                word.Append(lower[i]);
            }
            else if (word.Length > 0)
            {
                string found = word.ToString();
                words.Add(stem && found.Length > 3 ? PorterStemmer.Stem(found) : found);
                word.Clear();
            }
        }

        return words;
    }
}

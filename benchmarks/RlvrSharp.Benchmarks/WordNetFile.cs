using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace RlvrSharp.Benchmarks;

/// <summary>
/// Makes the file of synonym sets that METEOR uses from the files of WordNet 3.0 (<c>data.*</c> and <c>*.exc</c>):
/// <c>wordnet --dict FOLDER --out src/RlvrSharp/Graders/Text/wordnet-3.0.txt.br</c>.
/// </summary>
internal static class WordNetFile
{
    private static readonly string[] PartsOfSpeech = ["noun", "verb", "adj", "adv"];

    public static int Run(string[] args)
    {
        if (args is not ["--dict", var dict, "--out", var path])
        {
            Console.Error.WriteLine("wordnet needs --dict FOLDER --out FILE: the folder holds data.noun, noun.exc and the others of WordNet 3.0.");
            return 2;
        }

        var text = new StringBuilder();
        foreach (string part in PartsOfSpeech)
        {
            // Of two lines for one form the last counts.
            var irregular = new Dictionary<string, string[]>(StringComparer.Ordinal);
            foreach (string line in File.ReadLines(Path.Combine(dict, $"{part}.exc"), Encoding.ASCII))
            {
                string[] forms = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (!forms[0].Contains('_', StringComparison.Ordinal))
                {
                    irregular[forms[0]] = forms;
                }
            }

            // An expression of several words is kept only where a single word is a form of it (bases-on-balls).
            HashSet<string> kept = [.. irregular.Values.SelectMany(forms => forms)];
            Append(text, File.ReadLines(Path.Combine(dict, $"data.{part}"), Encoding.ASCII).Where(line => line[0] != ' ').Select(line => Words(line, kept)).Where(words => words.Length > 0));
            Append(text, irregular.Values.Select(forms => string.Join(' ', forms)));
        }

        using (var file = new FileStream(path, FileMode.Create))
        using (var packed = new BrotliStream(file, new BrotliCompressionOptions { Quality = 11 }))
        {
            packed.Write(Encoding.ASCII.GetBytes(text.ToString()));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{text.Length:N0} characters, {new FileInfo(path).Length:N0} bytes in {path}"));
        return 0;
    }

    // Sorted, because it packs better.
    private static void Append(StringBuilder text, IEnumerable<string> lines)
    {
        foreach (string line in lines.Order(StringComparer.Ordinal))
        {
            text.Append(line).Append('\n');
        }

        text.Append('\n');
    }

    // offset, file number, type, count of words in hexadecimal, then word and sense number in turn; adjectives may end in a marker such as (a).
    private static string Words(string line, HashSet<string> kept)
    {
        string[] fields = line.Split(' ');
        int count = int.Parse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return string.Join(' ', Enumerable.Range(0, count).Select(i => fields[4 + (2 * i)].Split('(')[0]).Where(word => !word.Contains('_', StringComparison.Ordinal) || kept.Contains(word)));
    }
}

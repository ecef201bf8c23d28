using System.Text;

namespace RlvrSharp.Tests.Graders.Fuzz;

/// <summary>Makes answers that no test would think of out of answers that models give. Also compiled into the benchmarks, for the long study.</summary>
internal static class AnswerMutator
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\uD800", "\uDC00", "null", "true", "false", "NaN", "Infinity", "1e400", "-1e-400", "-", "0", "-0", "9007199254740993", "\u0000",
        "{\"sku\":\"A\"},", "[[[[", "{{{{", "{{item.x}}", "\u200B", "\uFEFF", "\n", "\r\n", " ", "e", ".", "%", "$", "\u0130", "\u03C2", "e\u0301", "漢", "\U0001F600", "```json\n", "\n```", "<tool_call>", "</tool_call>",
        "\\boxed{", "#### ", " or ", "</answer>", "P1Y", "T25:61", "2024-02-30", "http://[", "+", "--", "'", "<think>",
    ];

    /// <summary>One answer: which one depends on the number only.</summary>
    /// <param name="seeds">Answers to start from.</param>
    /// <param name="stream">The study's random stream.</param>
    /// <param name="number">Which answer.</param>
    /// <returns>A text, not always well-formed UTF-16.</returns>
    public static string Make(IReadOnlyList<string> seeds, ulong stream, ulong number)
    {
        var random = new KeyedRandom(KeyedRandom.Key(stream, number));
        var text = new StringBuilder(seeds[random.NextInt32(seeds.Count)]);
        int edits = random.NextInt32(3) == 0 ? random.NextInt32(8) : random.NextInt32(3);
        for (int i = 0; i < edits; i++)
        {
            int at = random.NextInt32(text.Length + 1);
            switch (random.NextInt32(9))
            {
                case 0 or 1:
                    text.Insert(at, Pieces[random.NextInt32(Pieces.Length)]);
                    break;
                case 2:
                    text.Insert(at, (char)random.NextInt32(random.NextInt32(8) == 0 ? 0x10000 : 0x250));
                    break;
                case 3 when at < text.Length && random.NextInt32(3) == 0:
                    text[at] = Pieces[random.NextInt32(Pieces.Length)][0];
                    break;
                case 3:
                    text.Remove(at, Math.Min(text.Length - at, 1 + random.NextInt32(12)));
                    break;
                case 5 when at < text.Length && text[at] is '"' or '{' or '[':
                    text.Insert(at, "null,");
                    break;
                case 6 or 7 or 8 when at < text.Length && char.IsAsciiLetterOrDigit(text[at]):
                    text[at] = (char)((char.IsAsciiDigit(text[at]) ? '0' : 'a') + random.NextInt32(char.IsAsciiDigit(text[at]) ? 10 : 26));
                    break;
                case 4 when text.Length is > 0 and < 2000:
                    int from = random.NextInt32(text.Length);
                    text.Insert(at, text.ToString(from, Math.Min(text.Length - from, random.NextInt32(60))));
                    break;
            }
        }

        return text.ToString();
    }
}

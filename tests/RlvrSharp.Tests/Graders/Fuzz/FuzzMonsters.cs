namespace RlvrSharp.Tests.Graders.Fuzz;

/// <summary>Answers that no model should give, and that graders must survive.</summary>
internal static class FuzzMonsters
{
    public static IEnumerable<(string What, string Text)> All => Make();

    /// <summary>Texts of fifty million letters.</summary>
    public static IEnumerable<(string What, string Text)> Huge
    {
        get
        {
            yield return ("50 MB of one letter", new string('a', 50_000_000));
            yield return ("50 MB in a JSON text", $"{{\"name\": \"{new string('x', 50_000_000)}\"}}");
        }
    }

    private static IEnumerable<(string What, string Text)> Make()
    {
        yield return ("100,000 lists", new string('[', 100_000) + new string(']', 100_000));
        yield return ("100,000 objects", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000));
        yield return ("100,000 open braces", new string('{', 100_000));
        yield return ("a megabyte of one letter", new string('a', 1_200_000));
        yield return ("a megabyte in a JSON text", $"{{\"name\": \"{new string('x', 1_200_000)}\"}}");
        yield return ("many words", string.Concat(Enumerable.Repeat("a b ", 10_000)));
        yield return ("10,000 numbers in every list", $$"""{"tags": {{LongList}}, "bag": {{LongList}}, "set": {{LongList}}, "row": {{LongList}}, "best": {{LongList}}, "one": {{LongList}}, "soft": {{LongList}}, "items": {{LongList}}}""");
        yield return ("10,000 objects in a list", $$"""{"items": [{{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"{{\"sku\":\"{i}\",\"price\":{i}}}"))}}], "steps": [{{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"{{\"n\":{i},\"t\":\"go\"}}"))}}]}""");
        yield return ("10,000 texts in a list", $$"""{"soft": [{{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"alpha{i}\""))}}]}""");
        yield return ("numbers out of range", """{"year": 1e400, "number": NaN, "near": -Infinity, "integer": 1e99999, "items": [{"qty": 1e-400}]}""");
        yield return ("huge numbers", $$"""{"year": 1e400, "number": {{new string('9', 100_000)}}, "near": 1e-400, "integer": 1e400, "worded": "1e400", "money": "{{new string('9', 50_000)}}", "span": "P{{new string('9', 400)}}Y"}""");
        yield return ("NaN as the whole answer", "NaN");
        yield return ("1e400 as the whole answer", "1e400");
        yield return ("a number of 100,000 digits", new string('7', 100_000));
        yield return ("halves of surrogate pairs", "\ud800\udfff\udfff\ud800{\"name\":\"\ud800\"}");
        yield return ("halves of surrogate pairs, escaped", """{"name": "\ud800", "\udc00": 1, "text": "\udfff\ud800", "phone": "\ud800"}""");
        yield return ("one key 10,000 times", "{" + string.Join(',', Enumerable.Repeat("\"name\":\"Ada Łovelace\"", 10_000)) + "}");
        yield return ("control letters", "\0\u0001\u001F\uFFFF\uFEFF\u2028");
        yield return ("open escapes", string.Concat(Enumerable.Repeat("\"\\u0000", 50_000)));
        yield return ("combining marks", "e" + new string('\u0301', 100_000));
    }

    private static readonly string LongList = "[" + string.Join(',', Enumerable.Range(0, 10_000)) + "]";
}

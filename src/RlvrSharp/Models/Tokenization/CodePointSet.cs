namespace RlvrSharp.Models.Tokenization;

/// <summary>A set of code points: a bit for each of the first 65,536, a question for the rest.</summary>
internal sealed class CodePointSet
{
    private readonly ulong[] low = new ulong[1024];
    private readonly Func<int, bool> contains;

    public CodePointSet(Func<int, bool> contains)
    {
        this.contains = contains;
        for (int codePoint = 0; codePoint < 65536; codePoint++)
        {
            if (contains(codePoint))
            {
                low[codePoint >> 6] |= 1UL << codePoint;
            }
        }
    }

    public bool Contains(int codePoint) => codePoint < 65536 ? (low[codePoint >> 6] >> codePoint & 1) != 0 : contains(codePoint);
}

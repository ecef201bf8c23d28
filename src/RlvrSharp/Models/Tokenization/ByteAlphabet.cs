using System.Text;

namespace RlvrSharp.Models.Tokenization;

/// <summary>
/// GPT-2's way to write bytes as visible characters: printable Latin-1 characters stand for themselves, the other 68 bytes for U+0100 and on,
/// in order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] ToChar = MakeTable();
    private static readonly short[] ToByte = Invert(ToChar);

    /// <summary>The character of a byte.</summary>
    public static char Char(byte value) => ToChar[value];

    /// <summary>The byte of a character, or −1.</summary>
    public static int Byte(char value) => value < ToByte.Length ? ToByte[value] : -1;

    /// <summary>The UTF-8 bytes of a text, as characters.</summary>
    public static string Map(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, static (characters, source) =>
        {
            for (int i = 0; i < source.Length; i++)
            {
                characters[i] = ToChar[source[i]];
            }
        });
    }

    /// <summary>Appends the bytes a token stands for: those of its characters, or its UTF-8 bytes where a character is not of the alphabet.</summary>
    public static void AppendBytes(string token, List<byte> bytes)
    {
        int before = bytes.Count;
        foreach (char character in token)
        {
            int value = Byte(character);
            if (value < 0)
            {
                bytes.RemoveRange(before, bytes.Count - before);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            bytes.Add((byte)value);
        }
    }

    private static char[] MakeTable()
    {
        var table = new char[256];
        char next = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            bool visible = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
            table[value] = visible ? (char)value : next++;
        }

        return table;
    }

    private static short[] Invert(char[] table)
    {
        var inverse = new short[table.Max() + 1];
        Array.Fill(inverse, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            inverse[table[value]] = (short)value;
        }

        return inverse;
    }
}

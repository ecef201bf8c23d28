using System.Text;

namespace RlvrSharp.Models.Tokenization;

/// <summary>A change of the text before it is cut into words.</summary>
internal abstract class Normalizer
{
    public abstract string Apply(string text);

    public sealed class Sequence(IReadOnlyList<Normalizer> steps) : Normalizer
    {
        public override string Apply(string text) => steps.Aggregate(text, (current, step) => step.Apply(current));
    }

    /// <summary>NFC, NFD, NFKC, NFKD.</summary>
    public sealed class Form(NormalizationForm form) : Normalizer
    {
        public override string Apply(string text) => text.IsNormalized(form) ? text : text.Normalize(form);
    }

    /// <summary>Each code point on its own, so without a final sigma; İ is the one that becomes two.</summary>
    public sealed class Lowercase : Normalizer
    {
        public override string Apply(string text)
        {
            var result = new StringBuilder(text.Length);
            foreach (Rune rune in text.EnumerateRunes())
            {
                if (rune.Value == 0x130)
                {
                    result.Append("i\u0307");
                }
                else
                {
                    result.Append(Rune.ToLowerInvariant(rune));
                }
            }

            return result.ToString();
        }
    }

    public sealed class Prepend(string prefix) : Normalizer
    {
        public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
    }

    public sealed class Replace(Delimiter delimiter, string content) : Normalizer
    {
        public override string Apply(string text)
        {
            if (delimiter.Literal is { Length: > 0 } literal)
            {
                return text.Replace(literal, content, StringComparison.Ordinal);
            }

            var segments = new List<Segment>();
            delimiter.Cut(text, segments);
            var result = new StringBuilder(text.Length);
            foreach (Segment segment in segments)
            {
                result.Append(segment.IsMatch ? content : text.AsSpan(segment.Start, segment.End - segment.Start));
            }

            return result.ToString();
        }
    }

    public sealed class Strip(bool left, bool right) : Normalizer
    {
        public override string Apply(string text)
        {
            int start = 0;
            int end = text.Length;
            while (left && start < end && CodePoints.IsWhiteSpace(text[start]))
            {
                start++;
            }

            while (right && end > start && CodePoints.IsWhiteSpace(text[end - 1]))
            {
                end--;
            }

            return text[start..end];
        }
    }

    /// <summary>Takes combining marks of every kind out; accents that are part of a letter stay unless NFD came before.</summary>
    public sealed class StripAccents : Normalizer
    {
        public override string Apply(string text)
        {
            var result = new StringBuilder(text.Length);
            foreach (Rune rune in text.EnumerateRunes())
            {
                if (!CodePoints.IsMark(rune.Value))
                {
                    result.Append(rune);
                }
            }

            return result.ToString();
        }
    }

    /// <summary>Bytes as visible characters, where a tokenizer does it this early.</summary>
    public sealed class Bytes : Normalizer
    {
        public override string Apply(string text) => ByteAlphabet.Map(text);
    }
}

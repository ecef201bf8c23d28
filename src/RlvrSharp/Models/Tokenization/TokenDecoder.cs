using System.Globalization;
using System.Text;

namespace RlvrSharp.Models.Tokenization;

/// <summary>A step from tokens back to text. Steps work on lists of texts; what is left is joined.</summary>
internal abstract class TokenDecoder
{
    /// <summary>Turns all tokens at once.</summary>
    public abstract List<string> Apply(List<string> tokens);

    /// <summary>Begins to turn tokens one by one.</summary>
    /// <param name="joined">Whether what comes in is a stream of text, no longer tokens.</param>
    public abstract Stage Begin(bool joined);

    /// <summary>One step at work on a stream. What it holds back is what could still change.</summary>
    public abstract class Stage
    {
        /// <summary>Whether what goes out is a stream of text.</summary>
        public virtual bool Joins => false;

        public abstract void Push(string text, List<string> output);

        public virtual void Finish(List<string> output)
        {
        }
    }

    /// <summary>Text that a step looks at by itself.</summary>
    private sealed class EachStage(Func<string, int, string> change, bool joins = false) : Stage
    {
        private int index;

        public override bool Joins => joins;

        public override void Push(string text, List<string> output) => output.Add(change(text, index++));
    }

    public sealed class ByteLevel : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens)
        {
            var bytes = new List<byte>();
            tokens.ForEach(token => ByteAlphabet.AppendBytes(token, bytes));
            return [Encoding.UTF8.GetString([.. bytes])];
        }

        public override Stage Begin(bool joined) => new Running();

        private sealed class Running : Stage
        {
            private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
            private readonly List<byte> bytes = [];

            public override bool Joins => true;

            public override void Push(string text, List<string> output)
            {
                bytes.Clear();
                ByteAlphabet.AppendBytes(text, bytes);
                Decode(output, flush: false);
            }

            public override void Finish(List<string> output)
            {
                bytes.Clear();
                Decode(output, flush: true);
            }

            private void Decode(List<string> output, bool flush)
            {
                byte[] source = [.. bytes];
                char[] characters = new char[decoder.GetCharCount(source, flush)];
                int count = decoder.GetChars(source, characters, flush);
                if (count > 0)
                {
                    output.Add(new string(characters, 0, count));
                }
            }
        }
    }

    /// <summary>Runs of <c>&lt;0xE4&gt;</c> tokens become the characters they spell, or one replacement character a byte.</summary>
    public sealed class ByteFallback : TokenDecoder
    {
        private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

        public override List<string> Apply(List<string> tokens)
        {
            var output = new List<string>(tokens.Count);
            var stage = new Running(early: false);
            tokens.ForEach(token => stage.Push(token, output));
            stage.Finish(output);
            return output;
        }

        public override Stage Begin(bool joined) => new Running(early: true);

        private static int ByteOf(string token) =>
            token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : -1;

        /// <summary>With <c>early</c>, characters go out as soon as they are whole; otherwise a run is judged at its end.</summary>
        private sealed class Running(bool early) : Stage
        {
            private readonly List<byte> run = [];

            public override void Push(string text, List<string> output)
            {
                int value = ByteOf(text);
                if (value < 0)
                {
                    Finish(output);
                    output.Add(text);
                    return;
                }

                run.Add((byte)value);
                if (early && run.Count <= 4 && TryText(out string? whole))
                {
                    output.Add(whole);
                    run.Clear();
                }
            }

            public override void Finish(List<string> output)
            {
                if (run.Count > 0)
                {
                    if (TryText(out string? whole))
                    {
                        output.Add(whole);
                    }
                    else
                    {
                        output.AddRange(Enumerable.Repeat("\uFFFD", run.Count));
                    }

                    run.Clear();
                }
            }

            private bool TryText([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? text)
            {
                try
                {
                    text = Strict.GetString([.. run]);
                    return true;
                }
                catch (DecoderFallbackException)
                {
                    text = null;
                    return false;
                }
            }
        }
    }

    public sealed class Fuse : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];

        public override Stage Begin(bool joined) => new EachStage((text, _) => text, joins: true);
    }

    public sealed class Replace(Normalizer.Replace replace) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(replace.Apply);

        public override Stage Begin(bool joined) => new EachStage((text, _) => replace.Apply(text), joined);
    }

    public sealed class Metaspace(char replacement, bool prepended) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => [.. tokens.Select(Change)];

        public override Stage Begin(bool joined) => new EachStage(Change, joined);

        private string Change(string token, int index) => index == 0 && prepended
            ? token.Replace(replacement.ToString(), string.Empty, StringComparison.Ordinal)
            : token.Replace(replacement, ' ');
    }

    /// <summary>Takes up to so many of a character off each text's two ends.</summary>
    public sealed class Strip(int content, int start, int stop) : TokenDecoder
    {
        private readonly string character = char.ConvertFromUtf32(content);
        private readonly int start = start;
        private readonly int stop = stop;

        public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(token => Cut(token, start, stop, out _, out _));

        public override Stage Begin(bool joined) => joined ? new Running(this) : new EachStage((text, _) => Cut(text, start, stop, out _, out _));

        private string Cut(string text, int atStart, int atEnd, out int cutStart, out int cutEnd)
        {
            int from = 0;
            int to = text.Length;
            for (cutStart = 0; cutStart < atStart && string.CompareOrdinal(text, from, character, 0, character.Length) == 0 && from < to; cutStart++)
            {
                from += character.Length;
            }

            for (cutEnd = 0; cutEnd < atEnd && to - character.Length >= from && string.CompareOrdinal(text, to - character.Length, character, 0, character.Length) == 0; cutEnd++)
            {
                to -= character.Length;
            }

            return text[from..to];
        }

        private sealed class Running(Strip owner) : Stage
        {
            private int left = -1;
            private string held = string.Empty;

            public override bool Joins => true;

            public override void Push(string text, List<string> output)
            {
                held += text;
                left = left < 0 ? owner.start : left;
                if (left > 0 && held.Length > 0)
                {
                    held = owner.Cut(held, left, 0, out int cut, out _);
                    left = held.Length > 0 ? 0 : left - cut;
                }

                // Characters that may turn out to be the end stay back.
                string rest = owner.Cut(held, 0, owner.stop, out _, out _);
                if (rest.Length > 0)
                {
                    output.Add(rest);
                    held = held[rest.Length..];
                }
            }
        }
    }

    /// <summary>The word ends of older byte-pair tokenizers become spaces.</summary>
    public sealed class EndSuffix(string suffix) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens)
        {
            var output = new List<string>(tokens.Count);
            var stage = new Running(suffix);
            tokens.ForEach(token => stage.Push(token, output));
            stage.Finish(output);
            return output;
        }

        public override Stage Begin(bool joined) => new Running(suffix);

        private sealed class Running(string suffix) : Stage
        {
            private string? held;

            public override void Push(string text, List<string> output)
            {
                if (held is not null)
                {
                    output.Add(held.Replace(suffix, " ", StringComparison.Ordinal));
                }

                held = text;
            }

            public override void Finish(List<string> output)
            {
                if (held is not null)
                {
                    output.Add(held.Replace(suffix, string.Empty, StringComparison.Ordinal));
                    held = null;
                }
            }
        }
    }
}

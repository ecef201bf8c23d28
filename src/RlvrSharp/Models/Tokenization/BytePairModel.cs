using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace RlvrSharp.Models.Tokenization;

/// <summary>The settings of a byte-pair model beside its vocabulary and merges.</summary>
internal sealed record BytePairSettings
{
    public string? UnknownToken { get; init; }

    public string? ContinuingPrefix { get; init; }

    public string? EndSuffix { get; init; }

    public bool FuseUnknown { get; init; }

    public bool ByteFallback { get; init; }

    public bool IgnoreMerges { get; init; }
}

/// <summary>
/// Byte-pair encoding: a piece begins as its characters, and the pair that was learnt first, leftmost where equal, is joined until none is
/// left. Frequent pieces are remembered. Safe to use from several threads; what is remembered changes speed only.
/// </summary>
internal sealed class BytePairModel
{
    private const int MaxRemembered = 1 << 16;
    private const int MaxRememberedLength = 64;

    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly BytePairSettings settings;
    private readonly bool mapBytes;
    private readonly int unknown = -1;
    private readonly int[]? fallback;
    private readonly PairTable merges;
    private readonly ConcurrentDictionary<string, int[]> remembered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> recall;
    private readonly int[]? byteIds;
    private readonly char cutBefore;
    private int rememberedCount;

    /// <summary>Builds the model.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="vocabulary">Token to id.</param>
    /// <param name="merges">The pairs in the order learnt.</param>
    /// <param name="settings">The rest.</param>
    /// <param name="mapBytes">Whether pieces come as plain text whose bytes are still to be written as visible characters.</param>
    public BytePairModel(string path, Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> merges, BytePairSettings settings, bool mapBytes)
    {
        (this.vocabulary, this.settings, this.mapBytes) = (vocabulary, settings, mapBytes);
        lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        recall = remembered.GetAlternateLookup<ReadOnlySpan<char>>();
        if (settings.UnknownToken is { } unknownToken && !vocabulary.TryGetValue(unknownToken, out unknown))
        {
            throw new CheckpointException($"{path}: the unknown token \"{unknownToken}\" is not in the vocabulary.");
        }

        if (settings.ByteFallback)
        {
            fallback = new int[256];
            for (int value = 0; value < 256; value++)
            {
                fallback[value] = vocabulary.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1);
            }
        }

        bool plain = string.IsNullOrEmpty(settings.ContinuingPrefix) && string.IsNullOrEmpty(settings.EndSuffix);
        if (mapBytes && plain && !settings.ByteFallback)
        {
            byteIds = new int[256];
            for (int value = 0; value < 256; value++)
            {
                byteIds[value] = vocabulary.GetValueOrDefault(ByteAlphabet.Char((byte)value).ToString(), -1);
            }
        }

        this.merges = new PairTable(merges.Count);
        cutBefore = !mapBytes && plain && !settings.IgnoreMerges && vocabulary.ContainsKey("\u2581") ? '\u2581' : '\0';
        int prefixLength = settings.ContinuingPrefix?.Length ?? 0;
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (string left, string right) = merges[rank];
            string joined = string.Concat(left, right.AsSpan(Math.Min(prefixLength, right.Length)));
            if (!vocabulary.TryGetValue(left, out int leftId) || !vocabulary.TryGetValue(right, out int rightId) || !vocabulary.TryGetValue(joined, out int joinedId))
            {
                string missing = !vocabulary.ContainsKey(left) ? left : !vocabulary.ContainsKey(right) ? right : joined;
                throw new CheckpointException($"{path}: merge {rank} joins \"{left}\" and \"{right}\", but \"{missing}\" is not in the vocabulary.");
            }

            this.merges.Set(leftId, rightId, rank, joinedId);
            if (left[^1] != '\u2581' && right[0] == '\u2581')
            {
                cutBefore = '\0'; // some word runs across a space, so spaces are no place to cut
            }
        }
    }

    /// <summary>Appends the ids of a piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> output)
    {
        if (cutBefore == '\0')
        {
            EncodeWord(piece, output);
            return;
        }

        // No merge crosses from a letter to a word sign, so a text without pre-tokenizer may be cut there: each word can then be remembered.
        int start = 0;
        for (int i = 1; i < piece.Length; i++)
        {
            if (piece[i] == cutBefore && piece[i - 1] != cutBefore)
            {
                EncodeWord(piece[start..i], output);
                start = i;
            }
        }

        EncodeWord(piece[start..], output);
    }

    private void EncodeWord(ReadOnlySpan<char> piece, List<int> output)
    {
        bool remember = piece.Length <= MaxRememberedLength;
        if (remember && recall.TryGetValue(piece, out int[]? known))
        {
            output.AddRange(known);
            return;
        }

        int[] ids = Compute(piece);
        output.AddRange(ids);
        if (remember && Volatile.Read(ref rememberedCount) < MaxRemembered && recall.TryAdd(piece, ids))
        {
            Interlocked.Increment(ref rememberedCount);
        }
    }

    private int[] Compute(ReadOnlySpan<char> piece)
    {
        if (settings.IgnoreMerges && (mapBytes ? vocabulary.TryGetValue(ByteAlphabet.Map(piece), out int whole) : lookup.TryGetValue(piece, out whole)))
        {
            return [whole];
        }

        var symbols = new List<int>(piece.Length);
        if (byteIds is not null)
        {
            AddBytes(piece, symbols);
        }
        else
        {
            AddCharacters(mapBytes ? ByteAlphabet.Map(piece) : piece, symbols);
        }

        return BytePairMerger.Merge([.. symbols], merges);
    }

    private void AddBytes(ReadOnlySpan<char> piece, List<int> symbols)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(piece)];
        Encoding.UTF8.GetBytes(piece, bytes);
        bool pendingUnknown = false;
        foreach (byte value in bytes)
        {
            int id = byteIds![value];
            if (id < 0)
            {
                id = settings.FuseUnknown && pendingUnknown ? -1 : unknown;
                pendingUnknown = true;
            }
            else
            {
                pendingUnknown = false;
            }

            if (id >= 0)
            {
                symbols.Add(id);
            }
        }
    }

    private void AddCharacters(ReadOnlySpan<char> text, List<int> symbols)
    {
        // An unknown waits until the next known character, past characters that fall back to bytes: so the published implementation does.
        bool pending = false;
        for (int at = 0, length; at < text.Length; at += length)
        {
            CodePoints.At(text, at, out length);
            ReadOnlySpan<char> character = text.Slice(at, length);
            if (at > 0 && !string.IsNullOrEmpty(settings.ContinuingPrefix))
            {
                character = string.Concat(settings.ContinuingPrefix, character);
            }

            if (at + length == text.Length && !string.IsNullOrEmpty(settings.EndSuffix))
            {
                character = string.Concat(character, settings.EndSuffix);
            }

            if (lookup.TryGetValue(character, out int id))
            {
                if (pending)
                {
                    symbols.Add(unknown);
                    pending = false;
                }

                symbols.Add(id);
            }
            else if (!TryFallBack(character, symbols) && unknown >= 0)
            {
                if (pending && !settings.FuseUnknown)
                {
                    symbols.Add(unknown);
                }

                pending = true;
            }
        }

        if (pending)
        {
            symbols.Add(unknown);
        }
    }

    private bool TryFallBack(ReadOnlySpan<char> character, List<int> symbols)
    {
        if (fallback is null)
        {
            return false;
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(character)];
        Encoding.UTF8.GetBytes(character, bytes);
        foreach (byte value in bytes)
        {
            if (fallback[value] < 0)
            {
                return false;
            }
        }

        foreach (byte value in bytes)
        {
            symbols.Add(fallback[value]);
        }

        return true;
    }
}

using System.Collections.Concurrent;

namespace RlvrSharp.Graders;

/// <summary>Prepared references by their text. Forgets all of them when they become too many, so an endless stream of rows does not fill the memory.</summary>
internal sealed class ReferenceCache(StructuredFieldGraderOptions options, FieldSpec spec)
{
    // A prepared reference takes some twenty times its text.
    private const long MaxCharacters = 4_000_000;

    private readonly ConcurrentDictionary<string, Reference> references = new(StringComparer.Ordinal);
    private long characters;

    /// <summary>Gets or prepares a reference.</summary>
    /// <param name="text">Its JSON.</param>
    /// <param name="owner">What to call it in errors.</param>
    /// <exception cref="DataException">It is not usable.</exception>
    public Reference Get(string text, string owner)
    {
        if (references.TryGetValue(text, out Reference? reference))
        {
            return reference;
        }

        reference = Reference.Read(text, spec, options, owner);
        if (Interlocked.Add(ref characters, text.Length) > MaxCharacters)
        {
            references.Clear();
            Interlocked.Exchange(ref characters, text.Length);
        }

        references.TryAdd(text, reference);
        return reference;
    }
}

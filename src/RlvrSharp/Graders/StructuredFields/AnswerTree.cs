using System.Buffers;

namespace RlvrSharp.Graders;

/// <summary>
/// A parsed JSON text: nodes in one array, texts as slices of the source. Parsing is strict (RFC 8259, no duplicate keys, no lone
/// surrogates), never throws, uses no call stack for depth, and reuses its memory, so that grading makes next to no garbage.
/// </summary>
internal sealed partial class AnswerTree
{
    // An instance that once held a very large answer is not kept.
    private const int KeptNodes = 1 << 14;
    private const int KeptCharacters = 1 << 16;

    [ThreadStatic]
    private static AnswerTree? spare;

    private string source = "";
    private AnswerNode[] nodes = new AnswerNode[64];
    private char[] decoded = new char[128];
    private int[] open = new int[16];
    private int nodeCount;
    private int decodedLength;

    /// <summary>What grading writes its trace to.</summary>
    public List<FieldGrade> Trace { get; } = [];

    /// <summary>The text that was parsed.</summary>
    public string Source => source;

    /// <summary>Takes this thread's spare tree, or makes one. A comparer that itself grades simply gets another.</summary>
    public static AnswerTree Rent()
    {
        AnswerTree tree = spare ?? new AnswerTree();
        spare = null;
        return tree;
    }

    /// <summary>Gives a tree back for the next grade on this thread.</summary>
    public static void Return(AnswerTree tree)
    {
        tree.source = "";
        tree.Trace.Clear();
        if (tree.nodes.Length <= KeptNodes && tree.decoded.Length <= KeptCharacters && tree.Trace.Capacity <= KeptNodes)
        {
            spare = tree;
        }
    }

    public ref AnswerNode this[int index] => ref nodes[index];

    /// <summary>A string's content, or the source of a number, literal or container.</summary>
    public ReadOnlySpan<char> Text(int index)
    {
        ref AnswerNode node = ref nodes[index];
        return node.TextDecoded ? decoded.AsSpan(node.Start, node.Length) : source.AsSpan(node.Start, node.Length);
    }

    public ReadOnlySpan<char> Name(int index)
    {
        ref AnswerNode node = ref nodes[index];
        return node.NameDecoded ? decoded.AsSpan(node.NameStart, node.NameLength) : source.AsSpan(node.NameStart, node.NameLength);
    }

    public AnswerValue Value(int index) => new(nodes[index].Kind, Text(index));

    /// <summary>Writes a value so that equal values give equal texts: members sorted by name, numbers by value.</summary>
    public void WriteCanonical(int index, ref KeyBuffer key)
    {
        ref AnswerNode node = ref nodes[index];
        switch (node.Kind)
        {
            case AnswerKind.Number:
                if (!NumberText.TryWriteKey(Text(index), ref key))
                {
                    key.Append(Text(index));
                }

                break;
            case AnswerKind.String:
                key.Append('"');
                foreach (char character in Text(index))
                {
                    if (character is '"' or '\\')
                    {
                        key.Append('\\');
                    }

                    key.Append(character);
                }

                key.Append('"');
                break;
            case AnswerKind.List:
                key.Append('[');
                for (int child = index + 1; child < node.End; child = nodes[child].End)
                {
                    WriteCanonical(child, ref key);
                    key.Append(',');
                }

                key.Append(']');
                break;
            case AnswerKind.Object:
                key.Append('{');
                int[] members = SortedMembers(index);
                for (int i = 0; i < node.Count; i++)
                {
                    key.Append('"');
                    key.Append(Name(members[i]));
                    key.Append("\":");
                    WriteCanonical(members[i], ref key);
                    key.Append(',');
                }

                key.Append('}');
                break;
            default:
                key.Append(Text(index));
                break;
        }
    }

    private int[] SortedMembers(int index)
    {
        int[] members = new int[nodes[index].Count];
        int at = 0;
        for (int child = index + 1; child < nodes[index].End; child = nodes[child].End)
        {
            members[at++] = child;
        }

        Array.Sort(members, (left, right) => Name(left).SequenceCompareTo(Name(right)));
        return members;
    }

    private int AddNode()
    {
        if (nodeCount == nodes.Length)
        {
            Array.Resize(ref nodes, nodes.Length * 2);
        }

        nodes[nodeCount] = default;
        return nodeCount++;
    }

    private void AppendDecoded(ReadOnlySpan<char> text)
    {
        if (decodedLength + text.Length > decoded.Length)
        {
            Array.Resize(ref decoded, Math.Max(decoded.Length * 2, decodedLength + text.Length));
        }

        text.CopyTo(decoded.AsSpan(decodedLength));
        decodedLength += text.Length;
    }

    /// <summary>Whether two members of an object have the same name; the node is complete.</summary>
    private bool HasDuplicateNames(int index)
    {
        int count = nodes[index].Count;
        if (count <= 12)
        {
            for (int child = index + 1; child < nodes[index].End; child = nodes[child].End)
            {
                ReadOnlySpan<char> name = Name(child);
                for (int other = nodes[child].End; other < nodes[index].End; other = nodes[other].End)
                {
                    if (nodes[other].NameLength == name.Length && Name(other).SequenceEqual(name))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        // Sorting hashes keeps an object of 100,000 keys from taking 10¹⁰ comparisons. The hash differs from process to process; the verdict does not.
        long[] hashes = ArrayPool<long>.Shared.Rent(count);
        try
        {
            int at = 0;
            for (int child = index + 1; child < nodes[index].End; child = nodes[child].End)
            {
                hashes[at++] = ((long)string.GetHashCode(Name(child)) << 32) | (uint)child;
            }

            hashes.AsSpan(0, count).Sort();
            for (int i = 0; i < count; i++)
            {
                for (int j = i + 1; j < count && hashes[j] >> 32 == hashes[i] >> 32; j++)
                {
                    if (Name((int)(uint)hashes[i]).SequenceEqual(Name((int)(uint)hashes[j])))
                    {
                        return true;
                    }
                }
            }

            return false;
        }
        finally
        {
            ArrayPool<long>.Shared.Return(hashes);
        }
    }
}

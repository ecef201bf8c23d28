using System.Buffers;

namespace RlvrSharp.Graders;

/// <summary>
/// The optimal assignment by shortest augmenting paths with potentials (Jonker and Volgenant, Computing 38, 1987; the Hungarian method),
/// O(rows² × columns). Whole numbers throughout, so that ties are exact and the result is the same everywhere.
/// </summary>
internal static class Assignment
{
    /// <summary>Pairs rows with columns so that the sum of values is as large as it can be; values of 0 or less are never paired.</summary>
    /// <param name="values">[row, column]; no more than 2⁵⁰ each for 1024 rows.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="columnOfRow">Receives each row's column, or -1. Of equally good assignments always the same one.</param>
    public static void Maximize(ReadOnlySpan<long> values, int rows, int columns, Span<int> columnOfRow)
    {
        columnOfRow[..rows].Fill(-1);
        if (rows == 0 || columns == 0)
        {
            return;
        }

        // The method wants no more rows than columns.
        bool transposed = rows > columns;
        (int n, int m) = transposed ? (columns, rows) : (rows, columns);
        long[] longs = ArrayPool<long>.Shared.Rent(n + m + m + 3);
        int[] ints = ArrayPool<int>.Shared.Rent(m + m + 2);
        bool[] used = ArrayPool<bool>.Shared.Rent(m + 1);
        Span<long> rowPotential = longs.AsSpan(0, n + 1);
        Span<long> columnPotential = longs.AsSpan(n + 1, m + 1);
        Span<long> slack = longs.AsSpan(n + m + 2, m + 1);
        Span<int> rowOf = ints.AsSpan(0, m + 1);
        Span<int> previous = ints.AsSpan(m + 1, m + 1);
        rowPotential.Clear();
        columnPotential.Clear();
        rowOf.Clear();
        for (int row = 1; row <= n; row++)
        {
            rowOf[0] = row;
            int column = 0;
            slack.Fill(long.MaxValue);
            used.AsSpan(0, m + 1).Clear();
            do
            {
                used[column] = true;
                int currentRow = rowOf[column];
                long delta = long.MaxValue;
                int next = 0;
                for (int j = 1; j <= m; j++)
                {
                    if (used[j])
                    {
                        continue;
                    }

                    long value = transposed ? values[((j - 1) * columns) + currentRow - 1] : values[((currentRow - 1) * columns) + j - 1];
                    long reduced = -Math.Max(value, 0) - rowPotential[currentRow] - columnPotential[j];
                    if (reduced < slack[j])
                    {
                        slack[j] = reduced;
                        previous[j] = column;
                    }

                    if (slack[j] < delta)
                    {
                        delta = slack[j];
                        next = j;
                    }
                }

                for (int j = 0; j <= m; j++)
                {
                    if (used[j])
                    {
                        rowPotential[rowOf[j]] += delta;
                        columnPotential[j] -= delta;
                    }
                    else
                    {
                        slack[j] -= delta;
                    }
                }

                column = next;
            }
            while (rowOf[column] != 0);

            do
            {
                int next = previous[column];
                rowOf[column] = rowOf[next];
                column = next;
            }
            while (column != 0);
        }

        for (int j = 1; j <= m; j++)
        {
            if (rowOf[j] != 0)
            {
                (int row, int column) = transposed ? (j - 1, rowOf[j] - 1) : (rowOf[j] - 1, j - 1);
                if (values[(row * columns) + column] > 0)
                {
                    columnOfRow[row] = column;
                }
            }
        }

        ArrayPool<long>.Shared.Return(longs);
        ArrayPool<int>.Shared.Return(ints);
        ArrayPool<bool>.Shared.Return(used);
    }
}

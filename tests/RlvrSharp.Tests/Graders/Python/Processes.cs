using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RlvrSharp.Tests.Graders.Python;

/// <summary>Looks for processes by a marker in their command line.</summary>
internal static class Processes
{
    /// <summary>How many processes carry the marker, once that has become the expected number or twenty seconds have passed, for a machine that is busy.</summary>
    public static int Count(string marker, int expected)
    {
        var clock = Stopwatch.StartNew();
        int count;
        while ((count = With(marker).Count) != expected && clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            Thread.Sleep(10);
        }

        return count;
    }

    /// <summary>The processes that carry the marker, zombies not counted, with their parents.</summary>
    public static IReadOnlyList<(int Id, int Parent)> With(string marker)
    {
        var found = new List<(int, int)>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (char.IsAsciiDigit(Path.GetFileName(folder)[0])
                    && Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).Contains(marker, StringComparison.Ordinal))
                {
                    string[] status = File.ReadAllText(Path.Combine(folder, "stat")).Split(' ');
                    found.Add((int.Parse(status[0], CultureInfo.InvariantCulture), int.Parse(status[3], CultureInfo.InvariantCulture)));
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Ended while we looked.
            }
        }

        return found;
    }
}

using System.Diagnostics;
using System.Text;

namespace RlvrSharp.Tests.Graders.Python;

/// <summary>Looks for processes by a marker in their command line.</summary>
internal static class Processes
{
    /// <summary>How many processes carry the marker, once that has become the expected number or two seconds have passed.</summary>
    public static int Count(string marker, int expected)
    {
        var clock = Stopwatch.StartNew();
        int count;
        while ((count = Count(marker)) != expected && clock.Elapsed < TimeSpan.FromSeconds(2))
        {
            Thread.Sleep(10);
        }

        return count;
    }

    private static int Count(string marker)
    {
        int count = 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (char.IsAsciiDigit(Path.GetFileName(folder)[0])
                    && Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).Contains(marker, StringComparison.Ordinal))
                {
                    count++;
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Ended while we looked.
            }
        }

        return count;
    }
}

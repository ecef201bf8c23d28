namespace RlvrSharp.Tests;

/// <summary>Where the repository lies.</summary>
internal static class Repository
{
    /// <summary>The folder of RlvrSharp.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RlvrSharp.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("RlvrSharp.sln is in no folder above the tests.");
    }
}

/// <summary>Tests that write to the console, change the process's folder, or wait for other processes with a time limit run one after the other.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;

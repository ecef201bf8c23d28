namespace RlvrSharp.Tests.Models;

/// <summary>Paths and throwaway directories for the tests of checkpoint files.</summary>
internal static class ModelFiles
{
    public static string Golden(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Golden", .. parts]);

    public static string Scratch() => Directory.CreateTempSubdirectory("rlvr-models-").FullName;

    public static string Fault(Action action) => Assert.Throws<CheckpointException>(action).Message;
}

using System.Reflection;
using System.Runtime.Loader;

namespace RlvrSharp.Scripting;

/// <summary>Holds one script's assembly and lets go of it on unloading. Everything it refers to is the host's own.</summary>
internal sealed class ScriptLoadContext() : AssemblyLoadContext("RlvrSharp script", isCollectible: true)
{
    protected override Assembly? Load(AssemblyName assemblyName) =>
        assemblyName.Name == typeof(IGrader).Assembly.GetName().Name ? typeof(IGrader).Assembly : null;
}

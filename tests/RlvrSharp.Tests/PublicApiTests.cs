using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RlvrSharp.Tests;

/// <summary>Public is a promise: every public member stands in PublicApi.approved.txt, and a change there is a decision.</summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        string approved = Path.Combine(Repository.Root, "tests", "RlvrSharp.Tests", "PublicApi.approved.txt");
        string actual = Dump(typeof(IPolicy).Assembly);
        if (Environment.GetEnvironmentVariable("RLVR_APPROVE_API") == "1")
        {
            File.WriteAllText(approved, actual);
        }

        Assert.True(
            File.ReadAllText(approved).ReplaceLineEndings("\n") == actual,
            "The public API changed. If that is meant, approve it: RLVR_APPROVE_API=1 dotnet test --filter PublicApiTests, and name it in CHANGELOG.md.");
    }

    private static string Dump(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(type.FullName).Append('\n');
            const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            IEnumerable<string> members = type.GetMembers(Declared)
                .Where(member => IsPromise(member) && member.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !member.Name.Contains('<', StringComparison.Ordinal))
                .Where(member => member is not MethodInfo { IsSpecialName: true } || member.Name.StartsWith("op_", StringComparison.Ordinal))
                .Where(member => member is not Type)
                .Select(member => "  " + member)
                .Order(StringComparer.Ordinal);
            foreach (string member in members)
            {
                text.Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool IsPromise(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(true).Any(IsPromise),
        FieldInfo field => field.IsPublic || field.IsFamily,
        EventInfo happening => happening.AddMethod is { IsPublic: true },
        _ => false,
    };

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };
}

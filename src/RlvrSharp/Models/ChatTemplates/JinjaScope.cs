namespace RlvrSharp.Models;

/// <summary>Names and what they stand for; a name not found is looked for outside.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private readonly Dictionary<string, object?> names = new(StringComparer.Ordinal);

    public object? Get(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.names.TryGetValue(name, out object? value))
            {
                return value;
            }
        }

        return new JinjaUndefined($"'{name}' is undefined");
    }

    public JinjaScope? Outer => outer;

    public void Set(string name, object? value) => names[name] = value;
}

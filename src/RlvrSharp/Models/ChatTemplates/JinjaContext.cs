namespace RlvrSharp.Models;

/// <summary>What one rendering shares: its budget, its clock and how to call back into the template.</summary>
internal sealed class JinjaContext(JinjaBudget budget, DateTimeOffset now)
{
    public JinjaBudget Budget => budget;

    public DateTimeOffset Now => now;

    /// <summary>Calls anything that can be called.</summary>
    public object? Call(object? target, JinjaArguments arguments) => target switch
    {
        JinjaCallable callable => callable.Call(this, arguments),
        JinjaLoop { Recurse: { } recurse } => recurse(arguments),
        JinjaUndefined missing => throw missing.Error(),
        _ => throw new JinjaException($"{JinjaText.TypeName(target)} cannot be called."),
    };

    public string Str(object? value) => JinjaText.Str(value, budget);
}

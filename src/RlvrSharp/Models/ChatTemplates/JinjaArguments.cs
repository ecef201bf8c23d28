namespace RlvrSharp.Models;

/// <summary>The arguments of one call.</summary>
internal sealed class JinjaArguments(IReadOnlyList<object?> positional, IReadOnlyList<KeyValuePair<string, object?>> named)
{
    /// <summary>Stands for an argument that was not given.</summary>
    public static readonly object Missing = new();

    /// <summary>No arguments.</summary>
    public static readonly JinjaArguments None = new([], []);

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyList<KeyValuePair<string, object?>> Named => named;

    /// <summary>Whether an argument that <see cref="Bind"/> gave is there.</summary>
    public static bool Given(object? value) => !ReferenceEquals(value, Missing);

    /// <summary>Sorts the arguments into parameters.</summary>
    /// <param name="what">What is called, for the error.</param>
    /// <param name="required">How many of the parameters must be given.</param>
    /// <param name="parameters">Their names; a name that begins with '/' can only be given by position.</param>
    /// <returns>One value per parameter, <see cref="Missing"/> where it was not given.</returns>
    public object?[] Bind(string what, int required, params ReadOnlySpan<string> parameters)
    {
        if (positional.Count > parameters.Length)
        {
            throw new JinjaException($"{what} takes at most {parameters.Length} arguments, not {positional.Count}.");
        }

        var values = new object?[parameters.Length];
        Array.Fill(values, Missing);
        for (int i = 0; i < positional.Count; i++)
        {
            values[i] = positional[i];
        }

        foreach (KeyValuePair<string, object?> pair in named)
        {
            int index = parameters.IndexOf(pair.Key);
            if (index < 0)
            {
                throw new JinjaException($"{what} has no argument '{pair.Key}'.");
            }

            if (Given(values[index]))
            {
                throw new JinjaException($"{what} is given its argument '{pair.Key}' twice.");
            }

            values[index] = pair.Value;
        }

        for (int i = 0; i < required; i++)
        {
            if (!Given(values[i]))
            {
                throw new JinjaException($"{what} needs its argument '{parameters[i].TrimStart('/')}'.");
            }
        }

        return values;
    }

    /// <summary>The arguments after the first few; for filters that hand the rest on.</summary>
    public JinjaArguments Skip(int count) => new([.. positional.Skip(count)], named);
}

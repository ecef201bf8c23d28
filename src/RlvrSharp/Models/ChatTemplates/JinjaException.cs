namespace RlvrSharp.Models;

/// <summary>Something is wrong in a template or while running it; <see cref="ChatTemplate"/> turns it into a public exception.</summary>
internal sealed class JinjaException(string message, int line = 0, int column = 0, JinjaFault fault = JinjaFault.Template) : Exception(message)
{
    /// <summary>The line, from 1; 0 where the thrower did not know it.</summary>
    public int Line { get; } = line;

    /// <summary>The column, from 1.</summary>
    public int Column { get; } = column;

    /// <summary>Whose fault it is.</summary>
    public JinjaFault Fault { get; } = fault;
}

/// <summary>Whose fault a <see cref="JinjaException"/> is.</summary>
internal enum JinjaFault
{
    /// <summary>The template's, or of the values it was given.</summary>
    Template,

    /// <summary>The template called <c>raise_exception</c>: it refuses the conversation.</summary>
    Raised,
}

namespace RlvrSharp;

/// <summary>A dataset, job file or other input is missing or malformed; the message has the file and, where there is one, the line.</summary>
public sealed class DataException : RlvrException
{
    /// <summary>An error.</summary>
    public DataException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    public DataException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and a cause.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    /// <param name="innerException">The cause.</param>
    public DataException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

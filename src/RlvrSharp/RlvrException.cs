namespace RlvrSharp;

/// <summary>
/// The base of the errors this library reports: each message names the thing, the value, the rule and the way out, so it can be
/// shown to a person as it is.
/// </summary>
public class RlvrException : Exception
{
    /// <summary>An error.</summary>
    public RlvrException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    public RlvrException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and a cause.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    /// <param name="innerException">The cause.</param>
    public RlvrException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

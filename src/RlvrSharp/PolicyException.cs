namespace RlvrSharp;

/// <summary>A policy was asked for something it cannot do, such as a prompt longer than its context.</summary>
public sealed class PolicyException : RlvrException
{
    /// <summary>An error.</summary>
    public PolicyException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    public PolicyException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and a cause.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    /// <param name="innerException">The cause.</param>
    public PolicyException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

namespace RlvrSharp;

/// <summary>Grading failed for good: more grader failures than the error budget allows.</summary>
public sealed class GradingException : RlvrException
{
    /// <summary>An error.</summary>
    public GradingException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    public GradingException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and a cause.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    /// <param name="innerException">The cause.</param>
    public GradingException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

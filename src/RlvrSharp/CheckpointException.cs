namespace RlvrSharp;

/// <summary>A model directory is missing, incomplete, damaged or of the wrong shape; the message names the file and the tensor.</summary>
public sealed class CheckpointException : RlvrException
{
    /// <summary>An error.</summary>
    public CheckpointException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    public CheckpointException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and a cause.</summary>
    /// <param name="message">What, which value, which rule, the way out.</param>
    /// <param name="innerException">The cause.</param>
    public CheckpointException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

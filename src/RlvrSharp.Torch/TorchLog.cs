using Microsoft.Extensions.Logging;

namespace RlvrSharp.Torch;

/// <summary>What is logged.</summary>
internal static partial class TorchLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The model in {Directory} has no chat template: the texts of a prompt's messages are put one after the other")]
    public static partial void NoChatTemplate(ILogger logger, string directory);
}

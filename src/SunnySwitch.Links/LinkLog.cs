using Microsoft.Extensions.Logging;

namespace SunnySwitch.Links;

internal static partial class LinkLog
{
    [LoggerMessage(EventId = 2101, Level = LogLevel.Information, Message = "link {LinkName}: connection {Connection} from {Peer} opened")]
    public static partial void Opened(ILogger logger, string linkName, int connection, string peer);

    [LoggerMessage(
        EventId = 2102,
        Level = LogLevel.Information,
        Message = "link {LinkName}: connection {Connection} closed: {Reason} after {FramesIn} frames")]
    public static partial void Closed(
        ILogger logger, string linkName, int connection, LinkCloseReason reason, long framesIn);

    [LoggerMessage(
        EventId = 2103,
        Level = LogLevel.Warning,
        Message = "link {LinkName}: connection {Connection} closed: {Reason} after {FramesIn} frames; {Detail}")]
    public static partial void ClosedByUs(
        ILogger logger, string linkName, int connection, LinkCloseReason reason, long framesIn, string detail);

    [LoggerMessage(
        EventId = 2105,
        Level = LogLevel.Warning,
        Message = "link {LinkName}: connection {Connection} sent {Count} of our messages back with reject code {Code:X4}")]
    public static partial void Rejected(ILogger logger, string linkName, int connection, int count, int code);

    [LoggerMessage(
        EventId = 2104,
        Level = LogLevel.Warning,
        Message = "link {LinkName}: connection from {Peer} refused: {ConnectionsMax} connections are open already")]
    public static partial void Refused(ILogger logger, string linkName, string peer, int connectionsMax);
}

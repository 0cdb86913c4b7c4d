using System.Net.Security;
using System.Security.Authentication;
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

    [LoggerMessage(EventId = 2106, Level = LogLevel.Warning, Message = "link {LinkName}: TLS handshake with {Peer} failed: {Result}; {Why}")]
    public static partial void NotShaken(ILogger logger, string linkName, string peer, string result, string why);

    [LoggerMessage(EventId = 2107, Level = LogLevel.Information, Message = "link {LinkName}: {Peer} is {Who}; {Protocol}, {Suite}")]
    public static partial void Shaken(ILogger logger, string linkName, string peer, string who, SslProtocols protocol, TlsCipherSuite suite);
}

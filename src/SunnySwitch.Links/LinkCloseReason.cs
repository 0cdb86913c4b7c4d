namespace SunnySwitch.Links;

/// <summary>Why a connection ended. Operators see it in the log and in the metrics.</summary>
public enum LinkCloseReason : byte
{
#pragma warning disable CS1591
    None = 0, PeerClosed = 1, FrameTooLong = 2, FrameMalformed = 3, FrameTooSlow = 4, SlowReader = 5, IdleTooLong = 6,
    TooManyBadMessages = 7, TooManyConnections = 8, Stopping = 9, TransportFailed = 10, UnknownError = 11,
#pragma warning restore CS1591
}

namespace SunnySwitch.Protocol.Framing;

/// <summary>What the bytes received so far are.</summary>
public enum FrameStatus : byte
{
    /// <summary>A whole frame is there.</summary>
    Complete,
    /// <summary>Read on.</summary>
    NeedMore,
    /// <summary>The header announces more than the cap: close the link.</summary>
    TooLong,
    /// <summary>The header is no length, or the length is zero: close the link.</summary>
    Malformed,
}

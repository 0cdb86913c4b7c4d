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
    /// <summary>The header is none of this framing: close the link.</summary>
    Malformed,
    /// <summary>A frame of length zero. Close the link where keep-alives are refused.</summary>
    KeepAlive,
}

/// <summary>Where the pieces of one frame lie, from its first byte.</summary>
/// <param name="HeaderStart">Header between length and message (TPDU, BASE I ...); as long as <paramref name="HeaderBytes"/>.</param>
/// <param name="HeaderBytes">0 where the framing has none.</param>
/// <param name="MessageStart">First byte of the message.</param>
/// <param name="MessageBytes">Bytes of the message; 0 for a keep-alive.</param>
/// <param name="FrameBytes">The whole frame, trailer included: what to skip to the next.</param>
/// <param name="RejectCode">Two packed bytes of a BASE I reject header; -1 for a frame that is no reject.</param>
public readonly record struct Frame(int HeaderStart, int HeaderBytes, int MessageStart, int MessageBytes, int FrameBytes, int RejectCode);

namespace SunnySwitch.Protocol.Framing;

/// <summary>How a link marks where a message ends. The length never counts the header itself.</summary>
public enum FramingKind : byte
{
    /// <summary>Two bytes, big-endian.</summary>
    Binary2 = 1,
    /// <summary>Four ASCII digits.</summary>
    Ascii4 = 2,
    /// <summary>Two bytes of packed digits.</summary>
    Bcd2 = 3,
}

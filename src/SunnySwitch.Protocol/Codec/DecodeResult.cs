namespace SunnySwitch.Protocol.Codec;

/// <summary>How a decode ended.</summary>
/// <param name="Error">Class; <see cref="DecodeError.None"/> if the message is good.</param>
/// <param name="Field">Field at fault: 0 the MTI, 1 a bitmap, 2 to 128 a field; -1 when none is.</param>
/// <param name="Offset">First offending byte, counted from the message's first; the message's length when it is
/// good.</param>
public readonly record struct DecodeResult(DecodeError Error, int Field, int Offset)
{
    /// <summary>True if the message is good.</summary>
    public bool IsOk => Error == DecodeError.None;
}

using System.Buffers.Binary;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Framing;

/// <summary>Frames on a byte stream: header with the message's length, then the message. Holds no state.</summary>
/// <param name="kind">Form of the header.</param>
/// <param name="frameBytesMax">Most bytes of a message, 1 to 65,535; longer ones are refused from the header
/// alone.</param>
public readonly struct Framing(FramingKind kind, int frameBytesMax)
{
    /// <summary>Form of the header.</summary>
    public FramingKind Kind => kind;

    /// <summary>Most bytes of a message, the header not counted.</summary>
    public int FrameBytesMax => frameBytesMax;

    /// <summary>Bytes of the header.</summary>
    public int HeaderBytes => kind == FramingKind.Ascii4 ? 4 : 2;

    /// <summary>
    /// Looks at the start of <paramref name="received"/>. On Complete: skip <paramref name="headerBytes"/>, then
    /// <paramref name="messageBytes"/> are the message; otherwise both are 0. TooLong and Malformed are decided from
    /// the header alone, a bad digit as soon as it is there, before anything of the body is buffered.
    /// </summary>
    public FrameStatus TryTakeFrame(ReadOnlySpan<byte> received, out int headerBytes, out int messageBytes)
    {
        headerBytes = 0;
        messageBytes = 0;
        var header = received[..Math.Min(received.Length, HeaderBytes)];
        if (!AreDigitsGood(header)) return FrameStatus.Malformed;
        if (header.Length < HeaderBytes) return FrameStatus.NeedMore;

        var announced = kind switch
        {
            FramingKind.Ascii4 => (int)Decimals.FromDigits(header),
            FramingKind.Bcd2 => (int)Decimals.FromBcd(header),
            _ => BinaryPrimitives.ReadUInt16BigEndian(header),
        };
        if (announced == 0) return FrameStatus.Malformed;
        if (announced > frameBytesMax) return FrameStatus.TooLong;
        if (received.Length - HeaderBytes < announced) return FrameStatus.NeedMore;

        headerBytes = HeaderBytes;
        messageBytes = announced;
        return FrameStatus.Complete;
    }

    /// <summary>
    /// Writes the header for a message of that length, 1 to the cap (and to 9,999 where the header is digits); returns
    /// the header's bytes. Must.Hold that the target has room.
    /// </summary>
    public int WriteHeader(Span<byte> target, int messageBytes)
    {
        Must.Hold(messageBytes > 0 && messageBytes <= frameBytesMax && target.Length >= HeaderBytes);
        var header = target[..HeaderBytes];
        switch (kind)
        {
            case FramingKind.Ascii4:
                Must.Hold(Decimals.WriteAscii((uint)messageBytes, header));
                break;
            case FramingKind.Bcd2:
                Must.Hold(Decimals.WriteBcd((uint)messageBytes, 4, header));
                break;
            default:
                Must.Hold(messageBytes <= ushort.MaxValue);
                BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)messageBytes);
                break;
        }

        return HeaderBytes;
    }

    private bool AreDigitsGood(ReadOnlySpan<byte> header) => kind switch
    {
        FramingKind.Ascii4 => ByteClasses.All(header, RangeClass.Digits),
        FramingKind.Bcd2 => ByteClasses.All(header, default(BcdClass)),
        _ => true,
    };
}

using System.Buffers.Binary;

namespace SunnySwitch.Protocol.Framing;

/// <summary>Headers between a frame's length and its message: how long one is, and what goes back with an answer.</summary>
internal static class Headers
{
    /// <summary>TPDU: 60, destination 2 bytes, source 2 bytes.</summary>
    public const int TpduBytes = 5;

    /// <summary>
    /// BASE I: 0 its length (16h), 1 format, 2 text format, 3-4 total length, 5-7 destination, 8-10 source, 11 round trip,
    /// 12-13 flags, 14-16 status, 17 batch, 18-20 reserved, 21 user.
    /// </summary>
    public const int Base1Bytes = 22;

    /// <summary>Longest header that is taken as it is.</summary>
    public const int OpaqueBytesMax = 32;

    /// <summary>A reject header has a bitmap and a reject code, two bytes each, behind the 22.</summary>
    private const int Base1RejectBytes = 26;

    private const int RejectCodeAt = 24;
    private const byte SecondHeaderFollows = 0x80;

    /// <summary>Most bytes that headers of the form can take: two of BASE I's.</summary>
    public static int BytesMax(HeaderForm form, int bytes) => form == HeaderForm.Base1 ? 2 * byte.MaxValue : bytes;

    /// <summary>
    /// Measures the header at the start of what a length counts. A second header behind a BASE I header belongs to it.
    /// </summary>
    public static FrameStatus Measure(HeaderForm form, ReadOnlySpan<byte> inside, int usualBytes, int counted, out int headerBytes, out int rejectCode)
    {
        (headerBytes, rejectCode) = (usualBytes, -1);
        if (form != HeaderForm.Base1) return FrameStatus.Complete;
        if (inside.IsEmpty) return FrameStatus.NeedMore;
        headerBytes = inside[0];
        if (headerBytes < Base1Bytes || headerBytes >= counted) return FrameStatus.Malformed;
        if (inside.Length < headerBytes) return FrameStatus.NeedMore;
        if (headerBytes >= Base1RejectBytes) rejectCode = BinaryPrimitives.ReadUInt16BigEndian(inside[RejectCodeAt..]);
        if ((inside[1] & SecondHeaderFollows) == 0) return FrameStatus.Complete;
        if (inside.Length == headerBytes) return FrameStatus.NeedMore;
        var second = inside[headerBytes];
        headerBytes += second;
        return second < Base1Bytes || headerBytes >= counted ? FrameStatus.Malformed : FrameStatus.Complete;
    }

    /// <summary>Writes the header of an answer from that of its request, or one of our own if there is none.</summary>
    public static void Write(HeaderForm form, ReadOnlySpan<byte> request, Span<byte> target)
    {
        target.Clear();
        switch (form)
        {
            case HeaderForm.Tpdu:
                target[0] = request.IsEmpty ? (byte)0x60 : request[0];
                if (request.IsEmpty) break;
                request[3..5].CopyTo(target[1..]);
                request[1..3].CopyTo(target[3..]);
                break;
            case HeaderForm.Base1:
                (target[0], target[1], target[2]) = (Base1Bytes, 1, request.IsEmpty ? (byte)2 : request[2]);
                if (request.IsEmpty) break;
                request[8..11].CopyTo(target[5..]);
                request[5..8].CopyTo(target[8..]);
                request[11..14].CopyTo(target[11..]);
                target[17] = request[17];
                target[21] = request[21];
                break;
            case HeaderForm.Opaque:
                request.CopyTo(target);
                break;
        }
    }
}

using System.Buffers.Binary;

namespace SunnySwitch.Protocol.Framing;

/// <summary>
/// Frames on a byte stream, compiled from a name that lists the pieces in the order of the wire:
/// <code>
/// be16   ascii-len4   bcd4   hex4   be32   be16-inclusive   0000+be16   be16+0000   d04a+be16+0000
/// be16+tpdu5   be16+hdr9   be16+0000+base1hdr22   be16+etx   etx
/// </code>
/// Constant bytes, a length, constant bytes, a header, the message, ETX. The length counts what follows it and the constants
/// behind it; with <c>-inclusive</c> its own bytes too. Immutable, shared by threads, holds no state of a stream.
/// </summary>
public sealed class Framing
{
    /// <summary>Longest message of a framing without a length: nothing else bounds the search for its end.</summary>
    public const int EtxMessageBytesMax = 4_096;

    private const byte Etx = 0x03;
    private readonly FramingSpec _spec;
    private readonly int _headerAt;
    private readonly bool _isPlain16;

    private Framing(string name, int messageBytesMax, FramingSpec spec)
    {
        Name = name;
        _spec = spec;
        MessageBytesMax = spec.Length == LengthForm.None ? Math.Min(messageBytesMax, EtxMessageBytesMax) : messageBytesMax;
        _headerAt = spec.Before.Length + spec.LengthBytes + spec.After.Length;
        _isPlain16 = spec is { Length: LengthForm.Binary, LengthBytes: 2, IsInclusive: false, Header: HeaderForm.None, HasEtx: false } && _headerAt == 2;
        TrailBytes = spec.HasEtx ? 1 : 0;
        LeadBytes = _headerAt + spec.HeaderBytes;
    }

    /// <summary>The name it was made from.</summary>
    public string Name { get; }

    /// <summary>Most bytes of a message, 1 to 65,535; longer ones are refused from the length alone.</summary>
    public int MessageBytesMax { get; }

    /// <summary>Bytes before the message in a frame that is written.</summary>
    public int LeadBytes { get; }

    /// <summary>Bytes behind the message in a frame that is written: 1 for ETX.</summary>
    public int TrailBytes { get; }

    /// <summary>Bytes of a keep-alive; 0 if the framing has none.</summary>
    public int KeepAliveBytes => _spec.Length == LengthForm.None ? 0 : _headerAt;

    /// <summary>Names of the whole that people use; any other in the same grammar works too.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "be16", "ascii-len4", "bcd4", "hex4", "be32", "ascii-len6", "be16-inclusive", "be16+tpdu5", "bcd4+tpdu5", "be16+0000",
        "0000+be16", "d04a+be16+0000", "be16+0000+base1hdr22", "be16+etx", "etx", "be24",
    ];

    /// <summary>Compiles a name that is known to be good (Must.Hold).</summary>
    public static Framing Of(string name, int messageBytesMax)
    {
        var framing = TryParse(name, messageBytesMax, out var problem);
        Must.Hold(framing is not null && problem is null);
        return framing;
    }

    /// <summary>Compiles a name; null, and a sentence that says what would be right, if it is none.</summary>
    public static Framing? TryParse(string name, int messageBytesMax, out string? problem)
    {
        Must.Hold(messageBytesMax is > 0 and <= ushort.MaxValue);
        var spec = FramingSpec.TryParse(name, out problem);
        return spec is null ? null : new Framing(name, messageBytesMax, spec);
    }

    /// <summary>
    /// Looks at the start of <paramref name="received"/>. On Complete and KeepAlive <paramref name="frame"/> says where its
    /// pieces lie. A refusal comes as soon as it is certain, before anything of the message is buffered. Holds no state, so
    /// that it may be asked again with more bytes.
    /// </summary>
    public FrameStatus TryTakeFrame(ReadOnlySpan<byte> received, out Frame frame)
    {
        frame = default;
        if (!_isPlain16) return TakeAny(received, out frame);
        if (received.Length < 2) return FrameStatus.NeedMore;
        int announced = BinaryPrimitives.ReadUInt16BigEndian(received);
        if (announced > MessageBytesMax) return FrameStatus.TooLong;
        if (announced == 0)
        {
            frame = new Frame(2, 0, 2, 0, 2, -1);
            return FrameStatus.KeepAlive;
        }

        if (received.Length - 2 < announced) return FrameStatus.NeedMore;
        frame = new Frame(2, 0, 2, announced, announced + 2, -1);
        return FrameStatus.Complete;
    }

    /// <summary>
    /// Writes everything before a message of that length. <paramref name="requestHeader"/> is the header of the frame that is
    /// answered: a TPDU or BASE I header goes back with its ends swapped, an opaque one as it came; empty for a frame of
    /// one's own. Must.Hold that the target has room and that the length fits.
    /// </summary>
    public void WriteLead(Span<byte> target, int messageBytes, ReadOnlySpan<byte> requestHeader)
    {
        _spec.Before.CopyTo(target);
        _spec.After.CopyTo(target[(_spec.Before.Length + _spec.LengthBytes)..]);
        var header = target.Slice(_headerAt, _spec.HeaderBytes);
        Headers.Write(_spec.Header, requestHeader, header);
        WriteLength(target, messageBytes);
    }

    /// <summary>Writes the length once more, after the message behind a lead has become shorter or longer.</summary>
    public void WriteLength(Span<byte> target, int messageBytes)
    {
        Must.Hold(messageBytes > 0 && messageBytes <= MessageBytesMax && target.Length >= LeadBytes);
        if (_spec.Header == HeaderForm.Base1) BinaryPrimitives.WriteUInt16BigEndian(target[(_headerAt + 3)..], (ushort)(_spec.HeaderBytes + messageBytes));
        if (_spec.Length == LengthForm.None) return;
        var counted = _spec.HeaderBytes + messageBytes + TrailBytes + (_spec.IsInclusive ? _spec.LengthBytes : 0);
        Must.Hold(_spec.WriteLength(counted, target.Slice(_spec.Before.Length, _spec.LengthBytes)));
    }

    /// <summary>Writes what stands behind the message.</summary>
    public void WriteTrail(Span<byte> target)
    {
        if (_spec.HasEtx) target[0] = Etx;
    }

    /// <summary>Writes a keep-alive, <see cref="KeepAliveBytes"/> long.</summary>
    public void WriteKeepAlive(Span<byte> target)
    {
        Must.Hold(KeepAliveBytes > 0);
        _spec.Before.CopyTo(target);
        _spec.After.CopyTo(target[(_spec.Before.Length + _spec.LengthBytes)..]);
        Must.Hold(_spec.WriteLength(_spec.IsInclusive ? _spec.LengthBytes : 0, target.Slice(_spec.Before.Length, _spec.LengthBytes)));
    }

    private FrameStatus TakeAny(ReadOnlySpan<byte> received, out Frame frame)
    {
        frame = default;
        if (!StartsLike(received, _spec.Before)) return FrameStatus.Malformed;
        if (_spec.Length == LengthForm.None) return TakeToEtx(received, out frame);
        if (received.Length <= _spec.Before.Length) return FrameStatus.NeedMore;

        var lengthText = received[_spec.Before.Length..];
        lengthText = lengthText[..Math.Min(lengthText.Length, _spec.LengthBytes)];
        if (!_spec.AreLengthBytesGood(lengthText)) return FrameStatus.Malformed;
        if (lengthText.Length < _spec.LengthBytes) return FrameStatus.NeedMore;
        var counted = _spec.ReadLength(lengthText) - (_spec.IsInclusive ? _spec.LengthBytes : 0);
        if (counted < 0) return FrameStatus.Malformed;
        if (counted > MessageBytesMax + TrailBytes + Headers.BytesMax(_spec.Header, _spec.HeaderBytes)) return FrameStatus.TooLong;
        if (!StartsLike(received[(_headerAt - _spec.After.Length)..], _spec.After)) return FrameStatus.Malformed;
        if (counted > 0 && counted <= _spec.HeaderBytes + TrailBytes) return FrameStatus.Malformed;
        if (received.Length < _headerAt) return FrameStatus.NeedMore;
        if (counted > 0) return TakeCounted(received, (int)counted, out frame);
        frame = new Frame(_headerAt, 0, _headerAt, 0, _headerAt, -1);
        return FrameStatus.KeepAlive;
    }

    // The length is known: header, message, trailer.
    private FrameStatus TakeCounted(ReadOnlySpan<byte> received, int counted, out Frame frame)
    {
        frame = default;
        var inside = received[_headerAt..];
        var status = Headers.Measure(_spec.Header, inside[..Math.Min(inside.Length, counted)], _spec.HeaderBytes, counted, out var headerBytes, out var reject);
        if (status != FrameStatus.Complete) return status;
        var messageBytes = counted - headerBytes - TrailBytes;
        if (messageBytes <= 0) return FrameStatus.Malformed;
        if (messageBytes > MessageBytesMax) return FrameStatus.TooLong;
        if (inside.Length < counted) return FrameStatus.NeedMore;
        if (_spec.HasEtx && inside[counted - 1] != Etx) return FrameStatus.Malformed;
        frame = new Frame(_headerAt, headerBytes, _headerAt + headerBytes, messageBytes, _headerAt + counted, reject);
        return FrameStatus.Complete;
    }

    private FrameStatus TakeToEtx(ReadOnlySpan<byte> received, out Frame frame)
    {
        frame = default;
        var inside = received.Length > _headerAt ? received[_headerAt..] : default;
        var end = inside[..Math.Min(inside.Length, MessageBytesMax + _spec.HeaderBytes + 1)].IndexOf(Etx);
        if (end < 0) return inside.Length > MessageBytesMax + _spec.HeaderBytes ? FrameStatus.TooLong : FrameStatus.NeedMore;
        if (end <= _spec.HeaderBytes) return FrameStatus.Malformed;
        var at = _headerAt + _spec.HeaderBytes;
        frame = new Frame(_headerAt, _spec.HeaderBytes, at, end - _spec.HeaderBytes, _headerAt + end + 1, -1);
        return FrameStatus.Complete;
    }

    private static bool StartsLike(ReadOnlySpan<byte> received, byte[] constant) =>
        received[..Math.Min(received.Length, constant.Length)].SequenceEqual(constant.AsSpan(0, Math.Min(received.Length, constant.Length)));
}

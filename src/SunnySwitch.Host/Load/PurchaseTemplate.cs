using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Load;

/// <summary>Neighbouring fields that an answer must repeat, and where they stand in the request's message.</summary>
internal readonly record struct EchoRun(int[] Fields, int Offset, int Bytes);

/// <summary>
/// A purchase encoded once by the real writer; afterwards only the bytes that change are patched. Their places come
/// from decoding it with the real decoder, so no layout is known here twice.
/// </summary>
internal sealed class PurchaseTemplate
{
    private const int MessageBytesMax = 1024;
    private const ushort PurchaseMti = 0x0100;

    private static readonly int[] PlainFields = [2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 37, 41, 42, 43, 49];
    private static readonly int[] SecuredFields = [2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 35, 37, 41, 42, 43, 49, 52, 64];
    private static readonly int[] ChipFields = [2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 35, 37, 41, 42, 43, 49, 55];
    private static readonly int[][] EchoedFields = [[2, 3, 4, 7, 11, 12, 13], [32], [37], [41, 42], [49]];

    private static readonly byte[] ChipData = Convert.FromHexString(
        "9F2608C2C12B098F3DA6E39F2701809F100706011203A0B8009F37046D3A1D209F360200159505008000E0009A032611229C0100"
        + "9F02060000000123455F2A02084082023C009F1A0208409F03060000000000009F3303E0F8C89F34034203009F350122"
        + "8407A00000000310109F090200969F41030000015F340101");

    private readonly byte[] _frame;
    private readonly DigitPatch _panTail;
    private readonly DigitPatch _trackPanTail;
    private readonly DigitPatch _amount;
    private readonly DigitPatch _transmission;
    private readonly DigitPatch _stan;
    private readonly DigitPatch _time;
    private readonly DigitPatch _date;
    private readonly DigitPatch _running;
    private readonly bool _hasTrack;
    private readonly Dialect _dialect;
    private readonly int _pinAt;
    private readonly int _codeAt;
    private readonly bool _isCodePacked;
    private readonly int _macAt;

    // PAN 16, separator, expiry 4, service code 3, then PVKI and PVV of zeros.
    private const int CodeIndex = 29;

    /// <summary>Encodes the template and finds its changing places.</summary>
    public PurchaseTemplate(Dialect dialect, Framing framing, PurchaseShape shape)
    {
        Span<byte> message = stackalloc byte[MessageBytesMax];
        var bytes = Encode(dialect, shape, default, message);
        Must.Hold(bytes > 0);
        message = message[..bytes];

        HeaderBytes = framing.LeadBytes;
        _frame = new byte[HeaderBytes + bytes + framing.TrailBytes];
        framing.WriteLead(_frame, bytes, default);
        message.CopyTo(_frame.AsSpan(HeaderBytes));
        framing.WriteTrail(_frame.AsSpan(HeaderBytes + bytes));

        var table = default(FieldTable);
        Must.Hold(Decoder.Decode(dialect, message, ref table).IsOk);
        var reader = new MessageReader(dialect, message, ref table);
        _panTail = Place(message, reader, 2, 6, 10);
        _amount = Place(message, reader, 4, 6, 6);
        _transmission = Place(message, reader, 7, 0, 10);
        _stan = Place(message, reader, 11, 0, 6);
        _time = Place(message, reader, 12, 0, 6);
        _date = Place(message, reader, 13, 0, 4);
        _running = Place(message, reader, 37, 0, 12);
        _dialect = dialect;
        _hasTrack = shape.Chip || shape.IsSecured;
        if (shape.IsSecured)
        {
            _pinAt = HeaderBytes + reader.Offset(52);
            _macAt = HeaderBytes + reader.Offset(64);
            _codeAt = HeaderBytes + reader.Offset(35);
            _isCodePacked = reader.Content(35).Length < reader.Units(35);
        }

        if (_hasTrack) _trackPanTail = Place(message, reader, 35, 6, 10);
        Echoed = new EchoRun[EchoedFields.Length];
        for (var index = 0; index < EchoedFields.Length; index++)
        {
            var offset = OffsetIn(message, reader.Raw(EchoedFields[index][0]));
            var last = reader.Raw(EchoedFields[index][^1]);
            Echoed[index] = new EchoRun(EchoedFields[index], offset, OffsetIn(message, last) + last.Length - offset);
        }
    }

    /// <summary>Everything before the message, the message, and a trailer if there is one.</summary>
    public ReadOnlySpan<byte> Frame => _frame;

    /// <summary>Bytes before the message.</summary>
    public int HeaderBytes { get; }

    /// <summary>What an answer must repeat; offsets from the message's first byte, length prefixes included.</summary>
    public EchoRun[] Echoed { get; }

    /// <summary>Writes a purchase into a copy of <see cref="Frame"/>; the stamp only if it changed.</summary>
    public void Patch(Span<byte> frame, in Purchase purchase, bool withStamp)
    {
        var tail = BenchCard.Tail(purchase.Card);
        _panTail.Write(frame, tail);
        if (_hasTrack) _trackPanTail.Write(frame, tail);
        _amount.Write(frame, (ulong)purchase.AmountMinor);
        _stan.Write(frame, purchase.Stan);
        _running.Write(frame, (ulong)purchase.Running);
        if (!withStamp) return;

        _transmission.Write(frame, purchase.Sent.Transmission);
        _time.Write(frame, purchase.Sent.HourMinuteSecond);
        _date.Write(frame, purchase.Sent.MonthDay);
    }

    /// <summary>Writes PIN block, code and MAC into a frame that was patched.</summary>
    public void Secure(Span<byte> frame, int card, LoadSecurity security)
    {
        _dialect.WriteBytes(52, security.PinBlock(card), frame[_pinAt..]);
        var code = security.Code(card);
        for (var index = 0; index < code.Length; index++) WriteCodeDigit(frame, CodeIndex + index, code[index]);
        Span<byte> mac = stackalloc byte[LoadSecurity.BlockBytes];
        security.Sign(frame[HeaderBytes.._macAt], mac);
        _dialect.WriteBytes(64, mac, frame[_macAt..]);
    }

    private void WriteCodeDigit(Span<byte> frame, int index, byte digit)
    {
        if (!_isCodePacked)
        {
            frame[_codeAt + index] = digit;
            return;
        }

        ref var pair = ref frame[_codeAt + (index >> 1)];
        pair = (byte)((index & 1) == 0 ? (pair & 0x0F) | ((digit & 0x0F) << 4) : (pair & 0xF0) | (digit & 0x0F));
    }

    /// <summary>DE11 of a frame laid out like this template.</summary>
    public uint StanOf(ReadOnlySpan<byte> frame) => (uint)_stan.Read(frame);

    /// <summary>The same purchase, encoded afresh; returns bytes of the message, -1 if it does not fit.</summary>
    public static int Encode(Dialect dialect, PurchaseShape shape, in Purchase purchase, Span<byte> target)
    {
        Span<byte> text = stackalloc byte[64];
        var writer = new MessageWriter(dialect, target);
        writer.Begin(PurchaseMti, FieldsOf(shape));
        writer.Number(2, BenchCard.Pan(purchase.Card));
        writer.Number(3, 0);
        writer.Number(4, (ulong)purchase.AmountMinor);
        writer.Number(7, purchase.Sent.Transmission);
        writer.Number(11, purchase.Stan);
        writer.Number(12, purchase.Sent.HourMinuteSecond);
        writer.Number(13, purchase.Sent.MonthDay);
        writer.Number(14, BenchCard.Expiry);
        writer.Number(18, 5411);
        writer.Number(22, shape.IsSecured ? 901u : shape.Chip ? 51u : 12u);
        writer.Number(25, 0);
        writer.Digits(32, Ascii(shape.Acquirer, text));
        if (shape.Chip || shape.IsSecured) writer.Text(35, Ascii($"{BenchCard.Pan(purchase.Card)}=30122010000000000", text));
        writer.Text(37, Ascii($"{purchase.Running:D12}", text));
        writer.Text(41, Ascii(shape.Terminal, text));
        writer.Text(42, "SUNNYBENCH00001"u8);
        writer.Text(43, "SUNNY GROCERY STORE #12 SPRINGFIELD   US"u8);
        writer.Text(49, "840"u8);
        if (shape.IsSecured) writer.Binary(52, new byte[LoadSecurity.BlockBytes]);
        else if (shape.Chip) WriteChip(dialect, ref writer);
        if (shape.IsSecured) writer.Binary(64, new byte[LoadSecurity.BlockBytes]);
        return writer.End();
    }

    private static void WriteChip(Dialect dialect, ref MessageWriter writer)
    {
        if (dialect.TypeOf(55) == FieldType.Binary) writer.Binary(55, ChipData);
        else writer.Text(55, System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(ChipData)));
    }

    private static FieldSet FieldsOf(PurchaseShape shape)
    {
        var fields = default(FieldSet);
        foreach (var field in shape.IsSecured ? SecuredFields : shape.Chip ? ChipFields : PlainFields) fields.Add(field);
        return fields;
    }

    private static ReadOnlySpan<byte> Ascii(string value, Span<byte> target) =>
        target[..System.Text.Encoding.ASCII.GetBytes(value, target)];

    private DigitPatch Place(ReadOnlySpan<byte> message, MessageReader reader, int field, int first, int digits)
    {
        var content = reader.Content(field);
        var units = reader.Units(field);
        var packed = content.Length < units;
        Must.Hold(content.Length == units || content.Length * 2 == units);
        return new DigitPatch(HeaderBytes + OffsetIn(message, content), first, digits, packed);
    }

    private static int OffsetIn(ReadOnlySpan<byte> message, ReadOnlySpan<byte> part)
    {
        Must.Hold(message.Overlaps(part, out var offset));
        return offset;
    }
}

using System.Globalization;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using Decoder = SunnySwitch.Protocol.Codec.Decoder;

namespace SunnySwitch.Simulation;

/// <summary>What an acquirer reads of an answer.</summary>
/// <param name="Mti">Type.</param>
/// <param name="Stan">DE11.</param>
/// <param name="Code">DE39.</param>
/// <param name="ApprovalCode">DE38.</param>
/// <param name="Amounts">DE4, 54, 6, 10 and 51, those that are there, with a space before the last three.</param>
/// <param name="Chip">DE55, in hex.</param>
/// <param name="IsSigned">It has the MAC that it should have.</param>
internal readonly record struct Answer(ushort Mti, string Stan, string Code, string ApprovalCode, string Amounts, string Chip, bool IsSigned);

/// <summary>Messages to bytes and back, as an acquirer's own program would, by the production codec.</summary>
internal sealed class Wire(Dialect dialect, bool hasMac)
{
    public const int MacBytes = 8;
    private const int MacField = 64, LaterMacField = 128;

    // 9F02 9F03 9F1A 95 5F2A 9A 9C 9F37 82 9F10 9F36: all that a cryptogram is made over, the issuer's data, and the counter, which follows.
    private const string ChipData = "9F02060000000010009F03060000000000009F1A0208409505008000E0005F2A0208409A032611249C01009F37046D3A1D2082023000"
        + "9F100706011203A0B8009F3602";

    private const int MessageBytesMax = 1024;
    private readonly byte[] _scratch = new byte[MessageBytesMax];
    private readonly string?[] _fields = new string?[129];
    private FieldTable _table;

    public Dialect Dialect => dialect;

    /// <summary>It can say DE28.</summary>
    public bool HasFees { get; } = dialect.TypeOf(28) == FieldType.Signed;

    /// <summary>It can say that others follow, and that a part is taken.</summary>
    public bool HasMarks { get; } = dialect.Marks.Count > 0;

    /// <summary>Its messages have a MAC.</summary>
    public bool HasMac => hasMac;

    /// <summary>It can say the code that is printed on a card.</summary>
    public bool HasPrintedCode { get; } = dialect.Security?.PrintedCode is not null;

    /// <summary>It can say the key serial number of a PIN.</summary>
    public bool HasSerials { get; } = dialect.Security?.Ksn is not null;

    public Framing Framing { get; } = Framing.Of("be16", 2048);

    /// <summary>A frame of a business message; the origin digit of the MTI says repeat.</summary>
    public byte[] Encode(Message message, bool isRepeat, Proven mac)
    {
        var mti = (message.Class << 8) + (message.Advice ? 0x20 : 0) + (isRepeat ? 1 : 0);
        Array.Clear(_fields);
        var fields = _fields;
        fields[2] = message.Pan;
        fields[3] = $"{message.Function:D2}0000";
        fields[4] = Digits(message.Amount, 12);
        fields[7] = "1124120000";
        fields[11] = Digits(message.Stan, 6);
        fields[12] = "120000";
        fields[13] = "1124";
        fields[32] = "400001";
        fields[37] = Digits(message.Stan, 12);
        fields[41] = message.Terminal;
        fields[42] = "MERCHANT0000001";
        fields[49] = message.Currency;
        if (message.Says.HasFlag(Says.Estimate)) fields[25] = "06";
        if (message.Says.HasFlag(Says.DeclinedElsewhere)) fields[39] = "05";
        if (message.Fee != 0) fields[28] = (message.Fee > 0 ? "D" : "C") + Digits(Math.Abs(message.Fee), 8);
        var marks = message.Says & (Says.PartialOk | Says.MoreFollow);
        if (marks != 0) fields[60] = $"{(marks.HasFlag(Says.PartialOk) ? 1 : 0)}{(marks.HasFlag(Says.MoreFollow) ? 1 : 0)}";
        if (message.ApprovedBy != 0) fields[38] = message.ApprovalCode;
        if (message.OriginalStan != 0)
        {
            fields[90] = $"0{message.OriginalClass}{(message.OriginalAdvice ? "20" : "00")}{Digits(message.OriginalStan, 6)}1124120000" + new string('0', 22);
        }

        if (message.Stays is { } stays) fields[95] = Digits(stays, 12) + new string('0', 30);
        Prove(message);
        return Frame((ushort)mti, mac);
    }

    /// <summary>0800 with that DE70.</summary>
    public byte[] EncodeNetwork(uint stan, string code, Proven mac)
    {
        Array.Clear(_fields);
        (_fields[7], _fields[11], _fields[70]) = ("1124120000", Digits(stan, 6), code);
        return Frame(0x0800, mac);
    }

    /// <summary>The same frame without the end of its message: decodes as far as DE41.</summary>
    public byte[] CutShort(byte[] frame)
    {
        var cut = frame[..^10];
        Framing.WriteLength(cut, cut.Length - Framing.LeadBytes);
        return cut;
    }

    public bool TryDecode(ReadOnlySpan<byte> frame, out Answer answer)
    {
        answer = default;
        var message = frame[Framing.LeadBytes..];
        if (!Decoder.Decode(dialect, message, ref _table).IsOk) return false;
        var reader = new MessageReader(dialect, message, in _table);
        answer = new Answer(_table.Mti, Text(reader, 11), Text(reader, 39), Text(reader, 38), AmountsOf(reader), Text(reader, 55), IsSigned(reader, message));
        return true;
    }

    /// <summary>No cryptography: what a byte of the message changes, and its place in it.</summary>
    public static void MacOf(ReadOnlySpan<byte> message, Span<byte> mac)
    {
        var sum = 0xCBF2_9CE4_8422_2325UL;
        foreach (var each in message) sum = (sum ^ each) * 0x0000_0100_0000_01B3;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(mac, sum);
    }

    /// <summary>True if that is the MAC of these bytes.</summary>
    public static bool IsMacOf(ReadOnlySpan<byte> message, ReadOnlySpan<byte> mac)
    {
        Span<byte> made = stackalloc byte[MacBytes];
        MacOf(message, made);
        return made.SequenceEqual(mac);
    }

    private bool IsSigned(in MessageReader reader, ReadOnlySpan<byte> message)
    {
        var field = _table.Has(LaterMacField) ? LaterMacField : MacField;
        if (!_table.Has(field)) return false;
        return IsMacOf(message[..reader.Offset(field)], Convert.FromHexString(Text(reader, field)));
    }

    /// <summary>What a message brings to prove who it is; what becomes of each is written into it.</summary>
    private void Prove(Message message)
    {
        var (fields, proof) = (_fields, message.Proof);
        if (proof.EntryMode is { } mode) fields[22] = mode;
        if (proof.Pin != Proven.Nothing) fields[52] = $"{(int)proof.Pin:X2}{Proof.PinBlock}";
        if (proof.Device != 0) fields[62] = proof.KeySerial;
        if (proof.Code != Proven.Nothing) fields[35] = $"{message.Pan}=9912101{Proof.Track}{(int)proof.Code}";
        if (proof.Printed != Proven.Nothing) fields[61] = $"73{(int)proof.Printed} ";
        if (proof.Chip != Proven.Nothing) fields[55] = $"9F2608{(int)proof.Chip:X2}{Proof.Cryptogram}{ChipData}{proof.Counter:X4}";
    }

    private string AmountsOf(in MessageReader reader)
    {
        var amounts = Text(reader, 4) + Text(reader, 54);
        return _table.Has(6) ? $"{amounts} {Text(reader, 6)} {Text(reader, 10)} {Text(reader, 51)}" : amounts;
    }

    private string Text(in MessageReader reader, int field)
    {
        if (!_table.Has(field)) return "";
        return Encoding.ASCII.GetString(_scratch, 0, reader.CopyText(field, _scratch));
    }

    private byte[] Frame(ushort mti, Proven mac)
    {
        var set = new FieldSet();
        var isLater = Array.FindIndex(_fields, MacField + 1, field => field is not null) >= 0;
        if (mac != Proven.Nothing) _fields[isLater ? LaterMacField : MacField] = new string('0', 2 * MacBytes);
        for (var field = 2; field < _fields.Length; field++)
        {
            if (_fields[field] is not null) set.Add(field);
        }

        Span<byte> text = stackalloc byte[512];
        var writer = new MessageWriter(dialect, _scratch.AsSpan(Framing.LeadBytes));
        writer.Begin(mti, set);
        foreach (var field in set)
        {
            if (dialect.TypeOf(field) == FieldType.Binary) writer.Binary(field, Convert.FromHexString(_fields[field]!));
            else writer.Text(field, text[..Encoding.ASCII.GetBytes(_fields[field], text)]);
        }

        var bytes = writer.End();
        if (mac != Proven.Nothing) Sign(_scratch.AsSpan(Framing.LeadBytes, bytes), isRight: mac == Proven.Right);
        Framing.WriteLead(_scratch, bytes, default);
        return _scratch[..(Framing.LeadBytes + bytes)];
    }

    private void Sign(Span<byte> message, bool isRight)
    {
        Must.Hold(Decoder.Decode(dialect, message, ref _table).IsOk);
        var reader = new MessageReader(dialect, message, in _table);
        var at = reader.Offset(_table.Has(LaterMacField) ? LaterMacField : MacField);
        Span<byte> mac = stackalloc byte[MacBytes];
        MacOf(message[..at], mac);
        if (!isRight) mac[0] ^= 1;
        if (message.Length - at == MacBytes) mac.CopyTo(message[at..]);
        else Must.Hold(Encoding.ASCII.TryGetBytes(Convert.ToHexString(mac), message[at..], out _));
    }

    private static string Digits(long value, int count) =>
        value.ToString(CultureInfo.InvariantCulture).PadLeft(count, '0');

    /// <summary>The PAN's token, as an operator's tool makes it.</summary>
    public static PanToken Token(CmacPanTokens tokens, string pan)
    {
        var block = new byte[PanBlock.Bytes];
        var token = new byte[PanBlock.Bytes];
        PanBlock.Write(Encoding.ASCII.GetBytes(pan), block);
        tokens.Tokenise(block, 1, token);
        return PanBlock.ReadToken(token);
    }
}

using System.Globalization;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using Decoder = SunnySwitch.Protocol.Codec.Decoder;

namespace SunnySwitch.Simulation;

/// <summary>What an acquirer reads of an answer.</summary>
internal readonly record struct Answer(ushort Mti, string Stan, string Code, string ApprovalCode);

/// <summary>Messages to bytes and back, as an acquirer's own program would, by the production codec.</summary>
internal sealed class Wire(Dialect dialect)
{
    private const int MessageBytesMax = 1024;
    private readonly byte[] _scratch = new byte[MessageBytesMax];
    private FieldTable _table;

    public Dialect Dialect => dialect;

    public Framing Framing { get; } = Framing.Of("be16", 2048);

    /// <summary>A frame of a business message; the origin digit of the MTI says repeat.</summary>
    public byte[] Encode(Message message, bool isRepeat)
    {
        var mti = (message.Class << 8) + (message.Advice ? 0x20 : 0) + (isRepeat ? 1 : 0);
        var fields = new SortedDictionary<int, string>
        {
            [2] = message.Pan,
            [3] = "000000",
            [4] = Digits(message.Amount, 12),
            [7] = "1124120000",
            [11] = Digits(message.Stan, 6),
            [12] = "120000",
            [13] = "1124",
            [32] = "400001",
            [37] = Digits(message.Stan, 12),
            [41] = message.Terminal,
            [42] = "MERCHANT0000001",
            [49] = "840",
        };
        if (message.OriginalStan != 0)
        {
            fields[90] = $"0{message.OriginalClass}00{Digits(message.OriginalStan, 6)}1124120000" + new string('0', 22);
            if (message.Stays is { } stays) fields[95] = Digits(stays, 12) + new string('0', 30);
        }

        return Frame((ushort)mti, fields);
    }

    /// <summary>0800 with that DE70.</summary>
    public byte[] EncodeNetwork(uint stan, string code) => Frame(
        0x0800, new SortedDictionary<int, string> { [7] = "1124120000", [11] = Digits(stan, 6), [70] = code });

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
        answer = new Answer(_table.Mti, Text(reader, 11), Text(reader, 39), Text(reader, 38));
        return true;
    }

    private string Text(in MessageReader reader, int field)
    {
        if (!_table.Has(field)) return "";
        return Encoding.ASCII.GetString(_scratch, 0, reader.CopyText(field, _scratch));
    }

    private byte[] Frame(ushort mti, SortedDictionary<int, string> fields)
    {
        var set = new FieldSet();
        foreach (var field in fields.Keys) set.Add(field);
        var writer = new MessageWriter(dialect, _scratch.AsSpan(Framing.LeadBytes));
        writer.Begin(mti, set);
        foreach (var (field, value) in fields) writer.Text(field, Encoding.ASCII.GetBytes(value));
        var bytes = writer.End();
        Framing.WriteLead(_scratch, bytes, default);
        return _scratch[..(Framing.LeadBytes + bytes)];
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

using System.Numerics;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Cell;

/// <summary>Encodes the answer to a request: echo fields as received, byte for byte, and what the switch set.</summary>
public static class ReplyEncoder
{
    /// <summary>DE38, approval code.</summary>
    private const int ApprovalCodeField = 38;

    /// <summary>DE39, response code.</summary>
    private const int ResponseCodeField = 39;

    private static readonly FieldSet Echo = SetOf(
        2, 3, 4, 7, 11, 12, 13, 15, 24, 32, 33, 37, 41, 42, 49, 70, 90, 95);

    /// <summary>
    /// MTI of the answer: function digit plus one, repeat bit off (0101 and 0100 give 0110, 0421 gives 0430).
    /// ISO 8583-1:1987, clause 4.1.
    /// </summary>
    public static ushort AnswerMti(ushort mti) => (ushort)((mti & ~0x0001) + 0x0010);

    /// <summary>
    /// Writes the framed answer to <paramref name="input"/> into <paramref name="target"/>.
    /// Returns its bytes, or -1 when <paramref name="target"/> is too small.
    /// </summary>
    public static int Encode(LinkProfile link, Input input, in Decided decided, Span<byte> target)
    {
        var headerBytes = link.Framing.HeaderBytes;
        if (target.Length < headerBytes) return -1;
        var message = new MessageReader(link.Dialect, input.Message, in input.Fields);
        var present = input.Fields.Present;
        var fields = new FieldSet { Low = present.Low & Echo.Low, High = present.High & Echo.High };
        fields.Add(ResponseCodeField);
        if (decided.ApprovalCode != Decided.NoApprovalCode) fields.Add(ApprovalCodeField);

        var writer = new MessageWriter(link.Dialect, target[headerBytes..]);
        writer.Begin(AnswerMti(input.Fields.Mti), fields);
        WriteHalf(ref writer, message, fields.Low, 0, decided);
        WriteHalf(ref writer, message, fields.High, 64, decided);
        var messageBytes = writer.End();
        if (messageBytes < 0) return -1;
        link.Framing.WriteHeader(target, messageBytes);
        return headerBytes + messageBytes;
    }

    private static void WriteHalf(ref MessageWriter writer, in MessageReader message, ulong bits, int firstField, in Decided decided)
    {
        while (bits != 0)
        {
            var lead = BitOperations.LeadingZeroCount(bits);
            bits &= ~(1UL << (63 - lead));
            var field = firstField + lead + 1;
            if (field == ApprovalCodeField) WriteApprovalCode(ref writer, decided.ApprovalCode);
            else if (field == ResponseCodeField) WriteResponseCode(ref writer, decided.Code);
            else writer.CopyRaw(field, message.Raw(field));
        }
    }

    private static void WriteResponseCode(ref MessageWriter writer, ResponseCode code) =>
        writer.Text(ResponseCodeField, [(byte)code.Packed, (byte)(code.Packed >> 8)]);

    private static void WriteApprovalCode(ref MessageWriter writer, uint code)
    {
        Span<byte> text = stackalloc byte[6];
        for (var index = 5; index >= 0; index--, code /= 36) text[index] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8[(int)(code % 36)];
        Must.Hold(code == 0);
        writer.Text(ApprovalCodeField, text);
    }

    private static FieldSet SetOf(params ReadOnlySpan<int> fields)
    {
        var set = new FieldSet();
        foreach (var field in fields) set.Add(field);
        return set;
    }
}

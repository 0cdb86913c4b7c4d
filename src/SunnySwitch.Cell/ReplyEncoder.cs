using System.Numerics;
using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Cell;

/// <summary>
/// An answer that waits for its decision: everything that is known when the request is read, with room for DE38 and DE39.
/// </summary>
/// <param name="Bytes">Length, frame header included; 0 when there is no draft.</param>
/// <param name="ApprovalCodeAt">Where DE38 stands.</param>
/// <param name="ResponseCodeAt">Where DE39 stands.</param>
public readonly record struct ReplyDraft(ushort Bytes, ushort ApprovalCodeAt, ushort ResponseCodeAt);

/// <summary>
/// Encodes answers: echo fields as received, byte for byte, and what the switch set. The network's threads write the
/// draft while the request is in their cache; the kernel thread copies it and fills in two fields.
/// </summary>
public static class ReplyEncoder
{
    /// <summary>Longest answer, frame header included. A dialect whose echo fields need more cannot be answered.</summary>
    public const int ReplyBytesMax = 512;

    /// <summary>DE38, approval code.</summary>
    private const int ApprovalCodeField = 38;

    /// <summary>DE39, response code.</summary>
    private const int ResponseCodeField = 39;

    /// <summary>Fields 1 to 37, the first in the top bit.</summary>
    private const ulong BeforeTheCodes = ulong.MaxValue << (64 - ApprovalCodeField + 1);

    /// <summary>Fields 40 to 64.</summary>
    private const ulong AfterTheCodes = ulong.MaxValue >> ResponseCodeField;

    private static readonly FieldSet Echo1987 = FieldSet.Of(2, 3, 4, 7, 11, 12, 13, 15, 24, 32, 33, 37, 41, 42, 49, 70, 90, 95);
    private static readonly FieldSet Echo1993 = FieldSet.Of(2, 3, 4, 7, 11, 12, 15, 24, 30, 32, 33, 37, 41, 42, 49, 56);

    /// <summary>Without DE49, which verifies the cardholder there.</summary>
    private static readonly FieldSet Echo2003 = FieldSet.Of(2, 3, 4, 7, 11, 12, 15, 24, 30, 32, 33, 37, 41, 42, 56);

    /// <summary>
    /// Writes the framed draft of the answer to a decoded request into <paramref name="target"/>, both codes blank.
    /// A draft of no bytes says that it does not fit.
    /// </summary>
    public static ReplyDraft Draft(LinkProfile link, in MessageReader message, ReadOnlySpan<byte> requestHeader, Span<byte> target)
    {
        var framing = link.Framing;
        var headerBytes = framing.LeadBytes;
        var echo = link.Dialect.Standard switch { 1993 => Echo1993, 2003 => Echo2003, _ => Echo1987 };
        var fields = message.Present.And(echo);
        fields.Add(ApprovalCodeField);
        fields.Add(ResponseCodeField);
        var writer = new MessageWriter(link.Dialect, target[headerBytes..^framing.TrailBytes]);
        writer.Begin(link.Dialect.AnswerMti(message.Mti), fields);
        CopyEchoes(ref writer, message, message.Present.Low & BeforeTheCodes, echo.Low, 0);
        var approvalCodeAt = headerBytes + writer.Written;
        writer.Text(ApprovalCodeField, "000000"u8);
        var responseCodeAt = headerBytes + writer.Written;
        writer.Text(ResponseCodeField, "0000"u8[..link.Dialect.UnitsMax(ResponseCodeField)]);
        CopyEchoes(ref writer, message, message.Present.Low & AfterTheCodes, echo.Low, 0);
        CopyEchoes(ref writer, message, message.Present.High, echo.High, 64);
        var messageBytes = writer.End();
        if (messageBytes < 0 || messageBytes > framing.MessageBytesMax) return default;
        framing.WriteLead(target, messageBytes, requestHeader);
        framing.WriteTrail(target[(headerBytes + messageBytes)..]);
        var bytes = headerBytes + messageBytes + framing.TrailBytes;
        return new ReplyDraft((ushort)bytes, (ushort)approvalCodeAt, (ushort)responseCodeAt);
    }

    /// <summary>Writes the answer from its draft and the decision; returns its bytes.</summary>
    public static int Finish(
        Framing framing, Dialect dialect, ReadOnlySpan<byte> draft, ReplyDraft shape, in Decided decided, Span<byte> target)
    {
        Must.Hold(shape.Bytes > 0 && shape.Bytes == draft.Length);
        if (decided.ApprovalCode != Decided.NoApprovalCode)
        {
            draft.CopyTo(target);
            WriteApprovalCode(dialect, target.Slice(shape.ApprovalCodeAt, 6), decided.ApprovalCode);
            dialect.WriteResponseCode(decided.Code.Packed, target[shape.ResponseCodeAt..]);
            return draft.Length;
        }

        // No DE38: close the gap, and take it out of the bitmap and the frame's length.
        var gap = shape.ResponseCodeAt - shape.ApprovalCodeAt;
        var bytes = draft.Length - gap;
        draft[..shape.ApprovalCodeAt].CopyTo(target);
        draft[shape.ResponseCodeAt..].CopyTo(target[shape.ApprovalCodeAt..]);
        dialect.WriteResponseCode(decided.Code.Packed, target[shape.ApprovalCodeAt..]);
        var headerBytes = framing.LeadBytes;
        dialect.ClearInBitmap(target[headerBytes..], ApprovalCodeField);
        framing.WriteLength(target, bytes - headerBytes - framing.TrailBytes);
        return bytes;
    }

    /// <summary>Copies echo fields run by run: neighbours in the request are one stretch of bytes.</summary>
    private static void CopyEchoes(ref MessageWriter writer, in MessageReader message, ulong present, ulong echo, int firstField)
    {
        var left = present & echo;
        while (left != 0)
        {
            var lead = BitOperations.LeadingZeroCount(left);
            var stop = present & ~echo & (ulong.MaxValue >> lead);
            var run = stop == 0 ? left : left & ~(ulong.MaxValue >> BitOperations.LeadingZeroCount(stop));
            var last = 63 - BitOperations.TrailingZeroCount(run);
            var fields = firstField == 0 ? new FieldSet { Low = run } : new FieldSet { High = run };
            writer.CopyRun(fields, message.RawRun(firstField + lead + 1, firstField + last + 1));
            left &= ~run;
        }
    }

    private static void WriteApprovalCode(Dialect dialect, Span<byte> target, uint code)
    {
        for (var index = 5; index >= 0; index--, code /= 36)
        {
            target[index] = dialect.Character(ApprovalCodeField, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"u8[(int)(code % 36)]);
        }

        Must.Hold(code == 0);
    }
}

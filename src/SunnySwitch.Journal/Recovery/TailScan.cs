using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Journal.Recovery;

/// <summary>
/// Looks through the rest of a segment for anything but zeros, and for good frames of other batches at any multiple
/// of 8.
/// </summary>
internal static class TailScan
{
    private const int StepBytes = 1 << 20;

    /// <summary>
    /// What stands from <paramref name="start"/> to the end; <paramref name="end"/> is the offset after the last byte
    /// that is not zero.
    /// </summary>
    internal static Beyond Run(SegmentWindow window, long start, long fileBytes, long batchFirst, out long end)
    {
        end = start;
        var found = Beyond.Zeros;
        for (var position = start; position < fileBytes; position += StepBytes)
        {
            var step = (int)Math.Min(StepBytes, fileBytes - position);
            var last = window.At(position, step).LastIndexOfAnyExcept((byte)0);
            if (last < 0) continue;
            end = position + last + 1;
            if (found == Beyond.Zeros) found = Beyond.Debris;
            var other = OtherBatch(window, position, step, batchFirst);
            if (other == Beyond.LaterBatch) return other;
            if (other == Beyond.EarlierBatch) found = other;
        }
        return found;
    }

    private static Beyond OtherBatch(SegmentWindow window, long position, int step, long batchFirst)
    {
        var found = Beyond.Debris;
        const int reach = FrameHeader.Bytes + FrameFormat.PayloadBytesMax;
        var bytes = window.At(position, step + reach);          // Frames may reach beyond the step they start in.
        var end = Math.Min(step, bytes.Length - FrameHeader.Bytes + 1);
        for (var offset = 0; offset < end; offset += FrameFormat.Alignment)
        {
            var rest = bytes[offset..];
            if (MemoryMarshal.Read<long>(rest) == 0) continue;  // No frame has sequence 0.
            var header = MemoryMarshal.Read<FrameHeader>(rest);
            if (header.BatchFirstSequence == batchFirst || !Plausible(header)) continue;
            var frameBytes = FrameFormat.FrameBytes((int)header.PayloadBytes);
            if (frameBytes > rest.Length || FrameChecksum.Of(rest[..frameBytes]) != header.Crc32C) continue;
            if (header.BatchFirstSequence > batchFirst) return Beyond.LaterBatch;
            found = Beyond.EarlierBatch;
        }
        return found;
    }

    private static bool Plausible(in FrameHeader header) =>
        header.Sequence > 0 && header.BatchFirstSequence > 0 && header.BatchFirstSequence <= header.Sequence
        && header.PayloadBytes <= FrameFormat.PayloadBytesMax && header.Kind != JournalKind.None;
}

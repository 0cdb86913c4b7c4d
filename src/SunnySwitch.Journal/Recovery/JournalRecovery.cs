using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Segments;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Journal.Recovery;

/// <summary>Where a journal goes on.</summary>
internal readonly record struct RecoveredEnd(
    string? Segment, long Offset, long LastSequence, long LastHashAt, ulong Epoch, ChainValue Chain);

/// <summary>Start-up: flush, walk, fold, cut. See <see cref="RecoveryTable"/> for the rules.</summary>
internal static class JournalRecovery
{
    private const int CutPieceBytes = 1 << 20;

    internal static RecoveredEnd Run(
        IDisk disk, FrameSink sink, Func<UInt128> stateHash, SnapshotHeader? from, out RecoveryReport report)
    {
        Settle(disk);
        CrashPoints.Pass(CrashPoint.RecoverySettled);
        using var walk = new JournalWalk(disk, living: false, from: from?.Position);
        long frames = 0, lastHashAt = 0, cutBytes = 0;
        WalkEnd end;
        while (walk.TryNext(out var batch, out end))
        {
            if (from is null && walk.FirstSequence != 1) break;
            // The snapshot is after its own batch already; that the very batch is there shows that both belong together.
            var isFolded = from is not null && frames == 0;
            if (isFolded && walk.Reader.Expected - 1 != from!.Value.LastSequence) break;
            frames += Fold(walk, batch, isFolded ? Ignore : sink, stateHash, ref lastHashAt);
        }
        if (from is null && walk.FirstSequence > 1)
            throw Refusal(SegmentName.Of(walk.FirstSequence), 0, "the segments before it are missing, and there is no good snapshot");
        if (from is { } snapshot && frames == 0 && end.Decision != Decision.Refuse)
            throw Refusal(SegmentName.Of(snapshot.SegmentFirst), snapshot.BatchOffset,
                $"the batch that {SnapshotHeader.NameOf(snapshot.LastSequence)} was made after is not there");
        if (end.Decision == Decision.Refuse) throw Refusal(end.Segment!, end.Offset, end.Why);
        string? cutReason = null;
        if (end.Decision == Decision.Cut)
        {
            cutBytes = end.DebrisEnd - end.Offset;
            cutReason = $"{end.Segment} at byte {end.Offset}: {end.Why}";
            Cut(disk, end);
        }
        CrashPoints.Pass(CrashPoint.RecoveryFolded);
        var lastSequence = end.Segment is null ? 0 : walk.Reader.Expected - 1;
        report = new RecoveryReport(lastSequence, walk.Reader.Epoch, frames, walk.Segments, cutBytes, cutReason);
        return new RecoveredEnd(end.Segment, walk.Offset, lastSequence, lastHashAt, walk.Reader.Epoch,
            walk.Reader.Chain);
    }

    /// <summary>
    /// What a killed process wrote but did not flush is in the page cache only: make durable what will be believed.
    /// </summary>
    private static void Settle(IDisk disk)
    {
        foreach (var name in disk.List())
        {
            if (name.EndsWith(SegmentName.UnfinishedSuffix, StringComparison.Ordinal)) disk.Delete(name);
            if (!SegmentName.TryParse(name, out _)) continue;
            using var file = disk.Open(name, forWriting: true);
            file.Flush();
        }
    }

    internal static long Fold(
        JournalWalk walk, ReadOnlySpan<byte> batch, FrameSink sink, Func<UInt128> stateHash, ref long lastHashAt)
    {
        long frames = 0;
        for (var offset = 0; offset < batch.Length; frames++)
        {
            var header = MemoryMarshal.Read<FrameHeader>(batch[offset..]);
            var payload = batch.Slice(offset + FrameHeader.Bytes, (int)header.PayloadBytes);
            if (header.Kind == JournalKind.HashAt)
            {
                CompareHash(walk, offset, header.Sequence, payload, stateHash);
                lastHashAt = header.Sequence;
            }
            else if (header.Kind != JournalKind.BatchChain)
            {
                sink(header.Kind, (ushort)header.KindVersion, header.Sequence, header.Time, payload);
            }
            offset += FrameFormat.FrameBytes(payload.Length);
        }
        return frames;
    }

    private static void CompareHash(
        JournalWalk walk, int offset, long sequence, ReadOnlySpan<byte> payload, Func<UInt128> stateHash)
    {
        var folded = stateHash();
        if (payload.Length == FrameFormat.HashAtPayloadBytes
            && MemoryMarshal.Read<ulong>(payload) == (ulong)folded
            && MemoryMarshal.Read<ulong>(payload[8..]) == (ulong)(folded >> 64)) return;
        throw Refusal(walk.Segment!, walk.BatchOffset + offset,
            $"the state hash at sequence {sequence} is not that of the folded state");
    }

    private static void Ignore(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
    }

    private static void Cut(IDisk disk, in WalkEnd end)
    {
        using var file = disk.Open(end.Segment!, forWriting: true);
        var until = FrameFormat.NextBlock(end.DebrisEnd);
        var zeros = new AlignedBuffer((int)Math.Min(CutPieceBytes, FrameFormat.NextBlock(until - end.Offset)));
        for (var offset = end.Offset; offset < until;)
        {
            // Whole blocks; only debris behind a whole batch, in its last block, starts within one.
            var bytes = (int)Math.Min(zeros.Length, until - offset);
            if (offset % FrameFormat.BlockBytes != 0) bytes = (int)(FrameFormat.NextBlock(offset) - offset);
            file.Write(offset, zeros.Slice(0, bytes));
            offset += bytes;
        }
        file.Flush();
    }

    private static JournalCorruptException Refusal(string segment, long offset, string why) => new(
        $"journal: {segment} at byte {offset}: {why}. Nothing was changed. "
        + "Keep a copy of the folder; put this segment and those after it back from the standby or the archive, "
        + "and check with: sunny journal verify");
}

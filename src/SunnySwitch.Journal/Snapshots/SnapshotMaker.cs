using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Recovery;
using SunnySwitch.Journal.Segments;

namespace SunnySwitch.Journal.Snapshots;

/// <summary>What a snapshot is of.</summary>
/// <param name="Name">Its file.</param>
/// <param name="LastSequence">Last frame in it.</param>
/// <param name="Frames">Frames folded since the snapshot before.</param>
/// <param name="Bytes">Length of the file.</param>
public sealed record SnapshotReport(string Name, long LastSequence, long Frames, long Bytes);

/// <summary>
/// Folds the finished segments on top of the last snapshot, beside the switch and without it, and writes the result down.
/// It counts only if its hash is that of a <c>HashAt</c> frame which the living state wrote.
/// </summary>
/// <remarks>
/// The first batch of each segment ends with <c>HashAt</c>, so the fold goes through the finished segments and that one batch
/// of the segment being written; there it stops.
/// </remarks>
public sealed class SnapshotMaker
{
    /// <summary>While it is being written; the next start deletes it.</summary>
    private const string UnfinishedName = "snapshot" + SegmentName.UnfinishedSuffix;
    private const int PieceBytes = 1 << 20;

    private readonly IDisk _disk;
    private readonly SwitchState _state;
    private readonly FrameSink _sink;
    private long _frames;

    private SnapshotMaker(IDisk disk, SwitchState state, FrameSink sink) => (_disk, _state, _sink) = (disk, state, sink);

    /// <summary>Makes one if a segment was finished since the last.</summary>
    /// <param name="disk">The journal's directory, open for writing; the owner may be at work in it.</param>
    /// <param name="newState">Makes a state to which nothing was applied; called only when there is something to do.</param>
    /// <param name="sink">Sees each frame after the state; null: nobody.</param>
    /// <param name="bytesMin">Only when finished segments of so many bytes came since the last one: an image is all of the state
    /// each time.</param>
    /// <returns>Null when there is nothing new to make one of, or too little.</returns>
    /// <exception cref="JournalCorruptException">The journal is damaged, or the folded state is not the living one.</exception>
    /// <exception cref="IOException">The disk failed or is full; nothing is left behind but the unfinished file.</exception>
    public static SnapshotReport? Make(IDisk disk, Func<SwitchState> newState, FrameSink? sink = null, long bytesMin = 1)
    {
        if (FinishedBytes(disk) < bytesMin) return null;
        var state = newState();
        FrameSink both = sink is null ? state.Apply : (kind, version, sequence, time, payload) =>
        {
            state.Apply(kind, version, sequence, time, payload);
            sink(kind, version, sequence, time, payload);
        };
        return new SnapshotMaker(disk, state, both).Make();
    }

    private SnapshotReport? Make()
    {
        var from = SnapshotReader.LoadNewest(_disk, _state, _ => { });
        using var walk = new JournalWalk(_disk, living: true, from: from?.Position);
        WalkEnd end;
        while (walk.TryNext(out var batch, out end))
        {
            if (from is null && walk.FirstSequence > 1)
                throw new JournalCorruptException($"journal: what is before sequence {walk.FirstSequence} is gone, and no snapshot is good");
            // The state is after the snapshot's own batch already.
            var isFolded = from is { } known && walk.Reader.Expected - 1 <= known.LastSequence;
            long hashAt = 0;
            _frames += JournalRecovery.Fold(walk, batch, isFolded ? Ignore : _sink, () => _state.Hash, ref hashAt);
            if (hashAt > 0 && !isFolded && IsLast(walk.Segment!)) return Write(walk, MemoryMarshal.Read<FrameHeader>(walk.Batch).TimeNanos);
        }
        if (end.Decision == Decision.Refuse) throw new JournalCorruptException($"journal: {end.Segment} at byte {end.Offset}: {end.Why}");
        return null;
    }

    /// <summary>Bytes of the finished segments that a start would have to fold.</summary>
    private static long FinishedBytes(IDisk disk)
    {
        var segments = SegmentName.In(disk.List());
        var first = 0;
        foreach (var name in SnapshotReader.Names(disk))
        {
            using var file = disk.Open(name, forWriting: false);
            if (SnapshotReader.CheckHeader(file, name, out var header) is not null) continue;
            first = Math.Max(0, segments.IndexOf(SegmentName.Of(header.SegmentFirst)));
            break;
        }
        long bytes = 0;
        for (var index = first; index < segments.Count - 1; index++)
        {
            using var file = disk.Open(segments[index], forWriting: false);
            bytes += file.Bytes;
        }
        return bytes;
    }

    private bool IsLast(string segment) => SegmentName.In(_disk.List())[^1] == segment;

    private SnapshotReport Write(JournalWalk walk, long timeNanos)
    {
        // The batch may still be in the page cache: a snapshot must never be ahead of the journal.
        if (!Mutant.Is(Mutation.SnapshotAheadOfJournal))
        {
            using var segment = _disk.Open(walk.Segment!, forWriting: true);
            segment.Flush();
        }
        var image = _state.Image;
        var header = new SnapshotHeader
        {
            Magic = SnapshotHeader.MagicValue,
            Version = SnapshotHeader.FormatVersion,
            Block = FrameFormat.BlockBytes,
            FileBytes = FrameFormat.NextBlock(FrameFormat.BlockBytes + image.Bytes),
            LastSequence = walk.Reader.Expected - 1,
            HashLow = (ulong)_state.Hash,
            HashHigh = (ulong)(_state.Hash >> 64),
            SegmentFirst = walk.SegmentFirst,
            BatchOffset = walk.BatchOffset,
            BatchFirst = walk.BatchFirst,
            EpochBefore = walk.EpochBefore,
            ChainBefore = walk.ChainBefore,
            ChainAfter = walk.Reader.Chain,
            TimeNanos = timeNanos,
            State = image,
        };
        var name = SnapshotHeader.NameOf(header.LastSequence);
        if (_disk.List().Contains(UnfinishedName)) _disk.Delete(UnfinishedName);
        using (var file = _disk.Create(UnfinishedName, header.FileBytes, prewritten: false))
        {
            CrashPoints.Pass(CrashPoint.SnapshotBegun);
            WriteTables(file, ref header);
            CrashPoints.Pass(CrashPoint.SnapshotWritten);
            if (!Mutant.Is(Mutation.SkipSnapshotFlush)) file.Flush();
        }
        CrashPoints.Pass(CrashPoint.SnapshotFlushed);
        _disk.Rename(UnfinishedName, name);
        CrashPoints.Pass(CrashPoint.SnapshotNamed);
        return new SnapshotReport(name, header.LastSequence, _frames, header.FileBytes);
    }

    private void WriteTables(IDiskFile file, ref SnapshotHeader header)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new AlignedBuffer((int)Math.Min(PieceBytes, header.FileBytes));
        long offset = FrameFormat.BlockBytes;
        _state.WriteImage(new ImageWriter(buffer.Memory, Write));
        Must.Hold(offset - FrameFormat.BlockBytes == header.State.Bytes);
        Must.Hold(sha.GetHashAndReset(header.TablesSha256) == ChainValue.Bytes);
        var block = buffer.Slice(0, FrameFormat.BlockBytes);
        block.Clear();
        header.Write(block);
        file.Write(0, block);

        void Write(ReadOnlyMemory<byte> piece)
        {
            sha.AppendData(piece.Span);
            file.Write(offset, piece.Span);
            offset += piece.Length;
        }
    }

    private static void Ignore(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
    }
}

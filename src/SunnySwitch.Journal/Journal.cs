using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Recovery;
using SunnySwitch.Journal.Segments;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Journal;

/// <summary>
/// The durable log of one cell. One thread appends frames to a batch in memory; <see cref="Commit"/> chains, writes and
/// flushes the batch as one; nothing counts before that.
/// </summary>
/// <remarks>
/// Not thread-safe, but for <see cref="Supply"/>. Allocates nothing after opening, except when a segment is changed.
/// </remarks>
public sealed class Journal : IDisposable
{
    private const long ReserveShare = 16;

    private readonly IDisk _disk;
    private readonly JournalOptions _options;
    private readonly Func<UInt128> _stateHash;
    private readonly BatchChain _chain = new();
    private readonly AlignedBuffer _batch;
    private readonly int _batchBytesMax;
    private readonly AlignedBuffer _headerBlock = new(SegmentHeader.BlockBytes);
    private IDiskFile _segment;
    private long _segmentOffset;      // Where the next batch goes.
    private int _used;                // Bytes of the batch so far.
    private int _limit;               // Bytes that the batch may have in the end.
    private long _batchFirst;
    private long _lastHashAt;
    private ulong _epoch;
    private bool _broken;

    private Journal(IDisk disk, JournalOptions options, Func<UInt128> stateHash, RecoveredEnd end)
    {
        (_disk, _options, _stateHash) = (disk, options, stateHash);
        _batchBytesMax = (int)Math.Min(options.BatchBytesMax, options.SegmentBytes - SegmentHeader.BlockBytes);
        _batch = new AlignedBuffer((int)FrameFormat.NextBlock(_batchBytesMax));
        Supply = new SegmentSupply(disk, options.SegmentBytes);
        LastSequence = DurableSequence = end.LastSequence;
        (_lastHashAt, _epoch) = (end.LastHashAt, end.Epoch);
        _chain.Reset(end.Chain);
        if (end.Segment is null) _segment = BeginFirstSegment();
        else (_segment, _segmentOffset) = (disk.Open(end.Segment, forWriting: true), end.Offset);
        BeginBatch();
    }

    /// <summary>
    /// Opens the journal or creates it; verifies and folds everything through <paramref name="sink"/>; cuts a torn
    /// tail.
    /// </summary>
    /// <param name="disk">The journal's directory.</param>
    /// <param name="options">Sizes for what will be written; what is there is read whatever its sizes.</param>
    /// <param name="sink">Gets the frames in order, a batch at a time, after the whole batch was verified.</param>
    /// <param name="stateHash">The state's rolling hash, after all that the sink has been given or the caller has
    /// applied.</param>
    /// <param name="report">What was found.</param>
    /// <param name="from">The snapshot that the state is already after; null: everything is folded.</param>
    /// <exception cref="JournalCorruptException">The journal is damaged: file, offset, what to do. Nothing was
    /// changed.</exception>
    /// <exception cref="StopToProtectDataException">The disk failed.</exception>
    public static Journal Open(
        IDisk disk, JournalOptions options, FrameSink sink, Func<UInt128> stateHash, out RecoveryReport report,
        SnapshotHeader? from = null)
    {
        foreach (var problem in options.Problems()) throw new ArgumentException(problem, nameof(options));
        try
        {
            var end = JournalRecovery.Run(disk, sink, stateHash, from, out report);
            return new Journal(disk, options, stateHash, end);
        }
        catch (IOException failure)
        {
            throw new StopToProtectDataException($"journal: cannot open: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// Makes segments ahead of need; its <see cref="SegmentSupply.PrepareNext"/> is for a thread of the host's.
    /// </summary>
    public SegmentSupply Supply { get; }

    /// <summary>Sequence of the last frame appended, durable or not; 0 = none.</summary>
    public long LastSequence { get; private set; }

    /// <summary>Sequence of the last frame that is flushed.</summary>
    public long DurableSequence { get; private set; }

    /// <summary>Written on each frame. Never falls.</summary>
    public ulong Epoch
    {
        get => _epoch;
        set
        {
            Must.Hold(value >= _epoch);
            _epoch = value;
        }
    }

    /// <summary>True when frames have been appended since the last commit.</summary>
    public bool HasPending => _used > 0;

    /// <summary>Where the next batch goes: bytes from the start of the current segment.</summary>
    public long SegmentOffset => _segmentOffset;

    /// <summary>
    /// True when another frame of that size fits into the batch and its segment space is there; else commit first.
    /// </summary>
    /// <remarks>False with nothing pending: the journal is full and can take nothing more.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool HasRoom(int payloadBytes) =>
        _used + FrameFormat.FrameBytes(payloadBytes) + FrameFormat.TailBytes <= _limit || TryRaiseLimit(payloadBytes);

    /// <summary>
    /// False: the next segment could not be made (96 for new requests, reversals are still taken while there is
    /// room).
    /// </summary>
    public bool HasSegmentAhead => Supply.IsReady || Supply.Failure is null;

    /// <summary>
    /// Adds a frame to the batch. Nothing is durable before <see cref="Commit"/>. <see cref="HasRoom"/> must have
    /// said yes.
    /// </summary>
    /// <returns>Its sequence.</returns>
    public long Append(JournalKind kind, ushort version, Instant time, uint link, ReadOnlySpan<byte> payload) =>
        Append(kind, version, time, link, payload, default);

    /// <summary>As above, the payload in two parts that are stored one after the other.</summary>
    /// <returns>Its sequence.</returns>
    public long Append(
        JournalKind kind, ushort version, Instant time, uint link, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> more)
    {
        var bytes = payload.Length + more.Length;
        Must.Hold(kind is not (JournalKind.None or JournalKind.HashAt or JournalKind.BatchChain) && !_broken);
        Must.Hold(bytes <= FrameFormat.PayloadBytesMax);
        Must.Hold(HasRoom(bytes));
        var target = AddFrame(kind, version, time, link, bytes);
        payload.CopyTo(target);
        more.CopyTo(target[payload.Length..]);
        return LastSequence;
    }

    /// <summary>
    /// Adds <c>HashAt</c> when due and the chain frame, writes the batch with one write and flushes. The caller has
    /// applied every frame of the batch. Does nothing when nothing is pending.
    /// </summary>
    /// <exception cref="StopToProtectDataException">Write or flush failed: what reached the disk is unknown, so it is
    /// never retried.</exception>
    public void Commit(Instant time)
    {
        if (_used == 0) return;
        Must.Hold(!_broken);
        // Each segment's first batch has one too, even where a kill came between its name and that batch: a fold of the finished
        // segments ends there.
        var goesToNext = _segmentOffset + _used + FrameFormat.TailBytes > _segment.Bytes;
        var isFirst = _segmentOffset == SegmentHeader.BlockBytes && _batchFirst > 1;
        if (goesToNext || isFirst || LastSequence - _lastHashAt >= FrameFormat.HashEveryFrames) AddHashAt(time);
        try
        {
            // Before the batch is sealed: the new segment's header holds the chain up to here.
            if (goesToNext) ChangeSegment();
            SealBatch(time);
            CrashPoints.Pass(CrashPoint.BatchSealed);
            _segment.Write(_segmentOffset, _batch.Slice(0, _used));
            CrashPoints.Pass(CrashPoint.BatchWritten);
            if (!Mutant.Is(Mutation.SkipFlush)) _segment.Flush();
            CrashPoints.Pass(CrashPoint.BatchFlushed);
        }
        catch (IOException failure)
        {
            _broken = true;
            throw new StopToProtectDataException(
                $"journal: batch from sequence {_batchFirst} not durable in {_segment.Name} "
                + $"at {_segmentOffset}: {failure.Message}",
                failure);
        }
        _segmentOffset += _used;
        DurableSequence = LastSequence;
        BeginBatch();
    }

    /// <summary>Closes the files. What was not committed is gone.</summary>
    public void Dispose()
    {
        _segment.Dispose();
        if (Supply.IsReady) Supply.Peek().Dispose();
        _chain.Dispose();
    }

    private void BeginBatch()
    {
        _used = 0;
        _batchFirst = LastSequence + 1;
        var rest = _segment.Bytes - _segmentOffset;
        _limit = (int)Math.Min(_batchBytesMax, rest);
        // Told early that the disk is full, the switch has this much room left for reversals.
        if (rest < _options.SegmentBytes / ReserveShare && Supply.IsUntried) Supply.TryReadyAtOnce();
    }

    /// <summary>
    /// A batch is never split, so it may grow beyond this segment's rest only when a whole new one is there.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryRaiseLimit(int payloadBytes)
    {
        if (_used + FrameFormat.FrameBytes(payloadBytes) + FrameFormat.TailBytes > _batchBytesMax) return false;
        if (!Supply.IsReady && (HasPending || !Supply.TryReadyAtOnce())) return false;
        _limit = _batchBytesMax;
        return true;
    }

    private Span<byte> AddFrame(JournalKind kind, ushort version, Instant time, uint link, int payloadBytes)
    {
        var frame = _batch.Slice(_used, FrameFormat.FrameBytes(payloadBytes));
        // The padding; the payload may overwrite the rest.
        frame[^8..].Clear();
        var header = new FrameHeader
        {
            Sequence = ++LastSequence,
            BatchFirstSequence = _batchFirst,
            TimeNanos = time.UnixNanos,
            Epoch = _epoch,
            PayloadBytes = (uint)payloadBytes,
            Kind = kind,
            Mode = _options.Mode,
            KindVersion = version,
            LinkId = link,
        };
        MemoryMarshal.Write(frame, in header);
        _used += frame.Length;
        return frame.Slice(FrameHeader.Bytes, payloadBytes);
    }

    private void AddHashAt(Instant time)
    {
        var hash = _stateHash();
        var target = AddFrame(JournalKind.HashAt, FrameFormat.OwnVersion, time, 0, FrameFormat.HashAtPayloadBytes);
        MemoryMarshal.Write(target, (ulong)hash);
        MemoryMarshal.Write(target[8..], (ulong)(hash >> 64));
        _lastHashAt = LastSequence;
    }

    private void SealBatch(Instant time)
    {
        var framesEnd = _used;
        FrameChecksum.Seal(_batch.Slice(0, framesEnd));
        var frames = (int)(LastSequence - _batchFirst + 1);
        var target = AddFrame(JournalKind.BatchChain, FrameFormat.OwnVersion, time, 0,
            FrameFormat.BatchChainPayloadBytes);
        _chain.Add(_batch.Slice(0, framesEnd + FrameHeader.Bytes));     // Its own header too, CRC still zero.
        MemoryMarshal.Write(target, in _chain.Value);
        MemoryMarshal.Write(target[ChainValue.Bytes..], frames);
        MemoryMarshal.Write(target[(ChainValue.Bytes + 4)..], framesEnd);
        FrameChecksum.Seal(_batch.Slice(framesEnd, _used - framesEnd));
        // To the end of the block, so that the next batch shares none with this one.
        var blocks = (int)FrameFormat.NextBlock(_used);
        _batch.Slice(_used, blocks - _used).Clear();
        _used = blocks;
    }

    private void ChangeSegment()
    {
        var next = NameSegment(Supply.Peek(), _batchFirst, _chain.Value);
        Supply.Taken();
        _segment.Dispose();
        (_segment, _segmentOffset) = (next, SegmentHeader.BlockBytes);
        CrashPoints.Pass(CrashPoint.SegmentChanged);
    }

    private IDiskFile BeginFirstSegment()
    {
        if (!Supply.PrepareNext()) throw new IOException(Supply.Failure);
        var next = NameSegment(Supply.Peek(), LastSequence + 1, _chain.Value);
        Supply.Taken();
        _segmentOffset = SegmentHeader.BlockBytes;
        return next;
    }

    /// <summary>Header first, flushed; then the name: a file with a segment's name always has a good header.</summary>
    private IDiskFile NameSegment(IDiskFile file, long firstSequence, in ChainValue previousChain)
    {
        var header = new SegmentHeader
        {
            Magic = SegmentHeader.MagicValue,
            Version = SegmentHeader.FormatVersion,
            Block = SegmentHeader.BlockBytes,
            FirstSequence = firstSequence,
            Epoch = _epoch,
            SegmentBytes = file.Bytes,
            PreviousChain = previousChain,
        };
        header.Write(_headerBlock.Span);
        file.Write(0, _headerBlock.Span);
        CrashPoints.Pass(CrashPoint.SegmentHeaderWritten);
        if (!Mutant.Is(Mutation.SkipHeaderFlush)) file.Flush();
        CrashPoints.Pass(CrashPoint.SegmentHeaderFlushed);
        var spareName = file.Name;
        file.Dispose();
        _disk.Rename(spareName, SegmentName.Of(firstSequence));
        CrashPoints.Pass(CrashPoint.SegmentNamed);
        return _disk.Open(SegmentName.Of(firstSequence), forWriting: true);
    }
}

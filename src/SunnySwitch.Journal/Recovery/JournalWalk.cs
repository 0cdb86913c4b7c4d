using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Segments;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Journal.Recovery;

/// <summary>Why a walk ended, and where.</summary>
internal readonly record struct WalkEnd(Decision Decision, string? Segment, long Offset, long DebrisEnd, string Why);

/// <summary>
/// Goes through a journal batch by batch, verified, and says at the end why it ended. Recovery and the tools share
/// it.
/// </summary>
/// <param name="disk">The journal's directory.</param>
/// <param name="living">True when another process may be appending: what looks wrong is looked at again before it
/// counts.</param>
/// <param name="lastSegments">Most segments to begin before the end; the first one's header is then believed.</param>
/// <param name="from">Begin with this batch.</param>
internal sealed class JournalWalk(IDisk disk, bool living, int lastSegments = int.MaxValue, JournalPosition? from = null) : IDisposable
{
    private readonly BatchReader _reader = new();
    private IDiskFile? _file;
    private SegmentWindow? _window;
    private string? _name;
    private long _offset;     // After the last batch's frames; at the next block once the zeros between were seen.
    private int _batchBytes;
    private List<string> _names = [];
    private int _next;

    /// <summary>Segments gone into so far.</summary>
    internal int Segments { get; private set; }

    /// <summary>Sequence of the first frame of the first segment; 0 = no segment.</summary>
    internal long FirstSequence { get; private set; }

    /// <summary>Sequence, epoch and chain after the last whole batch.</summary>
    internal BatchReader Reader => _reader;

    /// <summary>The segment that the last batch is in.</summary>
    internal string? Segment => _name;

    /// <summary>First sequence of that segment.</summary>
    internal long SegmentFirst { get; private set; }

    /// <summary>First sequence of the last batch.</summary>
    internal long BatchFirst { get; private set; }

    /// <summary>Epoch before the last batch.</summary>
    internal ulong EpochBefore { get; private set; }

    /// <summary>Chain value before the last batch.</summary>
    internal ChainValue ChainBefore { get; private set; }

    /// <summary>Offset of the last batch.</summary>
    internal long BatchOffset { get; private set; }

    /// <summary>The last batch again; valid until the next <see cref="TryNext"/>.</summary>
    internal ReadOnlySpan<byte> Batch => _window!.At(BatchOffset, _batchBytes);

    /// <summary>Where the next batch goes.</summary>
    internal long Offset => FrameFormat.NextBlock(_offset);

    /// <summary>
    /// True with the next batch's bytes, header of its first frame first; false when the walk has ended.
    /// </summary>
    internal bool TryNext(out ReadOnlySpan<byte> batch, out WalkEnd end)
    {
        end = default;
        if (_file is null && !TryFirst(out end))
        {
            batch = default;
            return false;
        }
        var again = living;
        while (true)
        {
            var found = ReadBatch(out batch);
            if (found == Found.Whole)
            {
                (BatchOffset, _batchBytes) = (_offset, batch.Length);
                _offset += batch.Length;
                return true;
            }
            var last = IsLast();
            var debrisEnd = _offset;
            var beyond = found == Found.Foreign ? Beyond.Unseen
                : TailScan.Run(_window!, _offset, _file!.Bytes, ScannedBatch, out debrisEnd);
            ref readonly var row = ref RecoveryTable.Decide(found, last, beyond);
            Must.Hold(row.Decision != Decision.Impossible);
            _window!.Forget();
            // What proves that this batch was flushed may have been written while we looked: then it reads well now.
            if (again && (row.Decision is Decision.Refuse or Decision.NextSegment))
            {
                again = false;
                continue;
            }
            if (row.Decision == Decision.NextSegment)
            {
                if (!TryOpen(_names[_next], out end)) return false;
                again = living;
                continue;
            }
            var (where, what) = found == Found.Empty
                ? (_offset, row.Why) : (_reader.Problem.Offset, $"{row.Why}: {_reader.Problem.What}");
            end = new WalkEnd(row.Decision, _name, row.Decision == Decision.Cut ? _offset : where, debrisEnd, what);
            return false;
        }
    }

    /// <summary>The last batch.</summary>
    internal JournalPosition Position =>
        new(SegmentFirst, BatchOffset, BatchFirst, EpochBefore, ChainBefore, _reader.Expected - 1, _reader.Chain);

    /// <summary>What was read ahead may have been written since.</summary>
    internal void Forget() => _window?.Forget();

    public void Dispose()
    {
        _file?.Dispose();
        _reader.Dispose();
    }

    /// <summary>
    /// The batch whose own frames prove nothing: the one that should start here. Within the last block of a whole
    /// batch none should, so there the very next batch counts as a later one.
    /// </summary>
    private long ScannedBatch => _offset % FrameFormat.BlockBytes == 0 ? _reader.Expected : _reader.Expected - 1;

    private Found ReadBatch(out ReadOnlySpan<byte> batch)
    {
        batch = default;
        var start = FrameFormat.NextBlock(_offset);
        // The batch before is whole and stays: what stands after it is debris, or damage when a later batch follows.
        if (_window!.At(_offset, (int)(start - _offset)).ContainsAnyExcept((byte)0))
            return _reader.PaddingBroken(_offset);
        _offset = start;
        (BatchFirst, EpochBefore, ChainBefore) = (_reader.Expected, _reader.Epoch, _reader.Chain);
        return _reader.Read(_window, start, out batch);
    }

    private bool TryFirst(out WalkEnd end)
    {
        end = new WalkEnd(Decision.End, null, 0, 0, "the journal is empty");
        _names = SegmentName.In(disk.List());
        if (from is { } position)
        {
            var name = SegmentName.Of(position.SegmentFirst);
            if (_names.Contains(name)) return TryOpen(name, out end);
            end = new WalkEnd(Decision.Refuse, name, 0, 0, $"the segment is missing; {SnapshotHeader.NameOf(position.LastSequence)} goes on from it");
            return false;
        }
        return _names.Count > 0 && TryOpen(_names[Math.Max(0, _names.Count - lastSegments)], out end);
    }

    private bool IsLast()
    {
        if (living) _names = SegmentName.In(disk.List());
        _next = _names.IndexOf(_name!) + 1;
        return _next >= _names.Count;
    }

    private bool TryOpen(string name, out WalkEnd end)
    {
        end = default;
        _file?.Dispose();
        _file = disk.Open(name, forWriting: false);
        (_window, _name, _offset) = (new SegmentWindow(_file), name, SegmentHeader.BlockBytes);
        var problem = SegmentHeader.Problem(_window.At(0, SegmentHeader.BlockBytes), name, _file.Bytes, out var header);
        SegmentFirst = header.FirstSequence;
        if (problem is null && Segments == 0)
        {
            FirstSequence = header.FirstSequence;
            _reader.Begin(header.FirstSequence, header.Epoch, header.PreviousChain);
        }
        problem ??= Continuity(header);
        if (Segments++ == 0 && from is { } position)
        {
            _reader.Begin(position.BatchFirst, position.EpochBefore, position.ChainBefore);
            _offset = position.BatchOffset;
        }
        if (problem is not null) end = new WalkEnd(Decision.Refuse, name, 0, 0, problem);
        return problem is null;
    }

    private string? Continuity(in SegmentHeader header) =>
        header.FirstSequence != _reader.Expected
            ? $"the segment starts at sequence {header.FirstSequence}, the one before ends with {_reader.Expected - 1}"
        : header.Epoch < _reader.Epoch ? $"the segment's epoch {header.Epoch} is older than {_reader.Epoch}"
        : !((ReadOnlySpan<byte>)header.PreviousChain).SequenceEqual(_reader.Chain)
            ? "the segment's chain value is not that of the segment before: an old or foreign file"
        : null;
}

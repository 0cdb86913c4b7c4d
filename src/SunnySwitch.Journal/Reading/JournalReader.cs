using System.Runtime.InteropServices;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Recovery;

namespace SunnySwitch.Journal.Reading;

/// <summary>
/// Reads a journal frame by frame, verified batch by batch (checksums, order, epoch, chain), and changes nothing. The
/// owner may be appending meanwhile: the reader ends at what was whole when it looked.
/// </summary>
/// <remarks>The journal's own frames are read too. <c>HashAt</c> is not compared: that needs the state.</remarks>
public sealed class JournalReader : IDisposable
{
    private readonly JournalWalk _walk;
    private int _position;
    private int _batchBytes;
    private int _held;                // Bytes of a batch that was read, and ends after what may be.
    private JournalPosition? _after;
    private long _until = long.MaxValue;

    /// <summary>Starts at the first frame.</summary>
    /// <param name="disk">The journal's directory.</param>
    /// <param name="lastSegments">Reads at most so many segments before the end; the chain is then checked from there
    /// on only.</param>
    public JournalReader(IDisk disk, int lastSegments = int.MaxValue) =>
        _walk = new JournalWalk(disk, living: true, lastSegments);

    /// <summary>Starts after a batch that was read before, if the journal still has it; else <see cref="Problem"/> says what is there.</summary>
    public JournalReader(IDisk disk, JournalPosition after)
    {
        _walk = new JournalWalk(disk, living: true, from: after);
        _after = after;
    }

    /// <summary>Batches that end after this sequence are kept back: they may not be durable yet.</summary>
    public long Until
    {
        get => _until;
        set
        {
            _until = value;
            _walk.Forget();
        }
    }

    /// <summary>The batch of the last frame. Meant after a frame was read.</summary>
    public JournalPosition Position { get; private set; }

    /// <summary>True when the last frame was the last of its batch.</summary>
    public bool IsBatchEnd => _position == _batchBytes;

    /// <summary>The segment of the last frame; null before the first.</summary>
    public string? Segment => _walk.Segment;

    /// <summary>Byte offset of the last frame in its segment.</summary>
    public long Offset { get; private set; }

    /// <summary>Segments read so far.</summary>
    public int Segments => _walk.Segments;

    /// <summary>After the end: what is wrong and where; null when nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// After the end: an unfinished or torn batch at the tail, which the next start will cut; null when there is
    /// none.
    /// </summary>
    public string? TornTail { get; private set; }

    /// <summary>Sequence of the last frame of the last whole batch; 0 when there is none.</summary>
    /// <remarks>Of one that is kept back, too.</remarks>
    public long LastSequence => _walk.Segments == 0 ? 0 : _walk.Reader.Expected - 1;

    /// <summary>The next frame. False at the end: see <see cref="Problem"/> and <see cref="TornTail"/>.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload without padding, valid until the next call.</param>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public bool TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        if (_position == _batchBytes && !TryBatch())
        {
            header = default;
            payload = default;
            return false;
        }
        var rest = _walk.Batch[_position..];
        header = MemoryMarshal.Read<FrameHeader>(rest);
        payload = rest.Slice(FrameHeader.Bytes, (int)header.PayloadBytes);
        Offset = _walk.BatchOffset + _position;
        _position += FrameFormat.FrameBytes((int)header.PayloadBytes);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _walk.Dispose();

    private bool TryBatch()
    {
        (Problem, TornTail) = (null, null);
        if (_after is { } after)
        {
            var isThere = TryNext(out _);
            if (!isThere || _walk.Position != after)
            {
                var found = Problem is null ? "" : $" ({Problem})";
                Problem = $"the batch up to sequence {after.LastSequence} is not there: another journal, an old one put back, "
                    + $"or its segment was dropped{found}";
                return false;
            }
            _after = null;
        }
        if (_held == 0 && (Math.Max(1, _walk.Reader.Expected) > _until || !TryNext(out _held))) return false;
        if (LastSequence > _until) return false;
        (_position, _batchBytes, _held) = (0, _held, 0);
        Position = _walk.Position;
        return true;
    }

    private bool TryNext(out int bytes)
    {
        var isThere = _walk.TryNext(out var batch, out var end);
        bytes = batch.Length;
        if (!isThere) Ended(end);
        return isThere;
    }

    private void Ended(in WalkEnd end)
    {
        var line = $"{end.Segment} at byte {end.Offset}: {end.Why}";
        if (end.Decision == Decision.Refuse) Problem = line;
        if (end.Decision == Decision.Cut) TornTail = line;
    }
}

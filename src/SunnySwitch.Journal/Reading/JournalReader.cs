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

    /// <summary>Starts at the first frame.</summary>
    /// <param name="disk">The journal's directory.</param>
    /// <param name="lastSegments">Reads at most so many segments before the end; the chain is then checked from there
    /// on only.</param>
    public JournalReader(IDisk disk, int lastSegments = int.MaxValue) =>
        _walk = new JournalWalk(disk, living: true, lastSegments);

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
    public long LastSequence => _walk.Segments == 0 ? 0 : _walk.Reader.Expected - 1;

    /// <summary>The next frame. False at the end: see <see cref="Problem"/> and <see cref="TornTail"/>.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload without padding, valid until the next call.</param>
    /// <exception cref="IOException">The disk cannot be read.</exception>
    public bool TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        if (_position == _batchBytes)
        {
            if (!_walk.TryNext(out var batch, out var end))
            {
                header = default;
                payload = default;
                Ended(end);
                return false;
            }
            (_position, _batchBytes) = (0, batch.Length);
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

    private void Ended(in WalkEnd end)
    {
        var line = $"{end.Segment} at byte {end.Offset}: {end.Why}";
        if (end.Decision == Decision.Refuse) Problem = line;
        if (end.Decision == Decision.Cut) TornTail = line;
    }
}

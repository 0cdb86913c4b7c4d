namespace SunnySwitch.Journal.Recovery;

/// <summary>A moving window over one file, read in large pieces; grows to the largest range asked for.</summary>
internal sealed class SegmentWindow
{
    private const int PieceBytes = 1 << 20;

    private readonly IDiskFile _file;
    private byte[] _buffer;
    private long _start;
    private int _length;

    internal SegmentWindow(IDiskFile file) => (_file, _buffer) = (file, new byte[Math.Min(2 * PieceBytes, file.Bytes)]);

    /// <summary>
    /// Bytes of the file from <paramref name="offset"/>; shorter than asked only at its end. Valid until the next
    /// call.
    /// </summary>
    internal ReadOnlySpan<byte> At(long offset, int bytes)
    {
        bytes = (int)Math.Clamp(_file.Bytes - offset, 0, bytes);
        if (bytes == 0) return default;
        if (offset < _start || offset + bytes > _start + _length) Load(offset, bytes);
        return _buffer.AsSpan((int)(offset - _start), bytes);
    }

    /// <summary>Forgets what was read: a living journal may have changed.</summary>
    internal void Forget() => _length = 0;

    private void Load(long offset, int bytes)
    {
        var keep = 0;
        if (offset >= _start && offset < _start + _length)
        {
            keep = (int)(_start + _length - offset);
            _buffer.AsSpan((int)(offset - _start), keep).CopyTo(_buffer);
        }
        var wanted = (int)Math.Min((long)bytes + PieceBytes, _file.Bytes - offset);
        if (wanted > _buffer.Length) Array.Resize(ref _buffer, Math.Max(wanted, 2 * _buffer.Length));
        (_start, _length) = (offset, keep);
        while (_length < wanted)
        {
            var read = _file.Read(offset + _length, _buffer.AsSpan(_length, wanted - _length));
            if (read == 0) throw new IOException($"{_file.Name}: no bytes at {offset + _length} of {_file.Bytes}");
            _length += read;
        }
    }
}

using System.Runtime.InteropServices;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Journal;

/// <summary>
/// Bytes that start at a multiple of <see cref="FrameFormat.BlockBytes"/> in memory and never move: what a disk can be
/// given without a copy through the page cache.
/// </summary>
public sealed class AlignedBuffer
{
    private readonly byte[] _bytes;
    private readonly int _start;

    /// <summary>Makes a buffer of zeros.</summary>
    /// <param name="bytes">Length; a multiple of <see cref="FrameFormat.BlockBytes"/>.</param>
    public AlignedBuffer(int bytes)
    {
        Must.Hold(bytes > 0 && bytes % FrameFormat.BlockBytes == 0);
        Length = bytes;
        _bytes = GC.AllocateArray<byte>(bytes + FrameFormat.BlockBytes, pinned: true);
        var address = (long)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
        _start = (int)(FrameFormat.NextBlock(address) - address);
    }

    /// <summary>Bytes in it.</summary>
    public int Length { get; }

    /// <summary>All of it.</summary>
    public Span<byte> Span => _bytes.AsSpan(_start, Length);

    /// <summary>All of it.</summary>
    public Memory<byte> Memory => _bytes.AsMemory(_start, Length);

    /// <summary>A part of it.</summary>
    public Span<byte> Slice(int start, int bytes) => Span.Slice(start, bytes);
}

using System.Numerics;
using System.Runtime.InteropServices;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Journal.Segments;

/// <summary>
/// First 128 bytes of a segment file; zeros follow to byte 4,096, where the first frame starts. Little-endian.
/// <code>
///  0      8        12            16              24      32              40             72         124     128
///  | magic | version | block bytes | first sequence | epoch | segment bytes | previous chain | reserved | crc32c |
/// </code>
/// It is flushed before the file gets its name, so a segment without a good header is damaged, never torn; and since it
/// holds the file's length and the chain so far, a shortened file or an old one put back is noticed.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct SegmentHeader
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 128;

    /// <summary>
    /// Bytes before the first frame: a page of its own, so that no batch shares a sector with the header.
    /// </summary>
    public const int BlockBytes = FrameFormat.BlockBytes;

    /// <summary>"SUNNYJNL".</summary>
    public const ulong MagicValue = 0x4C4E_4A59_4E4E_5553;

    /// <summary>This format.</summary>
    public const uint FormatVersion = 1;

    /// <summary><see cref="MagicValue"/>.</summary>
    [FieldOffset(0)] public ulong Magic;

    /// <summary><see cref="FormatVersion"/>.</summary>
    [FieldOffset(8)] public uint Version;

    /// <summary>Offset of the first frame.</summary>
    [FieldOffset(12)] public uint Block;

    /// <summary>Sequence of the first frame that this file holds or will hold; also the file's name.</summary>
    [FieldOffset(16)] public long FirstSequence;

    /// <summary>Epoch in which the file was begun.</summary>
    [FieldOffset(24)] public ulong Epoch;

    /// <summary>Length of the file.</summary>
    [FieldOffset(32)] public long SegmentBytes;

    /// <summary>Chain value after all segments before.</summary>
    [FieldOffset(40)] public ChainValue PreviousChain;

    /// <summary>CRC-32C of the 124 bytes before.</summary>
    [FieldOffset(124)] public uint Crc32C;

    internal void Write(Span<byte> target)
    {
        Crc32C = 0;
        MemoryMarshal.Write(target, in this);
        Crc32C = Checksum(target);
        MemoryMarshal.Write(target, in this);
    }

    /// <summary>Null, or what is wrong with the header of a file of that name and length.</summary>
    internal static string? Problem(ReadOnlySpan<byte> block, string name, long fileBytes, out SegmentHeader header)
    {
        header = default;
        if (block.Length != BlockBytes) return "the file is shorter than a segment's header block";
        header = MemoryMarshal.Read<SegmentHeader>(block);
        if (header.Magic != MagicValue) return "the file does not start like a segment";
        if (header.Crc32C != Checksum(block)) return "the segment header's checksum does not match";
        if (block[Bytes..].ContainsAnyExcept((byte)0))
            return "there are bytes between the segment header and the first frame";
        if (header.Version != FormatVersion)
            return $"the segment has format {header.Version}, this program reads {FormatVersion}";
        if (header.SegmentBytes != fileBytes)
            return $"the file has {fileBytes} bytes, its header says {header.SegmentBytes}";
        if (fileBytes % BlockBytes != 0) return $"the file has {fileBytes} bytes, which are no whole blocks";
        return header.Block == BlockBytes && name == SegmentName.Of(header.FirstSequence)
            ? null : $"the header belongs to {SegmentName.Of(header.FirstSequence)}";
    }

    /// <summary>CRC-32C of a header, but for its own last four bytes, where the checksum stands.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> block, int headerBytes = Bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(block[..headerBytes]);
        for (var index = 0; index < words.Length - 1; index++) crc = BitOperations.Crc32C(crc, words[index]);
        return ~BitOperations.Crc32C(crc, (uint)words[^1]);
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Segments;

namespace SunnySwitch.Journal.Snapshots;

/// <summary>
/// First 512 bytes of a snapshot; zeros follow to byte 4,096, where the state's tables start. Little-endian.
/// It names the batch that it was made after, so that a start can check that the journal it finds goes through that batch.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct SnapshotHeader
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 512;

    /// <summary>"SUNNYSNP".</summary>
    public const ulong MagicValue = 0x504E_5359_4E4E_5553;

    /// <summary>This format.</summary>
    public const uint FormatVersion = 1;

    private const int StateStartBytes = 252, StateEndBytes = 72;

    /// <summary><see cref="MagicValue"/>.</summary>
    [FieldOffset(0)] public ulong Magic;

    /// <summary><see cref="FormatVersion"/>.</summary>
    [FieldOffset(8)] public uint Version;

    /// <summary>Offset of the tables.</summary>
    [FieldOffset(12)] public uint Block;

    /// <summary>Length of the file.</summary>
    [FieldOffset(16)] public long FileBytes;

    /// <summary>Last sequence of the batch that it was made after; the file's name.</summary>
    [FieldOffset(24)] public long LastSequence;

    /// <summary>The state's hash, low half.</summary>
    [FieldOffset(32)] public ulong HashLow;

    /// <summary>The state's hash, high half.</summary>
    [FieldOffset(40)] public ulong HashHigh;

    /// <summary>First sequence of the segment that the batch is in.</summary>
    [FieldOffset(48)] public long SegmentFirst;

    /// <summary>Offset of the batch in it.</summary>
    [FieldOffset(56)] public long BatchOffset;

    /// <summary>First sequence of the batch.</summary>
    [FieldOffset(64)] public long BatchFirst;

    /// <summary>Epoch before the batch.</summary>
    [FieldOffset(72)] public ulong EpochBefore;

    /// <summary>Chain value before the batch.</summary>
    [FieldOffset(80)] public ChainValue ChainBefore;

    /// <summary>Chain value after it.</summary>
    [FieldOffset(112)] public ChainValue ChainAfter;

    /// <summary>SHA-256 of the tables.</summary>
    [FieldOffset(144)] public ChainValue TablesSha256;

    /// <summary>When the batch was written.</summary>
    [FieldOffset(176)] public long TimeNanos;

    // The end of the image's head: it grew over the checksum.
    [FieldOffset(184)] private HeadEnd _stateEnd;
    [FieldOffset(256)] private HeadStart _stateStart;

    /// <summary>CRC-32C of the 508 bytes before.</summary>
    [FieldOffset(508)] public uint Crc32C;

    /// <summary>How much of everything the tables hold.</summary>
    public StateImage State
    {
        readonly get
        {
            var state = default(StateImage);
            var bytes = MemoryMarshal.AsBytes(new Span<StateImage>(ref state));
            ((ReadOnlySpan<byte>)_stateStart).CopyTo(bytes);
            ((ReadOnlySpan<byte>)_stateEnd)[..(bytes.Length - StateStartBytes)].CopyTo(bytes[StateStartBytes..]);
            return state;
        }
        set
        {
            ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<StateImage>(in value));
            bytes[..StateStartBytes].CopyTo(_stateStart);
            bytes[StateStartBytes..].CopyTo(_stateEnd);
        }
    }

    /// <summary>The state's hash.</summary>
    public readonly UInt128 Hash => new(HashHigh, HashLow);

    /// <summary>The batch that it was made after.</summary>
    public readonly JournalPosition Position => new(SegmentFirst, BatchOffset, BatchFirst, EpochBefore, ChainBefore, LastSequence, ChainAfter);

    internal void Write(Span<byte> target)
    {
        Crc32C = 0;
        MemoryMarshal.Write(target, in this);
        Crc32C = SegmentHeader.Checksum(target, Bytes);
        MemoryMarshal.Write(target, in this);
    }

    /// <summary>Null, or what is wrong with the header of a file of that name and length.</summary>
    internal static string? Problem(ReadOnlySpan<byte> block, string name, long fileBytes, out SnapshotHeader header)
    {
        header = default;
        if (block.Length != FrameFormat.BlockBytes) return "the file is shorter than a snapshot's header";
        header = MemoryMarshal.Read<SnapshotHeader>(block);
        if (header.Magic != MagicValue) return "the file does not start like a snapshot";
        if (header.Crc32C != SegmentHeader.Checksum(block, Bytes)) return "the snapshot header's checksum does not match";
        if (header.Version != FormatVersion) return $"the snapshot has format {header.Version}, this program reads {FormatVersion}";
        if (block[Bytes..].ContainsAnyExcept((byte)0)) return "there are bytes between the snapshot header and its tables";
        if (header.State.Problem() is { } problem) return problem;
        if (header.FileBytes != fileBytes || fileBytes != FrameFormat.NextBlock(FrameFormat.BlockBytes + header.State.Bytes))
            return $"the file has {fileBytes} bytes, its header says {header.FileBytes}";
        return header.Block == FrameFormat.BlockBytes && name == NameOf(header.LastSequence)
            ? null : $"the header belongs to {NameOf(header.LastSequence)}";
    }

    /// <summary>Sixteen decimal digits of the last sequence, and <c>.snap</c>.</summary>
    public static string NameOf(long lastSequence) => lastSequence.ToString("D16", CultureInfo.InvariantCulture) + ".snap";

    internal static bool IsName(string name) => name.Length == 21 && name.EndsWith(".snap", StringComparison.Ordinal);

    [InlineArray(StateStartBytes)]
    private struct HeadStart
    {
        private byte _first;
    }

    [InlineArray(StateEndBytes)]
    private struct HeadEnd
    {
        private byte _first;
    }
}

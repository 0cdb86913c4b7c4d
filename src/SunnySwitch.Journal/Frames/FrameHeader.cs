using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Journal.Frames;

/// <summary>
/// Journal frame header, little-endian, 64 bytes, one cache line. The payload follows, padded with zeros to a multiple
/// of 8 so that the next header is aligned.
/// <code>
///  0        8             16      24      32      36     38     40            44      48        60      64
///  | seq    | batch first | time  | epoch | bytes | kind | mode | kind version | link  | reserved | crc32c |
/// </code>
/// CRC-32C covers header (with this field zero), payload and padding; the SHA-256 chain is a frame of its own at the
/// end
/// of each batch.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct FrameHeader
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 64;

    /// <summary>Number of the frame: from 1, without gaps.</summary>
    [FieldOffset(0)] public long Sequence;

    /// <summary>Number of the first frame of the same batch.</summary>
    [FieldOffset(8)] public long BatchFirstSequence;

    /// <summary>Nanoseconds since 1970, UTC.</summary>
    [FieldOffset(16)] public long TimeNanos;

    /// <summary>Start of the switch that wrote it; never falls.</summary>
    [FieldOffset(24)] public ulong Epoch;

    /// <summary>Bytes of the payload before padding, 0 to <see cref="FrameFormat.PayloadBytesMax"/>.</summary>
    [FieldOffset(32)] public uint PayloadBytes;

    /// <summary>What the payload means.</summary>
    [FieldOffset(36)] public JournalKind Kind;

    /// <summary>What an answer to this frame promised.</summary>
    [FieldOffset(38)] public DurabilityMode Mode;

    /// <summary>Version of the kind's payload.</summary>
    [FieldOffset(40)] public uint KindVersion;

    /// <summary>Number of the link that the input came from; 0 = none.</summary>
    [FieldOffset(44)] public uint LinkId;

    /// <summary>CRC-32C (Castagnoli) of the frame.</summary>
    [FieldOffset(60)] public uint Crc32C;

    /// <summary>The writer's time.</summary>
    public readonly Instant Time => new(TimeNanos);
}

using System.Runtime.CompilerServices;

namespace SunnySwitch.Journal.Frames;

/// <summary>Sizes that are part of the format.</summary>
public static class FrameFormat
{
    /// <summary>Every frame starts at a multiple of this.</summary>
    public const int Alignment = 8;

    /// <summary>
    /// Every batch starts at a multiple of this and is filled with zeros to the next one: no block is written twice, so
    /// a torn write cannot hurt what was durable before, and the disk can be given the bytes without the page cache.
    /// </summary>
    public const int BlockBytes = 4_096;

    /// <summary>Most bytes of one payload, before padding.</summary>
    public const int PayloadBytesMax = 65_536;

    /// <summary>Most bytes of one batch that any writer may make; a reader need not look further.</summary>
    public const int BatchBytesLimit = 64 << 20;

    /// <summary>A <c>HashAt</c> frame follows when so many frames have gone by since the last.</summary>
    public const int HashEveryFrames = 1_024;

    /// <summary>Payload of <c>HashAt</c>: the state hash, low half first.</summary>
    public const int HashAtPayloadBytes = 16;

    /// <summary>
    /// Payload of <c>BatchChain</c>: SHA-256 (32), frames before it in the batch (4), their bytes (4).
    /// </summary>
    public const int BatchChainPayloadBytes = 40;

    /// <summary>Version of both payloads above.</summary>
    public const ushort OwnVersion = 1;

    /// <summary>The chain frame on disk.</summary>
    internal const int ChainFrameBytes = FrameHeader.Bytes + BatchChainPayloadBytes;

    /// <summary>What the journal itself may add to a batch.</summary>
    internal const int TailBytes = FrameHeader.Bytes + HashAtPayloadBytes + ChainFrameBytes;

    /// <summary>The first multiple of <see cref="BlockBytes"/> that is not below <paramref name="offset"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long NextBlock(long offset) => (offset + BlockBytes - 1) & -BlockBytes;

    /// <summary>Bytes of a frame on disk: header, payload, padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FrameBytes(int payloadBytes) => FrameHeader.Bytes + ((payloadBytes + 7) & ~7);
}

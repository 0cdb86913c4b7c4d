using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Journal.Recovery;

/// <summary>Reads and verifies one batch: checksums, order, epoch, chain.</summary>
internal sealed class BatchReader : IDisposable
{
    private readonly BatchChain _chain = new();
    private ChainValue _chainBefore;

    /// <summary>Sequence that the next batch has to start with.</summary>
    internal long Expected { get; private set; }

    /// <summary>Epoch of the last frame read.</summary>
    internal ulong Epoch { get; private set; }

    /// <summary>Chain value so far.</summary>
    internal ref readonly ChainValue Chain => ref _chain.Value;

    /// <summary>Where in the file the last finding that was not a whole batch lies, and what it is.</summary>
    internal (long Offset, string What) Problem { get; private set; }

    internal void Begin(long firstSequence, ulong epoch, in ChainValue chain)
    {
        (Expected, Epoch) = (firstSequence, epoch);
        _chain.Reset(chain);
    }

    /// <summary>
    /// On <see cref="Found.Whole"/>, <paramref name="batch"/> holds its bytes and the reader stands after it; else
    /// nothing moved.
    /// </summary>
    internal Found Read(SegmentWindow window, long start, out ReadOnlySpan<byte> batch)
    {
        batch = default;
        int used = 0, frames = 0;
        var sequence = Expected;
        var epoch = Epoch;
        while (true)
        {
            var found = ReadFrame(window, start, used, out var header);
            if (found == Found.Empty && used > 0) return Broken(start + used, "the batch has no chain frame");
            if (found != Found.Whole) return found;
            var foreign = Order(header, sequence, epoch);
            if (foreign is not null) return Foreign(start + used, foreign);
            var frameStart = used;
            frames++;
            used += FrameFormat.FrameBytes((int)header.PayloadBytes);
            (sequence, epoch) = (sequence + 1, header.Epoch);
            if (header.Kind != JournalKind.BatchChain) continue;

            batch = window.At(start, used);
            if (!ChainHolds(batch, frameStart, frames - 1))
                return Foreign(start + frameStart, "the chain value does not follow from what is before it");
            (Expected, Epoch) = (sequence, epoch);
            return Found.Whole;
        }
    }

    /// <summary>The finding for bytes where a batch's last block has to be zero.</summary>
    internal Found PaddingBroken(long offset) => Broken(offset, "bytes after a batch in its last block");

    public void Dispose() => _chain.Dispose();

    private Found ReadFrame(SegmentWindow window, long start, int used, out FrameHeader header)
    {
        header = default;
        var head = window.At(start, used + FrameHeader.Bytes);
        var isCutShort = head.Length < used + FrameHeader.Bytes;
        head = head[Math.Min(used, head.Length)..];
        if (!head.ContainsAnyExcept((byte)0)) return Found.Empty;
        if (isCutShort) return Broken(start + used, "bytes at the end that are no frame");
        header = MemoryMarshal.Read<FrameHeader>(head);
        if (header.PayloadBytes > FrameFormat.PayloadBytesMax || used > FrameFormat.BatchBytesLimit)
            return Broken(start + used, "a frame header that cannot be");
        var bytes = FrameFormat.FrameBytes((int)header.PayloadBytes);
        var frame = window.At(start, used + bytes);
        if (frame.Length < used + bytes) return Broken(start + used, "a frame that runs beyond the segment");
        return FrameChecksum.Of(frame[used..]) == header.Crc32C
            ? Found.Whole : Broken(start + used, "a frame's checksum does not match");
    }

    private string? Order(in FrameHeader header, long sequence, ulong epoch) =>
        header.Sequence != sequence ? $"sequence {header.Sequence} where {sequence} belongs"
        : header.BatchFirstSequence != Expected
            ? $"frame {sequence} names batch {header.BatchFirstSequence}, not {Expected}"
        : header.Epoch < epoch ? $"epoch falls from {epoch} to {header.Epoch} at sequence {sequence}"
        : header.Kind == JournalKind.BatchChain && header.PayloadBytes != FrameFormat.BatchChainPayloadBytes
            ? $"chain frame {sequence} has {header.PayloadBytes} bytes" : null;

    private bool ChainHolds(ReadOnlySpan<byte> batch, int chainStart, int frames)
    {
        var payload = batch[(chainStart + FrameHeader.Bytes)..];
        _chainBefore = _chain.Value;
        _chain.Add(batch[..chainStart], WithoutCrc(batch.Slice(chainStart, FrameHeader.Bytes)));
        if (payload[..ChainValue.Bytes].SequenceEqual(_chain.Value)
            && MemoryMarshal.Read<int>(payload[ChainValue.Bytes..]) == frames
            && MemoryMarshal.Read<int>(payload[(ChainValue.Bytes + 4)..]) == chainStart) return true;
        _chain.Reset(_chainBefore);
        return false;
    }

    private static FrameHeader WithoutCrc(ReadOnlySpan<byte> header) =>
        MemoryMarshal.Read<FrameHeader>(header) with { Crc32C = 0 };

    private Found Broken(long offset, string what)
    {
        Problem = (offset, what);
        return Found.Broken;
    }

    private Found Foreign(long offset, string what)
    {
        Problem = (offset, what);
        return Found.Foreign;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SunnySwitch.Journal.Frames;

/// <summary>A chain value: SHA-256. All zero before the first batch.</summary>
[InlineArray(Bytes)]
public struct ChainValue
{
    /// <summary>Size of the value.</summary>
    public const int Bytes = 32;
    private byte _first;

    /// <summary>Upper-case hex.</summary>
    public readonly override string ToString() => Convert.ToHexString(this);
}

/// <summary>
/// Links each batch to all before it: next = SHA-256(previous, the batch's frames, the chain frame's own header with
/// a zero CRC).
/// </summary>
/// <remarks>
/// Per batch and not per frame: a torn tail is found by the frame's CRC, tampering and misplaced files by the chain.
/// SHA-256 runs at 1.4 to 1.7 GB/s on the machines we know, so a frame of 272 bytes costs 0.2 us.
/// </remarks>
internal sealed class BatchChain : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ChainValue _value;

    /// <summary>The value after the last batch that was added.</summary>
    internal ref readonly ChainValue Value => ref _value;

    /// <summary>Starts from a stored value.</summary>
    internal void Reset(in ChainValue value) => _value = value;

    /// <summary>Adds a batch: all bytes from its first frame to the end of the chain frame's header.</summary>
    internal void Add(ReadOnlySpan<byte> batch)
    {
        _hash.AppendData(_value);
        _hash.AppendData(batch);
        Must.Hold(_hash.GetHashAndReset(_value) == ChainValue.Bytes);
    }

    /// <summary>As above, for a reader: the chain frame's header apart, its CRC set to zero.</summary>
    internal void Add(ReadOnlySpan<byte> frames, FrameHeader chainHeader)
    {
        Must.Hold(chainHeader.Crc32C == 0);
        _hash.AppendData(_value);
        _hash.AppendData(frames);
        _hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<FrameHeader>(in chainHeader)));
        Must.Hold(_hash.GetHashAndReset(_value) == ChainValue.Bytes);
    }

    public void Dispose() => _hash.Dispose();
}

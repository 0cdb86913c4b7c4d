using System.Buffers.Binary;
using System.Numerics;

namespace SunnySwitch.Hsm.Dukpt;

/// <summary>
/// The counter inside a key serial number. Pure: the last KSN of each device is the caller's to keep, durably, where it keeps the device.
/// <code>
/// TDEA, 10 bytes:  id of key set and device, 59 bits | counter, 21 bits, at most 10 of them one
/// AES,  12 bytes:  id of the initial key, 64 bits    | counter, 32 bits, at most 16 of them one
/// </code>
/// </summary>
public static class DukptCounter
{
    /// <summary>Length of a TDEA KSN (X9.24-1:2009) and of an AES KSN (X9.24-3:2017).</summary>
    public const int TdesKsnBytes = 10, AesKsnBytes = 12;

    /// <summary>Last counter of a device: ten, or sixteen, leading ones.</summary>
    public const uint TdesLast = 0x1FF800, AesLast = 0xFFFF0000;

    private const uint TdesMask = 0x1FFFFF;

    /// <summary>The counter. The KSN is 10 or 12 bytes long.</summary>
    public static uint Of(ReadOnlySpan<byte> ksn) =>
        BinaryPrimitives.ReadUInt32BigEndian(ksn[^4..]) & (ksn.Length == TdesKsnBytes ? TdesMask : uint.MaxValue);

    /// <summary>Whether a device can have sent it: its length, a counter above zero, and not more one bits than allowed.</summary>
    public static HsmResult Check(ReadOnlySpan<byte> ksn)
    {
        if (ksn.Length is not (TdesKsnBytes or AesKsnBytes)) return HsmResult.KsnMalformed;
        var counter = Of(ksn);
        var onesMax = ksn.Length == TdesKsnBytes ? 10 : 16;
        return counter == 0 || BitOperations.PopCount(counter) > onesMax ? HsmResult.CounterNotAllowed : HsmResult.Done;
    }

    /// <summary>
    /// Whether a KSN may follow the last one of the same device: counters only go up, and end. The caller stores it only when the
    /// cryptogram that came with it was right, so that a forged KSN cannot lock a device out.
    /// </summary>
    /// <param name="last">The last one that was taken; empty for a device that sent none so far.</param>
    /// <param name="received">The one that came.</param>
    public static HsmResult CheckNext(ReadOnlySpan<byte> last, ReadOnlySpan<byte> received)
    {
        var result = Check(received);
        if (result != HsmResult.Done || last.IsEmpty) return result;
        if (last.Length != received.Length || !IsSameDevice(last, received)) return HsmResult.KsnMalformed;
        if (Of(received) > Of(last)) return HsmResult.Done;
        return Of(last) == (last.Length == TdesKsnBytes ? TdesLast : AesLast) ? HsmResult.CounterExhausted : HsmResult.KsnReplayed;
    }

    /// <summary>True if key set and device are the same.</summary>
    public static bool IsSameDevice(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.Length == AesKsnBytes) return one[..8].SequenceEqual(other[..8]);
        var mask = ~TdesMask;
        return one[..6].SequenceEqual(other[..6]) &&
            (BinaryPrimitives.ReadUInt32BigEndian(one[6..]) & mask) == (BinaryPrimitives.ReadUInt32BigEndian(other[6..]) & mask);
    }
}

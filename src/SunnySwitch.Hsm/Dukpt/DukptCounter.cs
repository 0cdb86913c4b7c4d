using System.Buffers.Binary;
using System.Numerics;

namespace SunnySwitch.Hsm.Dukpt;

/// <summary>
/// The counter inside a key serial number. Whether it may follow the last one of its device is the kernel's to know, which remembers that durably.
/// <code>
/// TDEA, 10 bytes:  id of key set and device, 59 bits | counter, 21 bits, at most 10 of them one
/// AES,  12 bytes:  id of the initial key, 64 bits    | counter, 32 bits, at most 16 of them one
/// </code>
/// </summary>
public static class DukptCounter
{
    /// <summary>Length of a TDEA KSN (X9.24-1:2009) and of an AES KSN (X9.24-3:2017).</summary>
    public const int TdesKsnBytes = 10, AesKsnBytes = 12;

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
}

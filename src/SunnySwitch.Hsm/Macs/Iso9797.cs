using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Macs;

/// <summary>CBC-MACs of ISO/IEC 9797-1 over 64-bit blocks. The whole MAC is a word; callers take its left-most bytes.</summary>
internal static class Iso9797
{
    /// <summary>Algorithm 1: CBC under the whole key; with TDEA the MAC of ISO 16609, with K1 K1 K1 the one of X9.9.</summary>
    public static ulong Algorithm1(in KeySchedule key, ReadOnlySpan<byte> message, MacPadding padding)
    {
        var rest = message.Length % 8;
        var chain = key.Chain64(0, message[..^rest]);
        return IsPadded(message, padding) ? key.Encrypt64(chain ^ Padded(message[^rest..], padding)) : chain;
    }

    /// <summary>Algorithm 3, the retail MAC of X9.19: CBC under the left key, the last block under the whole one.</summary>
    public static ulong Algorithm3(in KeySchedule key, ReadOnlySpan<byte> message, MacPadding padding)
    {
        var isPadded = IsPadded(message, padding);
        var rest = isPadded ? message.Length % 8 : 8;
        var chain = key.ChainLeft64(0, message[..^rest]);
        return key.Encrypt64(chain ^ (isPadded ? Padded(message[^rest..], padding) : Des.Block(message[^rest..])));
    }

    private static bool IsPadded(ReadOnlySpan<byte> message, MacPadding padding) =>
        padding == MacPadding.OneAndZeros || message.Length % 8 != 0 || message.IsEmpty;

    private static ulong Padded(ReadOnlySpan<byte> rest, MacPadding padding)
    {
        var block = 0UL;
        for (var index = 0; index < rest.Length; index++) block |= (ulong)rest[index] << (56 - 8 * index);
        return padding == MacPadding.OneAndZeros ? block | 0x80UL << (56 - 8 * rest.Length) : block;
    }
}

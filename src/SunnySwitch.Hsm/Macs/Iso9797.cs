using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Macs;

/// <summary>CBC-MACs of ISO/IEC 9797-1 over 64-bit blocks. The whole MAC is a word; callers take its left-most bytes.</summary>
internal static class Iso9797
{
    /// <summary>Algorithm 1: CBC under the whole key; with TDEA the MAC of ISO 16609, with K1 K1 K1 the one of X9.9.</summary>
    public static ulong Algorithm1(in KeySchedule key, ReadOnlySpan<byte> message, MacPadding padding)
    {
        var chain = 0UL;
        var isPadded = IsPadded(message, padding);
        for (; message.Length >= 8; message = message[8..]) chain = key.Encrypt64(chain ^ Des.Block(message));
        return isPadded ? key.Encrypt64(chain ^ Padded(message, padding)) : chain;
    }

    /// <summary>Algorithm 3, the retail MAC of X9.19: CBC under the left key, the last block under the whole one.</summary>
    public static ulong Algorithm3(in KeySchedule key, ReadOnlySpan<byte> message, MacPadding padding)
    {
        var chain = 0UL;
        var isPadded = IsPadded(message, padding);
        for (; message.Length > (isPadded ? 7 : 8); message = message[8..]) chain = key.EncryptLeft(chain ^ Des.Block(message));
        return key.Encrypt64(chain ^ (isPadded ? Padded(message, padding) : Des.Block(message)));
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

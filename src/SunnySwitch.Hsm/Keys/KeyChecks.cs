using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Keys;

/// <summary>Parity, weakness, length and check values of clear keys.</summary>
internal static class KeyChecks
{
    private const ulong ParityBits = 0x0101_0101_0101_0101;

    // The four weak and twelve semi-weak keys of DES (NIST SP 800-67 section 3.3.2).
    private static readonly ulong[] _weak =
    [
        0x0101010101010101, 0xFEFEFEFEFEFEFEFE, 0x1F1F1F1F0E0E0E0E, 0xE0E0E0E0F1F1F1F1, 0x011F011F010E010E, 0x1F011F010E010E01,
        0x01E001E001F101F1, 0xE001E001F101F101, 0x01FE01FE01FE01FE, 0xFE01FE01FE01FE01, 0x1FE01FE00EF10EF1, 0xE01FE01FF10EF10E,
        0x1FFE1FFE0EFE0EFE, 0xFE1FFE1FFE0EFE0E, 0xE0FEE0FEF1FEF1FE, 0xFEE0FEE0FEF1FEF1,
    ];

    /// <summary>Length and quality of a key, worst first.</summary>
    public static HsmResult Check(KeyAlgorithm algorithm, ReadOnlySpan<byte> key)
    {
        var fits = algorithm switch
        {
            KeyAlgorithm.Tdea => key.Length is 16 or 24,
            KeyAlgorithm.Aes => key.Length is 16 or 24 or 32,
            _ => key.Length is >= 16 and <= 64,
        };
        if (!fits) return algorithm == KeyAlgorithm.Tdea && key.Length == 8 ? HsmResult.KeyAlgorithm : HsmResult.KeyLength;
        if (algorithm == KeyAlgorithm.Tdea) return !HasOddParity(key) ? HsmResult.KeyParity : IsWeakTdea(key) ? HsmResult.KeyWeak : HsmResult.Done;
        return key.IndexOfAnyExcept(key[0]) < 0 ? HsmResult.KeyWeak : HsmResult.Done;
    }

    /// <summary>True if every byte has an odd number of one bits.</summary>
    public static bool HasOddParity(ReadOnlySpan<byte> key)
    {
        var odd = true;
        foreach (var each in key) odd &= (BitOperations.PopCount(each) & 1) == 1;
        return odd;
    }

    /// <summary>Makes parity odd, by the lowest bit of each byte.</summary>
    public static void SetOddParity(Span<byte> key)
    {
        foreach (ref var each in key) each ^= (byte)(~BitOperations.PopCount(each) & 1);
    }

    /// <summary>The same on a word of eight bytes.</summary>
    public static ulong WithOddParity(ulong key)
    {
        var folded = key ^ key >> 4;
        folded ^= folded >> 2;
        folded ^= folded >> 1;
        return key ^ (~folded & ParityBits);
    }

    /// <summary>
    /// True if a part is weak, or if two parts are the same, which makes it single DES or as good as that. Parity bits do not
    /// count.
    /// </summary>
    public static bool IsWeakTdea(ReadOnlySpan<byte> key)
    {
        var (one, two) = (Des.Block(key) | ParityBits, Des.Block(key[8..]) | ParityBits);
        var three = key.Length == 24 ? Des.Block(key[16..]) | ParityBits : one;
        var isWeak = one == two || two == three;
        foreach (var each in _weak) isWeak |= one == (each | ParityBits) || two == (each | ParityBits) || three == (each | ParityBits);
        return isWeak;
    }

    /// <summary>Upper-case hex; see <see cref="HsmKey.CheckValue"/>.</summary>
    public static string CheckValue(KeyAlgorithm algorithm, ReadOnlySpan<byte> key)
    {
        Span<byte> check = stackalloc byte[32];
        if (algorithm == KeyAlgorithm.Hmac)
        {
            HMACSHA256.HashData(key, [], check);
            return Convert.ToHexString(check[..5]);
        }

        var schedule = default(KeySchedule);
        try
        {
            schedule.Load(algorithm == KeyAlgorithm.Aes, key);
            check.Clear();
            if (algorithm == KeyAlgorithm.Aes) Cmac.Compute(in schedule, check[..16], check);
            else BinaryPrimitives.WriteUInt64BigEndian(check, schedule.Encrypt64(0));
            return Convert.ToHexString(check[..(algorithm == KeyAlgorithm.Aes ? 5 : 3)]);
        }
        finally
        {
            schedule.Wipe();
        }
    }
}

using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>
/// FF1 of NIST SP 800-38G revision 1 over numerals 0 to radix - 1, one a byte. Halves are held as 64-bit numbers: no big integers, nothing
/// allocated, and so at most 38 decimal digits, or 24 symbols of radix 36.
/// </summary>
internal static class Ff1
{
    /// <summary>Longest tweak; more is never needed for a card number.</summary>
    public const int TweakBytesMax = 32;

    private const int Rounds = 10;

    /// <summary>
    /// True if the domain has at least a million values (SP 800-38G revision 1, section 5.1) and the halves fit in 64 bits.
    /// </summary>
    public static bool IsDomain(int radix, int length)
    {
        if (radix is < 2 or > 36 || length is < 2 or > 38) return false;
        UInt128 values = 1, half = 1;
        for (var index = 0; index < length && values < 1_000_000; index++) values *= (uint)radix;
        for (var index = 0; index < (length + 1) / 2; index++)
        {
            half *= (uint)radix;
            if (half > ulong.MaxValue) return false;
        }

        return values >= 1_000_000;
    }

    /// <summary>Replaces the numerals by their cipher text, or the other way; the key is AES.</summary>
    public static void Apply(in KeySchedule key, ReadOnlySpan<byte> tweak, int radix, Span<byte> numerals, bool decrypts)
    {
        Must.Hold(key.IsAes && IsDomain(radix, numerals.Length) && tweak.Length <= TweakBytesMax);
        var (n, u) = (numerals.Length, numerals.Length / 2);
        var v = n - u;
        var (powerU, powerV) = (Power(radix, u), Power(radix, v));
        var bytes = (BitsOf(powerV - 1) + 7) / 8;
        var prf = new Prf(in key, tweak, radix, u, n, bytes);
        var (a, b) = (Number(numerals[..u], radix), Number(numerals[u..], radix));
        for (var step = 0; step < Rounds; step++)
        {
            var round = decrypts ? Rounds - 1 - step : step;
            var power = round % 2 == 0 ? powerU : powerV;
            if (decrypts)
            {
                var y = prf.Of(in key, round, a) % power;
                (a, b) = ((ulong)((b + (UInt128)power - y) % power), a);
            }
            else
            {
                var y = prf.Of(in key, round, b) % power;
                (a, b) = (b, (ulong)((a + (UInt128)y) % power));
            }
        }

        Write(a, radix, numerals[..u]);
        Write(b, radix, numerals[u..]);
    }

    private static ulong Power(int radix, int exponent)
    {
        var value = 1UL;
        for (var index = 0; index < exponent; index++) value *= (uint)radix;
        return value;
    }

    private static int BitsOf(ulong value) => 64 - System.Numerics.BitOperations.LeadingZeroCount(value);

    private static ulong Number(ReadOnlySpan<byte> numerals, int radix)
    {
        var value = 0UL;
        foreach (var each in numerals) value = value * (uint)radix + each;
        return value;
    }

    private static void Write(ulong value, int radix, Span<byte> numerals)
    {
        for (var index = numerals.Length - 1; index >= 0; index--, value /= (uint)radix) numerals[index] = (byte)(value % (uint)radix);
    }

    // The round function: CBC-MAC over P, the tweak, zeros, the round and the number; then as many bytes as a reduction needs.
    private ref struct Prf
    {
        private readonly ReadOnlySpan<byte> _tweak;
        private readonly Vector128<byte> _chain;
        private readonly int _bytes;

        public Prf(in KeySchedule key, ReadOnlySpan<byte> tweak, int radix, int u, int n, int bytes)
        {
            _tweak = tweak;
            _bytes = bytes;
            Span<byte> p = [1, 2, 1, 0, 0, (byte)radix, 10, (byte)u, 0, 0, 0, (byte)n, 0, 0, 0, (byte)tweak.Length];
            _chain = key.Encrypt128(Vector128.Create<byte>(p));
        }

        public readonly UInt128 Of(in KeySchedule key, int round, ulong number)
        {
            Span<byte> q = stackalloc byte[64];
            q.Clear();
            _tweak.CopyTo(q);
            var zeros = (16 - (_tweak.Length + _bytes + 1) % 16) % 16;
            var length = _tweak.Length + zeros + 1 + _bytes;
            q[_tweak.Length + zeros] = (byte)round;
            for (var index = 0; index < _bytes; index++) q[length - 1 - index] = (byte)(number >> 8 * index);
            key.Chain128(_chain, q[..length]).CopyTo(q);
            var r = BinaryPrimitives.ReadUInt128BigEndian(q);
            CryptographicOperations.ZeroMemory(q);
            // d = 4 ceil(b / 4) + 4 bytes from the left; halves of 64 bits give 12 at most, so that one block is enough.
            var d = 4 * ((_bytes + 3) / 4) + 4;
            return r >> 8 * (16 - d);
        }
    }
}

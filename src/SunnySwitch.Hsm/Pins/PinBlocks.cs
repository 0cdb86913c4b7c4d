using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Pins;

/// <summary>
/// PIN blocks of ISO 9564-1:2017 section 9.3, clear as words. The fill of formats 1 and 3 and the random half of format 4 are an
/// argument, so that published values can be compared.
/// <code>
/// format 0   0 n PPPP..PP FFFF       xor   0000 and twelve digits of the PAN
/// format 1   1 n PPPP..PP and a filler
/// format 3   3 n PPPP..PP AAAA..FFFF xor   0000 and twelve digits of the PAN
/// format 4   4 n PPPP..PP AAAA and 8 random bytes, enciphered; xor m and the whole PAN, 0..0; enciphered again
/// </code>
/// </summary>
internal static class PinBlocks
{
    /// <summary>Size of a block of format 0, 1 or 3, and of format 4.</summary>
    public const int Bytes = 8, Bytes4 = 16;

    /// <summary>
    /// Makes the clear block of format 0, 1 or 3; nibbles of <paramref name="fill"/> are used from the right, where the format
    /// has a fill.
    /// </summary>
    public static ulong Encode(PinFormat format, in ClearPin pin, ulong account, ulong fill)
    {
        var after = ulong.MaxValue >> (8 + 4 * pin.Length);
        var block = (ulong)format << 60 | (ulong)pin.Length << 56 | pin.Nibbles >> 8;
        return format switch
        {
            PinFormat.Iso0 => (block | after) ^ account,
            PinFormat.Iso1 => block | fill & after,
            _ => (block | fill & after) ^ account,
        };
    }

    /// <summary>Reads one of format 0, 1 or 3. The caller wipes the PIN, also of a block that is refused.</summary>
    public static HsmResult Decode(PinFormat format, ulong block, ulong account, out ClearPin pin)
    {
        pin = default;
        if (format != PinFormat.Iso1) block ^= account;
        var length = (int)(block >> 56) & 0xF;
        if ((int)(block >> 60) != (int)format || length is < ClearPin.DigitsMin or > ClearPin.DigitsMax) return HsmResult.PinBlockFormat;
        var after = ulong.MaxValue >> (8 + 4 * length);
        var isFilled = format switch
        {
            PinFormat.Iso0 => (block & after) == after,
            // Each nibble from A to F: high bit, and one of the two below.
            PinFormat.Iso3 => (block & (block << 1 | block << 2) & 0x8888_8888_8888_8888 & after) == (0x8888_8888_8888_8888 & after),
            _ => true,
        };
        return ClearPin.TryTake(block << 8, length, out pin) & isFilled ? HsmResult.Done : HsmResult.PinBlockPan;
    }

    /// <summary>Makes and enciphers format 4.</summary>
    public static void Encipher4(in KeySchedule key, in ClearPin pin, ReadOnlySpan<byte> pan, ulong random, Span<byte> block)
    {
        Span<byte> field = stackalloc byte[Bytes4];
        PinField4(in pin, random, field);
        var inner = key.Encrypt128(Vector128.Create<byte>(field));
        CryptographicOperations.ZeroMemory(field);
        Span<byte> account = stackalloc byte[Bytes4];
        PanField4(pan, account);
        key.Encrypt128(inner ^ Vector128.Create<byte>(account)).CopyTo(block);
    }

    /// <summary>Deciphers and reads format 4. The caller wipes the PIN.</summary>
    public static HsmResult Decipher4(
        scoped in KeySchedule key, scoped ReadOnlySpan<byte> block, scoped ReadOnlySpan<byte> pan, out ClearPin pin)
    {
        pin = default;
        Span<byte> field = stackalloc byte[Bytes4];
        PanField4(pan, field);
        key.Decrypt128(key.Decrypt128(Vector128.Create(block[..Bytes4])) ^ Vector128.Create<byte>(field)).CopyTo(field);
        var clear = BinaryPrimitives.ReadUInt64BigEndian(field);
        CryptographicOperations.ZeroMemory(field);
        var length = (int)(clear >> 56) & 0xF;
        if ((int)(clear >> 60) != 4 || length is < ClearPin.DigitsMin or > ClearPin.DigitsMax) return HsmResult.PinBlockFormat;
        var after = ulong.MaxValue >> (8 + 4 * length);
        var isFilled = (clear & after) == (0xAAAA_AAAA_AAAA_AAAA & after);
        return ClearPin.TryTake(clear << 8, length, out pin) & isFilled ? HsmResult.Done : HsmResult.PinBlockPan;
    }

    /// <summary>A random fill as the format wants it: any nibbles, or (format 3) letters A to F, all equally likely.</summary>
    public static ulong RandomFill(PinFormat format)
    {
        Span<byte> random = stackalloc byte[64];
        var fill = 0UL;
        for (int made = 0, next = random.Length; made < 16; next++)
        {
            if (next == random.Length)
            {
                RandomNumberGenerator.Fill(random);
                next = 0;
            }

            // 252 values divide by six evenly; the others are thrown away.
            if (format == PinFormat.Iso3 && random[next] >= 252) continue;
            fill = fill << 4 | (uint)(format == PinFormat.Iso3 ? 10 + random[next] % 6 : random[next] & 0xF);
            made++;
        }

        return fill;
    }

    /// <summary>The clear PIN field of format 4.</summary>
    public static void PinField4(in ClearPin pin, ulong random, Span<byte> field)
    {
        var after = ulong.MaxValue >> (8 + 4 * pin.Length);
        BinaryPrimitives.WriteUInt64BigEndian(field, 4UL << 60 | (ulong)pin.Length << 56 | pin.Nibbles >> 8 | 0xAAAA_AAAA_AAAA_AAAA & after);
        BinaryPrimitives.WriteUInt64BigEndian(field[8..], random);
    }

    /// <summary>The PAN field of format 4: the whole PAN, its length less 12 before it; a shorter one has zeros to its left.</summary>
    public static void PanField4(ReadOnlySpan<byte> pan, Span<byte> field)
    {
        field[..Bytes4].Clear();
        var pad = Math.Max(0, 12 - pan.Length);
        field[0] = (byte)(Math.Max(0, pan.Length - 12) << 4);
        for (var index = 0; index < pan.Length; index++)
        {
            var place = 1 + pad + index;
            field[place >> 1] |= (byte)((pan[index] - '0') << ((place & 1) == 0 ? 4 : 0));
        }
    }
}

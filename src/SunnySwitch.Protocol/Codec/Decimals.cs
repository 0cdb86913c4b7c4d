using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Decimal digits, ASCII or packed, to and from numbers. Inputs were checked by the decoder or by the writer.
/// </summary>
internal static class Decimals
{
    /// <summary>Digits that always fit 64 bits.</summary>
    public const int UInt64DigitsMax = 19;

    /// <summary>Value of at most 19 digits, ASCII or EBCDIC: the low nibble is the digit in both.</summary>
    public static ulong FromDigits(ReadOnlySpan<byte> digits)
    {
        ulong value = 0;
        for (; digits.Length >= sizeof(ulong); digits = digits[sizeof(ulong)..])
        {
            value = value * 100_000_000 + Eight(BinaryPrimitives.ReadUInt64LittleEndian(digits));
        }

        foreach (var digit in digits) value = value * 10 + (uint)(digit & 0x0F);
        return value;
    }

    /// <summary>Value of at most 20 packed digits of which the first may be a pad 0.</summary>
    public static ulong FromBcd(ReadOnlySpan<byte> packed)
    {
        ulong value = 0;
        foreach (var pair in packed) value = value * 100 + (uint)(pair - 6 * (pair >> 4));
        return value;
    }

    /// <summary>Value of packed digits under any padding.</summary>
    public static ulong FromPacked(in FieldPlan plan, ReadOnlySpan<byte> packed, int units)
    {
        if (plan.Encoding == FieldEncoding.PackedLeft0 && !plan.Has(FieldTraits.AnyPad)) return FromBcd(packed);
        ulong value = 0;
        for (var unit = 0; unit < units; unit++) value = value * 10 + (uint)NibbleOf(in plan, packed, units, unit);
        return value;
    }

    /// <summary>
    /// Packed content to characters under any padding, a sign character included; D becomes <paramref name="separator"/>.
    /// </summary>
    public static void Unpack(in FieldPlan plan, ReadOnlySpan<byte> packed, Span<byte> target, byte separator)
    {
        if (plan.Type == FieldType.Signed && target.Length > 0)
        {
            target[0] = packed[0];
            Unpack(packed[1..], target[1..], separator);
        }
        else if (!plan.PadsRight)
        {
            Unpack(packed, target, separator);
        }
        else
        {
            for (var unit = 0; unit < target.Length; unit++)
            {
                target[unit] = Character(NibbleOf(in plan, packed, target.Length, unit), separator);
            }
        }
    }

    /// <summary>Characters to packed content under any padding, a sign character included.</summary>
    public static void Pack(in FieldPlan plan, ReadOnlySpan<byte> characters, Span<byte> target)
    {
        if (plan.Type == FieldType.Signed && characters.Length > 0)
        {
            target[0] = characters[0];
            Pack(characters[1..], target[1..]);
            return;
        }

        if (!plan.PadsRight)
        {
            Pack(characters, target);
            if ((characters.Length & 1) == 1) target[0] |= (byte)(plan.PadNibble << 4);
            return;
        }

        for (var index = 0; index < target.Length; index++)
        {
            var low = 2 * index + 1 < characters.Length ? Nibble(characters[2 * index + 1]) : plan.PadNibble;
            target[index] = (byte)((Nibble(characters[2 * index]) << 4) | low);
        }
    }

    /// <summary>True for a last digit that carries its sign: { and A to I positive, } and J to R negative.</summary>
    public static bool IsOverpunch(byte character) =>
        character is (byte)'{' or (byte)'}' or (>= (byte)'A' and <= (byte)'R');

    /// <summary>Value of text as an <c>x</c> (C or D first) or <c>s</c> (overpunched last) field holds it.</summary>
    public static long FromSigned(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return 0;
        if (text[0] is (byte)'C' or (byte)'D')
        {
            var magnitude = (long)FromDigits(text[1..]);
            return text[0] == 'C' ? magnitude : -magnitude;
        }

        var last = text[^1];
        var digit = last switch
        {
            (byte)'{' or (byte)'}' => 0,
            >= (byte)'A' and <= (byte)'I' => last - 'A' + 1,
            >= (byte)'J' and <= (byte)'R' => last - 'J' + 1,
            _ => last & 0x0F,
        };
        var value = (long)FromDigits(text[..^1]) * 10 + digit;
        return last is (byte)'}' or (>= (byte)'J' and <= (byte)'R') ? -value : value;
    }

    private static int NibbleOf(in FieldPlan plan, ReadOnlySpan<byte> packed, int units, int unit)
    {
        var nibble = plan.PadsRight ? unit : unit + (units & 1);
        return (nibble & 1) == 0 ? packed[nibble >> 1] >> 4 : packed[nibble >> 1] & 0x0F;
    }

    /// <summary>
    /// Nibbles to characters, right-aligned: a pad nibble on the left is dropped when the count is odd. D becomes
    /// <paramref name="separator"/>.
    /// </summary>
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> target, byte separator)
    {
        var source = packed.Length - 1;
        for (var index = target.Length - 1; index >= 0; source--)
        {
            target[index--] = Character(packed[source] & 0x0F, separator);
            if (index >= 0) target[index--] = Character(packed[source] >> 4, separator);
        }
    }

    /// <summary>
    /// Characters (digits, = or D) to nibbles; an odd count is padded left with 0. The target is exactly as long as
    /// needed.
    /// </summary>
    public static void Pack(ReadOnlySpan<byte> characters, Span<byte> target)
    {
        var end = characters.Length;
        var room = target.Length;
        for (; end > 8; end -= 8, room -= 4)
        {
            var eight = BinaryPrimitives.ReadUInt64BigEndian(characters.Slice(end - 8, 8));
            BinaryPrimitives.WriteUInt32BigEndian(target.Slice(room - 4, 4), PackEight(eight));
        }

        if (end > 0) WriteLast(PackEight(LastOf(characters[..end])), target[..room]);
    }

    /// <summary>
    /// Fills the target with the value's ASCII digits, zeros on the left; false if the value has more digits.
    /// </summary>
    public static bool WriteAscii(ulong value, Span<byte> target)
    {
        for (var index = target.Length - 1; index >= 0; index--)
        {
            var tenth = value / 10;
            target[index] = (byte)('0' + (value - tenth * 10));
            value = tenth;
        }

        return value == 0;
    }

    /// <summary>
    /// Fills the target with the value's packed digits; false if the value has more than <paramref name="digits"/>.
    /// </summary>
    public static bool WriteBcd(ulong value, int digits, Span<byte> target)
    {
        for (var index = target.Length - 1; index >= 0; index--)
        {
            var hundredth = value / 100;
            var pair = value - hundredth * 100;
            target[index] = (byte)(pair + 6 * (pair / 10));
            value = hundredth;
        }

        return value == 0 && ((digits & 1) == 0 || target[0] <= 0x0F);
    }

    /// <summary>Digits of a value, at least one.</summary>
    public static int Count(ulong value)
    {
        var count = 1;
        for (; value >= 10; value /= 10) count++;
        return count;
    }

    /// <summary>
    /// ASCII digits to nibbles, an odd count padded left with 0; false if one is no digit. The target is exactly as long
    /// as needed, and holds nothing of use after a false.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPack(ReadOnlySpan<byte> digits, Span<byte> target)
    {
        const ulong zeros = 0x3030303030303030;
        ulong strangers = 0;
        // Positions and not shrinking spans: a span that is assigned to lives in memory instead of registers.
        var end = digits.Length;
        var room = target.Length;
        for (; end > 8; end -= 8, room -= 4)
        {
            var eight = BinaryPrimitives.ReadUInt64BigEndian(digits.Slice(end - 8, 8)) ^ zeros;
            strangers |= StrangersOf(eight);
            BinaryPrimitives.WriteUInt32BigEndian(target.Slice(room - 4, 4), Squeeze(eight));
        }

        if (end == 0) return true;
        var last = LastOf(digits[..end]) ^ (zeros >> (64 - 8 * end));
        strangers |= StrangersOf(last);
        WriteLast(Squeeze(last), target[..room]);
        return strangers == 0;
    }

    // The top bit of each byte over 9: adding 76h sets it, or it is there already.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong StrangersOf(ulong bytes) => ((bytes + 0x7676767676767676) | bytes) & 0x8080808080808080;

    // The low nibbles of eight bytes below 10h, side by side.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Squeeze(ulong nibbles)
    {
        nibbles = (nibbles | (nibbles >> 4)) & 0x00FF00FF00FF00FF;
        nibbles = (nibbles | (nibbles >> 8)) & 0x0000FFFF0000FFFF;
        return (uint)(nibbles | (nibbles >> 16));
    }

    // One to four bytes of a number's right end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLast(uint packed, Span<byte> target)
    {
        if (target.Length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(target, packed);
        }
        else if (target.Length > 1)
        {
            // Of three bytes both stores hold the middle one.
            BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)(packed >> (8 * (target.Length - 2))));
            BinaryPrimitives.WriteUInt16BigEndian(target[^2..], (ushort)packed);
        }
        else
        {
            target[0] = (byte)packed;
        }
    }

    // One to eight characters as a big-endian number, zeros before them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LastOf(ReadOnlySpan<byte> characters)
    {
        if (characters.Length == 8) return BinaryPrimitives.ReadUInt64BigEndian(characters);
        if (characters.Length >= 4)
        {
            // Both loads hold the bytes in the middle, in the same places.
            ulong first = BinaryPrimitives.ReadUInt32BigEndian(characters);
            return (first << (8 * (characters.Length - 4))) | BinaryPrimitives.ReadUInt32BigEndian(characters[^4..]);
        }

        if (characters.Length == 1) return characters[0];
        ulong pair = BinaryPrimitives.ReadUInt16BigEndian(characters);
        return (pair << (8 * (characters.Length - 2))) | BinaryPrimitives.ReadUInt16BigEndian(characters[^2..]);
    }

    // Eight characters, each a digit, = or D, to nibbles: the letter alone has bit 6, and its low nibble lacks 9.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint PackEight(ulong text)
    {
        var letters = (text >> 6) & 0x0101010101010101;
        var nibbles = (text & 0x0F0F0F0F0F0F0F0F) + letters + (letters << 3);
        return Squeeze(nibbles);
    }

    // Eight digits in one load: pairs, then fours, then all, each step one multiplication.
    private static ulong Eight(ulong text)
    {
        text &= 0x0F0F0F0F0F0F0F0F;
        text = text * 10 + (text >> 8);
        var lower = (text & 0x000000FF000000FF) * 0x000F424000000064;
        var upper = ((text >> 16) & 0x000000FF000000FF) * 0x0000271000000001;
        return (lower + upper) >> 32;
    }

    private static byte Character(int nibble, byte separator) => nibble <= 9 ? (byte)('0' + nibble) : separator;

    private static int Nibble(byte character) => character is (byte)'=' or (byte)'D' ? 0x0D : character - '0';
}

using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>
/// Judges one field: its length prefix and its content. Fields of a message and parts of a field go through here alike.
/// </summary>
internal static class FieldContent
{
    /// <summary>
    /// Units announced; -1 when the prefix is no length or not whole (told apart by <see cref="PrefixFault"/>).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadPrefix(in FieldPlan plan, ReadOnlySpan<byte> rest)
    {
        if (rest.Length < plan.PrefixBytes) return -1;
        if (plan.Prefix == PrefixForm.Ascii)
        {
            int tens = rest[0] - '0', ones = rest[1] - '0';
            if ((uint)tens > 9 || (uint)ones > 9) return -1;
            var units = tens * 10 + ones;
            if (plan.PrefixBytes == 2) return units;
            var last = rest[2] - '0';
            return (uint)last > 9 ? -1 : units * 10 + last;
        }

        if (plan.Prefix != PrefixForm.Bcd) return ReadAnyPrefix(in plan, rest[..plan.PrefixBytes]);
        var high = plan.PrefixBytes == 2 ? rest[0] : 0;
        var low = rest[plan.PrefixBytes - 1];
        if (high > 9 || !default(BcdClass).Holds(low)) return -1;
        return high * 100 + (low >> 4) * 10 + (low & 0x0F);
    }

    /// <summary>True if the content is what the plan allows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsGood(in FieldPlan plan, int units, ReadOnlySpan<byte> content)
    {
        switch (plan.Check)
        {
            case ContentCheck.Range:
                return ByteClasses.All(content, new RangeClass(plan.RangeLow, plan.RangeWidth));
            case ContentCheck.Bcd:
                return IsPadGood(units, content) && ByteClasses.All(content, default(BcdClass));
            case ContentCheck.None:
                return true;
            case ContentCheck.Hex:
                return ByteClasses.All(content, default(HexClass));
            case ContentCheck.Track:
                return ByteClasses.All(content, default(TrackClass));
            case ContentCheck.BcdTrack:
                return IsPadGood(units, content) && ByteClasses.All(content, default(BcdTrackClass));
            case ContentCheck.Signed:
                return content.IsEmpty || (IsSign(content[0]) && ByteClasses.All(content[1..], RangeClass.Digits));
            case ContentCheck.EbcdicDigits:
                return ByteClasses.All(content, new RangeClass(0xF0, 9));
            case ContentCheck.EbcdicText:
                return Ebcdic.AreCharacters(plan.Encoding, content);
            default:
                return Judge(in plan, units, content, out _) == DecodeError.None;
        }
    }

    /// <summary>Why a prefix is refused: not whole, no length, or over the maximum.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DecodeResult PrefixFault(
        in FieldPlan plan, ReadOnlySpan<byte> message, int field, int cursor, int units)
    {
        if (units >= 0) return new DecodeResult(DecodeError.LengthOverMax, field, cursor);
        var rest = message[cursor..];
        if (rest.Length < plan.PrefixBytes) return new DecodeResult(DecodeError.Truncated, field, message.Length);
        var prefix = rest[..plan.PrefixBytes];
        var bad = 0;
        while (bad < prefix.Length && IsLengthByte(in plan, bad, prefix[bad])) bad++;
        // All bytes good: a length that counts itself is smaller than itself, and the whole prefix is at fault.
        return new DecodeResult(DecodeError.BadLengthDigits, field, cursor + (bad < prefix.Length ? bad : 0));
    }

    /// <summary>Why a content is refused, and at which byte.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DecodeResult ContentFault(
        in FieldPlan plan, int units, ReadOnlySpan<byte> content, int field, int cursor)
    {
        var error = Judge(in plan, units, content, out var bad);
        return new DecodeResult(error, field, cursor + bad);
    }

    /// <summary>
    /// Content as ASCII characters: bytes as upper-case hex, track separators as they came (packed: =). Returns their
    /// count; Must.Hold that the target has room.
    /// </summary>
    public static int CopyCharacters(in FieldPlan plan, ReadOnlySpan<byte> content, int units, Span<byte> target)
    {
        var characters = plan.Type == FieldType.Binary ? units * 2 : units;
        Must.Hold(target.Length >= characters);
        target = target[..characters];
        if (plan.IsPacked) Decimals.Unpack(in plan, content, target, (byte)'=');
        else if (plan.Encoding == FieldEncoding.Raw) Hex.Write(content, target);
        else Ebcdic.ToCharacters(plan.Encoding, content, target);
        return characters;
    }

    /// <summary>Writes the prefix for that many units.</summary>
    public static void WritePrefix(in FieldPlan plan, int units, Span<byte> prefix)
    {
        if (plan.Prefix == PrefixForm.Ascii)
        {
            var tens = (uint)units / 10;
            prefix[^1] = (byte)('0' + (uint)units - tens * 10);
            if (prefix.Length == 3) prefix[0] = (byte)('0' + tens / 10);
            prefix[^2] = (byte)('0' + tens % 10);
            return;
        }

        if (plan.Prefix == PrefixForm.Bcd)
        {
            var hundreds = (uint)units / 100;
            var pair = (uint)units - hundreds * 100;
            prefix[^1] = (byte)(pair + 6 * (pair / 10));
            if (prefix.Length == 2) prefix[0] = (byte)hundreds;
            return;
        }

        if (plan.Has(FieldTraits.LengthCountsItself)) units += prefix.Length;
        if (plan.Prefix is PrefixForm.Bcd or PrefixForm.BcdAny)
        {
            Decimals.WriteBcd((uint)units, prefix.Length * 2, prefix);
            return;
        }

        var isHex = plan.Prefix is PrefixForm.Hex or PrefixForm.HexEbcdic;
        var radix = plan.Prefix == PrefixForm.Binary ? 256 : isHex ? 16 : 10;
        var isEbcdic = plan.Prefix is PrefixForm.Ebcdic or PrefixForm.HexEbcdic;
        for (var index = prefix.Length - 1; index >= 0; index--, units /= radix)
        {
            var digit = units % radix;
            var character = radix == 256 ? (byte)digit : "0123456789ABCDEF"u8[digit];
            prefix[index] = isEbcdic ? Ebcdic.Byte(FieldEncoding.Ebcdic1047, character) : character;
        }
    }

    /// <summary>Writes ASCII text, already checked, as content.</summary>
    public static void WriteText(in FieldPlan plan, ReadOnlySpan<byte> ascii, Span<byte> room)
    {
        if (plan.IsPacked) Decimals.Pack(in plan, ascii, room);
        else Ebcdic.ToBytes(plan.Encoding, ascii, room);
    }

    /// <summary>Writes bytes as content of a <c>b</c> field.</summary>
    public static void WriteBytes(in FieldPlan plan, ReadOnlySpan<byte> bytes, Span<byte> room)
    {
        if (plan.Encoding == FieldEncoding.Raw)
        {
            bytes.CopyTo(room);
            return;
        }

        Hex.Write(bytes, room);
        if (plan.IsEbcdic) Ebcdic.ToBytes(plan.Encoding, room, room);
    }

    /// <summary>Writes a number of at most that many digits as content; false if it has more.</summary>
    public static bool WriteNumber(in FieldPlan plan, ulong value, int units, Span<byte> room)
    {
        if (plan.Encoding == FieldEncoding.PackedLeft0) return Decimals.WriteBcd(value, units, room);
        if (plan.Encoding == FieldEncoding.Ascii) return Decimals.WriteAscii(value, room);
        if (units > Decimals.UInt64DigitsMax + 1)
        {
            // Only the last twenty places can differ from 0.
            Span<byte> wide = stackalloc byte[units];
            var fits = Decimals.WriteAscii(value, wide);
            WriteText(in plan, wide, room);
            return fits;
        }

        Span<byte> text = stackalloc byte[Decimals.UInt64DigitsMax + 1];
        var good = Decimals.WriteAscii(value, text[..units]);
        WriteText(in plan, text[..units], room);
        return good;
    }

    /// <summary>Units that a field with parts has when its parts take that many bytes.</summary>
    public static int UnitsOfComposed(in FieldPlan plan, Composition composition, int bytes) =>
        composition.IsHexText && plan.Type != FieldType.Binary ? bytes * 2 : bytes;

    /// <summary>Writes the bytes of parts as content: as they are, or spelled in hex. Must.Hold that the field may hold them.</summary>
    public static void WriteComposed(in FieldPlan plan, Composition composition, ReadOnlySpan<byte> bytes, Span<byte> room)
    {
        if (composition.IsHexText || plan.NibblesPerUnit == 4)
        {
            Hex.Write(bytes, room);
            if (plan.IsEbcdic) Ebcdic.ToBytes(plan.Encoding, room, room);
            return;
        }

        bytes.CopyTo(room);
        Must.Hold(IsGood(in plan, bytes.Length, room));
    }

    /// <summary>Most units that a prefix can announce, itself not counted.</summary>
    public static long PrefixMax(in FieldPlan plan)
    {
        var radix = plan.Prefix switch
        {
            PrefixForm.Binary => 256,
            PrefixForm.Bcd or PrefixForm.BcdAny => 100,
            PrefixForm.Hex or PrefixForm.HexEbcdic => 16,
            _ => 10,
        };
        long count = 1;
        for (var place = 0; place < plan.PrefixBytes; place++) count *= radix;
        if (plan.Has(FieldTraits.OddPrefix)) count /= 10;
        return count - 1;
    }

    // Length forms off the hot path. A number too large for the field is cut at the largest: it is over any maximum.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadAnyPrefix(in FieldPlan plan, ReadOnlySpan<byte> prefix)
    {
        long units = 0;
        for (var index = 0; index < prefix.Length; index++)
        {
            var value = prefix[index];
            if (!IsLengthByte(in plan, index, value)) return -1;
            units = plan.Prefix switch
            {
                PrefixForm.BcdAny => units * 100 + (value >> 4) * 10 + (value & 0x0F),
                PrefixForm.Binary => (units << 8) | value,
                PrefixForm.Hex => (units << 4) | (uint)Hex.Value(value),
                PrefixForm.HexEbcdic => (units << 4)
                    | (uint)Hex.Value(Ebcdic.Character(FieldEncoding.Ebcdic1047, value)),
                _ => units * 10 + (value & 0x0F),
            };
        }

        if (plan.Has(FieldTraits.LengthCountsItself)) units -= prefix.Length;
        return units < 0 ? -1 : (int)Math.Min(units, int.MaxValue);
    }

    private static bool IsLengthByte(in FieldPlan plan, int index, byte value) => plan.Prefix switch
    {
        PrefixForm.Ascii or PrefixForm.AsciiAny => RangeClass.Digits.Holds(value),
        PrefixForm.Ebcdic => value is >= 0xF0 and <= 0xF9,
        PrefixForm.Hex => default(HexClass).Holds(value),
        PrefixForm.HexEbcdic => default(HexClass).Holds(Ebcdic.Character(FieldEncoding.Ebcdic1047, value)),
        PrefixForm.Binary => true,
        // An odd count of packed digits has a spare first nibble: a digit there makes the length one digit longer.
        _ => default(BcdClass).Holds(value) && !(index == 0 && value > 9 && plan.Has(FieldTraits.OddPrefix)),
    };

    // The one place that knows every type and encoding, byte by byte; the fast checks above agree with it.
    private static DecodeError Judge(in FieldPlan plan, int units, ReadOnlySpan<byte> content, out int bad)
    {
        bad = 0;
        if (plan.Check == ContentCheck.None) return DecodeError.None;
        if (plan.IsPacked) return JudgePacked(in plan, units, content, out bad);
        for (; bad < content.Length; bad++)
        {
            if (!IsCharacterGood(in plan, content, bad)) return DecodeError.BadDigit;
        }

        return DecodeError.None;
    }

    private static DecodeError JudgePacked(in FieldPlan plan, int units, ReadOnlySpan<byte> content, out int bad)
    {
        bad = 0;
        if (content.IsEmpty) return DecodeError.None;
        if (plan.Type == FieldType.Signed)
        {
            // Only a fixed, odd count can be declared: a sign character and whole bytes of digits.
            while (bad < content.Length && (bad == 0 ? IsSign(content[0]) : default(BcdClass).Holds(content[bad]))) bad++;
            return bad < content.Length ? DecodeError.BadDigit : DecodeError.None;
        }

        var padAt = (units & 1) == 0 ? -1 : plan.PadsRight ? 2 * content.Length - 1 : 0;
        if (padAt >= 0 && !plan.Has(FieldTraits.AnyPad) && NibbleAt(content, padAt) != plan.PadNibble)
        {
            bad = padAt >> 1;
            return DecodeError.BadPadding;
        }

        for (var nibble = 0; nibble < 2 * content.Length; nibble++)
        {
            var value = NibbleAt(content, nibble);
            if (nibble == padAt || value <= 9 || (value == 0x0D && plan.Type == FieldType.Track)) continue;
            bad = nibble >> 1;
            return DecodeError.BadDigit;
        }

        return DecodeError.None;
    }

    private static int NibbleAt(ReadOnlySpan<byte> content, int nibble) =>
        (nibble & 1) == 0 ? content[nibble >> 1] >> 4 : content[nibble >> 1] & 0x0F;

    private static bool IsCharacterGood(in FieldPlan plan, ReadOnlySpan<byte> content, int index)
    {
        var character = Ebcdic.Character(plan.Encoding, content[index]);
        var isDigit = RangeClass.Digits.Holds(character);
        return plan.Type switch
        {
            FieldType.Digits => isDigit,
            FieldType.Track => isDigit || character is (byte)'=' or (byte)'D',
            FieldType.Signed => index == 0 ? IsSign(character) : isDigit,
            FieldType.Overpunch => isDigit || (index == content.Length - 1 && Decimals.IsOverpunch(character)),
            FieldType.Binary => default(HexClass).Holds(character)
                || (plan.Has(FieldTraits.LowerHex) && Hex.Value(character) >= 0),
            _ => RangeClass.Printable.Holds(character),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPadGood(int units, ReadOnlySpan<byte> content) => (units & 1) == 0 || content[0] <= 0x0F;

    private static bool IsSign(byte value) => value is (byte)'C' or (byte)'D';
}

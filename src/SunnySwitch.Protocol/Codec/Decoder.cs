using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Codec;

/// <summary>Bytes to an offset table: one pass, strict, no allocation, no exception on any input.</summary>
/// <remarks>
/// In each field the order of judgement is: is the field defined, is the length prefix there, is it digits, is it
/// within the maximum, is the content there, is the pad nibble 0, is every character in the field's set. The first
/// failure ends the decode; what was decoded before it stays readable, so that a refusal can echo it.
/// </remarks>
public static class Decoder
{
    /// <summary>Longest message; the framings cannot carry more, and offsets are 16 bits.</summary>
    public const int MessageBytesMax = ushort.MaxValue;

    private const ulong SecondaryBit = 1UL << 63;

    /// <summary>Decodes a message without framing. On an error the table holds what was decoded before it.</summary>
    public static DecodeResult Decode(Dialect dialect, ReadOnlySpan<byte> message, ref FieldTable table)
    {
        table.Mti = 0;
        table.Present = default;
        if (message.Length > MessageBytesMax) return new DecodeResult(DecodeError.LengthOverMax, -1, MessageBytesMax);

        var result = ReadMti(dialect, message, ref table.Mti);
        if (!result.IsOk) return result;

        var cursor = result.Offset;
        var bitmaps = default(FieldSet);
        result = ReadBitmaps(dialect, message, ref cursor, ref bitmaps);
        if (!result.IsOk) return result;

        Span<FieldEntry> entries = table.Entries;
        result = ReadFields(dialect, message, ref cursor, bitmaps.Low, 1, entries);
        if (result.IsOk && bitmaps.High != 0)
        {
            entries = entries[BitOperations.PopCount(bitmaps.Low)..];
            result = ReadFields(dialect, message, ref cursor, bitmaps.High, 65, entries);
        }

        if (!result.IsOk)
        {
            table.Present = bitmaps.Below(result.Field);
            return result;
        }

        table.Present = bitmaps;
        return cursor == message.Length ? result : new DecodeResult(DecodeError.TrailingBytes, -1, cursor);
    }

    private static DecodeResult ReadMti(Dialect dialect, ReadOnlySpan<byte> message, ref ushort mti)
    {
        var bytes = dialect.MtiBytes;
        if (message.Length < bytes) return new DecodeResult(DecodeError.Truncated, 0, message.Length);
        var text = message[..bytes];
        if (dialect.MtiPacked)
        {
            var bad = ByteClasses.FirstOutside(text, default(BcdClass));
            if (bad < bytes) return new DecodeResult(DecodeError.BadMti, 0, bad);
            mti = BinaryPrimitives.ReadUInt16BigEndian(text);
        }
        else
        {
            var bad = ByteClasses.FirstOutside(text, RangeClass.Digits);
            if (bad < bytes) return new DecodeResult(DecodeError.BadMti, 0, bad);
            foreach (var digit in text) mti = (ushort)((mti << 4) | (digit & 0x0F));
        }

        return new DecodeResult(DecodeError.None, -1, bytes);
    }

    private static DecodeResult ReadBitmaps(
        Dialect dialect, ReadOnlySpan<byte> message, ref int cursor, ref FieldSet bitmaps)
    {
        var result = ReadBitmap(dialect, message, ref cursor, out bitmaps.Low);
        if (!result.IsOk || (bitmaps.Low & SecondaryBit) == 0) return result;
        bitmaps.Low &= ~SecondaryBit;
        return ReadBitmap(dialect, message, ref cursor, out bitmaps.High);
    }

    private static DecodeResult ReadBitmap(
        Dialect dialect, ReadOnlySpan<byte> message, ref int cursor, out ulong bits)
    {
        bits = 0;
        var rest = message[cursor..];
        if (rest.Length < dialect.BitmapBytes) return new DecodeResult(DecodeError.Truncated, 1, message.Length);
        if (dialect.BitmapHex)
        {
            var text = rest[..Hex.Characters64];
            if (!Hex.TryParse(text, out bits))
            {
                var bad = ByteClasses.FirstOutside(text, default(HexClass));
                return new DecodeResult(DecodeError.BadBitmap, 1, cursor + bad);
            }
        }
        else
        {
            bits = BinaryPrimitives.ReadUInt64BigEndian(rest);
        }

        cursor += dialect.BitmapBytes;
        return new DecodeResult(DecodeError.None, -1, cursor);
    }

    private static DecodeResult ReadFields(
        Dialect dialect, ReadOnlySpan<byte> message, ref int position, ulong bits, int firstField,
        Span<FieldEntry> entries)
    {
        var plans = dialect.Plans;
        var cursor = position;
        for (var index = 0; bits != 0; index++)
        {
            var lead = BitOperations.LeadingZeroCount(bits);
            bits ^= SecondaryBit >> lead;
            var field = firstField + lead;
            ref readonly var plan = ref plans[field];
            if (plan.Check == ContentCheck.Undefined) return Undefined(dialect, field);

            int units = plan.UnitsMax;
            if (plan.Prefix != PrefixForm.None)
            {
                units = ReadPrefix(in plan, message[cursor..]);
                if ((uint)units > plan.UnitsMax) return PrefixFault(in plan, message, field, cursor, units);
                cursor += plan.PrefixBytes;
            }

            var bytes = plan.BytesOf(units);
            if (message.Length - cursor < bytes) return new DecodeResult(DecodeError.Truncated, field, message.Length);
            var content = message.Slice(cursor, bytes);
            if (!IsContentGood(in plan, units, content)) return ContentFault(in plan, units, content, field, cursor);

            entries[index] = new FieldEntry { Start = (ushort)cursor, Units = (ushort)units };
            cursor += bytes;
        }

        position = cursor;
        return new DecodeResult(DecodeError.None, -1, cursor);
    }

    // Units announced; -1 when the prefix is not digits or not whole (told apart on the slow path).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadPrefix(in FieldPlan plan, ReadOnlySpan<byte> rest)
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

        var high = plan.PrefixBytes == 2 ? rest[0] : 0;
        var low = rest[plan.PrefixBytes - 1];
        if (high > 9 || !default(BcdClass).Holds(low)) return -1;
        return high * 100 + (low >> 4) * 10 + (low & 0x0F);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsContentGood(in FieldPlan plan, int units, ReadOnlySpan<byte> content)
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
            default:
                return false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPadGood(int units, ReadOnlySpan<byte> content) => (units & 1) == 0 || content[0] <= 0x0F;

    private static bool IsSign(byte value) => value is (byte)'C' or (byte)'D';

    private static DecodeResult Undefined(Dialect dialect, int field)
    {
        var bitsPerByte = dialect.BitmapHex ? 4 : 8;
        return new DecodeResult(DecodeError.UndefinedField, field, dialect.MtiBytes + (field - 1) / bitsPerByte);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static DecodeResult PrefixFault(
        in FieldPlan plan, ReadOnlySpan<byte> message, int field, int cursor, int units)
    {
        if (units >= 0) return new DecodeResult(DecodeError.LengthOverMax, field, cursor);
        var rest = message[cursor..];
        if (rest.Length < plan.PrefixBytes) return new DecodeResult(DecodeError.Truncated, field, message.Length);
        var prefix = rest[..plan.PrefixBytes];
        // LLL packed has a spare first nibble: a digit there makes the length four digits, so the prefix is at fault.
        var bad = plan.Prefix == PrefixForm.Ascii
            ? ByteClasses.FirstOutside(prefix, RangeClass.Digits)
            : plan.PrefixBytes == 2 && prefix[0] > 9 ? 0 : ByteClasses.FirstOutside(prefix, default(BcdClass));
        return new DecodeResult(DecodeError.BadLengthDigits, field, cursor + bad);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static DecodeResult ContentFault(
        in FieldPlan plan, int units, ReadOnlySpan<byte> content, int field, int cursor)
    {
        if (plan.IsPacked && !IsPadGood(units, content)) return new DecodeResult(DecodeError.BadPadding, field, cursor);
        var bad = plan.Check switch
        {
            ContentCheck.Range => ByteClasses.FirstOutside(content, new RangeClass(plan.RangeLow, plan.RangeWidth)),
            ContentCheck.Bcd => ByteClasses.FirstOutside(content, default(BcdClass)),
            ContentCheck.Hex => ByteClasses.FirstOutside(content, default(HexClass)),
            ContentCheck.Track => ByteClasses.FirstOutside(content, default(TrackClass)),
            ContentCheck.BcdTrack => ByteClasses.FirstOutside(content, default(BcdTrackClass)),
            _ => IsSign(content[0]) ? 1 + ByteClasses.FirstOutside(content[1..], RangeClass.Digits) : 0,
        };
        return new DecodeResult(DecodeError.BadDigit, field, cursor + bad);
    }
}

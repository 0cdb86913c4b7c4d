using System.Buffers.Binary;
using System.Numerics;
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

    private const ulong NextBitmap = 1UL << 63;

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

        if (result.IsOk && bitmaps.Third != 0)
        {
            entries = table.Entries;
            entries = entries[bitmaps.Rank(129)..];
            result = ReadFields(dialect, message, ref cursor, bitmaps.Third, 129, entries);
        }

        if (!result.IsOk)
        {
            table.Present = bitmaps.Below(result.Field);
            return result;
        }

        table.Present = bitmaps;
        if (cursor == message.Length || dialect.AllowsTrailingBytes) return result;
        return new DecodeResult(DecodeError.TrailingBytes, -1, cursor);
    }

    private static DecodeResult ReadMti(Dialect dialect, ReadOnlySpan<byte> message, ref ushort mti)
    {
        var bytes = dialect.MtiBytes;
        if (message.Length < bytes) return new DecodeResult(DecodeError.Truncated, 0, message.Length);
        var text = message[..bytes];
        var isPacked = dialect.MtiForm == MtiForm.Bcd;
        var bad = isPacked ? ByteClasses.FirstOutside(text, default(BcdClass))
            : ByteClasses.FirstOutside(text, new RangeClass(dialect.MtiForm == MtiForm.Ascii ? (byte)'0' : (byte)0xF0, 9));
        if (bad < bytes) return new DecodeResult(DecodeError.BadMti, 0, bad);
        if (isPacked) mti = BinaryPrimitives.ReadUInt16BigEndian(text);
        else foreach (var digit in text) mti = (ushort)((mti << 4) | (digit & 0x0F));
        return new DecodeResult(DecodeError.None, -1, bytes);
    }

    private static DecodeResult ReadBitmaps(
        Dialect dialect, ReadOnlySpan<byte> message, ref int cursor, ref FieldSet bitmaps)
    {
        var result = ReadBitmap(dialect, message, ref cursor, out bitmaps.Low);
        if (!result.IsOk || (bitmaps.Low & NextBitmap) == 0) return result;
        bitmaps.Low &= ~NextBitmap;
        result = ReadBitmap(dialect, message, ref cursor, out bitmaps.High);
        // Without a third bitmap bit 65 is a field like any other, and an undefined one.
        if (!result.IsOk || !dialect.HasThirdBitmap || (bitmaps.High & NextBitmap) == 0) return result;
        bitmaps.High &= ~NextBitmap;
        return ReadBitmap(dialect, message, ref cursor, out bitmaps.Third);
    }

    private static DecodeResult ReadBitmap(
        Dialect dialect, ReadOnlySpan<byte> message, ref int cursor, out ulong bits)
    {
        bits = 0;
        var rest = message[cursor..];
        if (rest.Length < dialect.BitmapBytes) return new DecodeResult(DecodeError.Truncated, 1, message.Length);
        if (dialect.BitmapForm == BitmapForm.Raw)
        {
            bits = BinaryPrimitives.ReadUInt64BigEndian(rest);
        }
        else if (!TryReadHexBitmap(dialect, rest[..Hex.Characters64], out bits, out var bad))
        {
            return new DecodeResult(DecodeError.BadBitmap, 1, cursor + bad);
        }

        cursor += dialect.BitmapBytes;
        return new DecodeResult(DecodeError.None, -1, cursor);
    }

    private static bool TryReadHexBitmap(Dialect dialect, ReadOnlySpan<byte> text, out ulong bits, out int bad)
    {
        bad = 0;
        if (dialect.BitmapForm == BitmapForm.Hex && Hex.TryParse(text, out bits)) return true;
        bits = 0;
        for (; bad < text.Length; bad++)
        {
            var encoding = dialect.BitmapForm == BitmapForm.Hex ? FieldEncoding.Ascii : FieldEncoding.Ebcdic1047;
            var character = Ebcdic.Character(encoding, text[bad]);
            if (!default(HexClass).Holds(character) && !(dialect.AllowsLowerHex && Hex.Value(character) >= 0)) return false;
            bits = (bits << 4) | (uint)Hex.Value(character);
        }

        return true;
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
            bits ^= NextBitmap >> lead;
            var field = firstField + lead;
            ref readonly var plan = ref plans[field];
            if (plan.Check == ContentCheck.Undefined) return Undefined(dialect, field);

            int units = plan.UnitsMax;
            if (plan.Prefix != PrefixForm.None)
            {
                units = FieldContent.ReadPrefix(in plan, message[cursor..]);
                if ((uint)units > plan.UnitsMax)
                {
                    return FieldContent.PrefixFault(in plan, message, field, cursor, units);
                }

                cursor += plan.PrefixBytes;
            }

            var bytes = plan.BytesOf(units);
            if (message.Length - cursor < bytes) return new DecodeResult(DecodeError.Truncated, field, message.Length);
            var content = message.Slice(cursor, bytes);
            if (!FieldContent.IsGood(in plan, units, content))
            {
                return FieldContent.ContentFault(in plan, units, content, field, cursor);
            }

            entries[index] = new FieldEntry { Start = (ushort)cursor, Units = (ushort)units };
            cursor += bytes;
        }

        position = cursor;
        return new DecodeResult(DecodeError.None, -1, cursor);
    }

    private static DecodeResult Undefined(Dialect dialect, int field)
    {
        var bitsPerByte = dialect.BitmapForm == BitmapForm.Raw ? 8 : 4;
        return new DecodeResult(DecodeError.UndefinedField, field, dialect.MtiBytes + (field - 1) / bitsPerByte);
    }
}

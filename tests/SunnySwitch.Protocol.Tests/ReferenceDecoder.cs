using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Tests;

/// <summary>Mistakes that the oracle can be told to make, to see that the comparison would notice them.</summary>
public enum Flaw
{
    None,
    ForgetsPad,
    TakesLowerCaseBitmap,
    ForgetsMaximum,
    ForgetsTrailingBytes,
    TakesLettersInNumbers,
}

/// <summary>
/// The oracle: the same rules once more, slowly and plainly, straight from the dialect file, byte by byte. It shares no
/// code with the decoder.
/// </summary>
public sealed class ReferenceDecoder(JsonElement dialect, Flaw flaw = Flaw.None)
{
    private static readonly Encoding _page037 = CodePagesEncodingProvider.Instance.GetEncoding(37)!;
    private static readonly Encoding _page1047 = CodePagesEncodingProvider.Instance.GetEncoding(1047)!;

    private sealed class Refusal(DecodeError error, int at, int offset) : Exception
    {
        public DecodeResult Result => new(error, at, offset);
    }

    public DecodeResult Decode(byte[] message, List<int> decoded)
    {
        try
        {
            return Walk(message, decoded);
        }
        catch (Refusal refusal)
        {
            return refusal.Result;
        }
    }

    private DecodeResult Walk(byte[] message, List<int> decoded)
    {
        var cursor = 0;
        var mti = dialect.GetProperty("mti").GetString();
        var mtiBytes = mti == "bcd" ? 2 : 4;
        Need(message, cursor, mtiBytes, 0);
        for (; cursor < mtiBytes; cursor++)
        {
            var value = message[cursor];
            var good = mti == "bcd" ? IsPair(value, false) : IsDigit(mti == "ascii" ? value : FromEbcdic(value));
            if (!good) throw new Refusal(DecodeError.BadMti, 0, cursor);
        }

        var bits = new List<(int Field, int Offset)>();
        var hasThird = dialect.GetProperty("fields").EnumerateObject().Any(field => int.Parse(field.Name) > 128);
        ReadBitmap(message, ref cursor, 0, bits);
        if (bits.RemoveAll(bit => bit.Field == 1) > 0)
        {
            ReadBitmap(message, ref cursor, 64, bits);
            if (hasThird && bits.RemoveAll(bit => bit.Field == 65) > 0) ReadBitmap(message, ref cursor, 128, bits);
        }

        foreach (var (field, offset) in bits)
        {
            if (!dialect.GetProperty("fields").TryGetProperty($"{field}", out var plan))
            {
                throw new Refusal(DecodeError.UndefinedField, field, offset);
            }

            ReadField(message, ref cursor, field, plan);
            decoded.Add(field);
        }

        return cursor == message.Length || flaw == Flaw.ForgetsTrailingBytes
            ? new DecodeResult(DecodeError.None, -1, cursor)
            : new DecodeResult(DecodeError.TrailingBytes, -1, cursor);
    }

    private void ReadBitmap(byte[] message, ref int cursor, int before, List<(int Field, int Offset)> bits)
    {
        var form = dialect.GetProperty("bitmap").GetString();
        var isHex = form != "bin";
        Need(message, cursor, isHex ? 16 : 8, 1);
        for (var bit = 0; bit < 64; bit++)
        {
            var at = cursor + bit / (isHex ? 4 : 8);
            var character = form == "hexebcdic" ? FromEbcdic(message[at]) : message[at];
            var value = isHex ? HexValue(character) : character;
            if (value < 0) throw new Refusal(DecodeError.BadBitmap, 1, at);
            var width = isHex ? 4 : 8;
            if ((value >> (width - 1 - bit % width) & 1) == 1) bits.Add((before + bit + 1, at));
        }

        cursor += isHex ? 16 : 8;
    }

    private int HexValue(byte character)
    {
        if (character is >= (byte)'0' and <= (byte)'9') return character - '0';
        if (character is >= (byte)'A' and <= (byte)'F') return character - 'A' + 10;
        var isLower = character is >= (byte)'a' and <= (byte)'f';
        return isLower && flaw == Flaw.TakesLowerCaseBitmap ? character - 'a' + 10 : -1;
    }

    private void ReadField(byte[] message, ref int cursor, int field, JsonElement plan)
    {
        var max = plan.GetProperty("max").GetInt32();
        var length = plan.GetProperty("length").GetString()!;
        var units = length == "F" ? max : ReadLength(message, ref cursor, field, plan, length.Length, max);
        var encoding = plan.GetProperty("encoding").GetString()!;
        var type = plan.GetProperty("type").GetString()!;
        var isPacked = encoding.StartsWith("bcd", StringComparison.Ordinal);
        var bytes = isPacked ? units / 2 + units % 2 : encoding.StartsWith("hex", StringComparison.Ordinal) ? units * 2 : units;
        Need(message, cursor, bytes, field);
        var content = message[cursor..(cursor + bytes)];
        if (isPacked && type != "x") ReadPacked(content, units, field, cursor, encoding, type);
        else
        {
            for (var index = 0; index < bytes; index++)
            {
                if (!IsGood(type, encoding, index, index == bytes - 1, content[index]))
                {
                    throw new Refusal(DecodeError.BadDigit, field, cursor + index);
                }
            }
        }

        cursor += bytes;
    }

    private void ReadPacked(byte[] content, int units, int field, int cursor, string encoding, string type)
    {
        var nibbles = Convert.ToHexString(content);
        if (units % 2 == 1)
        {
            var isRight = encoding[4] == 'r';
            var pad = nibbles[isRight ? ^1 : 0];
            if (pad != encoding[5] && flaw != Flaw.ForgetsPad)
            {
                throw new Refusal(DecodeError.BadPadding, field, cursor + (isRight ? content.Length - 1 : 0));
            }

            nibbles = isRight ? nibbles[..^1] + "0" : "0" + nibbles[1..];
        }

        for (var index = 0; index < nibbles.Length; index++)
        {
            var good = char.IsAsciiDigit(nibbles[index]) || (type == "z" && nibbles[index] == 'D');
            if (!good) throw new Refusal(DecodeError.BadDigit, field, cursor + index / 2);
        }
    }

    private int ReadLength(byte[] message, ref int cursor, int field, JsonElement plan, int digits, int max)
    {
        var form = plan.GetProperty("length_encoding").GetString()!;
        var bytes = form == "bcd" ? digits / 2 + digits % 2 : form.StartsWith("bin", StringComparison.Ordinal) ? form[3] - '0' : digits;
        Need(message, cursor, bytes, field);
        long units = 0;
        for (var index = 0; index < bytes; index++)
        {
            var value = message[cursor + index];
            var character = form.EndsWith("ebcdic", StringComparison.Ordinal) ? FromEbcdic(value) : value;
            var good = form switch
            {
                "bcd" => IsPair(value, false) && !(digits % 2 == 1 && index == 0 && value > 9),
                "ascii" or "ebcdic" => IsDigit(character),
                "hexascii" or "hexebcdic" => IsDigit(character) || character is >= (byte)'A' and <= (byte)'F',
                _ => true,
            };
            if (!good) throw new Refusal(DecodeError.BadLengthDigits, field, cursor + index);
            units = form switch
            {
                "bcd" => units * 100 + value / 16 * 10 + value % 16,
                "ascii" or "ebcdic" => units * 10 + character - '0',
                "hexascii" or "hexebcdic" => units * 16 + HexValue(character),
                _ => units * 256 + value,
            };
        }

        if (plan.TryGetProperty("length_includes_itself", out var self) && self.GetBoolean()) units -= bytes;
        if (units < 0) throw new Refusal(DecodeError.BadLengthDigits, field, cursor);
        if (units > max && flaw != Flaw.ForgetsMaximum) throw new Refusal(DecodeError.LengthOverMax, field, cursor);
        cursor += bytes;
        return (int)units;
    }

    private bool IsGood(string type, string encoding, int index, bool isLast, byte value)
    {
        if (encoding == "bin") return true;
        if (encoding == "bcd-l0" && index > 0) return IsPair(value, false);
        if (encoding.Contains("ebcdic", StringComparison.Ordinal)) value = FromEbcdic(value, encoding.EndsWith("037", StringComparison.Ordinal));
        return type switch
        {
            "n" => IsDigit(value) || (flaw == Flaw.TakesLettersInNumbers && char.IsAsciiLetter((char)value)),
            "z" => IsDigit(value) || value is (byte)'=' or (byte)'D',
            "x" => index == 0 ? value is (byte)'C' or (byte)'D' : IsDigit(value),
            "s" => IsDigit(value) || (isLast && "{}ABCDEFGHIJKLMNOPQR".Contains((char)value)),
            "b" => IsDigit(value) || value is >= (byte)'A' and <= (byte)'F',
            _ => value is >= 0x20 and <= 0x7E,
        };
    }

    // The runtime's own code pages: shares no table with the codec.
    private static byte FromEbcdic(byte value, bool is037 = false)
    {
        var text = (is037 ? _page037 : _page1047).GetString([value]);
        return text[0] is >= ' ' and <= '~' ? (byte)text[0] : (byte)0;
    }

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static bool IsPair(byte value, bool allowD) =>
        (value / 16 <= 9 || (allowD && value / 16 == 13)) && (value % 16 <= 9 || (allowD && value % 16 == 13));

    private static void Need(byte[] message, int cursor, int bytes, int field)
    {
        if (message.Length - cursor < bytes) throw new Refusal(DecodeError.Truncated, field, message.Length);
    }
}

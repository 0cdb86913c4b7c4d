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
        var mtiBytes = dialect.GetProperty("mti").GetString() == "ascii" ? 4 : 2;
        Need(message, cursor, mtiBytes, 0);
        for (; cursor < mtiBytes; cursor++)
        {
            var good = mtiBytes == 4 ? IsDigit(message[cursor]) : IsPair(message[cursor], false);
            if (!good) throw new Refusal(DecodeError.BadMti, 0, cursor);
        }

        var bits = new List<(int Field, int Offset)>();
        ReadBitmap(message, ref cursor, 0, bits);
        if (bits.Count > 0 && bits[0].Field == 1)
        {
            bits.RemoveAt(0);
            ReadBitmap(message, ref cursor, 64, bits);
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
        var isHex = dialect.GetProperty("bitmap").GetString() == "hexascii";
        Need(message, cursor, isHex ? 16 : 8, 1);
        for (var bit = 0; bit < 64; bit++)
        {
            var at = cursor + bit / (isHex ? 4 : 8);
            var value = isHex ? HexValue(message[at]) : message[at];
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
        var bytes = encoding switch { "bcd-l0" => units / 2 + units % 2, "hexascii" => units * 2, _ => units };
        Need(message, cursor, bytes, field);
        var type = plan.GetProperty("type").GetString()!;
        if (encoding == "bcd-l0" && units % 2 == 1 && message[cursor] >= 0x10 && flaw != Flaw.ForgetsPad)
        {
            throw new Refusal(DecodeError.BadPadding, field, cursor);
        }

        for (var index = 0; index < bytes; index++)
        {
            if (!IsGood(type, encoding, index, message[cursor + index]))
            {
                throw new Refusal(DecodeError.BadDigit, field, cursor + index);
            }
        }

        cursor += bytes;
    }

    private int ReadLength(byte[] message, ref int cursor, int field, JsonElement plan, int digits, int max)
    {
        var isAscii = plan.GetProperty("length_encoding").GetString() == "ascii";
        var bytes = isAscii ? digits : digits / 2 + digits % 2;
        Need(message, cursor, bytes, field);
        var units = 0;
        for (var index = 0; index < bytes; index++)
        {
            var value = message[cursor + index];
            var good = isAscii ? IsDigit(value) : IsPair(value, false) && !(digits == 3 && index == 0 && value > 9);
            if (!good) throw new Refusal(DecodeError.BadLengthDigits, field, cursor + index);
            units = isAscii ? units * 10 + value - '0' : units * 100 + value / 16 * 10 + value % 16;
        }

        if (units > max && flaw != Flaw.ForgetsMaximum) throw new Refusal(DecodeError.LengthOverMax, field, cursor);
        cursor += bytes;
        return units;
    }

    private bool IsGood(string type, string encoding, int index, byte value) => (type, encoding) switch
    {
        ("n", "ascii") => IsDigit(value) || (flaw == Flaw.TakesLettersInNumbers && char.IsAsciiLetter((char)value)),
        ("n", _) => IsPair(value, false),
        ("z", "ascii") => IsDigit(value) || value is (byte)'=' or (byte)'D',
        ("z", _) => IsPair(value, true),
        ("x", _) => index == 0 ? value is (byte)'C' or (byte)'D' : IsDigit(value),
        ("b", "hexascii") => IsDigit(value) || value is >= (byte)'A' and <= (byte)'F',
        ("b", _) => true,
        _ => value is >= 0x20 and <= 0x7E,
    };

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static bool IsPair(byte value, bool allowD) =>
        (value / 16 <= 9 || (allowD && value / 16 == 13)) && (value % 16 <= 9 || (allowD && value % 16 == 13));

    private static void Need(byte[] message, int cursor, int bytes, int field)
    {
        if (message.Length - cursor < bytes) throw new Refusal(DecodeError.Truncated, field, message.Length);
    }
}

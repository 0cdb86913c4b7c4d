using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Tests;

/// <summary>Mistakes that the oracle can be told to make, to see that the comparison would notice them.</summary>
public enum PartFlaw
{
    None,
    ForgetsWhatIsLeftOver,
    KeepsTagsThatAreRefused,
    TakesOverlongLengths,
    ForgetsFixedLengths,
    TakesTagZero,
}

/// <summary>
/// The oracle for parts: the rules of a dialect file's <c>parts</c> once more, plainly, with strings, sharing no code with
/// the codec. Gives each part's path and value, or class, path and offset (from the content's first byte) of the fault.
/// </summary>
public sealed class ReferenceParts(JsonElement field, string root, PartFlaw flaw = PartFlaw.None)
{
    private static readonly Encoding _page1047 = CodePagesEncodingProvider.Instance.GetEncoding(1047)!;

    private sealed class Refusal(DecodeError error, string path, int offset) : Exception
    {
        public (DecodeError, string, int) Result => (error, path, offset);
    }

    public List<(string Path, string Value)> Found { get; } = [];

    public (DecodeError Error, string Path, int Offset) Read(byte[] content)
    {
        try
        {
            Walk(field, content, root, 0);
            return (DecodeError.None, "", 0);
        }
        catch (Refusal refusal)
        {
            return refusal.Result;
        }
    }

    private void Walk(JsonElement owner, byte[] content, string path, int origin)
    {
        var parts = owner.GetProperty("parts");
        var names = new Dictionary<string, int>();
        var cursor = 0;
        switch (parts.GetProperty("kind").GetString())
        {
            case "positional":
                foreach (var part in parts.GetProperty("fields").EnumerateObject().OrderBy(part => int.Parse(part.Name)))
                {
                    if (cursor == content.Length && parts.TryGetProperty("may_end_early", out var early) && early.GetBoolean()) break;
                    Sized(part.Value, content, ref cursor, $"{path}.{part.Name}", origin);
                }

                if (cursor < content.Length && flaw != PartFlaw.ForgetsWhatIsLeftOver) throw new Refusal(DecodeError.TrailingBytes, path, origin + cursor);
                break;
            case "bitmap":
                foreach (var (bit, at) in Bits(parts, content, ref cursor, path, origin))
                {
                    if (!parts.GetProperty("fields").TryGetProperty($"{bit}", out var part))
                    {
                        throw new Refusal(DecodeError.UndefinedField, $"{path}.{bit}", origin + at);
                    }

                    Sized(part, content, ref cursor, $"{path}.{bit}", origin);
                }

                if (cursor < content.Length && flaw != PartFlaw.ForgetsWhatIsLeftOver) throw new Refusal(DecodeError.TrailingBytes, path, origin + cursor);
                break;
            case "tagged":
                while (cursor < content.Length) Tagged(parts, content, ref cursor, path, origin, names);
                break;
            default:
                while (cursor < content.Length) Tlv(parts, content, ref cursor, path, origin, names);
                break;
        }
    }

    private static List<(int Bit, int At)> Bits(JsonElement parts, byte[] content, ref int cursor, string path, int origin)
    {
        var bits = parts.GetProperty("bits").GetInt32();
        var form = parts.GetProperty("bitmap").GetString();
        var isChained = parts.TryGetProperty("chained", out var chained) && chained.GetBoolean();
        var found = new List<(int, int)>();
        for (var map = 0; ; map++)
        {
            var bytes = form == "bin" ? bits / 8 : bits / 4;
            if ((map + 1) * bits > 192) throw new Refusal(DecodeError.BadBitmap, path, origin + cursor - bytes);
            if (content.Length - cursor < bytes) throw new Refusal(DecodeError.Truncated, path, origin + content.Length);
            var set = "";
            for (var index = 0; index < bytes; index++)
            {
                var value = content[cursor + index];
                if (form == "bin")
                {
                    set += Convert.ToString(value, 2).PadLeft(8, '0');
                    continue;
                }

                var digit = "0123456789ABCDEF".IndexOf(form == "hexascii" ? (char)value : _page1047.GetString([value])[0], StringComparison.Ordinal);
                if (digit < 0) throw new Refusal(DecodeError.BadBitmap, path, origin + cursor + index);
                set += Convert.ToString(digit, 2).PadLeft(4, '0');
            }

            for (var bit = isChained ? 1 : 0; bit < bits; bit++)
            {
                var place = map * bits + bit;
                if (set[bit] == '1') found.Add((place + 1, place / (form == "bin" ? 8 : 4)));
            }

            cursor += bytes;
            if (!isChained || set[0] == '0') return found;
        }
    }

    // A part with a length of its own: the message's oracle reads it, as field 2 of a message that holds nothing else.
    private void Sized(JsonElement part, byte[] content, ref int cursor, string path, int origin)
    {
        var length = part.GetProperty("length").GetString()!;
        var result = ReadAlone(part, content.AsSpan(cursor));
        if (result.Error is not (DecodeError.None or DecodeError.TrailingBytes)) throw new Refusal(result.Error, path, origin + cursor + result.Offset);
        var taken = result.Offset;
        var prefix = length == "F" ? 0 : PrefixBytes(part.GetProperty("length_encoding").GetString()!, length.Length);
        Value(part, content[(cursor + prefix)..(cursor + taken)], path, origin + cursor + prefix);
        cursor += taken;
    }

    private void Tagged(JsonElement parts, byte[] content, ref int cursor, string path, int origin, Dictionary<string, int> names)
    {
        var bytes = parts.GetProperty("tag_bytes").GetInt32();
        var encoding = parts.GetProperty("tag_encoding").GetString()!;
        if (content.Length - cursor < bytes) throw new Refusal(DecodeError.Truncated, path, origin + content.Length);
        var tag = "";
        for (var index = 0; index < bytes; index++)
        {
            var value = content[cursor + index];
            var letter = encoding == "ascii" ? (char)value : encoding == "ebcdic" ? _page1047.GetString([value])[0] : ' ';
            var good = encoding switch
            {
                "bin" => true,
                "bcd" => value % 16 <= 9 && value / 16 <= 9,
                _ => letter is > ' ' and <= '~' && letter is not ('.' or '#'),
            };
            if (!good) throw new Refusal(DecodeError.BadDigit, path, origin + cursor + index);
            tag += encoding is "bin" or "bcd" ? value.ToString("X2", null) : letter;
        }

        var earlier = names[tag] = names.GetValueOrDefault(tag) + 1;
        var place = $"{path}.{tag}" + (earlier > 1 ? $"#{earlier}" : "");
        var start = cursor;
        var lengthAt = cursor + bytes;
        // A length, as the message's oracle reads one: of a field that may be as long as the length can say.
        var lengthEncoding = parts.GetProperty("length_encoding").GetString()!;
        var digits = parts.GetProperty("length").GetString()!.Length;
        var part = JsonSerializer.SerializeToElement(
            new { type = "b", length = new string('L', digits), max = int.MaxValue, encoding = "bin", length_encoding = lengthEncoding });
        var result = ReadAlone(part, content.AsSpan(lengthAt));
        if (result.Error is not (DecodeError.None or DecodeError.TrailingBytes)) throw new Refusal(result.Error, place, origin + lengthAt + result.Offset);
        var valueAt = lengthAt + PrefixBytes(lengthEncoding, digits);
        cursor = lengthAt + result.Offset;
        Enclosed(parts, tag, content[valueAt..cursor], place, origin, start, valueAt, encoding is "bin" or "bcd" ? "bin" : encoding);
    }

    private void Tlv(JsonElement parts, byte[] content, ref int cursor, string path, int origin, Dictionary<string, int> names)
    {
        Refusal Bad(int at) => new(DecodeError.BadTlv, path, origin + at);
        var start = cursor;
        var first = content[cursor];
        if (first == 0 && flaw != PartFlaw.TakesTagZero) throw Bad(cursor);
        var tag = $"{content[cursor++]:X2}";
        if (first % 32 == 31)
        {
            while (true)
            {
                if (cursor == content.Length) throw Bad(cursor);
                var next = content[cursor];
                if (tag.Length == 2 && next == 0x80) throw Bad(cursor);
                cursor++;
                tag += $"{next:X2}";
                if (next < 128) break;
                if (tag.Length == 8) throw Bad(cursor - 1);
            }
        }

        if (cursor == content.Length) throw Bad(cursor);
        long length = content[cursor++];
        if (length > 127)
        {
            var bytes = (int)length - 128;
            if (bytes is 0 or > 4 && flaw != PartFlaw.TakesOverlongLengths) throw Bad(cursor - 1);
            length = 0;
            for (; bytes > 0; bytes--)
            {
                if (cursor == content.Length) throw Bad(cursor);
                length = length * 256 + content[cursor++];
            }
        }

        if (length > content.Length - cursor) throw Bad(content.Length);
        var valueAt = cursor;
        cursor += (int)length;
        var earlier = names[tag] = names.GetValueOrDefault(tag) + 1;
        Enclosed(parts, tag, content[valueAt..cursor], $"{path}.{tag}" + (earlier > 1 ? $"#{earlier}" : ""), origin, start, valueAt, "bin");
    }

    private void Enclosed(JsonElement parts, string tag, byte[] value, string place, int origin, int start, int valueAt, string unknown)
    {
        JsonElement part = default;
        var isListed = parts.TryGetProperty("fields", out var fields) && fields.TryGetProperty(tag, out part);
        if (!isListed)
        {
            var refuses = parts.TryGetProperty("unknown", out var rule) && rule.GetString() == "refuse";
            if (refuses && flaw != PartFlaw.KeepsTagsThatAreRefused) throw new Refusal(DecodeError.UndefinedField, place, origin + start);
            part = JsonSerializer.SerializeToElement(new { type = unknown == "bin" ? "b" : "an", encoding = unknown });
        }

        var encoding = part.GetProperty("encoding").GetString()!;
        var isHex = encoding.StartsWith("hex", StringComparison.Ordinal);
        if (isHex && value.Length % 2 == 1) throw new Refusal(DecodeError.BadDigit, place, origin + valueAt + value.Length);
        var isPacked = encoding.StartsWith("bcd", StringComparison.Ordinal);
        var isFixed = part.TryGetProperty("length", out var form) && form.GetString() == "F";
        var max = part.TryGetProperty("max", out var most) ? most.GetInt32() : 65535;
        var units = isPacked ? value.Length * 2 : isHex ? value.Length / 2 : value.Length;
        if (isPacked && isFixed && value.Length == (max + 1) / 2) units = max;
        if (isPacked && !isFixed && encoding == "bcd-rF" && value.Length > 0 && value[^1] % 16 == 15) units--;
        if (units > max) throw new Refusal(DecodeError.LengthOverMax, place, origin + start);
        if (isFixed && units < max && flaw != PartFlaw.ForgetsFixedLengths) throw new Refusal(DecodeError.Truncated, place, origin + valueAt + value.Length);
        if (units > 0)
        {
            var sized = JsonSerializer.SerializeToElement(new { type = part.GetProperty("type").GetString(), length = "F", max = units, encoding });
            var result = ReadAlone(sized, value);
            if (result.Error != DecodeError.None) throw new Refusal(result.Error, place, origin + valueAt + result.Offset);
        }

        var isTemplate = !isListed && parts.GetProperty("kind").GetString() == "ber-tlv" && (Convert.ToInt32(tag[..2], 16) & 0x20) != 0;
        if (isTemplate)
        {
            var inner = JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { ["parts"] = parts });
            if (place.Count(letter => letter == '.') < 7) Walk(inner, value, place, origin + valueAt);
            return;
        }

        Value(part, value, place, origin + valueAt);
    }

    // The message's oracle reads a part as field 2 of a message that holds nothing else; offsets from the part's first byte.
    private static DecodeResult ReadAlone(JsonElement part, ReadOnlySpan<byte> bytes)
    {
        var dialect = JsonSerializer.SerializeToElement(new Dictionary<string, object>
        {
            ["mti"] = "bcd",
            ["bitmap"] = "bin",
            ["fields"] = new Dictionary<string, JsonElement> { ["2"] = part },
        });
        byte[] header = [1, 0, 0x40, 0, 0, 0, 0, 0, 0, 0];
        var result = new ReferenceDecoder(dialect).Decode([.. header, .. bytes], []);
        return result with { Offset = result.Offset - header.Length };
    }

    private static int PrefixBytes(string encoding, int digits) =>
        encoding == "bcd" ? (digits + 1) / 2 : encoding.StartsWith("bin", StringComparison.Ordinal) ? encoding[3] - '0' : digits;

    private void Value(JsonElement part, byte[] content, string path, int origin)
    {
        Found.Add((path, Convert.ToHexString(content)));
        if (part.TryGetProperty("parts", out _) && path.Count(letter => letter == '.') < 7) Walk(part, content, path, origin);
    }
}

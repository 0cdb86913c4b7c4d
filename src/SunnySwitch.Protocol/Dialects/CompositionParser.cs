using System.Globalization;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>Reads <c>parts</c> of a field, and of parts again, into compositions.</summary>
internal sealed class CompositionParser(DialectProblems problems, DialectDraft draft, FieldParser fields)
{
    private const int PartsMax = 4_096;
    private const int TaggedUnitsMax = FieldPlan.UnitsLimit;
    private static readonly string[] _kinds = ["positional", "bitmap", "tagged", "ber-tlv"];
    private int _count;

    /// <summary>Reads a composition; returns its index in the draft, 0 if it is broken or absent.</summary>
    public ushort Read(JsonElement owner, string path, in FieldPlan plan, int depth)
    {
        if (!owner.TryGetProperty("parts", out var parts)) return 0;
        path += "parts";
        if (!problems.IsObject(parts, path)) return 0;
        if (depth >= FieldPath.StepsMax)
        {
            problems.Report($"{path}: parts within parts go {FieldPath.StepsMax - 1} deep at most");
            return 0;
        }

        path += ".";
        var kind = problems.Choice(parts, path, "kind", _kinds);
        if (kind < 0) return 0;
        if (plan.IsPacked) problems.Report($"{path}kind: packed digits have no parts; make the field type b");
        var index = draft.Compositions.Count;
        draft.Compositions.Add(new Composition());   // Taken before the inner ones take theirs.
        var composition = kind switch
        {
            1 => ReadBitmap(parts, path, depth),
            2 => ReadTagged(parts, path, depth),
            3 => ReadTlv(parts, path, depth),
            _ => ReadPositional(parts, path, depth),
        };
        draft.Compositions[index] = problems.Flag(parts, path, "hex_text") ? composition.InHexText() : composition;
        return (ushort)index;
    }

    private Composition ReadPositional(JsonElement parts, string path, int depth)
    {
        problems.ReportStrangers(parts, path, "kind", "hex_text", "may_end_early", "fields");
        var entries = ReadEntries(parts, path, depth, false, ReadNumber);
        for (var index = 0; index < entries.Length; index++)
        {
            if (entries[index].First == index + 1) continue;
            problems.Report($"{path}fields: places are 1, 2, 3 and so on, without a gap");
            break;
        }

        return new Composition
        {
            Kind = CompositionKind.Positional,
            MayEndEarly = problems.Flag(parts, path, "may_end_early"),
            Parts = entries,
        };
    }

    private Composition ReadBitmap(JsonElement parts, string path, int depth)
    {
        problems.ReportStrangers(parts, path, "kind", "hex_text", "bitmap", "bits", "chained", "fields");
        var bits = problems.Number(parts, path, "bits", 8, FieldSet.FieldMax, 64);
        if (bits % 8 != 0) problems.Report($"{path}bits: whole bytes, so a multiple of 8");
        var isChained = problems.Flag(parts, path, "chained");
        var most = isChained ? FieldSet.FieldMax / bits * bits : bits;
        var entries = ReadEntries(parts, path, depth, false, ReadNumber);
        foreach (var entry in entries)
        {
            if (entry.First > most) problems.Report($"{path}fields.{entry.First}: the bitmap has {most} bits");
            else if (isChained && entry.First % bits == 1) problems.Report($"{path}fields.{entry.First}: that bit announces another bitmap");
        }

        return new Composition
        {
            Kind = CompositionKind.Bitmap,
            BitmapBits = bits,
            IsChained = isChained,
            BitmapForm = (BitmapForm)Math.Max(problems.Choice(parts, path, "bitmap", "bin", "hexascii", "hexebcdic"), 0),
            Parts = entries,
        };
    }

    private Composition ReadTagged(JsonElement parts, string path, int depth)
    {
        problems.ReportStrangers(
            parts, path, "kind", "hex_text", "tag_bytes", "tag_encoding", "length", "length_encoding", "unknown", "fields");
        var bytes = problems.Number(parts, path, "tag_bytes", 1, Tlv.TagBytesMax, 1);
        var encoding = problems.Choice(parts, path, "tag_encoding", "ascii", "ebcdic", "ebcdic-037", "bcd", "bin") switch
        {
            1 => FieldEncoding.Ebcdic1047,
            2 => FieldEncoding.Ebcdic037,
            3 => FieldEncoding.PackedLeft0,
            4 => FieldEncoding.Raw,
            _ => FieldEncoding.Ascii,
        };
        var unknown = UnknownOf(encoding);
        var isText = encoding is not (FieldEncoding.Raw or FieldEncoding.PackedLeft0);
        return new Composition(unknown)
        {
            Kind = CompositionKind.Tagged,
            TagBytes = bytes,
            TagEncoding = encoding,
            Length = fields.ReadLength(parts, path),
            RefusesUnknown = RefusesUnknown(parts, path),
            Parts = ReadEntries(
                parts, path, depth, true,
                isText ? (text, key) => ReadText(text, bytes, key) : (text, key) => ReadRange(text, bytes * 2, key)),
        };
    }

    private Composition ReadTlv(JsonElement parts, string path, int depth)
    {
        problems.ReportStrangers(parts, path, "kind", "hex_text", "unknown", "padding", "fields");
        var skips = parts.TryGetProperty("padding", out _) && problems.Choice(parts, path, "padding", "refuse", "skip") == 1;
        return new Composition
        {
            Kind = CompositionKind.BerTlv,
            SkipsPadding = skips,
            RefusesUnknown = RefusesUnknown(parts, path),
            Parts = parts.TryGetProperty("fields", out _) ? ReadEntries(parts, path, depth, true, ReadTlvTag) : [],
        };
    }

    private bool RefusesUnknown(JsonElement parts, string path) =>
        parts.TryGetProperty("unknown", out _) && problems.Choice(parts, path, "unknown", "keep", "refuse") == 1;

    // Without an entry, what stands behind a text tag is text like it, and what stands behind other tags is bytes.
    private static FieldPlan UnknownOf(FieldEncoding tags)
    {
        var isText = tags is not (FieldEncoding.Raw or FieldEncoding.PackedLeft0);
        return new FieldPlan
        {
            Check = !isText ? ContentCheck.None : tags == FieldEncoding.Ascii ? ContentCheck.Range : ContentCheck.EbcdicText,
            Prefix = PrefixForm.OfTag,
            NibblesPerUnit = 2,
            UnitsMax = FieldPlan.UnitsLimit,
            RawBytesSpread = FieldPlan.UnitsLimit,
            Type = isText ? FieldType.Text : FieldType.Binary,
            Encoding = isText ? tags : FieldEncoding.Raw,
        };
    }

    private delegate string? KeyReader(string text, uint[] range);

    private PartPlan[] ReadEntries(JsonElement parts, string path, int depth, bool isTagged, KeyReader readKey)
    {
        if (!parts.TryGetProperty("fields", out var fieldsElement))
        {
            problems.Report($"{path}fields: missing");
            return [];
        }

        var entries = new List<PartPlan>();
        if (!problems.IsObject(fieldsElement, path + "fields")) return [];
        foreach (var entry in fieldsElement.EnumerateObject())
        {
            if (problems.IsFull) return [];
            var at = $"{path}fields.{DialectProblems.Printable(entry.Name)}";
            if (_count++ == PartsMax) problems.Report($"{at}: more than {PartsMax} parts in one dialect");
            if (_count > PartsMax) return [];
            var range = new uint[2];
            if (readKey(entry.Name, range) is { } problem) problems.Report($"{at}: {problem}");
            else if (problems.IsObject(entry.Value, at))
            {
                var plan = isTagged ? fields.ReadTagged(entry.Value, at + ".", TaggedUnitsMax, depth + 1) : fields.Read(entry.Value, at + ".", depth + 1);
                entries.Add(new PartPlan(range[0], range[1], plan, fields.NameOf(entry.Value, at + ".")));
            }
        }

        entries.Sort((one, other) => one.First.CompareTo(other.First));
        for (var index = 1; index < entries.Count; index++)
        {
            if (entries[index].First <= entries[index - 1].Last) problems.Report($"{path}fields: a key is given twice ({entries[index].First:X})");
        }

        return [.. entries];
    }

    private static string? ReadNumber(string text, uint[] range)
    {
        var good = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 1 and <= FieldSet.FieldMax && text[0] != '0';
        range[0] = range[1] = number;
        return good ? null : $"a number from 1 to {FieldSet.FieldMax}";
    }

    private static string? ReadText(string text, int characters, uint[] range)
    {
        var good = text.Length == characters;
        uint key = 0;
        foreach (var letter in text)
        {
            good &= letter <= '~' && PartReader.IsTagCharacter((byte)letter);
            key = (key << 8) | (letter & 0xFFu);
        }

        range[0] = range[1] = key;
        return good ? null : $"a tag of {characters} printable characters, no space, dot or #";
    }

    // One tag in upper-case hex, or a range of them: 71-FE.
    private static string? ReadRange(string text, int digits, uint[] range)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var good = TryHex(dash < 0 ? text : text[..dash], digits, out range[0])
            & TryHex(dash < 0 ? text : text[(dash + 1)..], digits, out range[1]);
        return good && range[0] <= range[1] ? null : $"a tag of {digits} upper-case hex digits, or two with - between";
    }

    private static string? ReadTlvTag(string text, uint[] range)
    {
        var good = TryHex(text, text.Length, out range[0]) && (text.Length & 1) == 0 && Tlv.IsTag(range[0], text.Length / 2);
        range[1] = range[0];
        return good ? null : "a BER-TLV tag of 1 to 4 bytes in upper-case hex";
    }

    private static bool TryHex(string text, int digits, out uint value)
    {
        value = 0;
        if (text.Length != digits || digits is 0 or > 8) return false;
        foreach (var letter in text)
        {
            if (Hex.Value(letter) < 0 || letter > 'F') return false;
            value = (value << 4) | (uint)Hex.Value(letter);
        }

        return true;
    }
}

using System.Globalization;
using System.Text.Json;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>
/// Reads a dialect file into plans and collects every problem on the way.
/// <para>
/// A further encoding, length form or type is one row in <see cref="CheckOf"/>, <see cref="PrefixOf"/> or
/// <see cref="TypeOf"/> and one opcode in the decoder and the writer; until then it is a problem with a name, never a
/// silent guess.
/// </para>
/// </summary>
internal sealed class DialectParser
{
    private const int FileBytesMax = 1 << 20;
    private const int ProblemsMax = 200;
    private static readonly JsonReaderOptions _options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };

    private readonly List<string> _problems = [];

    public Dialect Parse(ReadOnlySpan<byte> json, uint version)
    {
        if (json.Length > FileBytesMax) throw new DialectException([$"the file has over {FileBytesMax} bytes"]);
        var plans = new FieldPlan[Dialect.FieldMax + 1];
        var name = "";
        bool mtiPacked = false, bitmapHex = false;
        try
        {
            var reader = new Utf8JsonReader(json, _options);
            using var document = JsonDocument.ParseValue(ref reader);
            while (reader.Read()) { }   // Anything after the object is refused by the reader itself.
            var root = document.RootElement;
            if (IsObject(root, "the file"))
            {
                ReportStrangers(root, "", "dialect", "description", "mti", "bitmap", "fields");
                name = Name(root);
                mtiPacked = Choice(root, "", "mti", "ascii", "bcd") == "bcd";
                bitmapHex = Choice(root, "", "bitmap", "hexascii", "bin") == "hexascii";
                ReadFields(root, plans);
            }
        }
        catch (JsonException broken)
        {
            Report($"not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}");
        }

        if (_problems.Count > 0) throw new DialectException(_problems);
        return new Dialect(name, version, mtiPacked, bitmapHex, plans);
    }

    private string Name(JsonElement root)
    {
        var name = Text(root, "", "dialect") ?? "";
        var plain = name.Length is > 0 and <= 64;
        foreach (var letter in name) plain &= char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';
        if (!plain) Report("dialect: 1 to 64 letters, digits, - _ .");
        return name;
    }

    private void ReadFields(JsonElement root, FieldPlan[] plans)
    {
        if (!root.TryGetProperty("fields", out var fields))
        {
            Report("fields: missing");
            return;
        }

        if (!IsObject(fields, "fields")) return;
        var any = false;
        foreach (var entry in fields.EnumerateObject())
        {
            any = true;
            var path = $"fields.{Printable(entry.Name)}";
            var isNumber = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var field);
            if (!isNumber || field is < 2 or > Dialect.FieldMax || entry.Name[0] == '0')
            {
                Report($"{path}: field numbers go from 2 to {Dialect.FieldMax} (65 only without a third bitmap)");
            }
            else if (plans[field].Check != ContentCheck.Undefined)
            {
                Report($"{path}: defined twice");
            }
            else if (IsObject(entry.Value, path))
            {
                plans[field] = ReadField(entry.Value, path + ".");
            }
        }

        if (!any) Report("fields: at least one");
    }

    private FieldPlan ReadField(JsonElement field, string path)
    {
        ReportStrangers(field, path, "type", "length", "max", "encoding", "length_encoding", "name");
        var plan = new FieldPlan();
        var type = Text(field, path, "type");
        var encoding = Text(field, path, "encoding");
        var length = Text(field, path, "length");
        if (type is not null)
        {
            plan.Type = TypeOf(type);
            if (plan.Type == FieldType.Undefined) Report($"{path}type: n, an, b, z or x, is {Printable(type)}");
        }

        if (encoding is not null && plan.Type != FieldType.Undefined)
        {
            (plan.Check, plan.NibblesPerUnit) = CheckOf(plan.Type, encoding);
            if (plan.Check == ContentCheck.Undefined)
            {
                Report($"{path}encoding: {Printable(encoding)} is not known for type {type}");
            }
        }

        var digits = 0;
        if (length is not null)
        {
            digits = length switch { "F" => 0, "LL" => 2, "LLL" => 3, _ => -1 };
            if (digits < 0) Report($"{path}length: F, LL or LLL, is {Printable(length)}");
        }

        ReadPrefix(field, path, digits, ref plan);
        plan.UnitsMax = ReadMax(field, path, digits);
        var bytesMax = plan.BytesOf(plan.UnitsMax);
        plan.RawBytesMin = (ushort)(plan.IsFixed ? bytesMax : plan.PrefixBytes);
        plan.RawBytesSpread = (ushort)(plan.IsFixed ? 0 : bytesMax);
        // A broken field still counts as defined, so that a second definition is found too.
        if (plan.Check == ContentCheck.Undefined) plan.Check = ContentCheck.None;
        return plan;
    }

    private void ReadPrefix(JsonElement field, string path, int digits, ref FieldPlan plan)
    {
        if (digits <= 0)
        {
            if (digits == 0 && field.TryGetProperty("length_encoding", out _))
            {
                Report($"{path}length_encoding: a fixed field has none");
            }

            return;
        }

        if (Text(field, path, "length_encoding") is not { } name) return;
        (plan.Prefix, plan.PrefixBytes) = PrefixOf(name, digits);
        if (plan.Prefix == PrefixForm.None) Report($"{path}length_encoding: ascii or bcd, is {Printable(name)}");
    }

    private ushort ReadMax(JsonElement field, string path, int digits)
    {
        var most = digits switch { 2 => 99, _ => 999 };
        if (!field.TryGetProperty("max", out var value))
        {
            Report($"{path}max: missing");
            return 0;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var max) || max < 1 || max > most)
        {
            Report($"{path}max: a whole number from 1 to {most}");
            return 0;
        }

        return (ushort)max;
    }

    private static FieldType TypeOf(string name) => name switch
    {
        "n" => FieldType.Digits,
        "an" => FieldType.Text,
        "b" => FieldType.Binary,
        "z" => FieldType.Track,
        "x" => FieldType.Signed,
        _ => FieldType.Undefined,
    };

    private static (ContentCheck Check, byte NibblesPerUnit) CheckOf(FieldType type, string encoding) =>
        (type, encoding) switch
        {
            (FieldType.Digits, "ascii") => (ContentCheck.Range, 2),
            (FieldType.Digits, "bcd-l0") => (ContentCheck.Bcd, 1),
            (FieldType.Text, "ascii") => (ContentCheck.Range, 2),
            (FieldType.Binary, "bin") => (ContentCheck.None, 2),
            (FieldType.Binary, "hexascii") => (ContentCheck.Hex, 4),
            (FieldType.Track, "ascii") => (ContentCheck.Track, 2),
            (FieldType.Track, "bcd-l0") => (ContentCheck.BcdTrack, 1),
            (FieldType.Signed, "ascii") => (ContentCheck.Signed, 2),
            _ => (ContentCheck.Undefined, 0),
        };

    private static (PrefixForm Form, byte Bytes) PrefixOf(string encoding, int digits) => encoding switch
    {
        "ascii" => (PrefixForm.Ascii, (byte)digits),
        "bcd" => (PrefixForm.Bcd, (byte)((digits + 1) / 2)),
        _ => (PrefixForm.None, 0),
    };

    private string? Choice(JsonElement owner, string path, string key, string first, string second)
    {
        var text = Text(owner, path, key);
        if (text is null || text == first || text == second) return text;
        Report($"{path}{key}: {first} or {second}, is {Printable(text)}");
        return null;
    }

    private string? Text(JsonElement owner, string path, string key)
    {
        if (!owner.TryGetProperty(key, out var value)) Report($"{path}{key}: missing");
        else if (value.ValueKind != JsonValueKind.String) Report($"{path}{key}: a text");
        else return value.GetString();
        return null;
    }

    private bool IsObject(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Object) return true;
        Report($"{path}: a JSON object");
        return false;
    }

    private void ReportStrangers(JsonElement owner, string path, params ReadOnlySpan<string> known)
    {
        var seen = new List<string>();
        foreach (var entry in owner.EnumerateObject())
        {
            if (!known.Contains(entry.Name)) Report($"{path}{Printable(entry.Name)}: not a known key");
            else if (seen.Contains(entry.Name)) Report($"{path}{entry.Name}: given twice");
            else seen.Add(entry.Name);
        }
    }

    // A file of strangers must not make a message of megabytes: names are cut and the list is bounded.
    private void Report(string problem)
    {
        if (_problems.Count < ProblemsMax) _problems.Add(problem);
        else if (_problems.Count == ProblemsMax) _problems.Add("and more");
    }

    private static string Printable(string text)
    {
        var letters = text.Length > 32 ? text[..32].ToCharArray() : text.ToCharArray();
        for (var index = 0; index < letters.Length; index++)
        {
            if (letters[index] is < ' ' or > '~') letters[index] = '?';
        }

        return new string(letters);
    }
}

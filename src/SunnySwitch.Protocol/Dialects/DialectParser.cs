using System.Globalization;
using System.Text.Json;

namespace SunnySwitch.Protocol.Dialects;

/// <summary>
/// Reads a dialect file, and the files that it inherits from, into a draft; collects every problem on the way.
/// </summary>
/// <remarks>
/// Inheritance goes key by key and field by field: what a file says replaces what its parent says, whole; a field that
/// is null is taken away. Description and samples are each file's own.
/// </remarks>
internal sealed class DialectParser
{
    private const int FileBytesMax = 1 << 20;
    private const int ChainMax = 8;
    private static readonly JsonReaderOptions _options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 64 };

    private readonly DialectProblems _problems = new();
    private readonly DialectDraft _draft = new();
    private readonly List<Layer> _layers = [];

    // One file of the chain, the given one first.
    private sealed record Layer(string Name, JsonElement Root, byte[] Bytes);

    public static DialectDraft Parse(ReadOnlySpan<byte> json, DialectSource source)
    {
        try
        {
            return new DialectParser().Run(json.ToArray(), source);
        }
        catch (InvalidOperationException)
        {
            // A text is turned into characters when it is asked for, wherever in the file that is.
            throw new DialectException(["not JSON: a text is not Unicode"]);
        }
    }

    private DialectDraft Run(byte[] json, DialectSource source)
    {
        // A chain with a hole says nothing about what is missing further on.
        if (!CollectLayers(json, source)) _problems.ThrowIfAny();
        for (var index = _layers.Count - 1; index >= 0; index--)
        {
            _draft.Version = Dialect.Crc32C(_draft.Version, _layers[index].Bytes);
        }

        _draft.Name = _layers[0].Name;
        var mti = _problems.Choice(Owner("mti"), "", "mti", "ascii", "bcd", "ebcdic");
        var bitmap = _problems.Choice(Owner("bitmap"), "", "bitmap", "bin", "hexascii", "hexebcdic");
        (_draft.MtiForm, _draft.BitmapForm) = ((MtiForm)Math.Max(mti, 0), (BitmapForm)Math.Max(bitmap, 0));
        ReadLeniencies();
        ReadFields();
        new ExchangeParser(_problems, _draft, Owner).Read();
        ReadOwn();
        _problems.ThrowIfAny();
        return _draft;
    }

    private bool CollectLayers(byte[] json, DialectSource source)
    {
        for (var next = json; ;)
        {
            if (next.Length > FileBytesMax)
            {
                _problems.Report($"the file has over {FileBytesMax} bytes");
                return false;
            }

            if (ParseFile(next) is not { } root || !_problems.IsObject(root, "the file")) return false;
            _problems.ReportStrangers(
                root, "", "$schema", "dialect", "description", "inherits", "standard", "mti", "bitmap", "lenient", "fields", "framing",
                "keep_alive", "flow", "match", "marks", "address", "security", "timers", "response_codes", "manual", "samples");
            _layers.Add(new Layer(Name(root), root, next));
            if (!root.TryGetProperty("inherits", out _)) return true;
            if (_problems.OptionalText(root, "", "inherits") is not { } parent) return false;
            if (Parent(parent, source) is not { } found) return false;
            next = found;
            _problems.Prefix = DialectProblems.Printable(parent) + ": ";
        }
    }

    private byte[]? Parent(string name, DialectSource source)
    {
        var shown = DialectProblems.Printable(name);
        if (_layers.Exists(layer => layer.Name == name)) _problems.Report($"inherits: {shown} leads back to itself");
        else if (_layers.Count == ChainMax) _problems.Report($"inherits: more than {ChainMax} files in a chain");
        else if (source(name) is { } found) return found;
        else _problems.Report($"inherits: there is no dialect {shown}");
        return null;
    }

    private JsonElement? ParseFile(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, _options);
            using var document = JsonDocument.ParseValue(ref reader);
            while (reader.Read()) { }   // Anything after the object is refused by the reader itself.
            return document.RootElement.Clone();
        }
        catch (JsonException broken)
        {
            _problems.Report($"not JSON: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}");
        }
        return null;
    }

    // The file of the chain that says it; the last one if none does, so that the problem is told.
    private JsonElement Owner(string key)
    {
        foreach (var layer in _layers)
        {
            _problems.Prefix = layer == _layers[0] ? "" : layer.Name + ": ";
            if (layer.Root.TryGetProperty(key, out _)) return layer.Root;
        }

        return _layers[^1].Root;
    }

    private string Name(JsonElement root)
    {
        var name = _problems.Text(root, "", "dialect") ?? "";
        var plain = name.Length is > 0 and <= 64;
        foreach (var letter in name) plain &= char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';
        if (!plain) _problems.Report("dialect: 1 to 64 letters, digits, - _ .");
        return name;
    }

    private void ReadLeniencies()
    {
        if (!Owner("lenient").TryGetProperty("lenient", out var list)) return;
        if (list.ValueKind != JsonValueKind.Array)
        {
            _problems.Report("lenient: a list");
            return;
        }

        foreach (var entry in list.EnumerateArray())
        {
            var name = entry.ValueKind == JsonValueKind.String ? entry.GetString()! : "";
            switch (name)
            {
                case "pad-nibble": _draft.AllowsAnyPad = true; break;
                case "trailing-bytes": _draft.AllowsTrailingBytes = true; break;
                case "lower-case-hex": _draft.AllowsLowerHex = true; break;
                default:
                    const string known = "pad-nibble, trailing-bytes, lower-case-hex";
                    _problems.Report($"lenient: {known}; is {DialectProblems.Printable(name)}");
                    break;
            }
        }
    }

    private void ReadFields()
    {
        var isDecided = new bool[Dialect.FieldMax + 1];
        foreach (var layer in _layers)
        {
            _problems.Prefix = layer == _layers[0] ? "" : layer.Name + ": ";
            if (!layer.Root.TryGetProperty("fields", out var fields))
            {
                if (_layers.Count == 1) _problems.Report("fields: missing");
            }
            else if (_problems.IsObject(fields, "fields"))
            {
                ReadFields(fields, isDecided);
            }
        }

        if (!Array.Exists(_draft.Plans, plan => plan.Check != ContentCheck.Undefined))
        {
            _problems.Report("fields: at least one");
        }

        if (_draft.Plans[65].Check != ContentCheck.Undefined
            && Array.FindLastIndex(_draft.Plans, plan => plan.Check != ContentCheck.Undefined) > 128)
        {
            _problems.Report("fields.65: announces the third bitmap where there are fields over 128");
        }
    }

    private void ReadFields(JsonElement fields, bool[] isDecided)
    {
        var parser = new FieldParser(_problems, _draft);
        var seen = new bool[Dialect.FieldMax + 1];
        foreach (var entry in fields.EnumerateObject())
        {
            if (_problems.IsFull) return;
            var path = $"fields.{DialectProblems.Printable(entry.Name)}";
            var isNumber = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var field);
            if (!isNumber || field is < 2 or > Dialect.FieldMax || entry.Name[0] == '0')
            {
                _problems.Report($"{path}: field numbers go from 2 to {Dialect.FieldMax}");
                continue;
            }

            if (seen[field]) _problems.Report($"{path}: defined twice");
            seen[field] = true;
            if (isDecided[field]) continue;
            isDecided[field] = true;
            if (entry.Value.ValueKind == JsonValueKind.Null && _layers.Count > 1) continue;
            if (_problems.IsObject(entry.Value, path)) ReadField(parser, field, entry.Value, path + ".");
        }
    }

    private void ReadField(FieldParser parser, int field, JsonElement element, string path)
    {
        _draft.Plans[field] = parser.Read(element, path, 1);
        if (parser.NameOf(element, path) is { } name) _draft.Names[field] = name;
    }

    // Description and samples are not inherited.
    private void ReadOwn()
    {
        _problems.Prefix = "";
        _draft.Description = DialectProblems.Printable(_problems.OptionalText(_layers[0].Root, "", "description") ?? "", 400);
        _draft.Parent = _layers.Count > 1 ? _layers[1].Name : null;
        if (!_layers[0].Root.TryGetProperty("samples", out var samples) || !_problems.IsObject(samples, "samples")) return;
        foreach (var entry in samples.EnumerateObject())
        {
            var path = $"samples.{DialectProblems.Printable(entry.Name)}";
            try
            {
                var message = Convert.FromHexString(entry.Value.GetString() ?? "");
                _draft.Samples.Add(new DialectSample(DialectProblems.Printable(entry.Name, 80), message));
            }
            catch (Exception broken) when (broken is FormatException or InvalidOperationException)
            {
                _problems.Report($"{path}: a message in hex");
            }
        }
    }
}

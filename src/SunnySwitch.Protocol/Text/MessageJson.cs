using System.Globalization;
using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Text;

/// <summary>The reverse of <see cref="MessageText.WriteJson"/>: an object with unmasked values to a message.</summary>
public static class MessageJson
{
    private const int ValuesMax = 2_000;

    /// <summary>
    /// Encodes <c>{"mti":"0100","fields":{"2":"...","127.3":"..."}}</c>: fields in any order, tags of one field in the order
    /// given. Null if that cannot be done; then <paramref name="problems"/> names every reason, without repeating any value.
    /// </summary>
    public static byte[]? TryEncode(Dialect dialect, ReadOnlySpan<byte> json, out IReadOnlyList<string> problems)
    {
        var job = new Job(dialect);
        problems = job.Problems;
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read()) job.Problems.Add("one object a line");
            job.Read(document.RootElement);
        }
        catch (JsonException broken)
        {
            job.Problems.Add($"not JSON at byte {broken.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            job.Problems.Add("not JSON: a text is not Unicode");
        }

        return job.Problems.Count == 0 ? job.Write() : null;
    }

    private sealed class Job(Dialect dialect)
    {
        private readonly Dictionary<FieldPath, bool> _paths = [];
        private readonly MessageEditor _editor = new(dialect);
        private int _valueBytes;
        private bool _isFull;

        public List<string> Problems { get; } = [];

        public void Read(JsonElement root)
        {
            if (root.ValueKind != JsonValueKind.Object)
            {
                Problems.Add("an object with mti and fields is expected");
                return;
            }

            bool hasMti = false, hasFields = false;
            foreach (var entry in root.EnumerateObject())
            {
                switch (entry.Name)
                {
                    case "mti" when !hasMti:
                        hasMti = true;
                        ReadMti(entry.Value);
                        break;
                    case "fields" when !hasFields && entry.Value.ValueKind == JsonValueKind.Object:
                        hasFields = true;
                        foreach (var field in entry.Value.EnumerateObject()) ReadField(field);
                        break;
                    case "error":
                        Problems.Add("an error object, there is nothing to encode");
                        return;
                    default:
                        Problems.Add("only one mti and one object of fields are expected");
                        break;
                }
            }

            if (!hasMti) Problems.Add("mti: missing");
            if (!hasFields) Problems.Add("fields: missing");
            FindOverlaps();
        }

        public byte[]? Write()
        {
            var table = default(FieldTable);
            // Lengths, tags and bitmaps come on top of the values.
            var target = new byte[Math.Min(1024 + 2 * _valueBytes + 64 * _paths.Count, 4 * Codec.Decoder.MessageBytesMax)];
            var length = _editor.Write(new MessageReader(dialect, default, in table), target, out var problem);
            if (length >= 0 && length <= Codec.Decoder.MessageBytesMax) return target[..length];
            Problems.Add(problem ?? $"the message has over {Codec.Decoder.MessageBytesMax} bytes");
            return null;
        }

        private void ReadMti(JsonElement value)
        {
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
            var good = text.Length == 4;
            foreach (var letter in text) good &= char.IsAsciiDigit(letter);
            if (good) _editor.SetMti(ushort.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            else Problems.Add("mti: four digits as text");
        }

        private void ReadField(JsonProperty entry)
        {
            if (!FieldPath.TryParse(dialect, entry.Name, out var path))
            {
                Problems.Add(PathProblem(entry.Name));
                return;
            }

            if (_paths.Count == ValuesMax)
            {
                if (!_isFull) Problems.Add($"more than {ValuesMax} values");
                _isFull = true;
                return;
            }

            var shown = path.Text(dialect);
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                Problems.Add($"field {shown}: the value is a text");
                return;
            }

            var text = Encoding.UTF8.GetBytes(entry.Value.GetString()!);
            if (FieldRules.Problem(dialect, in path, text) is { } problem) Problems.Add($"field {shown}: {problem}");
            else if (!_paths.TryAdd(path, true)) Problems.Add($"field {shown}: given twice");
            else _editor.Set(in path, text);
            _valueBytes += text.Length;
        }

        private string PathProblem(string name)
        {
            var isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var field);
            if (isNumber && field is >= 2 and <= Dialect.FieldMax) return $"field {field}: dialect {dialect.Name} does not define it";
            return $"fields: {DialectProblems.Printable(name)} is no field number from 2 to {Dialect.FieldMax}, and no part that {dialect.Name} knows";
        }

        private void FindOverlaps()
        {
            foreach (var path in _paths.Keys)
            {
                for (var steps = 1; steps < path.Count; steps++)
                {
                    var head = path.Head(steps);
                    if (_paths.ContainsKey(head)) Problems.Add($"field {head.Text(dialect)}: given whole and in parts");
                }
            }
        }
    }
}

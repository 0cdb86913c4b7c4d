using System.Globalization;
using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Text;

/// <summary>The reverse of <see cref="MessageText.WriteJson"/>: an object with unmasked values to a message.</summary>
public static class MessageJson
{
    /// <summary>
    /// Encodes <c>{"mti":"0100","fields":{"2":"..."}}</c>, fields in any order. Null if that cannot be done; then
    /// <paramref name="problems"/> names every reason, without repeating any value.
    /// </summary>
    public static byte[]? TryEncode(Dialect dialect, ReadOnlySpan<byte> json, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        var values = new SortedDictionary<int, byte[]>();
        ushort mti = 0;
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read()) found.Add("one object a line");
            Read(dialect, document.RootElement, ref mti, values, found);
        }
        catch (JsonException broken)
        {
            found.Add($"not JSON at byte {broken.BytePositionInLine + 1}");
        }

        return found.Count == 0 ? Write(dialect, mti, values) : null;
    }

    private static void Read(
        Dialect dialect, JsonElement root, ref ushort mti, SortedDictionary<int, byte[]> values, List<string> problems)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            problems.Add("an object with mti and fields is expected");
            return;
        }

        bool hasMti = false, hasFields = false;
        foreach (var entry in root.EnumerateObject())
        {
            switch (entry.Name)
            {
                case "mti" when !hasMti:
                    hasMti = true;
                    ReadMti(entry.Value, ref mti, problems);
                    break;
                case "fields" when !hasFields && entry.Value.ValueKind == JsonValueKind.Object:
                    hasFields = true;
                    foreach (var field in entry.Value.EnumerateObject()) ReadField(dialect, field, values, problems);
                    break;
                case "error":
                    problems.Add("an error object, there is nothing to encode");
                    return;
                default:
                    problems.Add("only one mti and one object of fields are expected");
                    break;
            }
        }

        if (!hasMti) problems.Add("mti: missing");
        if (!hasFields) problems.Add("fields: missing");
    }

    private static void ReadMti(JsonElement value, ref ushort mti, List<string> problems)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        var good = text.Length == 4;
        foreach (var letter in text) good &= char.IsAsciiDigit(letter);
        if (good) mti = ushort.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        else problems.Add("mti: four digits as text");
    }

    private static void ReadField(
        Dialect dialect, JsonProperty entry, SortedDictionary<int, byte[]> values, List<string> problems)
    {
        var isNumber = int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var field);
        if (!isNumber || field is < 2 or > Dialect.FieldMax)
        {
            problems.Add($"fields: a key is not a field number from 2 to {Dialect.FieldMax}");
            return;
        }

        if (entry.Value.ValueKind != JsonValueKind.String)
        {
            problems.Add($"field {field}: the value is a text");
            return;
        }

        var text = Encoding.UTF8.GetBytes(entry.Value.GetString()!);
        if (FieldRules.Problem(dialect, field, text) is { } problem) problems.Add($"field {field}: {problem}");
        else if (!values.TryAdd(field, text)) problems.Add($"field {field}: given twice");
    }

    private static byte[] Write(Dialect dialect, ushort mti, SortedDictionary<int, byte[]> values)
    {
        var fields = default(FieldSet);
        var bytesMax = dialect.MtiBytes + 3 * dialect.BitmapBytes;
        foreach (var (field, text) in values)
        {
            fields.Add(field);
            bytesMax += dialect.Plans[field].PrefixBytes + text.Length;
        }

        var target = new byte[bytesMax];
        var writer = new MessageWriter(dialect, target);
        writer.Begin(mti, fields);
        foreach (var (field, text) in values)
        {
            if (dialect.TypeOf(field) == FieldType.Binary) writer.Binary(field, Convert.FromHexString(text));
            else writer.Text(field, text);
        }

        var length = writer.End();
        Must.Hold(length >= 0);
        return target[..length];
    }
}

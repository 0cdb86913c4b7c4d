using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

/// <summary>A dialect file that nobody would write, and messages for it: every encoding and length form turns up.</summary>
internal sealed class RandomDialect
{
    private static readonly Dictionary<string, string[]> _encodings = new()
    {
        ["n"] = ["ascii", "ebcdic", "ebcdic-037", "bcd-l0", "bcd-lF", "bcd-r0", "bcd-rF"],
        ["an"] = ["ascii", "ebcdic-1047", "ebcdic-037"],
        ["b"] = ["bin", "hexascii", "hexebcdic"],
        ["z"] = ["ascii", "ebcdic", "bcd-l0", "bcd-lF", "bcd-r0", "bcd-rF"],
        ["x"] = ["ascii", "ebcdic", "bcd-l0"],
        ["s"] = ["ascii", "ebcdic-037"],
    };

    private static readonly string[] _prefixes =
        ["ascii", "bcd", "ebcdic", "bin1", "bin2", "bin3", "bin4", "hexascii", "hexebcdic"];

    private readonly Random _random;
    private readonly Dictionary<int, (string Type, bool IsFixed, int Max)> _fields = [];

    public RandomDialect(int seed)
    {
        _random = new Random(seed);
        var fields = new StringBuilder();
        var count = _random.Next(1, 40);
        var top = _random.Next(3) switch { 0 => 64, 1 => 128, _ => 192 };
        while (count-- > 0)
        {
            var field = _random.Next(2, top + 1);
            if (field == 65 || _fields.ContainsKey(field)) continue;
            fields.Append(fields.Length == 0 ? "" : ",\n").Append($"\"{field}\": ").Append(Field(field));
        }

        Json = $$"""
            {"dialect": "random", "mti": "{{Pick("ascii", "bcd", "ebcdic")}}",
             "bitmap": "{{Pick("bin", "hexascii", "hexebcdic")}}", "fields": {
            {{fields}}
            } }
            """;
        Dialect = Dialect.Parse(Encoding.UTF8.GetBytes(Json));
        using var document = JsonDocument.Parse(Json);
        Oracle = new ReferenceDecoder(document.RootElement.Clone());
    }

    public string Json { get; }

    public Dialect Dialect { get; }

    public ReferenceDecoder Oracle { get; }

    /// <summary>Field values by number, the MTI under 0; never an empty set of fields.</summary>
    public SortedDictionary<int, string> Message()
    {
        var message = new SortedDictionary<int, string> { [0] = $"{_random.Next(10_000):D4}" };
        foreach (var (field, shape) in _fields)
        {
            if (_random.Next(3) == 0 && message.Count > 1) continue;
            message[field] = Value(shape.Type, shape.IsFixed ? shape.Max : _random.Next(Math.Min(shape.Max, 300) + 1));
        }

        return message;
    }

    private string Field(int field)
    {
        var type = Pick("n", "an", "b", "z", "x", "s");
        var encoding = Pick(_encodings[type]);
        var isFixed = _random.Next(2) == 0 || (type == "x" && encoding == "bcd-l0");
        var digits = _random.Next(1, 7);
        var most = isFixed ? 60 : digits switch { 1 => 9, 2 => 99, _ => 400 };
        var max = _random.Next(1, most + 1);
        if (type == "x" && encoding == "bcd-l0") max |= 1;
        var prefix = Pick(_prefixes);
        if (prefix == "bin1") max = Math.Min(max, 200);
        var isByte = !encoding.StartsWith("bcd", StringComparison.Ordinal) && !encoding.StartsWith("hex", StringComparison.Ordinal);
        var isInclusive = !isFixed && isByte && _random.Next(4) == 0;
        if (isInclusive) max = Math.Max(1, max - 6);
        if (isInclusive && digits == 1) digits = 2;
        _fields[field] = (type, isFixed, max);
        var length = isFixed ? "F" : new string('L', digits);
        var rest = isFixed ? "" : $", \"length_encoding\": \"{prefix}\"";
        if (isInclusive) rest += ", \"length_includes_itself\": true";
        return $"{{\"type\": \"{type}\", \"length\": \"{length}\", \"max\": {max}, \"encoding\": \"{encoding}\"{rest}}}";
    }

    private string Value(string type, int units)
    {
        if (type == "b") units *= 2;
        var text = new StringBuilder();
        for (var index = 0; index < units; index++)
        {
            text.Append(type switch
            {
                "b" => Pick('0', '7', 'A', 'F'),
                "an" => (char)_random.Next(' ', '~' + 1),
                "z" when index == units / 2 => 'D',
                "x" when index == 0 => Pick('C', 'D'),
                "s" when index == units - 1 => Pick('{', '}', 'A', 'R', '4'),
                _ => (char)_random.Next('0', '9' + 1),
            });
        }

        return text.ToString();
    }

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Protocol.Tests;

/// <summary>Compositions that nobody would write, three deep, and messages for them.</summary>
public sealed class RandomPartsTests
{
    private const int Seeds = 150;

    [Fact]
    public void What_was_encoded_from_paths_decodes_to_the_same_paths_and_encodes_to_the_same_bytes()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomParts(seed);
            var json = random.Message();
            var message = MessageJson.TryEncode(random.Dialect, Encoding.UTF8.GetBytes(json), out var problems);
            Assert.True(message is not null, $"seed {seed}: {string.Join("; ", problems)}");
            var shown = new ArrayBufferWriter<byte>();
            var fault = MessageText.WriteJson(random.Dialect, message, true, false, shown);
            Assert.True(fault.IsOk, $"seed {seed}: {MessageText.Explain(random.Dialect, in fault)}");
            var again = MessageJson.TryEncode(random.Dialect, shown.WrittenSpan, out problems);
            Assert.True(again is not null, $"seed {seed}: {string.Join("; ", problems)}");
            Assert.Equal(Convert.ToHexString(message), Convert.ToHexString(again));
        }
    }

    [Fact]
    public void Whole_cut_and_damaged_contents_are_judged_as_the_oracle_judges_them()
    {
        var refused = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomParts(seed);
            var message = MessageJson.TryEncode(random.Dialect, Encoding.UTF8.GetBytes(random.Message()), out _)!;
            var content = random.Content(message);
            Compare(random, content, seed);
            for (var length = 0; length < content.Length; length++) refused += Compare(random, content[..length], seed);
            for (var bit = 0; bit < content.Length * 8; bit++)
            {
                var flipped = content.ToArray();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                refused += Compare(random, flipped, seed);
            }
        }

        Assert.True(refused > 1_000);
    }

    // The control: an oracle with one rule missing must be found out by the same damage.
    [Theory]
    [InlineData(PartFlaw.ForgetsWhatIsLeftOver)]
    [InlineData(PartFlaw.KeepsTagsThatAreRefused)]
    [InlineData(PartFlaw.TakesOverlongLengths)]
    [InlineData(PartFlaw.ForgetsFixedLengths)]
    [InlineData(PartFlaw.TakesTagZero)]
    public void A_reader_with_a_rule_missing_is_caught(PartFlaw flaw)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new RandomParts(seed);
            var content = random.Content(MessageJson.TryEncode(random.Dialect, Encoding.UTF8.GetBytes(random.Message()), out _)!);
            for (var bit = -1; bit < content.Length * 8; bit++)
            {
                var damaged = content.ToArray();
                if (bit >= 0) damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                var expected = new ReferenceParts(random.Field, "60", flaw).Read(damaged);
                var fault = DeepDecoder.Check(new PartReader(random.Dialect, random.Dialect.PartsOf(60)!, damaged, 0, 1, 1), new FieldPath(60));
                if (expected.Error != fault.Error) return;
            }
        }

        Assert.Fail($"nothing noticed {flaw}");
    }

    // Class, path and offset, and every part with its bytes; what is good is copied part by part to the same bytes.
    private static int Compare(RandomParts random, byte[] content, int seed)
    {
        var oracle = new ReferenceParts(random.Field, "60");
        var expected = oracle.Read(content);
        var composition = random.Dialect.PartsOf(60)!;
        var path = new FieldPath(60);
        var fault = DeepDecoder.Check(new PartReader(random.Dialect, composition, content, 0, 1, 1), in path);
        var found = (fault.Error, fault.Path.Count == 0 ? "" : fault.Path.Text(random.Dialect), fault.Offset);
        Assert.True(expected == found, $"seed {seed}, {Convert.ToHexString(content)}: expected {expected}, found {found}\n{random.Json}");
        if (!fault.IsOk) return 1;
        var parts = new List<(string, string)>();
        Collect(new PartReader(random.Dialect, composition, content, 0, 1, 1), path, random.Dialect, parts);
        Assert.Equal(oracle.Found, parts);
        Assert.Equal(Convert.ToHexString(content), Convert.ToHexString(CopyParts(random.Dialect, composition, content)));
        return 0;
    }

    private static void Collect(PartReader reader, FieldPath path, Dialect dialect, List<(string, string)> found)
    {
        var seen = new Dictionary<uint, int>();
        while (reader.MoveNext())
        {
            var place = path.Then(reader.Key, DeepDecoder.Earlier(seen, reader.Key));
            var isTemplate = !reader.IsListed && reader.HasParts;
            if (!isTemplate) found.Add((place.Text(dialect), Convert.ToHexString(reader.Content)));
            if (reader.HasParts) Collect(reader.Open(new byte[reader.Content.Length]), place, dialect, found);
        }
    }

    private static byte[] CopyParts(Dialect dialect, Composition composition, byte[] content)
    {
        var target = new byte[content.Length];
        var writer = new PartWriter(dialect, composition, target);
        var reader = new PartReader(dialect, composition, content, 0, 1, 1);
        if (composition.Kind == CompositionKind.Bitmap)
        {
            var set = default(FieldSet);
            while (reader.MoveNext()) set.Add((int)reader.Key);
            reader = new PartReader(dialect, composition, content, 0, 1, 1);
            writer.Begin(set);
        }

        while (reader.MoveNext()) writer.CopyRaw(reader.Key, reader.Raw);
        return target[..writer.End()];
    }
}

/// <summary>A dialect with one field, 60, whose parts have parts.</summary>
internal sealed class RandomParts
{
    private readonly Random _random;
    private readonly Dictionary<string, (string Type, string Encoding, int Max, bool IsFixed)> _leaves = [];
    private readonly Dictionary<string, List<string>> _inner = [];

    public RandomParts(int seed)
    {
        _random = new Random(seed);
        var parts = Composite("60", 1);
        var field = $$"""
            {"type":"b","length":"LLLLL","max":60000,"encoding":"bin","length_encoding":"ascii","only_parts":true,"parts":{{parts}} }
            """;
        Json = $$"""{"dialect":"random","mti":"ascii","bitmap":"bin","fields":{"60":{{field}} } }""";
        Dialect = Dialect.Parse(Encoding.UTF8.GetBytes(Json));
        using var document = JsonDocument.Parse(field);
        Field = document.RootElement.Clone();
    }

    public string Json { get; }

    public Dialect Dialect { get; }

    public JsonElement Field { get; }

    /// <summary>An object for <see cref="MessageJson"/>: a value for every place, and for some of the rest.</summary>
    public string Message()
    {
        var values = new List<string>();
        Fill("60", values);
        return $$"""{"mti":"0100","fields":{ {{string.Join(",", values)}} } }""";
    }

    /// <summary>What field 60 of the message holds.</summary>
    public byte[] Content(byte[] message)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(Dialect, message, ref table).IsOk);
        return new MessageReader(Dialect, message, in table).Content(60).ToArray();
    }

    private void Fill(string path, List<string> values)
    {
        var kind = _inner[path][0];
        var before = values.Count;
        while (values.Count == before) FillSome(path, kind, values);   // None at all would lose the place.
    }

    private void FillSome(string path, string kind, List<string> values)
    {
        foreach (var key in _inner[path].Skip(1))
        {
            if (kind != "positional" && _random.Next(3) == 0) continue;
            var place = $"{path}.{key}";
            if (_inner.ContainsKey(place)) Fill(place, values);
            else values.Add($"\"{place}\":{JsonSerializer.Serialize(Value(_leaves[place]))}");
        }
    }

    private string Composite(string path, int depth)
    {
        var kind = Pick("positional", "bitmap", "tagged", "ber-tlv");
        var bits = Pick(8, 16, 64);
        var isChained = kind == "bitmap" && _random.Next(3) == 0;
        var tagBytes = _random.Next(1, 4);
        var tags = Pick("ascii", "ebcdic", "bcd", "bin");
        var keys = new List<string> { kind };
        var parts = new List<string>();
        var count = _random.Next(1, 6);
        for (var index = 1; index <= count; index++)
        {
            var key = kind switch
            {
                "positional" => $"{index}",
                "bitmap" => $"{Bit(index, bits, isChained)}",
                "tagged" => Tag(tagBytes, tags),
                _ => Pick("95", "9F26", "DF8101", "5A", "DF01", "82"),
            };
            if (keys.Contains(key)) continue;
            keys.Add(key);
            parts.Add($"\"{key}\":{Part($"{path}.{key}", kind is "tagged" or "ber-tlv", depth)}");
        }

        _inner[path] = keys;
        var head = kind switch
        {
            "bitmap" => $"\"bitmap\":\"{Pick("bin", "hexascii", "hexebcdic")}\",\"bits\":{bits}" + (isChained ? ",\"chained\":true" : ""),
            "tagged" => $"\"tag_bytes\":{tagBytes},\"tag_encoding\":\"{tags}\",\"length\":\"{Pick("LL", "LLL", "LLLL")}\","
                + $"\"length_encoding\":\"{Pick("ascii", "bcd", "ebcdic", "bin2", "hexascii")}\"",
            _ => "",
        };
        if (kind is "tagged" or "ber-tlv" && _random.Next(3) == 0) head += (head.Length > 0 ? "," : "") + "\"unknown\":\"refuse\"";
        return $"{{\"kind\":\"{kind}\",{head}{(head.Length > 0 ? "," : "")}\"fields\":{{{string.Join(",", parts)}}}}}";
    }

    private int Bit(int index, int bits, bool isChained)
    {
        var bit = _random.Next(2, isChained ? 2 * bits : bits + 1);
        return isChained && bit % bits == 1 ? index + 1 : bit;
    }

    private string Tag(int bytes, string encoding)
    {
        var tag = "";
        for (var index = 0; index < bytes; index++)
        {
            tag += encoding switch { "bin" => $"{_random.Next(256):X2}", "bcd" => $"{_random.Next(10)}{_random.Next(10)}", _ => Pick("A", "7", "z", "/") };
        }

        return tag;
    }

    private string Part(string path, bool isEnclosed, int depth)
    {
        if (depth < 3 && _random.Next(4) == 0)
        {
            var inner = Composite(path, depth + 1);
            var sized = isEnclosed ? "" : "\"length\":\"LLL\",\"length_encoding\":\"bin2\",\"max\":900,";
            return $"{{\"type\":\"b\",{sized}\"encoding\":\"bin\",\"only_parts\":true,\"parts\":{inner}}}";
        }

        var (type, encoding) = Pick(
            ("n", "ascii"), ("n", "bcd-l0"), ("n", "bcd-rF"), ("an", "ascii"), ("an", "ebcdic"), ("b", "bin"), ("b", "hexascii"), ("z", "ascii"));
        var isFixed = _random.Next(2) == 0;
        var max = _random.Next(1, 12);
        if (isEnclosed && encoding == "bcd-l0") max *= 2;
        _leaves[path] = (type, encoding, max, isFixed);
        var length = isEnclosed ? (isFixed ? "\"length\":\"F\"," : "")
            : isFixed ? "\"length\":\"F\"," : $"\"length\":\"LL\",\"length_encoding\":\"{Pick("ascii", "bcd", "ebcdic", "bin1")}\",";
        return $"{{\"type\":\"{type}\",{length}\"max\":{max},\"encoding\":\"{encoding}\"}}";
    }

    private string Value((string Type, string Encoding, int Max, bool IsFixed) leaf)
    {
        var units = leaf.IsFixed ? leaf.Max : _random.Next(leaf.Max + 1);
        if (leaf.Encoding == "bcd-l0" && !leaf.IsFixed) units &= ~1;   // Where only bytes are counted, an odd count cannot be told.
        var text = new StringBuilder();
        for (var index = 0; index < (leaf.Type == "b" ? 2 * units : units); index++)
        {
            text.Append(leaf.Type switch
            {
                "n" or "z" => (char)_random.Next('0', '9' + 1),
                "b" => Pick('0', '7', 'A', 'F'),
                _ => (char)_random.Next(' ', '~' + 1),
            });
        }

        return text.ToString();
    }

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Protocol.Tests;

/// <summary>The vectors' parts: tags of DE55, tags of DE48, places of DE60, the bitmap of DE127, and broken tags.</summary>
public sealed class PartVectorTests
{
    [Fact]
    public void Every_tag_of_DE55_is_found_in_the_order_of_the_wire()
    {
        var checkedVectors = 0;
        foreach (var vector in Vectors.Raw("ascii", "bcd", "other"))
        {
            if (!vector.TryGetProperty("emv_tags", out var tags)) continue;
            checkedVectors++;
            var found = Parts(Vectors.Dialect(vector.GetProperty("dialect").GetString()!), Vectors.Hex(vector), 55);
            Assert.Equal(tags.EnumerateObject().Select(tag => $"{tag.Name}={tag.Value.GetString()}"), found);
        }

        Assert.Equal(6, checkedVectors);
    }

    [Fact]
    public void Tags_spelled_in_hex_text_are_found_too()
    {
        var spelled = Vectors.ByName("ascii-0100-auth-19f");
        var raw = Vectors.ByName("ascii-binbm-0100-auth-19f");
        Assert.Equal(
            Parts(Vectors.Dialect(raw.Dialect), raw.Bytes, 55), Parts(Vectors.Dialect(spelled.Dialect), spelled.Bytes, 55));
    }

    [Fact]
    public void Tagged_and_positional_parts_are_what_the_vectors_say()
    {
        var dialect = Extend("iso87-ascii-binbm", """
            "48":{"type":"an","length":"LLL","max":999,"encoding":"ascii","length_encoding":"ascii","parts":
              {"kind":"tagged","tag_bytes":2,"tag_encoding":"ascii","length":"LL","length_encoding":"ascii","fields":{}}},
            "60":{"type":"an","length":"LLL","max":999,"encoding":"ascii","length_encoding":"ascii","parts":
              {"kind":"positional","fields":{
                "1":{"type":"an","length":"F","max":2,"encoding":"ascii"},"2":{"type":"n","length":"F","max":2,"encoding":"ascii"},
                "3":{"type":"an","length":"F","max":4,"encoding":"ascii"},"4":{"type":"an","length":"F","max":7,"encoding":"ascii"}}}}
            """);
        var checkedVectors = 0;
        foreach (var vector in Vectors.Raw("other"))
        {
            if (!vector.TryGetProperty("subfields", out var subfields)) continue;
            checkedVectors++;
            foreach (var field in subfields.EnumerateObject())
            {
                var expected = field.Value.GetProperty("values").EnumerateObject().Select(part => $"{part.Name}={part.Value.GetString()}");
                var number = int.Parse(field.Name, System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(expected, Parts(dialect, Vectors.Hex(vector), number));
            }
        }

        Assert.Equal(2, checkedVectors);
    }

    [Fact]
    public void A_field_with_its_own_bitmap_decodes_to_its_parts_and_encodes_to_the_same_bytes()
    {
        var checkedVectors = 0;
        foreach (var vector in Vectors.Raw("other"))
        {
            if (!vector.TryGetProperty("dialect_override", out var change)) continue;
            checkedVectors++;
            var dialect = Extend(vector.GetProperty("dialect").GetString()!, Override(change.GetProperty("127")));
            AssertBothWays(dialect, vector);
            AssertBothWays(Dialect.BuiltIn("postilion")!, vector);
        }

        Assert.Equal(2, checkedVectors);
    }

    [Fact]
    public void A_broken_DE55_is_refused_when_it_is_opened_at_the_byte_where_it_breaks()
    {
        var expected = new Dictionary<string, int>
        {
            ["neg-tlv-truncated-value"] = 22,
            ["neg-tlv-truncated-tag"] = 16,
            ["neg-tlv-missing-length"] = 27,
            ["neg-tlv-length-of-length-5"] = 17,
            ["neg-tlv-long-form-overrun"] = 26,
        };
        foreach (var vector in Vectors.Negative.Where(vector => vector.Error == "BadTlv"))
        {
            var table = default(FieldTable);
            var fault = DeepDecoder.Decode(Vectors.Dialect(vector.Dialect), vector.Bytes, ref table);
            Assert.Equal(new MessageFault(DecodeError.BadTlv, new FieldPath(55), expected[vector.Name]), fault);
        }
    }

    [Fact]
    public void Spelled_in_hex_the_same_fault_is_found_at_twice_the_offset()
    {
        var spelled = Dialect.Parse("""{"dialect":"s","inherits":"iso87-ascii","fields":{}}"""u8);
        var bytes = Dialect.Parse("""
            {"dialect":"b","inherits":"iso87-ascii","fields":{"55":{"type":"b","length":"LLL","max":255,"encoding":"hexascii","length_encoding":"ascii",
             "parts":{"kind":"ber-tlv"}}}}
            """u8);
        var raw = Vectors.Dialect("iso87-ascii-binbm");
        var good = Convert.FromHexString("9F2608C2C12B098F3DA6E3720A8601009F180401020304950500800080009F36020015");
        var random = new Random(23);
        var refused = 0;
        for (var round = 0; round < 5_000; round++)
        {
            var content = MutationTests.Damage(random, good);
            var plain = Open(raw, content, out var rawAt);
            foreach (var dialect in (Dialect[])[spelled, bytes])
            {
                var fault = Open(dialect, content, out var hexAt);
                Assert.Equal((plain.Error, plain.IsOk ? 0 : 2 * (plain.Offset - rawAt)), (fault.Error, fault.IsOk ? 0 : fault.Offset - hexAt));
                if (!fault.IsOk) Assert.Equal(plain.Path.Text(raw), fault.Path.Text(dialect));
            }

            if (!plain.IsOk) refused++;
        }

        Assert.InRange(refused, 100, 4_900);
    }

    [Theory]
    [InlineData("9F2608C2C12B098F3DA6EX", 21)]
    [InlineData("9F2608C2C12B098F3DA6e3", 20)]
    [InlineData("9F2608C2C12B098F3DA6E", 20)]
    [InlineData(" ", 0)]
    public void Text_that_is_no_hex_is_no_BER_TLV(string text, int offset)
    {
        var dialect = Vectors.Dialect("iso87-ascii");
        var target = new byte[200];
        var writer = new MessageWriter(dialect, target);
        writer.Begin(0x0100, FieldSet.Of(55));
        writer.Text(55, Encoding.ASCII.GetBytes(text));
        var table = default(FieldTable);
        var fault = DeepDecoder.Decode(dialect, target.AsSpan(0, writer.End()), ref table);
        Assert.Equal(new MessageFault(DecodeError.BadTlv, new FieldPath(55), 4 + 16 + 3 + offset), fault);
    }

    private static MessageFault Open(Dialect dialect, byte[] content, out int start)
    {
        var target = new byte[1024];
        var writer = new MessageWriter(dialect, target);
        writer.Begin(0x0100, FieldSet.Of(55));
        writer.Parts(55, content);
        var table = default(FieldTable);
        var message = target.AsSpan(0, writer.End());
        var fault = DeepDecoder.Decode(dialect, message, ref table);
        start = new MessageReader(dialect, message, in table).Offset(55);
        return fault;
    }

    private static void AssertBothWays(Dialect dialect, JsonElement vector)
    {
        var message = Vectors.Hex(vector);
        var json = new ArrayBufferWriter<byte>();
        Assert.True(MessageText.WriteJson(dialect, message, true, false, json).IsOk);
        using var document = JsonDocument.Parse(json.WrittenMemory);
        var found = document.RootElement.GetProperty("fields").EnumerateObject().ToDictionary(field => field.Name, field => field.Value.GetString());
        found["0"] = document.RootElement.GetProperty("mti").GetString();
        var expected = vector.GetProperty("fields").EnumerateObject().ToDictionary(field => field.Name, field => field.Value.GetString());
        Assert.Equal(expected.OrderBy(field => field.Key), found.OrderBy(field => field.Key));
        var back = MessageJson.TryEncode(dialect, json.WrittenSpan, out var problems);
        Assert.Empty(problems);
        Assert.Equal(Convert.ToHexString(message), Convert.ToHexString(back!));
    }

    // The vectors' short way to write a composite, in the words of a dialect file.
    private static string Override(JsonElement field)
    {
        var parts = field.GetProperty("subfields").EnumerateObject().Select(part =>
        {
            var (type, length, max) = (part.Value[0].GetString(), part.Value[1].GetString(), part.Value[2].GetInt32());
            var prefix = length == "F" ? "" : ",\"length_encoding\":\"ascii\"";
            return $"\"{part.Name}\":{{\"type\":\"{type}\",\"length\":\"{length}\",\"max\":{max},\"encoding\":\"ascii\"{prefix}}}";
        });
        return $$"""
            "127":{"type":"b","length":"LLLLLL","max":999999,"encoding":"bin","length_encoding":"ascii","only_parts":true,
              "parts":{"kind":"bitmap","bitmap":"bin","bits":64,"fields":{ {{string.Join(",", parts)}} } } }
            """;
    }

    private static Dialect Extend(string parent, string fields) =>
        Dialect.Parse(Encoding.UTF8.GetBytes($$"""{"dialect":"extended","inherits":"{{parent}}","fields":{ {{fields}} } }"""));

    private static List<string> Parts(Dialect dialect, byte[] message, int field)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(dialect, message, ref table).IsOk);
        var parts = new MessageReader(dialect, message, in table).Open(field, new byte[message.Length]);
        var found = new List<string>();
        while (parts.MoveNext())
        {
            var text = new byte[parts.Units * 2];
            var path = new FieldPath(field).Then(parts.Key).Text(dialect);
            found.Add($"{path[(path.IndexOf('.', StringComparison.Ordinal) + 1)..]}={Encoding.ASCII.GetString(text, 0, parts.CopyText(text))}");
        }

        Assert.True(parts.IsOk, $"{parts.Error} at {parts.ErrorOffset}");
        return found;
    }
}

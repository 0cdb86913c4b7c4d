using System.Buffers;
using System.Text;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Text;

namespace SunnySwitch.Protocol.Tests;

public sealed class MessageTextTests
{
    private const string Pan = "4761739001010119";

    [Theory, MemberData(nameof(Vectors.PositiveNames), MemberType = typeof(Vectors))]
    public void Unmasked_json_encodes_back_to_the_same_bytes(string name)
    {
        var vector = Vectors.ByName(name);
        var dialect = Vectors.Dialect(vector.Dialect);
        var json = Json(dialect, vector.Bytes, unmasked: true);

        var message = MessageJson.TryEncode(dialect, Encoding.UTF8.GetBytes(json), out var problems);

        Assert.Empty(problems);
        Assert.Equal(vector.Bytes, message);
        foreach (var (field, text) in vector.Fields.Where(pair => pair.Key > 0))
        {
            Assert.Contains($"\"{field}\":\"{text}\"", json);
        }
    }

    [Theory, MemberData(nameof(Vectors.NegativeNames), MemberType = typeof(Vectors))]
    public void A_bad_message_is_one_error_object(string name)
    {
        var vector = Vectors.ByName(name);
        if (vector.Error == "BadTlv") return;
        var table = default(FieldTable);
        var result = Decoder.Decode(Vectors.Dialect(vector.Dialect), vector.Bytes, ref table);
        var field = vector.ErrorField < 0 ? "null" : $"\"{vector.ErrorField}\"";

        Assert.Equal(
            $$"""{"error":"{{vector.Error}}","field":{{field}},"offset":{{result.Offset}}}""",
            Json(Vectors.Dialect(vector.Dialect), vector.Bytes, unmasked: false));
    }

    [Fact]
    public void No_view_of_any_vector_shows_a_card_unless_asked()
    {
        foreach (var vector in Vectors.All)
        {
            var dialect = Vectors.Dialect(vector.Dialect);
            var views = Json(dialect, vector.Bytes, unmasked: false) + Tree(dialect, vector.Bytes, unmasked: false);
            if (vector.Fields.TryGetValue(2, out var pan)) AssertHidden(pan, views);
            if (vector.Fields.TryGetValue(35, out var track)) Assert.DoesNotContain(track[pan!.Length..], views);
            foreach (var field in new[] { 52, 55 })
            {
                if (vector.Fields.TryGetValue(field, out var secret)) Assert.DoesNotContain(secret, views);
            }
        }
    }

    [Theory]
    [InlineData(2, Pan, "476173******0119")]
    [InlineData(2, "123456789012", "************")]
    [InlineData(2, "6799998900000200012", "679999*********0012")]
    [InlineData(35, Pan + "=28122011234567890", "476173******0119=****")]
    [InlineData(35, Pan + "D28122011234567890", "476173******0119D****")]
    [InlineData(35, Pan, "****************")]
    [InlineData(35, "1234=5", "****=****")]
    [InlineData(36, "01" + Pan + "=1", "****************")]
    [InlineData(43, "CARD " + Pan + " PLEASE", "CARD 476173******0119 PLEASE")]
    [InlineData(43, "4761 7390 0101 0119", "4761 73** **** 0119")]
    [InlineData(43, "0216" + Pan + "99", "021647************1999")]
    [InlineData(44, Pan + "=2812101", "476173******0119=*******")]
    [InlineData(42, "MERCHANT0000001", "MERCHANT0000001")]
    [InlineData(37, "632616123456", "632616123456")]
    [InlineData(48, Pan, "****************")]
    [InlineData(52, "0123456789ABCDEF", "****************")]
    [InlineData(95, "000000005000000000000000C00000000C00000000", "000000005000000000000000C00000000C00000000")]
    [InlineData(102, "GB33BUKB20201555555555", "******************5555")]
    [InlineData(127, "cvv 123", "*******")]
    public void Each_field_is_masked_by_what_it_holds(int field, string value, string shown) =>
        Assert.Equal(shown, Masking.Mask(in Vectors.Dialect("iso87-ascii").Plans[field], field, value));

    [Theory, InlineData("iso87-ascii"), InlineData("iso87-bcd")]
    public void A_card_number_planted_in_any_text_field_is_hidden(string name)
    {
        var dialect = Vectors.Dialect(name);
        foreach (var field in dialect.Defined)
        {
            // DE95 of this shape is amounts and shown; every other text or track field that can hold a PAN is tried.
            if (dialect.TypeOf(field) is not (FieldType.Text or FieldType.Track)) continue;
            if (dialect.UnitsMax(field) < Pan.Length || dialect.HasParts(field)) continue;
            var value = dialect.IsFixed(field) ? Pan.PadRight(dialect.UnitsMax(field), ' ') : Pan;
            var json = "{\"mti\":\"0100\",\"fields\":{\"" + field + "\":\"" + value + "\"}}";
            var message = MessageJson.TryEncode(dialect, Encoding.UTF8.GetBytes(json), out _)!;
            AssertHidden(Pan, Json(dialect, message, unmasked: false) + Tree(dialect, message, unmasked: false));
            Assert.Contains(Pan, Json(dialect, message, unmasked: true));   // The control: it was there to be hidden.
        }
    }

    [Theory]
    [InlineData("""{"mti":"0100","fields":{"2":"476173******0119"}}""", "field 2: a masked value cannot be encoded")]
    [InlineData("""{"mti":"0100","fields":{"3":"12"}}""", "field 3: must have exactly 6 digits, has 2")]
    [InlineData(
        """{"mti":"0100","fields":{"2":"11111111111111111111"}}""", "field 2: may have at most 19 digits, has 20")]
    [InlineData("""{"mti":"0100","fields":{"3":"12345A"}}""", "field 3: character 6 is not a digit")]
    [InlineData("""{"mti":"0100","fields":{"52":"0"}}""", "field 52: hex needs an even number of characters")]
    [InlineData("""{"mti":"0100","fields":{"113":"0"}}""", "field 113: dialect iso87-bcd does not define it")]
    [InlineData("""{"mti":"0100","fields":{"43":"\u00e9"}}""", "field 43: character 1 is not printable ASCII")]
    [InlineData("""{"mti":"0100","fields":{"39":5}}""", "field 39: the value is a text")]
    [InlineData("""{"mti":"1","fields":{}}""", "mti: four digits as text")]
    [InlineData("""{"fields":{}}""", "mti: missing")]
    [InlineData("""{"mti":"0100"}""", "fields: missing")]
    [InlineData("""{"error":"Truncated","field":"0","offset":0}""", "an error object, there is nothing to encode")]
    [InlineData("[]", "an object with mti and fields is expected")]
    [InlineData("{", "not JSON at byte 2")]
    [InlineData("""{"mti":"0800","fields":{}} {}""", "not JSON at byte 28")]
    public void What_cannot_be_encoded_is_explained(string json, string problem)
    {
        var dialect = Vectors.Dialect("iso87-bcd");
        Assert.Null(MessageJson.TryEncode(dialect, Encoding.UTF8.GetBytes(json), out var problems));
        Assert.Contains(problem, problems);
    }

    [Fact]
    public void The_tree_shows_what_was_decoded_before_an_error_and_where_it_is()
    {
        var vector = Vectors.ByName("neg-truncated-fixed");
        var tree = Tree(Vectors.Dialect(vector.Dialect), vector.Bytes, unmasked: false);
        Assert.Contains("0110 ISO 8583:1987, authorization response, from the acquirer", tree);
        Assert.Contains("Amount, transaction ", tree);
        Assert.Contains("error: Truncated in field 7 (Transmission date and time) at offset", tree);
    }

    private static void AssertHidden(string pan, string views)
    {
        for (var start = 0; start + 11 <= pan.Length; start++) Assert.DoesNotContain(pan.Substring(start, 11), views);
    }

    private static string Json(Dialect dialect, byte[] message, bool unmasked)
    {
        var target = new ArrayBufferWriter<byte>();
        MessageText.WriteJson(dialect, message, unmasked, false, target);
        return Encoding.UTF8.GetString(target.WrittenSpan);
    }

    private static string Tree(Dialect dialect, byte[] message, bool unmasked)
    {
        var target = new ArrayBufferWriter<byte>();
        MessageTree.Write(dialect, message, unmasked, true, target);
        return Encoding.UTF8.GetString(target.WrittenSpan);
    }
}

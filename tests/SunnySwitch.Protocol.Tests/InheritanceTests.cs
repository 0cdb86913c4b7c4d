using System.Text;
using System.Text.Json;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

public sealed class InheritanceTests
{
    private const string Parent = """
        {"dialect":"parent","mti":"bcd","bitmap":"bin","fields":{
         "2":{"type":"n","length":"LL","max":19,"encoding":"bcd-l0","length_encoding":"bcd"},
         "3":{"type":"n","length":"F","max":6,"encoding":"bcd-l0"}}}
        """;

    [Fact]
    public void A_shipped_file_means_what_the_vectors_own_table_says()
    {
        foreach (var name in Vectors.Names)
        {
            var shipped = Vectors.Dialect(name);
            var table = Dialect.Parse(Vectors.Table(name));
            // The vectors' tables know no parts.
            Assert.Equal(table.Plans, shipped.Plans.Select(plan => plan with { Parts = 0 }));
            Assert.Equal((table.MtiForm, table.BitmapForm), (shipped.MtiForm, shipped.BitmapForm));
        }
    }

    [Fact]
    public void What_a_file_says_replaces_what_its_parent_says_and_null_takes_away()
    {
        var child = Parse("""
            {"dialect":"child","inherits":"parent","mti":"ascii","fields":{
             "2":null,
             "4":{"type":"n","length":"F","max":12,"encoding":"bcd-l0"}}}
            """);
        Assert.Equal(FieldSet.Of(3, 4), child.Defined);
        Assert.Equal((MtiForm.Ascii, BitmapForm.Raw), (child.MtiForm, child.BitmapForm));
        Assert.Equal("child", child.Name);
    }

    [Fact]
    public void The_version_covers_every_file_of_the_chain()
    {
        const string child = """{"dialect":"child","inherits":"parent"}""";
        Assert.Equal(Dialect.Crc32C(0, Encoding.UTF8.GetBytes(Parent + child)), Parse(child).Version);
    }

    [Theory]
    [InlineData("""{"dialect":"child","inherits":"nobody"}""", "inherits: there is no dialect nobody")]
    [InlineData("""{"dialect":"child","inherits":"child"}""", "inherits: child leads back to itself")]
    [InlineData("""{"dialect":"child","inherits":"circle"}""", "circle: inherits: child leads back to itself")]
    [InlineData("""{"dialect":"child","inherits":"endless0"}""", "endless6: inherits: more than 8 files in a chain")]
    [InlineData("""{"dialect":"child","inherits":7}""", "inherits: a text")]
    [InlineData("""{"dialect":"child","inherits":"broken"}""", "broken: not JSON: line 1, byte 2")]
    [InlineData("""{"dialect":"child","inherits":"parent","fields":{"3":{"type":"n"}}}""", "fields.3.length: missing")]
    public void A_chain_that_cannot_be_followed_is_refused_with_a_reason(string json, string problem) =>
        Assert.Contains(problem, Assert.Throws<DialectException>(() => Parse(json)).Problems);

    [Fact]
    public void A_third_bitmap_and_a_field_65_exclude_each_other()
    {
        const string json = """
            {"dialect":"a","mti":"bcd","bitmap":"bin","fields":{
             "65":{"type":"b","length":"F","max":8,"encoding":"bin"},
             "130":{"type":"b","length":"F","max":8,"encoding":"bin"}}}
            """;
        Assert.Contains(
            "fields.65: announces the third bitmap where there are fields over 128",
            Assert.Throws<DialectException>(() => Parse(json)).Problems);
    }

    [Theory]
    [InlineData("pad-nibble", "0200400000000000000003F123", DecodeError.BadPadding)]
    [InlineData("trailing-bytes", "020020000000000000001234560000", DecodeError.TrailingBytes)]
    public void A_leniency_is_taken_only_where_it_is_named(string leniency, string hex, DecodeError otherwise)
    {
        var message = Convert.FromHexString(hex);
        var table = default(FieldTable);
        Assert.Equal(otherwise, Decoder.Decode(Parse(Parent), message, ref table).Error);
        var lenient = Parse("{\"dialect\":\"child\",\"inherits\":\"parent\",\"lenient\":[\"" + leniency + "\"]}");
        Assert.True(Decoder.Decode(lenient, message, ref table).IsOk);
    }

    [Fact]
    public void Lower_case_hex_is_taken_where_it_is_named()
    {
        const string json = """
            {"dialect":"a","mti":"ascii","bitmap":"hexascii","lenient":[],"fields":{
             "9":{"type":"b","length":"F","max":1,"encoding":"hexascii"},
             "11":{"type":"b","length":"F","max":1,"encoding":"hexascii"}}}
            """;
        var message = Encoding.ASCII.GetBytes("020000a0000000000000aBcd");
        var table = default(FieldTable);
        Assert.Equal(DecodeError.BadBitmap, Decoder.Decode(Parse(json), message, ref table).Error);
        var lenient = Parse(json.Replace("[]", "[\"lower-case-hex\"]", StringComparison.Ordinal));
        Assert.True(Decoder.Decode(lenient, message, ref table).IsOk);
    }

    private static Dialect Parse(string json) => Dialect.Parse(Encoding.UTF8.GetBytes(json), name => name switch
    {
        "parent" => Encoding.UTF8.GetBytes(Parent),
        "circle" => """{"dialect":"circle","inherits":"child"}"""u8.ToArray(),
        "broken" => "{"u8.ToArray(),
        _ when name.StartsWith("endless", StringComparison.Ordinal) =>
            JsonSerializer.SerializeToUtf8Bytes(new { dialect = name, inherits = "endless" + (int.Parse(name[7..]) + 1) }),
        _ => null,
    });
}

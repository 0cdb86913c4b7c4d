using System.Text;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

public sealed class DialectTests
{
    [Fact]
    public void The_shipped_dialects_are_found_by_name()
    {
        Assert.Equal(
            Vectors.Names.Concat(["base24", "iso2003-bcd", "iso93-ascii", "postilion"]).Order(StringComparer.Ordinal), Dialect.BuiltInNames);
        foreach (var name in Dialect.BuiltInNames) Assert.Equal(name, Dialect.BuiltIn(name)!.Name);
        Assert.Null(Dialect.BuiltIn("iso87"));
    }

    [Fact]
    public void The_version_is_the_crc_32c_of_the_file()
    {
        // 0xE3069283 is the check value of CRC-32C, of the text 123456789; a file cannot be that, so the known one is
        // made by hand.
        var json = """
            {"dialect":"a","mti":"bcd","bitmap":"bin",
             "fields":{"3":{"type":"n","length":"F","max":6,"encoding":"ascii"}}}
            """u8;
        Assert.Equal(SlowCrc32C(json), Dialect.Parse(json).Version);
        Assert.Equal(0xE3069283u, SlowCrc32C("123456789"u8));
    }

    [Fact]
    public void Every_problem_is_listed_at_once()
    {
        var refused = Refuse("""
            {
              "dialect": "no spaces please", "mti": "utf8", "bitmap": "bin", "colour": "red",
              "fields": {
                "1": {}, "193": {}, "x": {},
                "2": {"type": "n", "length": "LLLLLLL", "max": 19, "encoding": "ascii", "length_encoding": "ascii"},
                "3": {"type": "n", "length": "F", "max": 0, "encoding": "ascii", "length_encoding": "ascii"},
                "4": {"type": "q", "length": "F", "max": 12, "encoding": "ascii"},
                "5": {"type": "n", "length": "F", "max": 12, "encoding": "hexascii"},
                "6": {"type": "an", "length": "LL", "max": 100, "encoding": "ascii", "length_encoding": "utf8"},
                "7": {"type": "n", "length": "F", "max": 12, "encoding": "ascii"},
                "7": {"type": "n", "length": "F", "max": 12, "encoding": "ascii"},
                "8": 8,
                "9": {"lenght": "F"}
              }
            }
            """);
        foreach (var expected in new[]
        {
            "dialect: 1 to 64 letters", "mti: ascii, bcd, ebcdic; is utf8", "colour: not a known key", "fields.1: ",
            "fields.193: ",
            "fields.x: ", "fields.2.length: F, L, LL, LLL, LLLL, LLLLL, LLLLLL; is LLLLLLL", "fields.3.max: ",
            "fields.3.length_encoding: a fixed",
            "fields.4.type: ", "fields.5.encoding: hexascii is not known for type n", "fields.6.max: ",
            "fields.6.length_encoding: ascii, bcd, ebcdic, bin1 to bin4, hexascii or hexebcdic, is utf8", "fields.7: defined twice", "fields.8: a JSON object",
            "fields.9.lenght: not a known key", "fields.9.type: missing", "fields.9.max: missing",
        })
        {
            Assert.Contains(refused.Problems, problem => problem.StartsWith(expected, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("""{"dialect":"a","mti":"bcd","bitmap":"bin","fields":{}}""")]
    [InlineData("""
        {"dialect":"a","mti":"bcd","bitmap":"bin",
         "fields":{"2":{"type":"n","length":"F","max":99999999999,"encoding":"ascii"}}}
        """)]
    public void A_broken_file_is_refused_with_a_reason(string json) => Assert.NotEmpty(Refuse(json).Problems);

    [Fact]
    public void A_hostile_file_is_refused_shortly()
    {
        Assert.True(Refuse(new string('[', 100_000)).Message.Length < 1000);
        Assert.True(Refuse("{\"a\":\"" + new string('x', 2_000_000) + "\"}").Message.Length < 1000);
        var strangers = string.Join(",", Enumerable.Range(0, 20_000).Select(index => $"\"s{index}\":1"));
        Assert.InRange(Refuse("{" + strangers + "}").Problems.Count, 1, 201);
    }

    private static DialectException Refuse(string json) =>
        Assert.Throws<DialectException>(() => Dialect.Parse(Encoding.UTF8.GetBytes(json)));

    private static uint SlowCrc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }
}

using System.Text;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Tests;

public sealed class DialectTests
{
    private const string NoPart =
        "security.authentication_verdict.part: a part of a field, as 126.9 or 48.71, that this dialect splits into parts";

    [Fact]
    public void The_shipped_dialects_are_found_by_name()
    {
        Assert.Equal(
            Vectors.Names.Concat(["base24", "iso2003-bcd", "iso93-ascii", "pos-host", "postilion"]).Order(StringComparer.Ordinal), Dialect.BuiltInNames);
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

    [Fact]
    public void Hostile_parts_are_refused_with_a_reason_in_under_a_second()
    {
        const string leaf = """{"type":"an","length":"F","max":1,"encoding":"ascii"}""";
        string Parts(string inner) => $$$"""{"type":"b","length":"LLL","max":99,"encoding":"bin","length_encoding":"ascii","parts":{{{inner}}}}""";
        string File(string field) => $$$"""{"dialect":"a","mti":"bcd","bitmap":"bin","fields":{"60":{{{field}}}} }""";

        // Deeper than paths go; a key twice; a gap; ten thousand of them; lengths of 2^31; bits beyond the bitmap.
        var deep = leaf;
        for (var depth = 0; depth < 9; depth++) deep = Parts($$$"""{"kind":"positional","fields":{"1":{{{deep}}}} }""");
        AssertProblem(File(deep), "parts within parts go 7 deep at most");
        AssertProblem(File(Parts($$$"""{"kind":"positional","fields":{"1":{{{leaf}}},"3":{{{leaf}}}} }""")), "places are 1, 2, 3 and so on");
        var many = string.Join(",", Enumerable.Range(0, 10_000).Select(index => $"\"{index:X4}\":{{\"type\":\"b\",\"encoding\":\"bin\"}}"));
        AssertProblem(
            File(Parts($$$"""{"kind":"tagged","tag_bytes":2,"tag_encoding":"bin","length":"LL","length_encoding":"bin1","fields":{{{{many}}}} }""")),
            "more than 4096 parts in one dialect");
        AssertProblem(File("""{"type":"b","length":"LLLLLL","max":2147483648,"encoding":"bin","length_encoding":"bin4"}"""), "fields.60.max: a whole number");
        AssertProblem(File(Parts($$$"""{"kind":"bitmap","bitmap":"bin","bits":8,"fields":{"9":{{{leaf}}}} }""")), "the bitmap has 8 bits");
        AssertProblem(File(Parts("""{"kind":"ber-tlv","fields":{"9F":{"type":"b","encoding":"bin"}} }""")), "a BER-TLV tag of 1 to 4 bytes");
        AssertProblem(File(Parts("""{"kind":"circle"}""")), "parts.kind: positional, bitmap, tagged, ber-tlv; is circle");
    }

    [Theory]
    [InlineData("""{"field":48,"right":["V"],"wrong":["I"]}""", null)]
    [InlineData("""{"field":48,"right":["V"]}""", "security.authentication_verdict.wrong: a list of texts, one to four characters each")]
    [InlineData("""{"field":48,"right":[],"wrong":["I"]}""", "security.authentication_verdict.right: a list of texts, one to four characters each")]
    [InlineData("""{"field":48,"right":["V",1],"wrong":["I"]}""", "security.authentication_verdict.right: a list of texts, one to four characters each")]
    [InlineData("""{"field":48,"right":["V","I"],"wrong":["I"]}""", "security.authentication_verdict: a value is right or wrong, not both")]
    [InlineData("""{"field":48,"length":5,"right":["V"],"wrong":["I"]}""", "security.authentication_verdict.length: a whole number from 1 to 4")]
    [InlineData("""{"field":52,"right":["V"],"wrong":["I"]}""", "security.authentication_verdict.field: digits or text; field 52 is none of them")]
    [InlineData("""{"field":48,"part":"48.1","right":["V"],"wrong":["I"]}""", "security.authentication_verdict: field or part, one of them")]
    [InlineData("""{"part":"48.1","right":["V"],"wrong":["I"]}""", NoPart)]
    [InlineData("""{"part":48,"right":["V"],"wrong":["I"]}""", NoPart)]
    [InlineData("""{"field":48,"good":["V"],"right":["V"],"wrong":["I"]}""", "security.authentication_verdict.good: not a known key")]
    public void Where_the_network_says_how_it_verified_a_proof_is_checked(string place, string? problem)
    {
        var json = $$$"""
            {"dialect":"own","inherits":"iso87-ascii","security":{"authentication_verdict":{{{place}}},"authentication_result":{"field":44,"at":2} } }
            """;
        if (problem is not null) Assert.Contains(problem, Refuse(json).Problems);
        else Assert.Equal(["V"], Dialect.Parse(Encoding.UTF8.GetBytes(json)).Security!.AuthenticationVerdict!.Right);
    }

    [Fact]
    public void What_is_said_of_the_exchange_is_checked()
    {
        var refused = Refuse("""
            {"dialect":"a","mti":"ascii","bitmap":"bin","framing":7,"keep_alive":"often","flow":{"0100":"0100","x":"y"},"match":[7],
             "timers":{"answer_seconds":0,"tea":1},"response_codes":{"000":"0","00":"123","05":"05"},"manual":[1],
             "fields":{"39":{"type":"an","length":"F","max":2,"encoding":"ascii"}}}
            """);
        foreach (var expected in new[]
        {
            "framing: a text", "keep_alive: refuse, answer, ignore; is often", "flow.0100: four digits", "flow.x: four digits",
            "match: field 11 has to be among them", "match: field 7 is not defined", "timers.tea: not a known key", "timers.answer_seconds: a whole",
            "response_codes.000: a code of ISO", "response_codes.00: must have exactly 2", "manual: texts",
        })
        {
            Assert.Contains(refused.Problems, problem => problem.StartsWith(expected, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_framing_that_is_none_is_refused_with_the_file() => Assert.Contains(
        Refuse("""{"dialect":"a","inherits":"iso87-bcd","framing":"be16+tpdu"}""").Problems,
        problem => problem.StartsWith("framing: tpdu is no piece of a framing", StringComparison.Ordinal));

    [Fact]
    public void A_code_goes_out_as_the_dialect_maps_it()
    {
        var target = new byte[4];
        Dialect.BuiltIn("iso93-ascii")!.WriteResponseCode('5' | ('1' << 8), target);
        Assert.Equal("116", Encoding.ASCII.GetString(target, 0, 3));
        Dialect.BuiltIn("iso2003-bcd")!.WriteResponseCode('Z' | ('9' << 8), target);
        Assert.Equal("9090", Convert.ToHexString(target, 0, 2));
        Dialect.BuiltIn("iso87-ebcdic")!.WriteResponseCode('0' | ('5' << 8), target);
        Assert.Equal("F0F5", Convert.ToHexString(target, 0, 2));
    }

    private static void AssertProblem(string json, string expected)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains(Refuse(json).Problems, problem => problem.Contains(expected, StringComparison.Ordinal));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);   // Usual: some milliseconds.
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

using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell.Tests;

/// <summary>The proof of a cardholder's authentication, from wherever a dialect has it to its code; it is in no frame.</summary>
public sealed class AuthenticationTests
{
    private const string Hex = "0700010972799396022310347279930000000000", Wrong = "0700010872799396022310347279930000000000";
    private readonly ScriptedDesk _desk = new();
    private readonly MemoryDisk _disk = new();

    public static TheoryData<string, string> Places => new()
    {
        { """{"field":63,"at":3,"length":40}""", "05" + Hex },
        { """{"field":63,"at":3,"length":40}""", "05" + Hex.ToLowerInvariant() },
        { """{"field":63,"at":3,"length":28}""", "05" + Convert.ToBase64String(Convert.FromHexString(Hex)) },
        { """{"field":63,"at":3}""", "05" + Convert.ToBase64String(Convert.FromHexString(Hex)) + "     " },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void It_is_read_in_hex_and_base64_and_only_its_verdict_stays(string place, string field)
    {
        using (var cell = New(place))
        {
            Assert.Equal("00", DeskTests.Code(cell, 1, (63, field)));
            Assert.Equal(1, _desk.Asked);
            Assert.Equal("00", CellUnderTest.Field(cell.Exchange(DeskTests.Purchase(1, 0x0101, (63, field))), 39));
            Assert.Equal(1, _desk.Asked);                                  // A repeat is not verified again.
        }

        var decided = Assert.Single(DeskTests.Decisions(_disk));
        Assert.Equal((SecurityVerdict.Right, 5), (decided.Request.Security.Authentication, decided.Request.Indicator));
        Assert.True(decided.Explanation.HasRun(Check.Authentication));
        foreach (var name in _disk.List())
        {
            var bytes = Convert.ToHexString(_disk.Durable(name));
            foreach (var secret in new[] { Hex[..16], Hex[8..24], field[2..18], field[10..26], "4761739001010119" })
            {
                Assert.DoesNotContain(secret.ToUpperInvariant(), bytes, StringComparison.Ordinal);
                Assert.DoesNotContain(Convert.ToHexString(Encoding.ASCII.GetBytes(secret)), bytes, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_wrong_one_gets_05_and_what_is_no_value_is_none()
    {
        using var cell = New("""{"field":63,"at":3}""");
        Assert.Equal("05", DeskTests.Code(cell, 1, (63, "05" + Wrong)));
        Assert.Equal(1, _desk.Asked);
        foreach (var none in new[] { "05", "05" + Hex[..39], "05" + new string('Z', 40), "05!!" + new string('A', 26), "  " })
        {
            Assert.Equal("00", DeskTests.Code(cell, 2 + none.Length, (63, none)));
        }

        Assert.Equal(1, _desk.Asked);
    }

    [Fact]
    public void Where_the_product_asks_for_it_its_absence_is_1A_and_authenticating_helps()
    {
        using (var cell = New("""{"field":63,"at":3}"""))
        {
            Ask(cell, new RuleSet { ProductCount = 1, AuthenticationAlways = 1 });
            Assert.Equal(["00", "1A", "00"], [DeskTests.Code(cell, 1), DeskTests.Code(cell, 2, (63, "07")), DeskTests.Code(cell, 3, (63, "05" + Hex))]);
        }

        Assert.Equal([-1, 7, 5], DeskTests.Decisions(_disk).Select(decided => decided.Request.Indicator));
    }

    [Theory]
    [InlineData("V", true, "00", 'U', '2', Liability.Issuer)]
    [InlineData("VA", true, "00", 'U', '2', Liability.Issuer)]
    [InlineData("I", true, "05", ' ', '1', Liability.Acquirer)]
    [InlineData("U", true, "05", ' ', '4', Liability.Unproved)]
    [InlineData("U", false, "00", 'U', '4', Liability.Unproved)]
    [InlineData(" ", false, "00", 'U', ' ', Liability.Unproved)]
    [InlineData(" ", true, "1A", ' ', ' ', Liability.Unproved)]
    public void Where_only_the_network_can_verify_it_its_word_is_the_verdict_and_the_answer_tells_it(
        string word, bool isAsked, string code, char address, char proof, Liability liability)
    {
        string details, repeated;
        using (var cell = Network("\"result\":{\"field\":44,\"at\":1}"))
        {
            if (isAsked) Ask(cell, new RuleSet { ProductCount = 1, AuthenticationClaimed = 1 });
            var answer = cell.Exchange(DeskTests.Purchase(1, 0x0100, (48, word.PadRight(2)), (60, "94305"), (63, "05")));
            details = CellUnderTest.Field(answer, 39) + CellUnderTest.Field(answer, 44);
            answer = cell.Exchange(DeskTests.Purchase(1, 0x0101, (48, word.PadRight(2)), (60, "94305"), (63, "05")));
            repeated = CellUnderTest.Field(answer, 39) + CellUnderTest.Field(answer, 44);
        }

        Assert.Equal($"{code}{address}{proof}".TrimEnd(), details);
        Assert.Equal(details, repeated);
        var decided = Assert.Single(DeskTests.Decisions(_disk));
        Assert.Equal(liability, Electronic.LiabilityOf(in decided.Request));
        Assert.Equal(word.Trim().Length > 0, decided.Request.Has.HasFlag(RequestHas.NetworkVerdict));
    }

    [Theory]
    [InlineData(Hex, "05", "", SecurityVerdict.Right)]
    [InlineData(Wrong, "06", "", SecurityVerdict.Wrong)]
    [InlineData("", "05", "05V ", SecurityVerdict.Right)]
    [InlineData("", "05", "05I ", SecurityVerdict.Wrong)]
    public void It_is_read_out_of_parts_of_fields_and_parts_of_these(string value, string indicator, string word, SecurityVerdict verdict)
    {
        // 126: a bitmap of 8 bits, bit 3 the value. 48: tags and lengths of two digits, 71 the word, 42 has places, the second the indicator.
        var parts48 = "4204" + "XX" + indicator + (word.Length > 0 ? $"71{word.Length:D2}{word}" : "");
        var text = value.Length > 0 ? "20" + value : "00";
        using (var cell = Open("""
            {"dialect":"own","inherits":"iso87-ascii","fields":{
             "48":{"type":"ans","length":"LLL","max":99,"encoding":"ascii","length_encoding":"ascii","parts":
              {"kind":"tagged","tag_bytes":2,"tag_encoding":"ascii","length":"LL","length_encoding":"ascii","fields":{
               "42":{"type":"ans","encoding":"ascii","parts":{"kind":"positional","fields":{
                "1":{"type":"ans","length":"F","max":2,"encoding":"ascii"},"2":{"type":"n","length":"F","max":2,"encoding":"ascii"}}}},
               "71":{"type":"ans","encoding":"ascii"}}}},
             "126":{"type":"an","length":"LLL","max":99,"encoding":"ascii","length_encoding":"ascii","parts":
              {"kind":"bitmap","hex_text":true,"bitmap":"bin","bits":8,"fields":{"3":{"type":"b","length":"F","max":20,"encoding":"bin"}}}}},
             "security":{"authentication_value":{"part":"126.3"},"indicator":{"part":"48.42.2"},
             "authentication_verdict":{"part":"48.71","at":3,"length":1,"right":["V"],"wrong":["I"]}}}
            """))
        {
            DeskTests.Code(cell, 1, (48, parts48), (126, text));
        }

        var decided = Assert.Single(DeskTests.Decisions(_disk));
        Assert.Equal((verdict, indicator[1] - '0'), (decided.Request.Security.Authentication, decided.Request.Indicator));
    }

    [Theory]
    [InlineData(Hex, SecurityVerdict.Right)]
    [InlineData(Wrong, SecurityVerdict.Wrong)]
    public void Where_a_key_of_ours_verifies_it_the_networks_word_is_not_heard(string value, SecurityVerdict verdict)
    {
        using (var cell = Network("\"result\":{\"field\":44,\"at\":1}"))
        {
            DeskTests.Code(cell, 1, (48, verdict == SecurityVerdict.Right ? "I " : "V "), (63, "05" + value));
        }

        var decided = Assert.Single(DeskTests.Decisions(_disk));
        Assert.Equal((verdict, false), (decided.Request.Security.Authentication, decided.Request.Has.HasFlag(RequestHas.NetworkVerdict)));
    }

    [Theory]
    [InlineData("iso87-ascii", "1A")]
    [InlineData("iso93-ascii-binbm", "122")]
    [InlineData("iso2003-bcd", "1220")]
    public void Every_edition_has_its_own_word_for_it(string dialect, string code) =>
        Assert.Equal(code, Dialect.BuiltIn(dialect)!.ResponseCodes.GetValueOrDefault("1A", "1A"));

    private static void Ask(CellUnderTest cell, RuleSet rules)
    {
        Encoding.ASCII.GetBytes("x", rules.Name);
        rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.RulesActivate, _ => { }) { Rules = rules }).Outcome);
    }

    // The word of the network in field 48; both letters of the answer in field 44.
    private CellUnderTest Network(string result) => Open($$$"""
        {"dialect":"own","inherits":"iso87-ascii","address":{"postal":{"field":60,"at":1,"length":9},{{{result}}}},
         "security":{"authentication_value":{"field":63,"at":3,"length":40},"indicator":{"field":63,"at":1,"length":2},
         "authentication_verdict":{"field":48,"at":1,"length":2,"right":["V","VA"],"wrong":["I"]},"authentication_result":{"field":44,"at":2} } }
        """);

    private CellUnderTest New(string place) => Open($$$"""
        {"dialect":"own","inherits":"iso87-ascii","security":{"authentication_value":{{{place}}},"indicator":{"field":63,"at":1,"length":2} } }
        """);

    private CellUnderTest Open(string json)
    {
        var cell = new CellUnderTest(_disk, hsm: _desk, dialect: Dialect.Parse(Encoding.UTF8.GetBytes(json)));
        cell.AddCard();
        return cell;
    }
}

using System.Text;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>A file of rules is taken whole or refused whole, with every problem.</summary>
public sealed class RulesFileTests
{
    [Fact]
    public void A_file_says_what_its_limits_are()
    {
        var rules = Read("""
            {
              // Two limits.
              "rules": "two",
              "limits": [
                { "id": 7, "name": "cash", "subject": "card", "operations": ["cash", "cashBack"], "window": "day", "currency": 840, "amountMax": 100000 },
                { "id": 2, "name": "hour", "subject": "terminal", "window": "60m", "countMax": 600, },
              ]
            }
            """, out var problems);
        Assert.Empty(problems);
        Assert.Equal((2, "two"), (rules.Count, rules.Name.ToString()));
        var (cash, hour) = (rules.Limits[0], rules.Limits[1]);
        Assert.Equal((7, LimitSubject.Card, 0, 840, 100_000L, 0L), (cash.Id, cash.Subject, cash.Minutes, cash.Currency, cash.AmountMaxMinor, cash.CountMax));
        Assert.Equal((1 << (int)Operation.Cash) | (1 << (int)Operation.CashBack), cash.Operations);
        Assert.Equal((2, LimitSubject.Terminal, 60, 0, 0L, 600L), (hour.Id, hour.Subject, hour.Minutes, hour.Currency, hour.AmountMaxMinor, hour.CountMax));
        Assert.True(hour.Counts(Operation.Purchase, 978));
        Assert.False(hour.Counts(Operation.Refund, 978));
    }

    [Fact]
    public void A_shared_limit_is_one_that_other_cells_can_count_for()
    {
        string Limit(int id, string subject, string shared) =>
            $$"""{ "id": {{id}}, "name": "x", "subject": "{{subject}}", "window": "60m", "countMax": 5, "shared": {{shared}} }""";
        string File(IEnumerable<string> limits) => $$"""{ "rules": "r", "limits": [{{string.Join(',', limits)}}] }""";
        string[] subjects = ["card", "merchant", "terminal", "bin", "card", "card", "card", "card"];
        var rules = Read(File([.. subjects.Select((subject, index) => Limit(index + 1, subject, "true")), Limit(20, "account", "false")]), out var problems);
        Assert.Empty(problems);
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 0], ((ReadOnlySpan<LimitTerms>)rules.Limits)[..9].ToArray().Select(limit => (int)limit.Shared));

        string[] wrong = [Limit(1, "account", "true"), Limit(2, "card", "1")];
        Read(File([.. wrong, .. subjects.Select((subject, index) => Limit(index + 3, subject, "true"))]), out problems);
        Assert.Equal(
            [
                "limits.0.shared: not of accounts: each cell numbers its own, so that no other has counted for them; card, merchant, terminal or bin",
                "limits.1.shared: true or false",
                "limits: 8 at most are shared, there are 9: all are asked for, for each request",
            ], problems);
    }

    [Fact]
    public void Every_problem_is_listed_with_its_place()
    {
        Read("""
            {
              "rules": "a name that is much too long", "colour": "red",
              "limits": [
                { "id": 65, "subject": "cards", "window": "25h", "operations": [], "amountMax": 0, "speed": 1 },
                { "id": 1, "name": "x", "subject": "card", "window": "1441m", "amountMax": 5 },
                { "id": 1, "name": "x", "subject": "card,account", "window": "day", "currency": 998, "countMax": 2 },
                { "name": "x", "subject": "bin", "window": "day" },
                5
              ]
            }
            """, out var problems);
        string[] expected =
        [
            "colour: no such key; there are $schema, rules, limits, authorizations, categories, products, countries, hot, unlinkedRefunds, "
                + "acceptors, pinTries",
            "rules: 1 to 16 printable characters",
            "limits.0.speed: no such key; there are id, name, subject, counts, operations, window, currency, countMax, amountMax, "
                + "attemptsMin, declinesPermille, shared",
            "limits.0.id: 1 to 64",
            "limits.0.name: 1 to 16 printable characters",
            "limits.0.subject: card, account, merchant, terminal or bin",
            "limits.0.window: day, week, month, ever, or the last minutes, 1m to 1440m",
            "limits.0.operations: a list that is not empty",
            "limits.0.amountMax: 1 to 1000000000000000",
            "limits.1.window: day, week, month, ever, or the last minutes, 1m to 1440m",
            "limits.1.currency: needed with amountMax",
            "limits.2.subject: card, account, merchant, terminal or bin",
            "limits.2.currency: 998 is no currency of ISO 4217",
            "limits.3.id: missing",
            "limits.3: countMax, amountMax or both",
            "limits.4: an object",
            "limits: id 1 is given twice",
        ];
        foreach (var problem in expected) Assert.Contains(problem, problems);
    }

    [Fact]
    public void Limits_over_weeks_and_months_ratios_the_register_addresses_and_regions_are_read()
    {
        var rules = Read("""
            {
              "rules": "x",
              "limits": [
                { "id": 1, "name": "week", "subject": "card", "window": "week", "countMax": 5 },
                { "id": 2, "name": "month", "subject": "account", "window": "month", "currency": 840, "amountMax": 5 },
                { "id": 3, "name": "ever", "subject": "card", "window": "ever", "countMax": 1 },
                { "id": 4, "name": "storm", "subject": "terminal", "counts": "ratio", "window": "10m", "attemptsMin": 20, "declinesPermille": 600 }
              ],
              "products": [ { "name": "a", "bin": "400000" }, { "name": "b", "bin": "400001", "refuseOtherAddress": true } ],
              "hot": [ { "bin": "400001", "reason": "lost", "region": "150" } ],
              "acceptors": "terminals"
            }
            """, out var problems);
        Assert.Empty(problems);
        Assert.Equal(
            [LimitTerms.Week, LimitTerms.Month, LimitTerms.Life, 10],
            Enumerable.Range(0, 4).Select(index => rules.Limits[index].Minutes));
        Assert.Equal((LimitCounts.Ratio, 20L, 600L), (rules.Limits[3].Kind, rules.Limits[3].CountMax, rules.Limits[3].AmountMaxMinor));
        Assert.Equal((2, RuleFlags.TerminalsAreRegistered, 150), (rules.AddressNeeded, rules.Flags, rules.Hot[0].Region));
        Assert.Equal((HotReason.Lost, HotReason.None), (rules.HotBin(400_001, 56, 20_000), rules.HotBin(400_001, 840, 20_000)));
    }

    [Fact]
    public void What_makes_no_sense_of_them_is_named()
    {
        Read("""
            {
              "rules": "x",
              "limits": [
                { "id": 1, "name": "a", "subject": "bin", "counts": "ratio", "window": "day", "countMax": 5 },
                { "id": 2, "name": "b", "subject": "bin", "window": "year", "countMax": 5 },
                { "id": 3, "name": "c", "subject": "bin", "window": "day", "countMax": 5, "attemptsMin": 5 },
                { "id": 4, "name": "d", "subject": "bin", "counts": "ratio", "window": "day", "attemptsMin": 5, "declinesPermille": 1000 }
              ],
              "hot": [ { "bin": "400001", "reason": "lost", "region": "999" } ],
              "acceptors": true
            }
            """, out var problems);
        string[] expected =
        [
            "acceptors: any, merchants or terminals have to be in the register",
            "hot.0.region: no country or region of UN M49",
            "limits.0.attemptsMin: missing",
            "limits.0.countMax: not where a ratio is counted",
            "limits.0.declinesPermille: missing",
            "limits.1.window: day, week, month, ever, or the last minutes, 1m to 1440m",
            "limits.2.attemptsMin, limits.2.declinesPermille: only where a ratio is counted",
            "limits.3.declinesPermille: 1 to 999",
        ];
        Assert.Equal(expected, problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_says_what_holds_for_categories_products_and_countries()
    {
        var rules = Read("""
            {
              "rules": "terms", "limits": [],
              "authorizations": { "holdDays": 5, "preAuthorizationDays": 20 },
              "categories": [
                { "category": "7011", "to": "7012", "preAuthorizationDays": 31, "tolerancePermille": 150 },
                { "category": "7995", "refused": true }, { "category": "3000", "to": "3299", "unlinkedRefunds": true, "holdDays": 9 }
              ],
              "products": [
                { "name": "prepaid", "bin": "400000", "to": "400009", "operations": ["purchase"], "partialApproval": false, "homeCountry": "056" }
              ],
              "countries": { "allowed": ["056", "250"] },
              "hot": [ { "bin": "400000", "to": "400001", "reason": "pickUp", "from": "2026-12-01", "until": "2026-12-31" },
                { "terminal": "TERM1", "acquirer": "400001" } ],
              "unlinkedRefunds": false
            }
            """, out var problems);
        Assert.Empty(problems);
        Assert.Equal((5, 20), (rules.HoldDays, rules.PreAuthorizationDays));
        Assert.Equal((31, 150), (rules.CategoryOf(7012).PreAuthorizationDays, rules.CategoryOf(7012).TolerancePermille));
        Assert.Equal((CategoryFlags.Refused, CategoryFlags.UnlinkedRefunds), (rules.CategoryOf(7995).Flags, rules.CategoryOf(3299).Flags));
        Assert.Equal((0, 0), (rules.CategoryOf(3300).HoldDays, (int)rules.CategoryOf(3300).Flags));
        Assert.Equal((0, -1, -1), (rules.ProductOf(400_009), rules.ProductOf(400_010), rules.ProductOf(399_999)));
        var product = rules.Products[0];
        Assert.Equal((true, false, 56, 0), (product.Allows(Operation.Purchase), product.Allows(Operation.Cash), product.HomeCountry, product.PartialApproval));
        Assert.Equal((false, true, false), (rules.RefusesCountry(56), rules.RefusesCountry(840), rules.RefusesCountry(0)));
        Assert.True(rules.Flags.HasFlag(RuleFlags.NoUnlinkedRefunds));
        Assert.Equal((2, HotReason.PickUp, HotReason.None), (rules.HotCount, rules.HotBin(400_001, 840, 20_788), rules.HotBin(400_001, 840, 20_850)));
    }

    [Fact]
    public void What_products_ask_for_is_a_bit_of_each_at_its_place()
    {
        var rules = Read("""
            {
              "rules": "security", "limits": [], "pinTries": 5,
              "products": [
                { "name": "nothing", "bin": "400000", "pin": "never", "cryptogram": false, "cardCode": false },
                { "name": "cash", "bin": "400001", "pin": "cash", "counterJump": 0 },
                { "name": "always", "bin": "400002", "pin": "always", "counterJump": 1 },
                { "name": "chip", "bin": "400003", "cryptogram": true, "counterJump": 33, "authentication": "claimed" },
                { "name": "code", "bin": "400004", "cardCode": true, "counterJump": 32768, "authentication": "always" },
                { "name": "all", "bin": "400005", "pin": "always", "cryptogram": true, "cardCode": true }
              ]
            }
            """, out var problems);
        Assert.Empty(problems);
        Assert.Equal((6, 5), (rules.ProductCount, rules.PinTriesMax));
        Assert.Equal((0b00_0010, 0b10_0100), (rules.PinForCash, rules.PinAlways));
        var jumps = Enumerable.Range(0, 6).Select(place => rules.CounterJumpOf(place));
        Assert.Equal([4_096, 0, 4, 64, 32_768, 4_096], jumps);
        Assert.Equal((0b00_1000, 0b01_0000), (rules.AuthenticationClaimed, rules.AuthenticationAlways));
        Assert.Equal((0b10_1000, 0b11_0000, 0), (rules.CryptogramNeeded, rules.CardCodeNeeded, rules.AddressNeeded));
        Assert.Equal([0, 1, 2, 3, 4, 5], Enumerable.Range(400_000, 6).Select(bin => rules.ProductOf((uint)bin)));
        var silent = Read("""{ "rules": "a", "limits": [], "products": [ { "name": "a", "bin": "400000" } ] }""", out problems);
        Assert.Empty(problems);
        Assert.Equal((0, 0), (silent.PinTriesMax, silent.PinForCash | silent.PinAlways | silent.CryptogramNeeded | silent.CardCodeNeeded));
    }

    [Theory]
    [InlineData("\"pin\": \"often\"", "products.1.pin: never, cash or always")]
    [InlineData("\"cryptogram\": \"yes\"", "products.1.cryptogram: true or false")]
    [InlineData("\"counterJump\": 32769", "products.1.counterJump: 0 to 32768")]
    [InlineData("\"refuseTvr\": \"04\"", "products.1.refuseTvr: 5 bytes in hex, as a text")]
    [InlineData("\"refuseTvr\": 4", "products.1.refuseTvr: 5 bytes in hex, as a text")]
    [InlineData(
        "\"cvrAt\": 4, \"refuseCvr\": \"2\"", "products.1.refuseCvr: 1 to 6 bytes in hex, as a text", "products.1: refuseCvr and cvrAt, both or none of them")]
    [InlineData("\"cvrAt\": 9, \"refuseCvr\": \"20\"", "products.1.cvrAt: 1 to 8")]
    [InlineData("\"cvrAt\": 4", "products.1: refuseCvr and cvrAt, both or none of them")]
    [InlineData("\"refuseCvr\": \"20\"", "products.1: refuseCvr and cvrAt, both or none of them")]
    [InlineData("\"cvrAt\": 7, \"refuseCvr\": \"200000\"", "products.1.refuseCvr: within the first 8 bytes of tag 9F10, from cvrAt on")]
    [InlineData("\"authentication\": \"often\"", "products.1.authentication: never, claimed or always")]
    [InlineData("\"cardCode\": 1", "products.1.cardCode: true or false")]
    public void What_no_product_can_ask_for_is_refused(string term, params string[] expected)
    {
        Read($$"""
            { "rules": "a", "limits": [], "products": [ { "name": "a", "bin": "400000" }, { "name": "b", "bin": "400001", {{term}} } ] }
            """, out var problems);
        Assert.Equal(expected, problems);
    }

    [Fact]
    public void What_of_terminal_and_chip_refuses_is_said_in_bits_of_a_product_at_its_place()
    {
        var rules = Read("""
            {
              "rules": "chips", "limits": [],
              "products": [
                { "name": "none", "bin": "400000" },
                { "name": "both", "bin": "400001", "refuseTvr": "F800200400", "cvrAt": 4, "refuseCvr": "00a1" },
                { "name": "chip", "bin": "400002", "cvrAt": 3, "refuseCvr": "010203040506" }
              ]
            }
            """, out var problems);
        Assert.Empty(problems);
        static string Text(ChipTerms chip) => $"{Convert.ToHexString(chip.Terminal)} {chip.ChipAt} {Convert.ToHexString(chip.Chip)}";
        Assert.Equal(
            ["0000000000 0 000000000000", "F800200400 4 00A100000000", "0000000000 3 010203040506"],
            Enumerable.Range(0, 3).Select(place => Text(rules.Chips[place])));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("9", 9)]
    [InlineData("0", null)]
    [InlineData("10", null)]
    [InlineData("\"3\"", null)]
    public void Wrong_PINs_are_counted_to_nine_at_most(string tries, int? most)
    {
        var rules = Read($$"""{ "rules": "a", "limits": [], "pinTries": {{tries}} }""", out var problems);
        Assert.Equal(most is null ? ["pinTries: 1 to 9"] : [], problems);
        if (most is { } read) Assert.Equal(read, rules.PinTriesMax);
    }

    [Fact]
    public void Every_problem_of_the_terms_is_listed_with_its_place()
    {
        Read("""
            {
              "rules": "terms", "limits": [], "unlinkedRefunds": "no",
              "authorizations": { "holdDays": 0, "days": 3 },
              "categories": [ { "category": "70112" }, { "category": "7012", "to": "7011", "tolerancePermille": 1001, "refused": 1 }, {}, 5 ],
              "products": [ { "name": "", "bin": "4000" }, { "name": "a", "bin": "400001", "to": "400000", "operations": ["fly"] } ],
              "countries": { "allowed": ["56"], "refused": ["250"] },
              "hot": [ { "bin": "400000", "reason": "none" }, { "merchant": "M", "terminal": "T" }, { "bin": "1", "merchant": "M", "acquirer": "x" },
                { "bin": "400000", "reason": "lost", "from": "2026-12-31", "until": "2026-12-01" }, { "bin": "400000", "reason": "lost", "from": "soon" } ]
            }
            """, out var problems);
        string[] expected =
        [
            "unlinkedRefunds: true or false", "authorizations.days: no such key; there are holdDays, preAuthorizationDays",
            "authorizations.holdDays: 1 to 365", "categories.0.category: 4 digits, as a text", "categories.1.to: not below category",
            "categories.1.tolerancePermille: 0 to 1000", "categories.1.refused: true or false", "categories.2.category: missing",
            "categories.3: an object", "products.0.name: 1 to 16 printable characters", "products.0.bin: 6 digits, as a text",
            "products.1.to: not below bin", "countries: allowed or refused, one of them",
            "hot.0.reason: lost, stolen, pickUp or restricted", "hot.1.acquirer: up to eleven digits, as a text",
            "hot.2: bin, merchant or terminal, one of them", "hot.3.until: not before from", "hot.4.from: a date as 2026-12-31",
        ];
        foreach (var problem in expected) Assert.Contains(problem, problems);
        Assert.Contains(problems, problem => problem.StartsWith("products.1.operations: some of", StringComparison.Ordinal));
        Read("""{ "rules": "a", "limits": [], "countries": { "refused": ["12", 5] } }""", out problems);
        Assert.Equal(["countries: three digits each, ISO 3166", "countries: three digits each, ISO 3166"], problems);
    }

    [Theory]
    [InlineData("", "not JSON: line 1, byte 1")]
    [InlineData("[]", "the file: an object")]
    [InlineData("""{"rules":"a"}""", "limits: a list")]
    [InlineData("""{"rules":"a","limits":{}}""", "limits: a list")]
    [InlineData("""{"rules":5,"limits":[]}""", "rules: 1 to 16 printable characters")]
    [InlineData("""{"rules":"a","limits":[[[[[[[[[[1]]]]]]]]]]}""", "not JSON: line 1, byte 30")]
    public void A_file_of_another_shape_is_refused(string json, string problem)
    {
        Read(json, out var problems);
        Assert.Contains(problem, problems);
    }

    [Fact]
    public void A_hostile_file_is_refused_shortly()
    {
        var many = string.Join(',', Enumerable.Repeat("""{"id":1}""", 5_000));
        Read($"{{\"rules\":\"a\",\"limits\":[{many}]}}", out var problems);
        Assert.InRange(problems.Count, 1, 51);
        Read(new string(' ', 70_000), out problems);
        Assert.Equal(["the file has over 65536 bytes"], problems);
    }

    [Fact]
    public void The_example_is_good() => Assert.Empty(Problems(File.ReadAllBytes(Path.Combine(Root(), "config", "rules.json"))));

    internal static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "SunnySwitch.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    private static IReadOnlyList<string> Problems(byte[] json)
    {
        RulesFile.Read(json, out var problems);
        return problems;
    }

    private static RuleSet Read(string json, out IReadOnlyList<string> problems) => RulesFile.Read(Encoding.UTF8.GetBytes(json), out problems);
}

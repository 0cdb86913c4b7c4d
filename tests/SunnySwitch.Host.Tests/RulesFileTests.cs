using System.Text;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;
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
            "colour: no such key; there are rules and limits",
            "rules: 1 to 16 printable characters",
            "limits.0.speed: no such key; there are id, name, subject, operations, window, currency, countMax, amountMax",
            "limits.0.id: 1 to 64",
            "limits.0.name: 1 to 16 printable characters",
            "limits.0.subject: card, account, merchant, terminal or bin",
            "limits.0.window: day, or the last minutes, 1m to 1440m",
            "limits.0.operations: a list that is not empty",
            "limits.0.amountMax: 1 to 1000000000000000",
            "limits.1.window: day, or the last minutes, 1m to 1440m",
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

    private static string Root()
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

using System.Text;
using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>A file of rates is taken whole or refused whole, with every problem.</summary>
public sealed class RatesFileTests
{
    [Theory]
    [InlineData("1.0834", 10_834, 4)]
    [InlineData("0.006543210", 6_543_210, 9)]
    [InlineData("152", 152, 0)]
    [InlineData("9999999", 9_999_999, 0)]
    [InlineData("1.0", 10, 1)]
    public void A_rate_is_read_as_it_is_written(string text, uint digits, int decimals)
    {
        Assert.True(RatesFile.TryRead(text, out var rate));
        Assert.Equal((digits, decimals, text), (rate.Digits, rate.Decimals, RatesFile.Text(rate)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0.0000")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1,5")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1e3")]
    [InlineData("10000000")]
    [InlineData("1.2345678")]
    [InlineData("0.0000000001")]
    [InlineData("1.2.3")]
    public void What_is_no_rate_is_not_read(string text) => Assert.False(RatesFile.TryRead(text, out _));

    [Fact]
    public void Rates_are_found_by_both_currencies_and_no_rate_is_made_up()
    {
        var rates = Read("""{ "rates": "a", "of": [ {"from":"USD","to":"EUR","rate":"0.9"}, {"from":"392","to":"840","rate":"0.0065"} ] }""", out var problems);
        Assert.Empty(problems);
        Assert.Equal(2, rates.Count);
        Assert.Equal(Rate.Of(9, 1), rates.Find(840, 978));
        Assert.Equal(Rate.Of(65, 4), rates.Find(392, 840));
        Assert.Equal(default, rates.Find(978, 840));
    }

    [Fact]
    public void Every_problem_is_listed_with_its_place()
    {
        Read("""
            { "rates": "", "day": 1, "of": [ {"from":"EUR","to":"EUR","rate":"1"}, {"from":"EUX","to":"USD","rate":"x"}, 5,
              {"from":"EUR","to":"USD","rate":"1"}, {"from":"978","to":"840","rate":"2"}, {"to":"USD","rate":"1","spread":0} ] }
            """, out var problems);
        string[] expected =
        [
            "the file.day: no such key; there are $schema, rates, of", "rates: 1 to 16 printable characters", "of.0.to: another currency than from",
            "of.1.from: a currency of ISO 4217, such as EUR or 978", "of.2: an object", "of.4: given twice",
            "of.5.spread: no such key; there are from, to, rate", "of.5.from: a currency of ISO 4217, such as EUR or 978",
        ];
        foreach (var problem in expected) Assert.Contains(problem, problems);
        Assert.Contains(problems, problem => problem.StartsWith("of.1.rate: a decimal number", StringComparison.Ordinal));
        Read("[]", out problems);
        Assert.Equal(["the file: an object"], problems);
    }

    [Fact]
    public void The_example_is_good()
    {
        RatesFile.Read(File.ReadAllBytes(Path.Combine(RulesFileTests.Root(), "config", "rates.json")), out var problems);
        Assert.Empty(problems);
    }

    private static RateSet Read(string json, out IReadOnlyList<string> problems) => RatesFile.Read(Encoding.UTF8.GetBytes(json), out problems);
}

using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Protocol.Dialects;
using Xunit;

namespace SunnySwitch.Host.Tests;

/// <summary>What a dialect must give a link, and what is said when it does not.</summary>
public sealed class LinkFactoryTests
{
    public static TheoryData<string> Shipped => [.. Dialect.BuiltInNames];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_dialect_can_be_a_links(string name) => Assert.Empty(LinkFactory.Problems(Dialect.BuiltIn(name)!));

    [Theory]
    [InlineData("", -1)]
    [InlineData("\"cut_over_seconds\":0", 0)]
    [InlineData("\"answer_seconds\":7,\"cut_over_seconds\":30", 30)]
    public void A_link_is_quiet_while_the_date_changes_as_long_as_its_dialect_wants(string timers, int seconds)
    {
        var rest = timers.Length == 0 ? "" : $",\"timers\":{{{timers}}}";
        var dialect = Dialect.Parse(System.Text.Encoding.UTF8.GetBytes($"{{\"dialect\":\"own\",\"inherits\":\"iso87-ascii\"{rest}}}"));
        Assert.Equal(seconds, dialect.CutOverSeconds);
        var terms = LinkFactory.TermsOf(new LinkOptions { Name = "a", Acquirers = ["400001"] }, 0, dialect);
        Assert.Equal(seconds < 0 ? -1 : seconds * Instant.NanosPerSecond, terms.CutOverQuietNanos);
    }

    /// <summary>It is in frames and state: what it is for a label must stay.</summary>
    [Fact]
    public void Links_with_one_key_have_one_count_of_their_devices_and_others_have_another()
    {
        var dialect = Dialect.BuiltIn("pos-host")!;
        uint Zone(string? pinKey) => LinkFactory.TermsOf(
            new LinkOptions { Name = "a", Acquirers = ["400001"], Security = new LinkSecurityOptions { PinKey = pinKey } }, 0, dialect).PinZone;
        Assert.Equal((0U, 1665096571U, 937551492U), (Zone(null), Zone("bdk-acme"), Zone("bdk-other")));
    }

    [Theory]
    [InlineData("iso87-ascii", "11", "7", "field 11 has to be at most 6 digits (type n)")]
    [InlineData("iso87-ascii", "41", "17", "field 41 has to be at most 16 characters (type an)")]
    [InlineData("iso87-ascii", "38", "5", "field 38 has to be 6 characters of fixed length (type an)")]
    [InlineData("iso87-ascii", "90", "40", "field 90 has to be 42 digits")]
    [InlineData("iso93-ascii", "56", "36", "field 56 has to be at most 35 digits (type n)")]
    [InlineData("iso93-ascii", "49", "2", "field 49 has to be a currency of three digits (type an or n)")]
    [InlineData("iso2003-bcd", "12", "16", "field 12 has to be at most 14 digits (type n)")]
    public void A_field_that_the_switch_reads_and_whose_shape_does_not_fit_is_named(string parent, string field, string max, string problem)
    {
        var type = field is "41" or "38" ? "an" : "n";
        var shape = $"\"type\":\"{type}\",\"length\":\"F\",\"max\":{max},\"encoding\":\"ascii\"";
        var dialect = Dialect.Parse(System.Text.Encoding.UTF8.GetBytes(
            $"{{\"dialect\":\"own\",\"inherits\":\"{parent}\",\"fields\":{{\"{field}\":{{{shape}}}}}}}"));
        Assert.Contains($"dialect own: {problem}", LinkFactory.Problems(dialect));
    }
}

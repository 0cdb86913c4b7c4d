using FsCheck.Xunit;
using SunnySwitch.Host.Load;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using Xunit;

namespace SunnySwitch.Host.Tests.Load;

public sealed class PurchaseTemplateTests
{
    [Property]
    public void A_patched_template_is_what_a_fresh_encoding_gives(
        uint card, uint amount, uint stan, uint running, uint second, bool chip, bool packed)
    {
        var dialect = Dialect.BuiltIn(packed ? "iso87-bcd" : "iso87-ascii")!;
        var shape = new PurchaseShape(PurchaseShape.TerminalOf((int)(card % 10_000), second), "400001", chip);
        var purchase = new Purchase(
            (int)(card % 100_000), amount % 1_000_000, stan % 999_999 + 1, running, SecondStamp.Of(second));
        foreach (var name in Framing.Names)
        {
            var framing = Framing.Of(name, 8_192);
            var template = new PurchaseTemplate(dialect, framing, shape);
            var frame = template.Frame.ToArray();
            template.Patch(frame, purchase, withStamp: true);

            var fresh = new byte[1024];
            var bytes = PurchaseTemplate.Encode(dialect, shape, purchase, fresh);
            Assert.Equal(fresh.AsSpan(0, bytes), frame.AsSpan(template.HeaderBytes, bytes));
            Assert.Equal(purchase.Stan, template.StanOf(frame));
        }
    }

    [Property]
    public void A_patch_leaves_nothing_of_the_one_before(uint first, uint second, bool packed)
    {
        var dialect = Dialect.BuiltIn(packed ? "iso87-bcd" : "iso87-ascii")!;
        var template = new PurchaseTemplate(
            dialect, Framing.Of("be16", 8_192), new PurchaseShape("TERM0001", "400001", true));
        var once = template.Frame.ToArray();
        var twice = template.Frame.ToArray();
        template.Patch(twice, Some(first), withStamp: true);
        template.Patch(twice, Some(second), withStamp: true);
        template.Patch(once, Some(second), withStamp: true);

        Assert.Equal(once, twice);
    }

    [Property]
    public void Every_card_passes_the_Luhn_check(uint index)
    {
        var pan = BenchCard.Pan((int)(index % 100_000)).ToString();

        Assert.Equal(16, pan.Length);
        Assert.StartsWith($"400000{index % 100_000:D9}", pan, StringComparison.Ordinal);
        var sum = 0;
        for (var place = 0; place < 16; place++)
        {
            var digit = pan[15 - place] - '0';
            sum += place % 2 == 0 ? digit : digit * 2 / 10 + digit * 2 % 10;
        }

        Assert.Equal(0, sum % 10);
    }

    [Fact]
    public void Terminals_of_all_connections_and_of_runs_in_other_seconds_differ()
    {
        var terminals = Enumerable.Range(0, 10_000).SelectMany(static connection =>
            new[] { 1_800_000_000, 1_800_000_001 }.Select(second => PurchaseShape.TerminalOf(connection, second)));

        Assert.Equal(20_000, terminals.Distinct().Count(static terminal => terminal.Length == 8));
    }

    private static Purchase Some(uint seed) => new(
        (int)(seed % 100_000), seed % 4_096, seed % 999_999 + 1, seed, SecondStamp.Of(seed));
}

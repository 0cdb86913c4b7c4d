using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell.Tests;

/// <summary>What each verdict of the module comes to, and what the product asks for has to do with it: code, result in the frame, wrong PINs.</summary>
public sealed class VerdictTests
{
    private const string Pin = "1111111111111111";
    private readonly ScriptedDesk _desk = new();
    private readonly MemoryDisk _disk = new();

    [Theory]
    [InlineData(SecurityVerdict.Right, false, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Right, true, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Wrong, false, "82", InternalResult.CryptogramWrong)]
    [InlineData(SecurityVerdict.Wrong, true, "82", InternalResult.CryptogramWrong)]
    [InlineData(SecurityVerdict.NotChecked, false, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.NotChecked, true, "82", InternalResult.CryptogramWrong)]
    [InlineData(SecurityVerdict.Unable, false, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Unable, true, "88", InternalResult.CryptogramFault)]
    [InlineData(SecurityVerdict.Malformed, false, "88", InternalResult.CryptogramFault)]
    [InlineData(SecurityVerdict.Malformed, true, "88", InternalResult.CryptogramFault)]
    [InlineData(SecurityVerdict.Fault, false, "88", InternalResult.CryptogramFault)]
    [InlineData(SecurityVerdict.Fault, true, "88", InternalResult.CryptogramFault)]
    public void A_verdict_on_a_cryptogram_comes_to_its_code(SecurityVerdict verdict, bool isAskedFor, string code, InternalResult result)
    {
        using (var cell = New())
        {
            if (isAskedFor) Ask(cell, new RuleSet { CryptogramNeeded = 1 });
            Say(cryptogram: verdict);
            Assert.Equal(code, DeskTests.Code(cell, 1, (22, "051"), (55, DeskTests.Chip)));
        }

        Assert.Equal(result, Assert.Single(DeskTests.Decisions(_disk)).Result);
    }

    [Theory]
    [InlineData(SecurityVerdict.Right, false, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Right, true, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Wrong, false, "82", InternalResult.CardCodeWrong)]
    [InlineData(SecurityVerdict.Wrong, true, "82", InternalResult.CardCodeWrong)]
    [InlineData(SecurityVerdict.NotChecked, true, "82", InternalResult.CardCodeWrong)]
    [InlineData(SecurityVerdict.Unable, false, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Unable, true, "82", InternalResult.CardCodeWrong)]
    [InlineData(SecurityVerdict.Malformed, false, "82", InternalResult.CardCodeWrong)]
    [InlineData(SecurityVerdict.Fault, false, "82", InternalResult.CardCodeWrong)]
    public void A_verdict_on_the_code_of_a_stripe_comes_to_its_code(SecurityVerdict verdict, bool isAskedFor, string code, InternalResult result)
    {
        using (var cell = New())
        {
            if (isAskedFor) Ask(cell, new RuleSet { CardCodeNeeded = 1 });
            Say(code: verdict);
            Assert.Equal(code, DeskTests.Code(cell, 1, (22, "901"), (35, DeskTests.Track)));
        }

        Assert.Equal(result, Assert.Single(DeskTests.Decisions(_disk)).Result);
    }

    [Theory]
    [InlineData(SecurityVerdict.Right, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Wrong, "N7", InternalResult.PrintedCodeWrong)]
    [InlineData(SecurityVerdict.Unable, "00", InternalResult.Approved)]
    [InlineData(SecurityVerdict.Malformed, "N7", InternalResult.PrintedCodeWrong)]
    [InlineData(SecurityVerdict.Fault, "N7", InternalResult.PrintedCodeWrong)]
    public void A_verdict_on_a_printed_code_comes_to_its_code(SecurityVerdict verdict, string code, InternalResult result)
    {
        using (var cell = New())
        {
            Say(code: verdict);
            Assert.Equal(code, DeskTests.Code(cell, 1, (22, "012"), (62, "321")));
            Assert.Equal(1, _desk.Asked);
        }

        Assert.Equal(result, Assert.Single(DeskTests.Decisions(_disk)).Result);
    }

    [Fact]
    public void A_printed_code_is_not_looked_at_beside_a_stripe()
    {
        using (var cell = New())
        {
            Say(code: SecurityVerdict.Wrong);
            Assert.Equal("82", DeskTests.Code(cell, 1, (22, "901"), (35, DeskTests.Track), (62, "321")));
        }

        Assert.Equal(InternalResult.CardCodeWrong, Assert.Single(DeskTests.Decisions(_disk)).Result);
    }

    [Theory]
    [InlineData(SecurityVerdict.Right, false, "00", InternalResult.Approved, 0)]
    [InlineData(SecurityVerdict.Wrong, false, "55", InternalResult.PinWrong, 1)]
    [InlineData(SecurityVerdict.Wrong, true, "55", InternalResult.PinWrong, 1)]
    [InlineData(SecurityVerdict.NotChecked, false, "00", InternalResult.Approved, 0)]
    [InlineData(SecurityVerdict.NotChecked, true, "86", InternalResult.PinNotVerifiable, 0)]
    [InlineData(SecurityVerdict.Unable, false, "86", InternalResult.PinNotVerifiable, 0)]
    [InlineData(SecurityVerdict.Unable, true, "86", InternalResult.PinNotVerifiable, 0)]
    [InlineData(SecurityVerdict.Malformed, false, "81", InternalResult.PinFault, 0)]
    [InlineData(SecurityVerdict.Fault, false, "81", InternalResult.PinFault, 0)]
    [InlineData(SecurityVerdict.Replayed, false, "63", InternalResult.PinReplayed, 0)]
    public void A_verdict_on_a_PIN_comes_to_its_code_and_only_a_wrong_one_is_counted(
        SecurityVerdict verdict, bool isAskedFor, string code, InternalResult result, int tries)
    {
        using (var cell = New())
        {
            if (isAskedFor) Ask(cell, new RuleSet { PinAlways = 1 });
            Say(pin: verdict);
            Assert.Equal(code, DeskTests.Code(cell, 1, (52, Pin)));
            Assert.Equal(tries, DeskTests.Tries(cell));
        }

        Assert.Equal(result, Assert.Single(DeskTests.Decisions(_disk)).Result);
    }

    [Theory]
    [InlineData(SecurityVerdict.Right, "00", 0)]
    [InlineData(SecurityVerdict.NotChecked, "63", 1)]
    [InlineData(SecurityVerdict.Wrong, "63", 1)]
    [InlineData(SecurityVerdict.Unable, "63", 1)]
    [InlineData(SecurityVerdict.Malformed, "63", 1)]
    [InlineData(SecurityVerdict.Fault, "63", 1)]
    public void Only_a_right_MAC_is_taken(SecurityVerdict verdict, string code, int wrong)
    {
        using var cell = New(mac: true);
        Say(mac: verdict);
        Assert.Equal(code, DeskTests.Code(cell, 1, (64, "0123456789ABCDEF")));
        Assert.Equal(wrong, cell.Cell.Counters.MacWrong);
    }

    [Fact]
    public void The_cryptogram_decides_before_the_code_and_the_code_before_the_PIN_which_is_then_not_counted()
    {
        using (var cell = New())
        {
            Say(SecurityVerdict.Wrong, SecurityVerdict.Wrong, SecurityVerdict.Malformed);
            Assert.Equal("88", DeskTests.Code(cell, 1, (35, DeskTests.Track), (52, Pin), (55, DeskTests.Chip)));
            Assert.Equal("82", DeskTests.Code(cell, 2, (35, DeskTests.Track), (52, Pin)));
            Assert.Equal("N7", DeskTests.Code(cell, 3, (52, Pin), (62, "321")));
            Assert.Equal(0, DeskTests.Tries(cell));
            Assert.Equal("55", DeskTests.Code(cell, 4, (52, Pin)));
        }

        Assert.Equal(
            [InternalResult.CryptogramFault, InternalResult.CardCodeWrong, InternalResult.PrintedCodeWrong, InternalResult.PinWrong],
            DeskTests.Decisions(_disk).Select(decided => decided.Result));
    }

    private CellUnderTest New(bool mac = false)
    {
        var dialect = Dialect.Parse("""{"dialect":"own","inherits":"iso87-ascii","security":{"printed_code":{"field":62,"at":1,"length":3}}}"""u8);
        var cell = new CellUnderTest(_disk, hsm: _desk, mac: mac, dialect: dialect);
        cell.AddCard();
        return cell;
    }

    private void Say(
        SecurityVerdict pin = SecurityVerdict.Right, SecurityVerdict code = SecurityVerdict.Right, SecurityVerdict cryptogram = SecurityVerdict.Right,
        SecurityVerdict mac = SecurityVerdict.Right) => _desk.Says = SecurityVerdicts.Of(pin, code, cryptogram, mac);

    private static void Ask(CellUnderTest cell, RuleSet rules)
    {
        rules.ProductCount = 1;
        rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
        Encoding.ASCII.GetBytes("x", rules.Name);
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.RulesActivate, _ => { }) { Rules = rules }).Outcome);
    }
}

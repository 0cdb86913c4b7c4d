using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell.Tests;

/// <summary>A terminal's PIN is good once, as its messages come and go: repeats, copies, modules that fail or are late, restarts.</summary>
public sealed class SerialTests
{
    private const string RightPin = "1111111111111111", WrongPin = "2222222222222222";

    private static readonly Dialect _terminals = Dialect.Parse(
        """{"dialect": "terminals", "inherits": "iso87-ascii", "security": {"ksn": {"field": 62, "at": 1, "length": 20}}}"""u8);

    private readonly ScriptedDesk _desk = new();

    [Fact]
    public void A_copy_of_a_PIN_in_another_payment_gets_63_also_after_a_restart_and_a_repeat_gets_its_answer()
    {
        var disk = new MemoryDisk();
        using (var cell = New(disk))
        {
            Assert.Equal("00", Code(cell, 1, 7));
            Assert.Equal(("00", 1L), (CellUnderTest.Field(cell.Exchange(Payment(1, 7, mti: 0x0101)), 39), cell.Cell.Counters.Repeats));
            Assert.Equal(["63", "63"], [Code(cell, 2, 7), Code(cell, 3, 7, WrongPin)]);
            Assert.Equal("55", Code(cell, 4, 8, WrongPin));
        }

        using (var again = new CellUnderTest(disk, epoch: 2, hsm: _desk, dialect: _terminals))
        {
            Assert.Equal(1, DeskTests.Tries(again));
            Assert.Equal(["63", "63", "00"], [Code(again, 5, 7), Code(again, 6, 8), Code(again, 7, 9)]);
            Assert.Equal("00", CellUnderTest.Field(again.Exchange(Payment(1, 7, mti: 0x0101)), 39));
        }

        var decisions = DeskTests.Decisions(disk);
        Assert.Equal([7, 7, 7, 8, 7, 8, 9], decisions.Select(decided => (int)decided.Serial.Counter));
        Assert.Equal([true, false, false, true, false, false, true], decisions.Select(decided => decided.Serial.Has(SerialFlags.Moves)));
    }

    [Fact]
    public void Of_two_copies_that_wait_for_the_module_at_once_one_pays()
    {
        using var cell = New(new MemoryDisk());
        _desk.IsSlow = true;
        cell.Receive(0, Payment(1, 7), Payment(2, 7));
        cell.Step();
        _desk.IsSlow = false;
        foreach (var index in new[] { 1, 0 }) cell.Answer(_desk.Verdict(index, SecurityVerdict.Right));
        Assert.Equal(["00", "63"], cell.Sent[0].Select(answer => CellUnderTest.Field(answer, 39)));
        Assert.Equal(1_000, cell.State.Counts.HeldMinor);
    }

    [Theory]
    [InlineData(DeskAnswer.Failed, "96")]
    [InlineData(DeskAnswer.Late, "91")]
    public void What_a_module_did_not_say_leaves_the_number_for_the_next_try(DeskAnswer fate, string code)
    {
        using var cell = New(new MemoryDisk());
        _desk.Fate = fate;
        Assert.Equal(code, Code(cell, 1, 7));
        _desk.Fate = null;
        Assert.Equal(["00", "63"], [CellUnderTest.Field(cell.Exchange(Payment(1, 7, mti: 0x0101)), 39), Code(cell, 2, 7)]);
    }

    [Fact]
    public void What_no_device_sends_takes_nothing()
    {
        using var cell = New(new MemoryDisk());
        foreach (var none in new[] { "FFFF9876543210E0000", "FFFF9876543210E00000" })
        {
            Assert.NotEqual("", DeskTests.Code(cell, none.Length, (52, RightPin), (62, none)));
        }

        Assert.Equal(0, cell.State.Fills.Single(fill => fill.Table == "devices").Used);
    }

    private CellUnderTest New(MemoryDisk disk)
    {
        var cell = new CellUnderTest(disk, hsm: _desk, dialect: _terminals);
        cell.AddCard();
        return cell;
    }

    private static string Code(CellUnderTest cell, int stan, int counter, string pin = RightPin) =>
        CellUnderTest.Field(cell.Exchange(Payment(stan, counter, pin)), 39);

    private static byte[] Payment(int stan, int counter, string pin = RightPin, ushort mti = 0x0100) =>
        DeskTests.Purchase(stan, mti, (52, pin), (62, $"FFFF9876543210E{counter:X5}"));
}

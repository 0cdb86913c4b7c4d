using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Disks;

namespace SunnySwitch.Cell.Tests;

/// <summary>A right cryptogram pays once, as its messages come and go: repeats, late answers of the module, restarts, evil copies.</summary>
public sealed class ChipTests
{
    private readonly ScriptedDesk _desk = new();

    [Fact]
    public void A_copy_of_a_chips_data_in_another_payment_gets_82_and_a_repeat_its_answer()
    {
        var disk = new MemoryDisk();
        using (var cell = New(disk))
        {
            Assert.Equal("00", Code(cell, 1, 26));
            var repeat = cell.Exchange(DeskTests.Purchase(1, 0x0101, (55, Chip(26))));
            Assert.Equal(("00", 1L), (CellUnderTest.Field(repeat, 39), cell.Cell.Counters.Repeats));
            Assert.Equal("82", Code(cell, 2, 26));
            Assert.Equal("00", Code(cell, 3, 27));
        }

        var decisions = DeskTests.Decisions(disk);
        Assert.Equal([InternalResult.Approved, InternalResult.CounterSeen, InternalResult.Approved], decisions.Select(decided => decided.Result));
        Assert.Equal([26, 26, 27], decisions.Select(decided => (int)decided.Proof.Counter));
        Assert.Equal([true, false, true], decisions.Select(decided => decided.Proof.Has(ProofFlags.Moves)));
        using var again = new CellUnderTest(disk, epoch: 2, hsm: _desk);
        Assert.Equal(["82", "82", "00"], [Code(again, 4, 26), Code(again, 5, 27), Code(again, 6, 28)]);
    }

    [Fact]
    public void Of_two_copies_that_wait_for_the_module_at_once_one_pays()
    {
        using var cell = New(new MemoryDisk());
        _desk.IsSlow = true;
        cell.Receive(0, DeskTests.Purchase(1, 0x0100, (55, Chip(26))), DeskTests.Purchase(2, 0x0100, (55, Chip(26))));
        cell.Step();
        Assert.Empty(cell.Sent[0]);
        _desk.IsSlow = false;
        foreach (var index in new[] { 1, 0 }) cell.Answer(_desk.Verdict(index, SecurityVerdict.NotChecked, SecurityVerdict.Right));
        Assert.Equal(["00", "82"], cell.Sent[0].Select(answer => CellUnderTest.Field(answer, 39)));
        Assert.Equal(1_000, cell.State.Counts.HeldMinor);
    }

    [Fact]
    public void A_wrong_cryptogram_and_an_advice_take_no_counter()
    {
        using var cell = New(new MemoryDisk());
        var wrong = Chip(40).Replace("AAAA", "BBBB", StringComparison.Ordinal);
        Assert.Equal("82", CellUnderTest.Field(cell.Exchange(DeskTests.Purchase(1, 0x0100, (55, wrong))), 39));
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(DeskTests.Purchase(2, 0x0120, (55, Chip(40)))), 39));
        Assert.Equal(["00", "82"], [Code(cell, 3, 40), Code(cell, 4, 40)]);
    }

    [Fact]
    public void Chips_of_one_card_are_told_apart_by_their_sequence_number()
    {
        using var cell = New(new MemoryDisk());
        string Of(int stan, string sequence) => CellUnderTest.Field(cell.Exchange(DeskTests.Purchase(stan, 0x0100, (23, sequence), (55, Chip(9)))), 39);
        Assert.Equal(["00", "00", "82", "82"], [Of(1, "001"), Of(2, "002"), Of(3, "001"), Of(4, "002")]);
    }

    private CellUnderTest New(MemoryDisk disk)
    {
        var cell = new CellUnderTest(disk, hsm: _desk);
        cell.AddCard();
        return cell;
    }

    private static string Code(CellUnderTest cell, int stan, int counter) => DeskTests.Code(cell, stan, (55, Chip(counter)));

    private static string Chip(int counter) => DeskTests.Chip.Replace("9F3602001A", $"9F3602{counter:X4}", StringComparison.Ordinal);
}

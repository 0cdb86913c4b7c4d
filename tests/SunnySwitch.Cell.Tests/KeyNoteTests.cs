using System.Text;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Disks;

namespace SunnySwitch.Cell.Tests;

/// <summary>What operators do to keys is on record before it counts.</summary>
public sealed class KeyNoteTests
{
    [Fact]
    public void A_key_that_was_noted_is_known_after_a_power_cut()
    {
        var disk = new MemoryDisk();
        using (var cell = new CellUnderTest(disk))
        {
            Assert.Equal(CommandOutcome.Done, Note(cell, Noted(1)).Outcome);
            Assert.Equal(CommandOutcome.CardKnown, Note(cell, Noted(1)).Outcome);
            Assert.Equal(CommandOutcome.BadTerms, Note(cell, Noted(2)).Outcome);
            Assert.Equal("zpk", Assert.Single(Shown(cell)).Label);
        }

        disk.Crash((_, _) => false);
        using var again = new CellUnderTest(disk, epoch: 2);
        var note = Assert.Single(Shown(again));
        Assert.Equal(("zpk", 1U, KeyState.Current, "anna, boris"), (note.Label, note.Version, note.State, note.Custodians));
        Assert.Equal(again.State.Hash, again.State.HashFromScratch());
    }

    [Fact]
    public void With_the_disk_full_no_key_is_noted_and_keys_are_still_shown()
    {
        var disk = new MemoryDisk();
        using var cell = new CellUnderTest(disk);
        cell.AddCard();
        disk.IsFull = true;
        var stan = 1;
        while (CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(stan, amount: "000000000001")), 39) != "96") stan++;
        Assert.Equal(CommandOutcome.JournalFull, Note(cell, Noted(1)).Outcome);
        Assert.Empty(Shown(cell));
    }

    private static OperatorCommand Note(CellUnderTest cell, KeyNoted noted) => cell.Ask(new OperatorCommand(CommandKind.KeyNote, _ => { }) { Key = noted });

    private static IReadOnlyList<KeyNote> Shown(CellUnderTest cell) => cell.Ask(new OperatorCommand(CommandKind.KeysShow, _ => { })).Keys;

    private static KeyNoted Noted(uint version)
    {
        var noted = new KeyNoted
        {
            Version = version,
            CheckValue = 0xA0B1C2,
            Usage = 0x5030,
            Bits = 128,
            Algorithm = (byte)'T',
            Mode = (byte)'B',
            Exportability = (byte)'N',
            State = KeyState.Current,
            Act = KeyAct.Generated,
        };
        Encoding.ASCII.GetBytes("zpk", noted.Label);
        Encoding.ASCII.GetBytes("anna", noted.Operator);
        Encoding.ASCII.GetBytes("boris", noted.SecondOperator);
        return noted;
    }
}

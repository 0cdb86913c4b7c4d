using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Disks;

namespace SunnySwitch.Cell.Tests;

/// <summary>PANs at rest: ciphertext once per card, new keys while the switch runs.</summary>
public sealed class PanAtRestTests
{
    private static readonly string[] Pans = ["4761739001010119", "5555555555554444", "4111111111111111", "378282246310005"];

    [Fact]
    public void A_card_that_enters_has_its_ciphertext_in_the_same_batch_and_after_a_restart()
    {
        var disk = new MemoryDisk();
        using var vault = NewVault(1);
        using (var cell = new CellUnderTest(disk, vault: vault))
        {
            foreach (var pan in Pans) cell.AddCard(pan);
            foreach (var pan in Pans) Assert.Equal(CellUnderTest.Block(pan), cell.Opened(pan));
        }

        disk.Crash((_, _) => false);
        using var again = new CellUnderTest(disk, epoch: 2, vault: vault);
        foreach (var pan in Pans) Assert.Equal(CellUnderTest.Block(pan), again.Opened(pan));
        Assert.Equal(again.State.Hash, again.State.HashFromScratch());
    }

    [Fact]
    public void No_file_holds_the_clear_pan()
    {
        var disk = new MemoryDisk();
        using var cell = new CellUnderTest(disk);
        foreach (var pan in Pans) cell.AddCard(pan);
        cell.Exchange(CellUnderTest.Purchase(1));
        Assert.NotEmpty(disk.List());
        foreach (var name in disk.List())
        {
            foreach (var pan in Pans)
            {
                Assert.True(disk.Durable(name).IndexOf(Encoding.ASCII.GetBytes(pan)) < 0, name);
                Assert.True(disk.Durable(name).IndexOf(Convert.FromHexString(pan.Length % 2 == 0 ? pan : pan + "0")) < 0, name);
            }
        }
    }

    [Fact]
    public void A_new_key_seals_every_card_anew_and_changes_nothing_else()
    {
        var disk = new MemoryDisk();
        using var vault = NewVault(1);
        using var cell = new CellUnderTest(disk, vault: vault);
        foreach (var pan in Pans) cell.AddCard(pan);
        cell.Exchange(CellUnderTest.Purchase(1));
        var counts = cell.State.Counts;
        Assert.Equal(0, Reseal(cell));                       // All of them have the current key.
        AddKey(vault, 2);
        Assert.Equal(Pans.Length, Reseal(cell));
        foreach (var pan in Pans)
        {
            Assert.True(cell.State.TryFindSealedPan(cell.Token(pan), out var found));
            Assert.Equal(2U, found.DataKey);
            Assert.Equal(CellUnderTest.Block(pan), cell.Opened(pan));
        }

        Assert.Equal(counts, cell.State.Counts);
        Assert.Equal(0, Reseal(cell));
    }

    [Fact]
    public void A_ciphertext_whose_key_is_missing_is_told_and_nothing_is_lost()
    {
        var disk = new MemoryDisk();
        using (var cell = new CellUnderTest(disk)) cell.AddCard();
        using var stranger = NewVault(7);
        AddKey(stranger, 8);
        using var again = new CellUnderTest(disk, epoch: 2, vault: stranger);
        var before = again.State.Hash;
        var command = again.Ask(new OperatorCommand(CommandKind.ResealPans, _ => { }));
        Assert.Equal(CommandOutcome.PanUnreadable, command.Outcome);
        Assert.Equal(before, again.State.Hash);
        Assert.Equal("00", CellUnderTest.Field(again.Exchange(CellUnderTest.Purchase(1)), 39));
    }

    [Fact]
    public void Generated_cards_have_no_ciphertext()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        var command = cell.Ask(new OperatorCommand(CommandKind.CardsGenerate, _ => { })
        {
            Range = new CardsGenerated { Bin = 400000, BinDigits = 6, Count = 10, Expiry = 2812, Currency = 840, LedgerMinor = 1000 },
        });
        Assert.Equal(CommandOutcome.Done, command.Outcome);
        Assert.Equal((10, 0), (cell.State.Counts.Cards, cell.State.SealedPanCount));
        Assert.Empty(cell.State.SealedCards());
    }

    [Fact]
    public void With_the_disk_full_sealing_anew_stops_with_a_reason()
    {
        var disk = new MemoryDisk();
        using var vault = NewVault(1);
        using var cell = new CellUnderTest(disk, vault: vault);
        cell.AddCard();
        disk.IsFull = true;
        var stan = 1;
        while (CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(stan, amount: "000000000001")), 39) != "96") stan++;
        AddKey(vault, 2);
        Assert.Equal(CommandOutcome.JournalFull, cell.Ask(new OperatorCommand(CommandKind.ResealPans, _ => { })).Outcome);
    }

    private static int Reseal(CellUnderTest cell)
    {
        var resealed = 0;
        for (var cursor = 0; cursor >= 0;)
        {
            var command = cell.Ask(new OperatorCommand(CommandKind.ResealPans, _ => { }) { Cursor = cursor });
            Assert.Equal(CommandOutcome.Done, command.Outcome);
            (cursor, resealed) = (command.Cursor, resealed + command.Resealed);
        }

        return resealed;
    }

    private static AesGcmPanVault NewVault(byte fill)
    {
        var vault = new AesGcmPanVault();
        AddKey(vault, fill);
        return vault;
    }

    private static void AddKey(AesGcmPanVault vault, byte fill)
    {
        var key = new byte[AesGcmPanVault.KeyBytes];
        key.AsSpan().Fill(fill);
        vault.Add(key);
    }
}

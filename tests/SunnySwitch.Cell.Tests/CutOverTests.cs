using SunnySwitch.Journal.Disks;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell.Tests;

/// <summary>The change of the business date, on a link that wants no new requests meanwhile: 90, and 906 as its dialect calls it.</summary>
public sealed class CutOverTests
{
    private const long EndOfDate = 20_781 * 86_400L;

    [Fact]
    public void New_requests_get_90_until_the_next_date_is_open_and_what_was_done_already_is_taken()
    {
        using var cell = new CellUnderTest(new MemoryDisk(), cutOverQuietNanos: 5 * Instant.NanosPerSecond);
        cell.AddCard();
        At(cell, -6);
        Assert.Equal("00", Code(cell, 1));
        At(cell, -5);
        var durable = cell.Cell.DurableSequence;
        Assert.Equal(["90", "90"], [Code(cell, 2), Code(cell, 2, 0x0200)]);
        Assert.Equal(durable, cell.Cell.DurableSequence);
        Assert.Equal(["00", "00"], [Code(cell, 1, 0x0101), Code(cell, 3, 0x0120)]);
        Assert.Equal(1, cell.Cell.Counters.Repeats);
        At(cell, 3);
        Assert.Equal("90", Code(cell, 2));
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.OpenBusinessDate, _ => { }) { DayNumber = 20_781 }).Outcome);
        Assert.Equal("00", Code(cell, 2));
    }

    [Fact]
    public void Without_that_wish_nobody_is_refused()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        At(cell, 30);
        Assert.Equal("00", Code(cell, 1));
    }

    [Theory]
    [InlineData("iso87-ascii", "90")]
    [InlineData("iso93-ascii-binbm", "906")]
    [InlineData("iso2003-bcd", "9060")]
    public void Every_edition_has_its_own_word_for_it(string dialect, string code) =>
        Assert.Equal(code, Dialect.BuiltIn(dialect)!.ResponseCodes.GetValueOrDefault("90", "90"));

    private static void At(CellUnderTest cell, int seconds) => cell.Now = new Instant((EndOfDate + seconds) * Instant.NanosPerSecond);

    private static string Code(CellUnderTest cell, int stan, ushort mti = 0x0100) =>
        CellUnderTest.Field(cell.Exchange(DeskTests.Purchase(stan, mti)), 39);
}

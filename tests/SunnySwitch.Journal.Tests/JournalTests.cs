using SunnySwitch.Journal.Disks;
using Xunit;

namespace SunnySwitch.Journal.Tests;

public sealed class JournalTests
{
    [Fact]
    public void What_was_committed_is_folded_again_in_order()
    {
        var disk = new MemoryDisk();
        var written = new Fold();
        using (var journal = written.Open(disk, TestJournal.Small, out _))
            TestJournal.Write(journal, written, batches: 40, framesPerBatch: 7);

        var folded = new Fold();
        using var again = folded.Open(disk, TestJournal.Small, out var report);

        Assert.Equal(written.Hash, folded.Hash);
        Assert.Equal(280, folded.Frames);
        Assert.Equal(280 + 40, report.Frames);
        Assert.Equal(320, again.LastSequence);
        Assert.Equal(320, again.DurableSequence);
        Assert.True(report.Segments > 1);
        Assert.Null(report.CutReason);
    }
}

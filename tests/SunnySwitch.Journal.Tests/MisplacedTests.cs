using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Segments;
using Xunit;

namespace SunnySwitch.Journal.Tests;

/// <summary>Files and sectors in the wrong place: whole and well-formed, and still not to be believed.</summary>
public sealed class MisplacedTests
{
    private readonly MemoryDisk _disk = Written(batches: 60, epoch: 1);
    private readonly List<string> _names;

    public MisplacedTests() => _names = [.. _disk.List()];

    [Fact]
    public void A_segment_of_another_journal_is_refused()
    {
        _disk.Put(_names[1], Written(batches: 60, epoch: 2).Durable(_names[1]));
        AssertRefused(_names[1]);
    }

    [Fact]
    public void An_older_copy_of_a_finished_segment_is_refused()
    {
        var older = _disk.Durable(_names[1]).ToArray();
        older.AsSpan(8_500).Clear();
        _disk.Put(_names[1], older);
        AssertRefused(_names[1]);
    }

    [Fact]
    public void A_segment_under_the_name_of_another_is_refused()
    {
        _disk.Put(_names[2], _disk.Durable(_names[1]));
        AssertRefused(_names[2]);
    }

    [Fact]
    public void A_missing_segment_is_noticed_at_the_one_after_it()
    {
        _disk.Delete(_names[1]);
        AssertRefused(_names[2]);
    }

    [Fact]
    public void A_journal_without_its_first_segment_is_refused()
    {
        _disk.Delete(_names[0]);
        AssertRefused(_names[1]);
    }

    [Fact]
    public void A_batch_written_to_the_wrong_place_after_the_end_is_refused()
    {
        var last = _names[^1];
        var bytes = _disk.Cached(last);
        bytes[4_096..4_608].CopyTo(bytes[^1_024..]);
        _disk.Settle();
        AssertRefused(last);
    }

    [Fact]
    public void A_lost_write_of_a_whole_batch_with_a_later_one_after_it_is_refused()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using (var journal = state.Open(disk, TestJournal.Small, out _))
        {
            TestJournal.Write(journal, state, 1, 3);
            var start = (int)journal.SegmentOffset;
            TestJournal.Write(journal, state, 1, 3);
            var end = (int)journal.SegmentOffset;
            TestJournal.Write(journal, state, 1, 3);
            disk.Cached(SegmentName.Of(1))[start..end].Clear();
            disk.Settle();
        }
        Assert.Throws<JournalCorruptException>(() => new Fold().Open(disk, TestJournal.Small, out _));
    }

    [Fact]
    public void A_file_that_never_got_its_name_is_deleted()
    {
        _disk.Put("spare.new", new byte[16_384]);
        new Fold().Open(_disk, TestJournal.Small, out _).Dispose();
        Assert.DoesNotContain("spare.new", _disk.List());
    }

    [Fact]
    public void A_journal_with_other_sizes_goes_on_with_the_new_ones()
    {
        var folded = new Fold();
        using (var journal = folded.Open(_disk, new(SegmentBytes: 65_536, BatchBytesMax: 32_768), out _))
            TestJournal.Write(journal, folded, 30, 40);
        var again = new Fold();
        again.Open(_disk, TestJournal.Small, out _).Dispose();
        Assert.Equal(folded.Hash, again.Hash);
    }

    private static MemoryDisk Written(int batches, ulong epoch)
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        journal.Epoch = epoch;
        TestJournal.Write(journal, state, batches, framesPerBatch: 5);
        return disk;
    }

    private void AssertRefused(string segment)
    {
        var refusal = Assert.Throws<JournalCorruptException>(() => new Fold().Open(_disk, TestJournal.Small, out _));
        Assert.StartsWith($"journal: {segment} at byte ", refusal.Message);
        using var reader = new JournalReader(_disk);
        while (reader.TryRead(out _, out _)) { }
        if (segment != _names[1] || _disk.List()[0] == _names[0]) Assert.StartsWith(segment, reader.Problem);
    }
}

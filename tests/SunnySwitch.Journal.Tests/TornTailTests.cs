using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Segments;
using Xunit;

namespace SunnySwitch.Journal.Tests;

/// <summary>Every way to damage the last two batches of a small journal, one by one.</summary>
public sealed class TornTailTests
{
    private const int Batches = 4, FramesPerBatch = 3;
    private readonly MemoryDisk _disk = new();
    private readonly Fold _written = new();
    private readonly List<int> _ends = [SegmentHeader.BlockBytes];   // Offset after each batch and its padding.
    private readonly int _framesEnd;                                  // Of the last batch: before its padding.
    private readonly string _name = SegmentName.Of(1);

    public TornTailTests()
    {
        using var journal = _written.Open(_disk, TestJournal.Small, out _);
        for (var batch = 0; batch < Batches; batch++)
        {
            TestJournal.Write(journal, _written, batches: 1, FramesPerBatch);
            _ends.Add((int)journal.SegmentOffset);
        }
        _framesEnd = (_disk.Durable(_name).LastIndexOfAnyExcept((byte)0) + 8) & ~7;
    }

    private UInt128 HashAfter(int batches) => _written.After[batches * FramesPerBatch];

    [Fact]
    public void A_tail_torn_at_any_byte_is_cut_back_to_the_batch_before_and_the_journal_goes_on()
    {
        for (var length = _ends[2]; length < _ends[4]; length++)
        {
            var disk = _disk.Copy();
            disk.Cached(_name)[length..].Clear();
            disk.Settle();
            var whole = Batches;
            while (!disk.Durable(_name)[.._ends[whole]].SequenceEqual(_disk.Durable(_name)[.._ends[whole]])) whole--;

            AssertRecoversTo(disk, whole, isCut: disk.Durable(_name)[_ends[whole]..].ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_last_batch_is_taken_for_a_torn_tail_and_never_folded()
    {
        for (var bit = _ends[3] * 8; bit < _framesEnd * 8; bit++)
        {
            var disk = _disk.Copy();
            disk.Cached(_name)[bit / 8] ^= (byte)(1 << (bit % 8));
            disk.Settle();
            AssertRecoversTo(disk, 3, isCut: true, goOn: bit % 97 == 0);
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_padding_of_the_last_batch_is_cut_and_the_whole_batch_before_it_is_kept()
    {
        Assert.InRange(_framesEnd, _ends[3] + 500, _ends[4] - 500);
        for (var bit = _framesEnd * 8; bit < _ends[4] * 8; bit++)
        {
            var disk = _disk.Copy();
            disk.Cached(_name)[bit / 8] ^= (byte)(1 << (bit % 8));
            disk.Settle();
            AssertRecoversTo(disk, 4, isCut: true, goOn: bit % 97 == 0);
        }
    }

    [Fact]
    public void A_torn_batch_leaves_every_durable_sector_as_it_was()
    {
        var (disk, state) = (_disk.Copy(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        disk.FailFlush = disk.Flushes + 1;
        Assert.Throws<StopToProtectDataException>(() => TestJournal.Write(journal, state, 1, 14));
        Assert.All(disk.UnflushedSectors(_name), offset => Assert.True(offset >= _ends[4]));
        Assert.Equal(0, _ends[4] % 4_096);
    }

    [Fact]
    public void A_flipped_bit_in_any_earlier_byte_is_refused_with_file_and_offset_and_changes_nothing()
    {
        // The zeros of the header block and the batches far from the end in steps, the last but one bit by bit.
        for (var bit = 0; bit < _ends[3] * 8; bit += bit / 8 >= 128 && bit < _ends[2] * 8 ? 13 : 1)
        {
            var disk = _disk.Copy();
            disk.Cached(_name)[bit / 8] ^= (byte)(1 << (bit % 8));
            disk.Settle();
            var before = disk.Durable(_name).ToArray();

            var refusal = Assert.Throws<JournalCorruptException>(() => new Fold().Open(disk, TestJournal.Small, out _));
            Assert.StartsWith($"journal: {_name} at byte ", refusal.Message);
            Assert.True(disk.Cached(_name).SequenceEqual(before));
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_empty_space_after_the_tail_is_cut()
    {
        for (var bit = _ends[4] * 8; bit < FileBytes * 8; bit += 61)
        {
            var disk = _disk.Copy();
            disk.Cached(_name)[bit / 8] ^= (byte)(1 << (bit % 8));
            disk.Settle();
            AssertRecoversTo(disk, 4, isCut: true, goOn: false);
        }
    }

    private const int FileBytes = 32_768;

    [Fact]
    public void A_file_that_lost_its_end_is_refused_whatever_its_length()
    {
        for (var length = 0; length < FileBytes; length += 7)
        {
            var disk = _disk.Copy();
            disk.Put(_name, _disk.Durable(_name)[..length]);
            Assert.Throws<JournalCorruptException>(() => new Fold().Open(disk, TestJournal.Small, out _));
        }
    }

    [Fact]
    public void Every_subset_of_the_sectors_of_an_unflushed_batch_recovers_to_all_or_nothing_of_it()
    {
        for (var frames = 1; frames <= 14; frames += 3)
        {
            var (disk, state) = (_disk.Copy(), new Fold());
            using (var journal = state.Open(disk, TestJournal.Small, out _))
            {
                disk.FailFlush = disk.Flushes + 1;
                Assert.Throws<StopToProtectDataException>(() => TestJournal.Write(journal, state, 1, frames));
            }
            var sectors = disk.UnflushedSectors(_name);
            Assert.InRange(sectors.Count, 1, 12);
            for (var subset = 0; subset < 1 << sectors.Count; subset++)
            {
                var crashed = disk.Copy();
                crashed.Crash((_, offset) => (subset >> sectors.ToList().IndexOf(offset) & 1) != 0);
                var folded = new Fold();
                using var journal = folded.Open(crashed, TestJournal.Small, out var report);
                var isWhole = subset == (1 << sectors.Count) - 1;
                Assert.Equal(isWhole ? state.Hash : HashAfter(Batches), folded.Hash);
                Assert.Equal(isWhole || subset == 0, report.CutReason is null);
            }
        }
    }

    private void AssertRecoversTo(MemoryDisk disk, int batches, bool isCut, bool goOn = true)
    {
        var folded = new Fold();
        using (var journal = folded.Open(disk, TestJournal.Small, out var report))
        {
            Assert.Equal(HashAfter(batches), folded.Hash);
            Assert.Equal(isCut, report.CutReason is not null);
            Assert.Equal(isCut, report.CutBytes > 0);
            Assert.False(disk.Durable(_name)[(int)journal.SegmentOffset..].ContainsAnyExcept((byte)0),
                "the rest is zero again");
            if (!goOn) return;
            TestJournal.Write(journal, folded, batches: 2, framesPerBatch: 2);
        }
        var again = new Fold();
        using var reopened = again.Open(disk, TestJournal.Small, out var second);
        Assert.Equal(folded.Hash, again.Hash);
        Assert.Null(second.CutReason);
    }
}

using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;
using Xunit;

namespace SunnySwitch.Journal.Tests;

public sealed class ReaderTests
{
    [Fact]
    public void A_journal_that_is_written_to_while_it_is_read_never_looks_damaged()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        TestJournal.Write(journal, state, 3, 3);
        var left = 0;
        var busy = new BusyDisk(disk, () =>
        {
            if (left-- > 0) TestJournal.Write(journal, state, 1 + left % 4, 1 + left % 7);
        });
        var segments = 0;
        for (var round = 0; round < 60; round++)
        {
            left = 30;
            using var reader = new JournalReader(busy);
            long last = 0;
            while (reader.TryRead(out var header, out _)) Assert.Equal(++last, header.Sequence);
            Assert.Null(reader.Problem);
            Assert.Equal(last, reader.LastSequence);
            segments = reader.Segments;
        }
        Assert.True(segments > 10);
    }

    [Fact]
    public void A_torn_tail_is_said_and_is_no_problem()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using (var journal = state.Open(disk, TestJournal.Small, out _))
        {
            TestJournal.Write(journal, state, 3, 3);
            var end = (int)journal.SegmentOffset;
            disk.Cached(disk.List()[0])[end - 4_096 + 70] ^= 4;
        }
        using var reader = new JournalReader(disk);
        var frames = 0;
        while (reader.TryRead(out _, out _)) frames++;
        Assert.Equal(8, frames);
        Assert.Null(reader.Problem);
        Assert.Contains("torn tail", reader.TornTail);
    }

    [Fact]
    public void An_empty_folder_has_no_frames_and_no_problem()
    {
        using var reader = new JournalReader(new MemoryDisk());
        Assert.False(reader.TryRead(out _, out _));
        Assert.Null(reader.Problem);
        Assert.Equal(0, reader.LastSequence);
    }

    [Fact]
    public void Only_the_last_segments_are_read_on_request()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        TestJournal.Write(journal, state, 60, 5);
        using var reader = new JournalReader(disk, lastSegments: 2);
        while (reader.TryRead(out _, out _)) { }
        Assert.Equal(2, reader.Segments);
        Assert.Equal(journal.LastSequence, reader.LastSequence);
    }

    /// <summary>Something happens before each read and between the two halves of it.</summary>
    private sealed class BusyDisk(IDisk disk, Action happens) : IDisk
    {
        public IReadOnlyList<string> List()
        {
            happens();
            return disk.List();
        }

        public IDiskFile Open(string name, bool forWriting) => new BusyFile(disk.Open(name, forWriting), happens);

        public IDiskFile Create(string name, long bytes, bool prewritten = true) => throw new NotSupportedException();

        public void Rename(string from, string to) => throw new NotSupportedException();

        public void Delete(string name) => throw new NotSupportedException();
    }

    private sealed class BusyFile(IDiskFile file, Action happens) : IDiskFile
    {
        public string Name => file.Name;

        public long Bytes => file.Bytes;

        public int Read(long offset, Span<byte> target)
        {
            var half = target.Length / 2;
            var read = file.Read(offset, target[..half]);
            happens();
            return read < half ? read : read + file.Read(offset + half, target[half..]);
        }

        public void Write(long offset, ReadOnlySpan<byte> source) => throw new NotSupportedException();

        public void Flush() => throw new NotSupportedException();

        public void Dispose() => file.Dispose();
    }
}

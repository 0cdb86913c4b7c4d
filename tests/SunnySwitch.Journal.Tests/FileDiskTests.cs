using SunnySwitch.Host.Disk;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Segments;
using Xunit;

namespace SunnySwitch.Journal.Tests;

public sealed class FileDiskTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"sunny-{Guid.NewGuid():N}", "journal");

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
    }

    [Fact]
    public void A_journal_on_a_real_directory_is_the_one_in_memory_byte_by_byte()
    {
        var (memory, real) = (new MemoryDisk(), new FileDisk(_folder));
        foreach (var disk in (IDisk[])[memory, real])
        {
            var state = new Fold();
            using (var journal = state.Open(disk, TestJournal.Small, out _)) TestJournal.Write(journal, state, 30, 6);
            var folded = new Fold();
            folded.Open(disk, TestJournal.Small, out _).Dispose();
            Assert.Equal(state.Hash, folded.Hash);
        }
        Assert.Equal(memory.List(), real.List());
        foreach (var name in real.List())
            Assert.True(memory.Durable(name).SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, name))));
        Assert.True(real.Flushes.Count >= 30);
        Assert.InRange(real.Flushes.Quantile(0.5), TimeSpan.FromTicks(1), real.Flushes.Max);
        Assert.Equal(real.Flushes.Count, real.Flushes.CountUpTo(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Only_the_owner_can_read_the_files()
    {
        if (OperatingSystem.IsWindows()) return;
        using var file = new FileDisk(_folder).Create("a", 3 << 20);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "a")));
        Assert.Equal(3 << 20, file.Bytes);
        Assert.Equal(3 << 20, new FileInfo(Path.Combine(_folder, "a")).Length);
    }

    [Fact]
    public void A_disk_for_reading_changes_nothing()
    {
        var state = new Fold();
        using (var journal = state.Open(new FileDisk(_folder), TestJournal.Small, out _))
            TestJournal.Write(journal, state, 3, 3);
        var disk = FileDisk.ForReading(_folder);
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out _, out _)) { }
        Assert.Equal(12, reader.LastSequence);
        Assert.Throws<IOException>(() => disk.Open(SegmentName.Of(1), forWriting: true));
        Assert.Throws<IOException>(() => disk.Create("b", 1));
        Assert.Throws<IOException>(() => FileDisk.ForReading(_folder + "-not-there"));
    }

    [Fact]
    public void Bytes_that_are_no_whole_blocks_are_written_too_and_lie_where_they_belong()
    {
        var disk = new FileDisk(_folder);
        var expected = new byte[3 * 4_096 + 100];
        using var file = disk.Create("a", expected.Length);
        var aligned = new AlignedBuffer(8_192);
        foreach (var (offset, bytes, value) in ((int, int, byte)[])
            [(0, 8_192, 1), (100, 50, 2), (4_096, 4_096, 3), (12_288, 100, 4), (8_000, 300, 5), (8_192, 4_096, 6)])
        {
            aligned.Span.Fill(value);
            expected.AsSpan(offset, bytes).Fill(value);
            file.Write(offset, aligned.Slice(0, bytes));
            var seen = new byte[expected.Length];
            Assert.Equal(seen.Length, file.Read(0, seen));
            Assert.Equal(expected, seen);
        }
        file.Flush();
        Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_folder, "a")));
    }

    [Fact]
    public void Where_the_file_system_has_no_direct_writes_they_are_buffered_and_it_says_so()
    {
        const string memory = "/dev/shm";
        if (!Directory.Exists(memory)) return;
        var folder = Path.Combine(memory, $"sunny-{Guid.NewGuid():N}");
        try
        {
            var (disk, state) = (new FileDisk(folder), new Fold());
            using (var journal = state.Open(disk, TestJournal.Small, out _)) TestJournal.Write(journal, state, 9, 6);
            Assert.Contains(disk.WriteMode, (string[])["direct", "buffered"]);   // New kernels can do both here.
            var folded = new Fold();
            folded.Open(disk, TestJournal.Small, out _).Dispose();
            Assert.Equal(state.Hash, folded.Hash);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Failures_are_io_exceptions_that_name_the_file()
    {
        var disk = new FileDisk(_folder);
        disk.Create("a", 10).Dispose();
        Assert.Throws<IOException>(() => disk.Create("a", 10));
        Assert.Contains("b", Assert.ThrowsAny<IOException>(() => disk.Open("b", forWriting: false)).Message);
        disk.Create("c", 10).Dispose();
        Assert.ThrowsAny<IOException>(() => disk.Rename("a", "c"));
    }

    [Theory, InlineData(null), InlineData(7UL)]
    public void Held_writes_reach_the_disk_at_the_flush_and_only_whole_prefixes_before(ulong? seed)
    {
        var memory = new MemoryDisk();
        var held = new HeldDisk(memory, seed);
        using var file = held.Create("a", 65_536);
        var prefixes = new HashSet<int>();
        for (var round = 0; round < 20; round++)
        {
            var bytes = new byte[3_000];
            Array.Fill(bytes, (byte)(round + 1));
            file.Write(round * 3_000, bytes);
            var written = memory.Cached("a").Slice(round * 3_000, 3_000);
            prefixes.Add(written.LastIndexOfAnyExcept((byte)0) + 1);
            var seen = new byte[3_000];
            Assert.Equal(3_000, file.Read(round * 3_000, seen));
            Assert.Equal(bytes, seen);
            file.Flush();
            Assert.True(memory.Durable("a").Slice(round * 3_000, 3_000).SequenceEqual(bytes));
        }
        if (seed is null) Assert.Equal([0], prefixes);
        else Assert.True(prefixes.Count > 3 && prefixes.All(bytes => bytes % 512 == 0 || bytes == 3_000));
    }

    [Fact]
    public void What_was_held_is_lost_with_the_process_and_what_was_flushed_is_not()
    {
        var (memory, state) = (new MemoryDisk(), new Fold());
        var journal = state.Open(new HeldDisk(memory, prefixSeed: 3), TestJournal.Small, out _);
        TestJournal.Write(journal, state, 5, 4);           // Never disposed: the process is killed here.
        var folded = new Fold();
        folded.Open(memory, TestJournal.Small, out _).Dispose();
        Assert.Equal(state.Hash, folded.Hash);
    }
}

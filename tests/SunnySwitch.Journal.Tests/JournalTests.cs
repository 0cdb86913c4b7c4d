using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Segments;
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
        Assert.Equal(280 + 40 + report.Segments - 1, report.Frames);
        Assert.Equal(report.Frames, again.LastSequence);
        Assert.Equal(report.Frames, again.DurableSequence);
        Assert.True(report.Segments > 1);
        Assert.Null(report.CutReason);
    }

    [Fact]
    public void A_frame_is_durable_only_after_its_commit()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        TestJournal.AppendOne(journal, state);
        Assert.True(journal.HasPending);
        Assert.Equal(1, journal.LastSequence);
        Assert.Equal(0, journal.DurableSequence);

        journal.Commit(default);
        Assert.False(journal.HasPending);
        Assert.Equal(2, journal.LastSequence);
        Assert.Equal(2, journal.DurableSequence);
    }

    [Fact]
    public void A_batch_costs_one_write_and_one_flush_and_an_empty_one_nothing()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        var (writes, flushes) = (disk.Writes, disk.Flushes);
        TestJournal.Write(journal, state, batches: 1, framesPerBatch: 9);
        journal.Commit(default);
        Assert.Equal((writes + 1, flushes + 1), (disk.Writes, disk.Flushes));
    }

    [Fact]
    public void Every_write_is_of_whole_blocks_and_no_block_but_a_torn_one_is_written_twice()
    {
        var (memory, state) = (new MemoryDisk(), new Fold());
        var disk = new BlockDisk(memory);
        using (var journal = state.Open(disk, TestJournal.Small, out _)) TestJournal.Write(journal, state, 30, 9);
        Assert.Equal(disk.Blocks, disk.Blocks.Distinct());
        var count = disk.Blocks.Count;
        using (var reader = new JournalReader(memory))
        {
            while (reader.TryRead(out var header, out _))
                if (header.Sequence == header.BatchFirstSequence) Assert.Equal(0, reader.Offset % 4_096);
        }

        var last = memory.List().Last(name => name.EndsWith(".seg", StringComparison.Ordinal));
        memory.Cached(last)[(int)new Fold().Open(memory, TestJournal.Small, out _).SegmentOffset + 777] = 7;
        memory.Settle();
        new Fold().Open(disk, TestJournal.Small, out var report).Dispose();
        Assert.Equal(778, report.CutBytes);
        Assert.Equal(count + 1, disk.Blocks.Count);
    }

    [Fact]
    public void The_state_hash_is_written_every_1024_frames_and_compared_at_the_next_start()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        var options = new JournalOptions(SegmentBytes: 1 << 20, BatchBytesMax: 65_536);
        using (var journal = state.Open(disk, options, out _)) TestJournal.Write(journal, state, 60, 50);

        using var reader = new JournalReader(disk);
        var at = new List<long>();
        while (reader.TryRead(out var header, out _)) if (header.Kind == JournalKind.HashAt) at.Add(header.Sequence);
        Assert.Equal(2, at.Count);
        Assert.All(at, sequence => Assert.InRange(sequence, 1_024, long.MaxValue));
        Assert.InRange(at[1] - at[0], 1_024, 1_024 + 52);
        new Fold().Open(disk, options, out _).Dispose();

        var other = new Fold();
        var refusal = Assert.Throws<JournalCorruptException>(
            () => Journal.Open(disk, options, other.Apply, () => other.Hash ^ 1, out _));
        Assert.Contains($"state hash at sequence {at[0]}", refusal.Message);
    }

    [Fact]
    public void Appending_and_committing_allocate_nothing()
    {
        var disk = new MemoryDisk();
        using var journal = Journal.Open(disk, new(SegmentBytes: 32 << 20), Ignore, () => 5, out _);
        var payload = new byte[208];
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var batch = 0; batch < 4; batch++) Batch(journal, payload);
        }));

        static void Batch(Journal journal, byte[] payload)
        {
            for (var frame = 0; frame < 1_100; frame++)
            {
                Assert.True(journal.HasRoom(payload.Length));
                journal.Append(JournalKind.Decided, 1, new(frame), 3, payload);
            }
            journal.Commit(new(1));
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_failed_write_or_flush_stops_and_is_never_tried_again(bool isWrite)
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        TestJournal.Write(journal, state, 2, 3);
        var durable = journal.DurableSequence;
        if (isWrite) disk.FailWrite = disk.Writes + 1;
        else disk.FailFlush = disk.Flushes + 1;
        TestJournal.AppendOne(journal, state);

        var stop = Assert.Throws<StopToProtectDataException>(() => journal.Commit(default));
        Assert.Contains(SegmentName.Of(1), stop.Message);
        Assert.Contains("input/output error", stop.Message);
        Assert.Equal(durable, journal.DurableSequence);
        var flushes = disk.Flushes;
        Assert.Throws<StopToProtectDataException>(() => journal.Commit(default));
        Assert.Throws<StopToProtectDataException>(() => journal.Append(JournalKind.Decided, 1, default, 0, [1]));
        Assert.Equal(flushes, disk.Flushes);
    }

    [Fact]
    public void On_a_full_disk_there_is_no_segment_ahead_and_the_rest_of_this_one_is_still_taken()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using var journal = state.Open(disk, TestJournal.Small, out _);
        Assert.True(journal.HasSegmentAhead);
        disk.IsFull = true;
        Assert.True(journal.Supply.NeedsSegment);
        Assert.False(journal.Supply.PrepareNext());
        Assert.Contains("no space", journal.Supply.Failure);
        Assert.False(journal.HasSegmentAhead);

        var reversals = 0;
        for (; journal.HasRoom(208); reversals++)
        {
            journal.Append(JournalKind.Decided, 1, default, 0, new byte[208]);
            journal.Commit(default);
        }
        Assert.Equal(7, reversals);                           // A block each.
        Assert.False(journal.HasPending);

        disk.IsFull = false;
        Assert.True(journal.Supply.PrepareNext());
        Assert.True(journal.HasSegmentAhead);
        Assert.True(journal.HasRoom(208));
        TestJournal.Write(journal, state, 3, 3);
    }

    [Fact]
    public void A_full_disk_that_nobody_looked_for_is_noticed_while_there_is_a_reserve()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        var options = new JournalOptions(SegmentBytes: 1 << 20, BatchBytesMax: 8_192);
        using var journal = state.Open(disk, options, out _);
        disk.IsFull = true;
        while (journal.HasSegmentAhead) TestJournal.Write(journal, state, 1, 2);
        Assert.InRange(options.SegmentBytes - journal.SegmentOffset, options.SegmentBytes / 20,
            options.SegmentBytes / 16);
        Assert.True(journal.HasRoom(256));
    }

    [Fact]
    public void A_segment_prepared_ahead_is_used_and_the_next_one_may_then_be_prepared()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using (var journal = state.Open(disk, TestJournal.Small, out _))
        {
            for (var round = 0; round < 5; round++)
            {
                Assert.True(journal.Supply.PrepareNext());
                Assert.False(journal.Supply.NeedsSegment);
                while (!journal.Supply.NeedsSegment) TestJournal.Write(journal, state, 1, 5);
            }
        }
        Assert.Equal(6, disk.List().Count(name => name.EndsWith(".seg", StringComparison.Ordinal)));
        var folded = new Fold();
        folded.Open(disk, TestJournal.Small, out _).Dispose();
        Assert.Equal(state.Hash, folded.Hash);
    }

    [Fact]
    public void A_batch_never_spans_two_segments()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        using (var journal = state.Open(disk, TestJournal.Small, out _)) TestJournal.Write(journal, state, 90, 11);
        using var reader = new JournalReader(disk);
        var segmentOfBatch = new Dictionary<long, string>();
        while (reader.TryRead(out var header, out _))
        {
            segmentOfBatch.TryAdd(header.BatchFirstSequence, reader.Segment!);
            Assert.Equal(segmentOfBatch[header.BatchFirstSequence], reader.Segment);
        }
        Assert.Null(reader.Problem);
        Assert.True(reader.Segments > 5);
    }

    [Fact]
    public void An_epoch_is_on_every_frame_comes_back_and_never_falls()
    {
        var (disk, state) = (new MemoryDisk(), new Fold());
        for (ulong epoch = 1; epoch <= 3; epoch++)
        {
            using var journal = new Fold().Open(disk, TestJournal.Small, out var report);
            Assert.Equal(epoch - 1, report.Epoch);
            journal.Epoch = epoch;
            TestJournal.Write(journal, state, 1, 2);
            Assert.Throws<StopToProtectDataException>(() => journal.Epoch = epoch - 1);
        }
        using var reader = new JournalReader(disk);
        var epochs = new List<ulong>();
        while (reader.TryRead(out var header, out _)) epochs.Add(header.Epoch);
        Assert.Equal([1, 1, 1, 2, 2, 2, 3, 3, 3], epochs);
    }

    [Fact]
    public void The_journals_own_kinds_and_frames_without_room_are_not_taken()
    {
        using var journal = Journal.Open(new MemoryDisk(), TestJournal.Small, Ignore, () => 0, out _);
        Assert.Throws<StopToProtectDataException>(() =>
            journal.Append(JournalKind.BatchChain, 1, default, 0, new byte[40]));
        Assert.Throws<StopToProtectDataException>(() =>
            journal.Append(JournalKind.HashAt, 1, default, 0, new byte[16]));
        Assert.False(journal.HasRoom(8_192));
        Assert.Throws<StopToProtectDataException>(() =>
            journal.Append(JournalKind.Decided, 1, default, 0, new byte[8_192]));
    }

    [Fact]
    public void Bad_sizes_are_named()
    {
        Assert.Empty(new JournalOptions().Problems());
        Assert.Equal(3, new JournalOptions(4_097, 7, 0).Problems().Count());
    }

    /// <summary>Holds that writes are what a disk can take without the page cache, and notes their blocks.</summary>
    private sealed class BlockDisk(IDisk disk) : IDisk
    {
        internal List<(string File, long Block)> Blocks { get; } = [];

        public IReadOnlyList<string> List() => disk.List();

        public IDiskFile Create(string name, long bytes, bool prewritten = true) => new BlockFile(this, disk.Create(name, bytes, prewritten));

        public IDiskFile Open(string name, bool forWriting) => new BlockFile(this, disk.Open(name, forWriting));

        public void Rename(string from, string to)
        {
            for (var index = 0; index < Blocks.Count; index++)
                if (Blocks[index].File == from) Blocks[index] = (to, Blocks[index].Block);
            disk.Rename(from, to);
        }

        public void Delete(string name) => disk.Delete(name);
    }

    private sealed class BlockFile(BlockDisk disk, IDiskFile file) : IDiskFile
    {
        public string Name => file.Name;

        public long Bytes => file.Bytes;

        public int Read(long offset, Span<byte> target) => file.Read(offset, target);

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            var address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(source));
            Assert.Equal((0, 0, 0), (offset % 4_096, source.Length % 4_096, (long)address % 4_096));
            for (var block = 0; block < source.Length / 4_096; block++)
                disk.Blocks.Add((file.Name, offset / 4_096 + block));
            file.Write(offset, source);
        }

        public void Flush() => file.Flush();

        public void Dispose() => file.Dispose();
    }

    private static void Ignore(
        JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
    }
}

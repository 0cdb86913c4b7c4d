using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Snapshots;
using Xunit;

namespace SunnySwitch.Journal.Tests;

/// <summary>Snapshots, what they spare a start, and what may be dropped behind them.</summary>
public sealed class SnapshotTests
{
    private const int Cards = 2_000;
    private static readonly JournalOptions Options = new(SegmentBytes: 65_536, BatchBytesMax: 16_384);

    [Fact]
    public void A_start_from_a_snapshot_is_the_start_from_the_whole_journal()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: Cards / 2);
        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
        Write(disk, from: Cards / 2, cards: Cards / 2);
        var whole = disk.Copy();
        foreach (var name in SnapshotReader.Names(whole)) whole.Delete(name);

        var (state, report) = Start(disk);
        var (folded, full) = Start(whole);

        Assert.Equal((folded.Hash, folded.Sequence), (state.Hash, state.Sequence));
        Assert.Equal(state.Hash, state.HashFromScratch());
        Assert.Equal(full.LastSequence, report.LastSequence);
        Assert.True(report.Frames < full.Frames * 2 / 3, $"{report.Frames} of {full.Frames} frames were read");
    }

    [Fact]
    public void A_second_snapshot_goes_on_from_the_first_and_without_a_new_segment_there_is_none()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: 800);
        var first = SnapshotMaker.Make(disk, () => NewState())!;
        Assert.Null(SnapshotMaker.Make(disk, () => NewState()));
        Write(disk, from: 800, cards: 800);
        var second = SnapshotMaker.Make(disk, () => NewState())!;
        Assert.True(second.Frames < second.LastSequence - first.LastSequence + 100, "it folded again what the first one holds");
        Assert.Equal(second.LastSequence, SnapshotReader.LoadNewest(disk, NewState(), Assert.Fail)!.Value.LastSequence);
    }

    [Fact]
    public void A_snapshot_is_made_even_if_a_kill_came_between_a_segments_name_and_its_first_batch()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: 800);
        var segments = Segments(disk);
        disk.Cached(segments[^1])[4_096..].Clear();
        disk.Settle();
        Assert.Null(SnapshotMaker.Make(disk, () => NewState()));
        Write(disk, from: (int)Start(disk).State.Counts.Cards, cards: 5);
        Assert.Equal(segments, Segments(disk));
        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
    }

    [Fact]
    public void Every_single_bit_flip_in_a_snapshot_is_noticed_and_the_one_before_is_used()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: 400);
        var first = SnapshotMaker.Make(disk, () => NewState())!;
        Write(disk, from: 400, cards: 400);
        var second = SnapshotMaker.Make(disk, () => NewState())!;
        SnapshotReader.Check(disk, second.Name, out var header);
        var end = 4_096 + (int)header.State.Bytes;
        var bits = Enumerable.Range(0, 4_096 * 8).Concat(Enumerable.Range(0, 2_000).Select(each => (4_096 * 8) + (each * 7_919 % ((end - 4_096) * 8))));
        foreach (var bit in bits)
        {
            disk.Cached(second.Name)[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(SnapshotReader.Check(disk, second.Name, out _) is not null, $"bit {bit % 8} of byte {bit / 8}");
            disk.Cached(second.Name)[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        disk.Cached(second.Name)[5_000] ^= 1;
        var lines = new List<string>();
        Assert.Equal(first.LastSequence, SnapshotReader.LoadNewest(disk, NewState(), lines.Add)!.Value.LastSequence);
        Assert.Contains(second.Name, Assert.Single(lines));
    }

    [Fact]
    public void A_snapshot_whose_batch_the_journal_does_not_have_is_refused_in_words()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: 400);
        var made = SnapshotMaker.Make(disk, () => NewState())!;
        SnapshotReader.Check(disk, made.Name, out var header);
        var segment = $"{header.SegmentFirst:D16}.seg";

        var older = disk.Copy();
        older.Cached(segment)[(int)header.BatchOffset..].Clear();
        older.Settle();
        Assert.Contains("was made after is not there", Assert.Throws<JournalCorruptException>(() => Start(older)).Message);

        var missing = disk.Copy();
        missing.Delete(segment);
        Assert.Contains("the segment is missing", Assert.Throws<JournalCorruptException>(() => Start(missing)).Message);

        var foreign = disk.Copy();
        foreign.Cached(segment)[(int)header.BatchOffset + 100] ^= 1;
        foreign.Settle();
        Assert.Throws<JournalCorruptException>(() => Start(foreign));
    }

    [Fact]
    public void A_table_that_is_too_small_for_a_snapshot_is_told_by_its_name()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: 400);
        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
        var stop = Assert.Throws<StopToProtectDataException>(() => SnapshotReader.LoadNewest(disk, NewState(cardsMax: 100), Assert.Fail));
        Assert.StartsWith("tables.cards: the data folder holds 3", stop.Message);
        foreach (var name in SnapshotReader.Names(disk)) disk.Delete(name);
        stop = Assert.Throws<StopToProtectDataException>(() => Journal.Open(disk, Options, NewState(cardsMax: 100).Apply, () => 0, out _));
        Assert.StartsWith("tables.cards: the data folder holds 101 or more", stop.Message);
    }

    [Fact]
    public void A_segment_is_dropped_only_when_archived_behind_two_snapshots_and_read_by_everybody()
    {
        var (disk, archive) = (new MemoryDisk(), new MemoryDisk());
        Write(disk, from: 0, cards: 600);
        var whole = Segments(disk);
        Assert.Equal("fewer than 2 good snapshots", Retention.Apply(disk, archive, keepBytes: 0).Waits);
        Assert.Equal(whole[..^1], archive.List());

        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
        Assert.Equal(0, Retention.Apply(disk, archive, keepBytes: 0).Dropped);
        Write(disk, from: 600, cards: 600);
        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
        whole = Segments(disk);
        Assert.Contains("a reader of the journal is at sequence 0", Retention.Apply(disk, archive, keepBytes: 0, acknowledged: 0).Waits);

        archive.Delete(whole[0]);
        archive.IsFull = true;
        Assert.Throws<IOException>(() => Retention.Apply(disk, archive, keepBytes: 0));
        Assert.Equal(whole, Segments(disk));
        archive.IsFull = false;

        var living = Start(disk).State;
        var kept = Retention.Apply(disk, archive, keepBytes: 0);
        Assert.True(kept.Dropped > 2 && kept.Waits is not null);
        Assert.Equal(whole[kept.Dropped..], Segments(disk));
        Assert.Equal(living.Hash, Start(disk).State.Hash);

        foreach (var name in archive.List()) disk.Put(name, archive.Durable(name));
        foreach (var name in SnapshotReader.Names(disk)) disk.Delete(name);
        Assert.Equal(living.Hash, Start(disk).State.Hash);
    }

    [Fact]
    public void A_snapshot_that_is_damaged_when_its_segments_are_gone_is_refused_not_guessed()
    {
        var disk = new MemoryDisk();
        Write(disk, from: 0, cards: 600);
        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
        Write(disk, from: 600, cards: 600);
        Assert.NotNull(SnapshotMaker.Make(disk, () => NewState()));
        Assert.True(Retention.Apply(disk, null, keepBytes: 0).Dropped > 0);
        foreach (var name in SnapshotReader.Names(disk)) disk.Cached(name)[4_100] ^= 1;
        Assert.Contains("there is no good snapshot", Assert.Throws<JournalCorruptException>(() => Start(disk)).Message);
    }

    internal static List<string> Segments(MemoryDisk disk) => [.. disk.List().Where(name => name.EndsWith(".seg", StringComparison.Ordinal))];

    internal static SwitchState NewState(int cardsMax = 4_096) =>
        new(new StateOptions(cardsMax, 4_096, 64, 64, 64, 16) { TouchMemory = false }, new CmacPanTokens(new byte[16]));

    internal static (SwitchState State, RecoveryReport Report) Start(IDisk disk)
    {
        var state = NewState();
        var from = SnapshotReader.LoadNewest(disk, state, _ => { });
        using var journal = Journal.Open(disk, Options, state.Apply, () => state.Hash, out var report, from);
        return (state, report);
    }

    /// <summary>One life: an epoch, then so many cards, each with an account.</summary>
    internal static void Write(IDisk disk, int from, int cards)
    {
        var state = NewState();
        var snapshot = SnapshotReader.LoadNewest(disk, state, _ => { });
        using var journal = Journal.Open(disk, Options, state.Apply, () => state.Hash, out var report, snapshot);
        journal.Epoch = report.Epoch + 1;
        Append(JournalKind.EpochStarted, new EpochStarted { Epoch = report.Epoch + 1, TokenKeyCheck = 7 });
        for (var card = from; card < from + cards; card++)
        {
            Append(JournalKind.CardAdded, new CardAdded
            {
                Pan = new PanToken((ulong)(card + 1) * 0x9E37_79B9_7F4A_7C15, 42),
                LedgerMinor = card * 100,
                Expiry = 3012,
                Currency = 840,
                Status = CardStatus.Active,
                Card = card,
                Account = card,
            });
            if (card % 10 == 9) journal.Commit(TestJournal.TimeAt(card));
        }

        journal.Commit(TestJournal.TimeAt(from + cards));

        void Append<T>(JournalKind kind, T payload)
            where T : unmanaged
        {
            var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in payload));
            if (!journal.HasRoom(bytes.Length)) journal.Commit(default);
            state.Apply(kind, 1, journal.Append(kind, 1, default, 0, bytes), default, bytes);
        }
    }
}

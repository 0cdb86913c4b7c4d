using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Snapshots;
using Xunit;
using static SunnySwitch.Journal.Tests.SnapshotTests;

namespace SunnySwitch.Journal.Tests;

/// <summary>Damage that the archive can mend is mended to the same state; other damage is told, and nothing is made worse.</summary>
public sealed class RepairTests
{
    private readonly MemoryDisk _disk = new();
    private readonly MemoryDisk _archive = new();
    private readonly List<string> _finished;
    private readonly UInt128 _hash;

    public RepairTests()
    {
        Write(_disk, from: 0, cards: 800);
        Retention.Apply(_disk, _archive, keepBytes: long.MaxValue);
        _finished = SnapshotTests.Segments(_disk)[..^1];
        _hash = Start(_disk.Copy()).State.Hash;
    }

    [Fact]
    public void A_whole_journal_is_left_alone()
    {
        var writes = _disk.Writes;
        Assert.Equal((0, null), Summary(Repair.Apply(_disk, _archive)));
        Assert.Equal(writes, _disk.Writes);
    }

    [Fact]
    public void Any_damage_to_finished_segments_is_mended_from_the_archive()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var disk = _disk.Copy();
            var damaged = _finished.Where(_ => random.Next(3) == 0).ToList();
            foreach (var name in damaged) Damage(disk, name, random);
            var report = Repair.Apply(disk, _archive);
            Assert.True(report.Problem is null, $"seed {seed}: {report.Problem}");
            Assert.True(report.Replaced.All(damaged.Contains), $"seed {seed}: a good segment was replaced");
            Assert.Equal(_hash, Start(disk).State.Hash);
        }
    }

    [Fact]
    public void What_the_archive_cannot_mend_is_told_and_stays_as_it_was()
    {
        _disk.Cached(_finished[2])[5_000] ^= 1;
        _archive.Cached(_finished[2])[5_000] ^= 1;
        _disk.Settle();
        _archive.Settle();
        var before = _disk.Copy();
        var report = Repair.Apply(_disk, _archive);
        Assert.Empty(report.Replaced);
        Assert.StartsWith($"{_finished[2]} at byte ", report.Problem);
        foreach (var name in before.List()) Assert.True(before.Durable(name).SequenceEqual(_disk.Durable(name)), name);
        Assert.Equal(before.List(), _disk.List());
    }

    [Fact]
    public void Damage_in_the_newest_segment_is_beyond_the_archive()
    {
        var newest = SnapshotTests.Segments(_disk)[^1];
        Write(_disk, from: 800, cards: 40);
        _disk.Cached(newest)[4_100] ^= 1;
        _disk.Settle();
        Assert.StartsWith(newest, Repair.Apply(_disk, _archive).Problem);
    }

    [Fact]
    public void Without_a_good_snapshot_dropped_segments_come_back()
    {
        Assert.NotNull(SnapshotMaker.Make(_disk, () => NewState()));
        Write(_disk, from: 800, cards: 400);
        Assert.NotNull(SnapshotMaker.Make(_disk, () => NewState()));
        Assert.True(Retention.Apply(_disk, _archive, keepBytes: 0).Dropped > 2);
        var hash = Start(_disk.Copy()).State.Hash;
        foreach (var name in SnapshotReader.Names(_disk)) _disk.Cached(name)[4_100] ^= 1;
        _disk.Settle();
        Assert.Throws<JournalCorruptException>(() => Start(_disk.Copy()));
        var report = Repair.Apply(_disk, _archive);
        Assert.Null(report.Problem);
        Assert.NotEmpty(report.Replaced);
        Assert.Equal(hash, Start(_disk).State.Hash);
    }

    [Fact]
    public void A_full_disk_leaves_every_segment_the_old_one_or_the_archives()
    {
        _disk.Cached(_finished[1])[5_000] ^= 1;
        _disk.Settle();
        _disk.IsFull = true;
        Assert.Throws<IOException>(() => Repair.Apply(_disk, _archive));
        _disk.IsFull = false;
        Assert.Equal((1, null), Summary(Repair.Apply(_disk, _archive)));
        Assert.Equal(_hash, Start(_disk).State.Hash);
    }

    private static (int Replaced, string? Problem) Summary(RepairReport report) => (report.Replaced.Count, report.Problem);

    private void Damage(MemoryDisk disk, string name, Random random)
    {
        var bytes = disk.Cached(name);
        switch (random.Next(4))
        {
            case 0: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes.Slice(random.Next(bytes.Length / 4096) * 4096, 4096).Clear(); break;
            case 2: _disk.Cached(_finished[random.Next(_finished.Count)]).CopyTo(bytes); break;
            default: disk.Delete(name); return;
        }

        disk.Settle();
    }
}

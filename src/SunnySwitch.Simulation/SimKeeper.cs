using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Simulation;

/// <summary>
/// The process beside the switch that makes snapshots, archives and drops segments. Its failures are no concern of the
/// switch. It also remembers what the frames said which a start no longer reads.
/// </summary>
internal sealed class SimKeeper(Swarm swarm, Prng prng, Action<string> history) : IDisposable
{
    private readonly MemoryDisk _archive = new();
    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly List<(long Sequence, Seen Seen)> _seen = [];

    /// <summary>What the surviving frames said, in order.</summary>
    public List<Seen> SeenInOrder => _seen.ConvertAll(each => each.Seen);

    /// <summary>What is after that sequence is read again, or is gone.</summary>
    public void Forget(long after) => _seen.RemoveAll(each => each.Sequence > after);

    /// <summary>Fits a <see cref="Journal.FrameSink"/>.</summary>
    public void Note(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
        var isSeen = kind is JournalKind.Decided or JournalKind.CardAdded or JournalKind.CardChanged or JournalKind.BusinessDateOpened
            or JournalKind.CardPinSet or JournalKind.KeyNoted or JournalKind.HoldsExpired or JournalKind.RulesActivated or JournalKind.RatesActivated;
        if (!isSeen) return;
        if (_seen.Count == 0 || _seen[^1].Sequence < sequence) _seen.Add((sequence, Seen.Of(kind, payload)));
    }

    /// <summary>At a moment when the last batch is written and not flushed; the power may go right after.</summary>
    public void LookInAtFlush(SimDisk disk)
    {
        if (prng.Chance(700)) return;
        MakeSnapshot(disk);
        if (prng.Chance(swarm.PowerCuts * 30)) disk.CutWithin(3);
    }

    public void MakeSnapshot(SimDisk disk)
    {
        try
        {
            if (SnapshotMaker.Make(disk, () => SimNode.NewState(swarm, _tokens), Note) is not { } made) return;
            history($"snapshot after sequence {made.LastSequence}");
        }
        catch (IOException)
        {
            disk.Forgive();
        }
    }

    public void KeepToSize(SimDisk disk)
    {
        try
        {
            var kept = Retention.Apply(disk, _archive, swarm.SegmentsKept * swarm.SegmentKilobytes * 1024L);
            if (kept.Dropped > 0) history($"dropped {kept.Dropped} segments");
        }
        catch (IOException)
        {
            disk.Forgive();
        }
    }

    /// <summary>Every segment there ever was, from the archive and the disk, and no snapshot.</summary>
    public MemoryDisk WholeJournal(MemoryDisk platter)
    {
        var whole = _archive.Copy();
        foreach (var name in platter.List().Where(name => name.EndsWith(".seg", StringComparison.Ordinal)))
        {
            whole.Put(name, platter.Durable(name));
        }

        return whole;
    }

    public void Dispose() => _tokens.Dispose();
}

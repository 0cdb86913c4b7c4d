using SunnySwitch.Journal.Recovery;
using SunnySwitch.Journal.Segments;

namespace SunnySwitch.Journal.Snapshots;

/// <summary>What a repair did.</summary>
/// <param name="Replaced">Segments that the archive's copy took the place of, in order.</param>
/// <param name="Problem">What is still wrong and where; null: the journal is whole.</param>
public sealed record RepairReport(IReadOnlyList<string> Replaced, string? Problem);

/// <summary>
/// Puts segments back from the archive where the journal's own are damaged, stale or missing. A copy stays only if the journal
/// then reads further than before; what it replaced is kept beside it. Nothing is ever cut: what a segment holds was answered.
/// </summary>
/// <remarks>The owner of the journal must not run.</remarks>
public static class Repair
{
    /// <summary>What was replaced is named so.</summary>
    public const string DamagedSuffix = ".damaged";

    /// <summary>Repairs as far as the archive can.</summary>
    /// <exception cref="IOException">A disk failed or is full; each segment is either the old one or the archive's.</exception>
    public static RepairReport Apply(IDisk disk, IDisk archive)
    {
        var replaced = FetchDropped(disk, archive);
        while (ReadThrough(disk, out var last) is { } problem)
        {
            var better = Candidates(disk, archive, problem.Segment!).Except(replaced)
                .FirstOrDefault(name => TryReplace(disk, archive, name, problem.Segment!, last));
            if (better is null) return new RepairReport(replaced, $"{problem.Segment} at byte {problem.Offset}: {problem.Why}");
            replaced.Add(better);
        }

        return new RepairReport(replaced, null);
    }

    /// <summary>Without a good snapshot, a start needs every segment there ever was.</summary>
    private static List<string> FetchDropped(IDisk disk, IDisk archive)
    {
        var fetched = new List<string>();
        var segments = SegmentName.In(disk.List());
        if (SnapshotReader.Names(disk).Any(name => SnapshotReader.Check(disk, name, out _) is null)) return fetched;
        var before = SegmentName.In(archive.List()).Where(name => segments.Count == 0 || string.CompareOrdinal(name, segments[0]) < 0);
        // The newest first, so that what is there is one piece at every moment.
        foreach (var name in before.Reverse())
        {
            Retention.Copy(archive, disk, name);
            fetched.Insert(0, name);
        }

        return fetched;
    }

    /// <summary>Null, or what is wrong; and the last sequence before it.</summary>
    private static WalkEnd? ReadThrough(IDisk disk, out long last)
    {
        using var walk = new JournalWalk(disk, living: false);
        WalkEnd end;
        while (walk.TryNext(out _, out end)) { }
        last = walk.Reader.Expected - 1;
        return end.Decision == Decision.Refuse ? end : null;
    }

    /// <summary>
    /// The segment where the reading ended; those that are missing before it; and the one before these: an older copy of it
    /// ends too early.
    /// </summary>
    private static List<string> Candidates(IDisk disk, IDisk archive, string segment)
    {
        var before = SegmentName.In(disk.List()).LastOrDefault(name => string.CompareOrdinal(name, segment) < 0);
        var missing = SegmentName.In(archive.List())
            .Where(name => string.CompareOrdinal(name, before) > 0 && string.CompareOrdinal(name, segment) < 0);
        return before is null ? [segment] : [segment, .. missing, before];
    }

    private static bool TryReplace(IDisk disk, IDisk archive, string name, string segmentBefore, long lastBefore)
    {
        if (!archive.List().Contains(name)) return false;
        var aside = name + DamagedSuffix;
        var isThere = disk.List().Contains(name);
        if (isThere)
        {
            if (disk.List().Contains(aside)) disk.Delete(aside);
            disk.Rename(name, aside);
        }

        Retention.Copy(archive, disk, name);
        var now = ReadThrough(disk, out var last);
        if (now is null || last > lastBefore || (last == lastBefore && string.CompareOrdinal(now.Value.Segment, segmentBefore) > 0)) return true;
        disk.Delete(name);
        if (isThere) disk.Rename(aside, name);
        return false;
    }
}

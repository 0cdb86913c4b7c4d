using System.Security.Cryptography;
using SunnySwitch.Journal.Segments;

namespace SunnySwitch.Journal.Snapshots;

/// <summary>What a pass did.</summary>
/// <param name="Archived">Segments copied.</param>
/// <param name="Dropped">Segments deleted.</param>
/// <param name="Bytes">Bytes of the segments that are left.</param>
/// <param name="Waits">Why more than was asked for is kept; null when it is not.</param>
public sealed record RetentionReport(int Archived, int Dropped, long Bytes, string? Waits);

/// <summary>
/// Copies finished segments to the archive, and drops the oldest beyond the size asked for. A segment goes only when it is
/// archived, when two good snapshots are after it (one may turn out damaged), and when every reader of the journal is past it.
/// </summary>
public static class Retention
{
    private const int SnapshotsKept = 2;
    private const int PieceBytes = 1 << 20;
    private const string UnfinishedName = "copy" + SegmentName.UnfinishedSuffix;

    /// <summary>One pass. The owner of the journal may be at work.</summary>
    /// <param name="disk">The journal's directory, open for writing.</param>
    /// <param name="archive">Where finished segments are copied to; null: nowhere, by the operator's wish.</param>
    /// <param name="keepBytes">Segments that fit into so many bytes stay.</param>
    /// <param name="acknowledged">Every reader of the journal has taken all up to this sequence.</param>
    /// <exception cref="IOException">A disk failed or is full; what was done so far stands.</exception>
    public static RetentionReport Apply(IDisk disk, IDisk? archive, long keepBytes, long acknowledged = long.MaxValue)
    {
        var segments = SegmentName.In(disk.List());
        var archived = archive is null ? 0 : Archive(disk, archive, segments);
        var needed = NeededSegment(disk);
        var sizes = segments.ConvertAll(name => Bytes(disk, name));
        var (total, dropped, waits) = (sizes.Sum(), 0, default(string));
        // The oldest first, so that what is left is one piece at every moment.
        for (; total > keepBytes && dropped < segments.Count - 1; dropped++)
        {
            _ = SegmentName.TryParse(segments[dropped + 1], out var next);
            if (!Mutant.Is(Mutation.DropWhatIsNeeded))
            {
                if (needed is null) waits = $"fewer than {SnapshotsKept} good snapshots";
                else if (next > needed) waits = "the older of the two snapshots starts there";
                else if (next - 1 > acknowledged) waits = $"a reader of the journal is at sequence {acknowledged} only";
                if (waits is not null) break;
            }
            disk.Delete(segments[dropped]);
            CrashPoints.Pass(CrashPoint.SegmentDropped);
            total -= sizes[dropped];
        }
        return new RetentionReport(archived, dropped, total, waits);
    }

    private static long Bytes(IDisk disk, string name)
    {
        using var file = disk.Open(name, forWriting: false);
        return file.Bytes;
    }

    /// <summary>First sequence of the segment that the older of the newest good snapshots goes on from; null: too few.</summary>
    private static long? NeededSegment(IDisk disk)
    {
        var good = 0;
        long? needed = null;
        foreach (var name in SnapshotReader.Names(disk))
        {
            if (good == SnapshotsKept)
            {
                disk.Delete(name);
                CrashPoints.Pass(CrashPoint.SnapshotDropped);
            }
            else if (SnapshotReader.Check(disk, name, out var header) is null)
            {
                if (++good == SnapshotsKept) needed = header.SegmentFirst;
            }
        }
        return needed;
    }

    private static int Archive(IDisk disk, IDisk archive, List<string> segments)
    {
        var there = archive.List();
        var archived = 0;
        foreach (var name in segments.SkipLast(1).Except(there))
        {
            CrashPoints.Pass(CrashPoint.SegmentArchiving);
            Copy(disk, archive, name);
            CrashPoints.Pass(CrashPoint.SegmentArchived);
            archived++;
        }
        return archived;
    }

    /// <summary>Copies a file to another disk under its name, which it gets once the copy is whole and durable.</summary>
    internal static void Copy(IDisk disk, IDisk archive, string name)
    {
        if (archive.List().Contains(UnfinishedName)) archive.Delete(UnfinishedName);
        using var source = disk.Open(name, forWriting: false);
        using (var target = archive.Create(UnfinishedName, source.Bytes, prewritten: false))
        {
            var piece = new AlignedBuffer((int)Math.Min(PieceBytes, source.Bytes));
            for (long offset = 0; offset < source.Bytes;)
            {
                var bytes = source.Read(offset, piece.Span);
                if (bytes == 0) throw new IOException($"{name}: no bytes at {offset} of {source.Bytes}");
                target.Write(offset, piece.Slice(0, bytes));
                offset += bytes;
            }
            target.Flush();
            if (!Sha256(source).AsSpan().SequenceEqual(Sha256(target))) throw new IOException($"{name}: the copy differs");
        }
        archive.Rename(UnfinishedName, name);
    }

    private static byte[] Sha256(IDiskFile file)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[Math.Min(PieceBytes, file.Bytes)];
        for (long offset = 0; offset < file.Bytes;)
        {
            var bytes = file.Read(offset, piece);
            if (bytes == 0) break;
            sha.AppendData(piece.AsSpan(0, bytes));
            offset += bytes;
        }
        return sha.GetHashAndReset();
    }
}

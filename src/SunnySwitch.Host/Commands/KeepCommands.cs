using System.CommandLine;
using System.Diagnostics;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// <c>sunny journal keep|scrub</c>: what the switch has done beside itself, in a process of its own. An operator may run
/// them too, with the switch running or not. <c>sunny journal repair</c> is for one that stands still.
/// </summary>
internal static class KeepCommands
{
    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;

    public static Command CreateKeep()
    {
        var data = DataOption();
        var config = new Option<string?>("--config") { Description = "The switch's configuration file; without it, the embedded default." };
        var set = new Option<string[]>("--set") { Description = "Overrides one key.", DefaultValueFactory = _ => [] };
        var share = ShareOption();
        var acknowledged = new Option<long>("--acknowledged")
        {
            Description = "The ledger has taken all up to this sequence: what is after it stays.",
            DefaultValueFactory = _ => long.MaxValue,
        };
        var json = new Option<bool>("--json") { Description = "JSON, one line." };
        var command = new Command(
            "keep", "Archives finished segments, makes a snapshot if journal.snapshotMegabytes were finished since the last, drops what is beyond "
                + "journal.keepMegabytes.")
        {
            data, config, set, share, acknowledged, json,
        };
        command.SetAction(parsed => Guarded(parsed.GetValue(data)!, folder =>
            Keep(folder, OptionsFile.Read(parsed.GetValue(config), parsed.GetValue(set)!), Paced(parsed.GetValue(share)), parsed.GetValue(acknowledged),
                parsed.GetValue(json))));
        return command;
    }

    public static Command CreateScrub()
    {
        var data = DataOption();
        var archive = new Option<string?>("--archive") { Description = "The archive's folder, if it is to be read too." };
        var share = ShareOption();
        var json = new Option<bool>("--json") { Description = "JSON, one line." };
        var command = new Command("scrub", "Reads and checks everything: segments, snapshots, archive. Changes nothing.") { data, archive, share, json };
        command.SetAction(parsed => Guarded(parsed.GetValue(data)!, folder =>
            Scrub(folder, parsed.GetValue(archive), Paced(parsed.GetValue(share)), parsed.GetValue(json))));
        return command;
    }

    public static Command CreateRepair()
    {
        var data = DataOption();
        var archive = new Option<string?>("--archive") { Description = "The folder with good copies; without it, DATA/archive." };
        var json = new Option<bool>("--json") { Description = "JSON, one line." };
        var command = new Command(
            "repair", "Puts damaged or missing segments back from the archive, and keeps what it replaced. The switch must not run.") { data, archive, json };
        command.SetAction(parsed => Guarded(parsed.GetValue(data)!, folder =>
            Repair(folder, parsed.GetValue(archive) ?? Path.Combine(folder, "archive"), parsed.GetValue(json))));
        return command;
    }

    /// <summary>The archive's folder; null when there is to be none.</summary>
    public static string? ArchiveFolder(SwitchOptions options, string dataFolder) =>
        options.Journal.Archive == "none" ? null : Path.GetFullPath(options.Journal.Archive, Path.GetFullPath(dataFolder));

    private static Option<int> ShareOption() => new("--share")
    {
        Description = "Percent of the time that it works; it rests for the rest, so that a switch beside it hardly notices.",
        DefaultValueFactory = _ => 100,
    };

    private static Pace Paced(int share) => new(Math.Clamp(share, 1, 100));

    private static Option<string> DataOption() => new("--data") { Description = "The switch's data folder.", Required = true };

    public static int Guarded(string dataFolder, Func<string, int> run)
    {
        if (!Directory.Exists(Path.Combine(dataFolder, "journal")))
        {
            Console.Error.WriteLine($"{Path.Combine(dataFolder, "journal")}: no journal there");
            return WrongUse;
        }

        try
        {
            // Whatever else the machine has to do comes first.
            LibC.YieldToEverybody();
            return run(dataFolder);
        }
        catch (OptionsException wrong)
        {
            foreach (var problem in wrong.Problems) Console.Error.WriteLine($"sunny: {problem}");
            return WrongUse;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JournalCorruptException or StopToProtectDataException
            or InvalidDataException)
        {
            Console.Error.WriteLine($"sunny: {failure.Message}");
            return SomethingFailed;
        }
    }

    private static int Keep(string dataFolder, SwitchOptions options, Pace pace, long acknowledged, bool json)
    {
        using var alone = TryLock(dataFolder);
        if (alone is null)
        {
            Console.Error.WriteLine($"{dataFolder}: another process is at it");
            return SomethingFailed;
        }

        var disk = new PacedDisk(new FileDisk(Path.Combine(dataFolder, "journal")), pace);
        using var tokens = new CmacPanTokens(TokenKeyFile.ReadOrCreate(dataFolder, journalExists: true));
        var clock = Stopwatch.StartNew();
        var made = SnapshotMaker.Make(
            disk, () => new SwitchState(Store.StateOptions(options) with { TouchMemory = false }, tokens),
            bytesMin: options.Journal.SnapshotMegabytes * (1L << 20));
        var folded = clock.Elapsed;
        var folder = ArchiveFolder(options, dataFolder);
        var kept = Retention.Apply(
            disk, folder is null ? null : new PacedDisk(new FileDisk(folder), pace), options.Journal.KeepMegabytes * (1L << 20), acknowledged);
        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteString("snapshot", made?.Name);
                writer.WriteNumber("last_sequence", made?.LastSequence ?? 0);
                writer.WriteNumber("frames", made?.Frames ?? 0);
                writer.WriteNumber("snapshot_bytes", made?.Bytes ?? 0);
                writer.WriteNumber("seconds", Math.Round(folded.TotalSeconds, 3));
                writer.WriteNumber("archived", kept.Archived);
                writer.WriteNumber("dropped", kept.Dropped);
                writer.WriteNumber("journal_bytes", kept.Bytes);
                writer.WriteString("waits", kept.Waits);
            });
            return Done;
        }

        Console.WriteLine(made is null
            ? "no snapshot: too little was finished since the last"
            : $"{made.Name}: {made.Frames:N0} frames folded, {made.Bytes:N0} bytes written, in {folded.TotalSeconds:F1} s");
        Console.WriteLine($"{kept.Archived} segments archived, {kept.Dropped} dropped, {kept.Bytes:N0} bytes of journal left");
        if (kept.Waits is not null) Console.WriteLine($"more than asked for is kept: {kept.Waits}");
        return Done;
    }

    private static int Scrub(string dataFolder, string? archive, Pace pace, bool json)
    {
        var disk = new PacedDisk(FileDisk.ForReading(Path.Combine(dataFolder, "journal")), pace);
        var damage = new List<string>();
        var (frames, last) = ReadAll(disk, "journal", damage);
        var snapshots = 0;
        foreach (var name in SnapshotReader.Names(disk))
        {
            if (SnapshotReader.Check(disk, name, out _) is { } problem) damage.Add($"journal/{name}: {problem}");
            snapshots++;
        }

        var archived = 0L;
        if (archive is not null && Directory.Exists(archive)) (archived, _) = ReadAll(new PacedDisk(FileDisk.ForReading(archive), pace), "archive", damage);
        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteBoolean("ok", damage.Count == 0);
                writer.WriteNumber("frames", frames);
                writer.WriteNumber("last_sequence", last);
                writer.WriteNumber("snapshots", snapshots);
                writer.WriteNumber("archived_frames", archived);
                writer.WriteStartArray("damage");
                foreach (var each in damage) writer.WriteStringValue(each);
                writer.WriteEndArray();
            });
        }
        else
        {
            Console.WriteLine($"{frames:N0} frames of the journal, {snapshots} snapshots and {archived:N0} frames of the archive were read");
            foreach (var each in damage) Console.WriteLine($"DAMAGED: {each}. See docs/operations.md, \"Damage\".");
        }

        return damage.Count == 0 ? Done : SomethingFailed;
    }

    private static int Repair(string dataFolder, string archive, bool json)
    {
        if (!Directory.Exists(archive))
        {
            Console.Error.WriteLine($"{archive}: no archive there; name it with --archive");
            return WrongUse;
        }

        using var alone = TryLock(dataFolder);
        using var stopped = Store.Lock(dataFolder);
        if (alone is null) throw new IOException($"{dataFolder}: another process is at it");
        var report = Journal.Snapshots.Repair.Apply(new FileDisk(Path.Combine(dataFolder, "journal")), FileDisk.ForReading(archive));
        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteBoolean("ok", report.Problem is null);
                writer.WriteStartArray("replaced");
                foreach (var each in report.Replaced) writer.WriteStringValue(each);
                writer.WriteEndArray();
                writer.WriteString("problem", report.Problem);
            });
        }
        else
        {
            foreach (var each in report.Replaced) Console.WriteLine($"{each}: put back from the archive");
            Console.WriteLine(report.Problem is null
                ? report.Replaced.Count == 0 ? "the journal is whole; nothing was to be done" : "the journal is whole"
                : $"STILL DAMAGED: {report.Problem}. The archive has no better copy; look for one in the backups, and do not start this folder.");
        }

        return report.Problem is null ? Done : SomethingFailed;
    }

    private static (long Frames, long LastSequence) ReadAll(IDisk disk, string where, List<string> damage)
    {
        using var reader = new JournalReader(disk);
        long frames = 0;
        while (reader.TryRead(out _, out _)) frames++;
        if (reader.Problem is not null) damage.Add($"{where}/{reader.Problem}");
        return (frames, reader.LastSequence);
    }

    private static FileStream? TryLock(string dataFolder)
    {
        try
        {
            return new FileStream(Path.Combine(dataFolder, "keep.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

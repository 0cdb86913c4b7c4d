using System.CommandLine;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Serving;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny journal scan</c>: proves that no file holds a clear PAN of a card that the journal knows.</summary>
internal static class ScanCommand
{
    private const int FindsShown = 20;
    private static readonly string[] Folders = ["journal", "archive"];

    public static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "The switch's data folder.", Required = true };
        var more = new Argument<FileInfo[]>("FILE")
        {
            Description = "More files to look through: logs, dumps, exports.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var json = new Option<bool>("--json") { Description = "JSON, one line." };
        var command = new Command("scan", "Looks for clear PANs in journal, snapshots, archive and any file given.") { data, json, more };
        command.SetAction(parsed => KeepCommands.Guarded(parsed.GetRequiredValue(data).FullName, folder =>
            Run(folder, [.. parsed.GetValue(more)!.Select(file => file.FullName)], parsed.GetValue(json))));
        return command;
    }

    private static int Run(string dataFolder, IReadOnlyList<string> more, bool json)
    {
        var known = KnownCards(dataFolder);
        using var tokens = new CmacPanTokens(TokenKeyFile.ReadOrCreate(dataFolder, journalExists: true));
        var found = new List<string>();
        var (bytes, files, file) = (0L, 0, "");
        var scan = new PanScan(known, tokens, clear => found.Add($"{file} at byte {clear.Offset}: {clear.Pan} in {clear.Encoding}"));
        foreach (var path in Directory.EnumerateFiles(dataFolder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Concat(more))
        {
            file = path;
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            scan.Run(stream);
            (bytes, files) = (bytes + stream.Position, files + 1);
        }

        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteBoolean("ok", found.Count == 0);
                writer.WriteNumber("files", files);
                writer.WriteNumber("bytes", bytes);
                writer.WriteNumber("cards", known.Count);
                writer.WriteNumber("candidates", scan.Candidates);
                writer.WriteStartArray("found");
                foreach (var each in found) writer.WriteStringValue(each);
                writer.WriteEndArray();
            });
        }
        else
        {
            Console.WriteLine($"{bytes:N0} bytes in {files} files: {scan.Candidates:N0} digit runs with a right check digit, "
                + $"compared with {known.Count:N0} known cards");
            foreach (var each in found.Take(FindsShown)) Console.WriteLine($"CLEAR PAN: {each}");
            if (found.Count > FindsShown) Console.WriteLine($"and {found.Count - FindsShown:N0} more");
            if (found.Count == 0) Console.WriteLine("no clear PAN");
        }

        return found.Count == 0 ? 0 : 1;
    }

    /// <summary>
    /// Cards that were entered, and PANs of requests that are no card of ours; from frames, and, where those were dropped,
    /// from a snapshot. Generated cards are left out: theirs are no secrets, and many look like binary numbers.
    /// </summary>
    private static HashSet<PanToken> KnownCards(string dataFolder)
    {
        var known = new HashSet<PanToken>();
        foreach (var folder in Folders.Select(name => Path.Combine(dataFolder, name)).Where(Directory.Exists))
        {
            var disk = FileDisk.ForReading(folder);
            using var reader = new JournalReader(disk);
            while (reader.TryRead(out var header, out var payload))
            {
                if (JournalLines.TryDecided(header, payload, out var decided, out _))
                {
                    if (decided.Card < 0) known.Add(decided.Request.Pan);
                }
                else if (header.Kind == JournalKind.CardAdded) known.Add(MemoryMarshal.AsRef<CardAdded>(payload).Pan);
            }

            foreach (var name in SnapshotReader.Names(disk))
            {
                if (SnapshotReader.Check(disk, name, out var header) is not null) continue;
                var state = new SwitchState(StateOptions.For(header.State), new CmacPanTokens(new byte[16]));
                SnapshotReader.LoadNewest(disk, state, _ => { });
                foreach (var token in state.SealedCards()) known.Add(token);
                break;
            }
        }

        known.Remove(default);
        return known;
    }
}

using System.CommandLine;
using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Disk;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Frames;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// <c>sunny journal verify|stat|tail|export</c>: looks at a journal, living or not, and changes nothing. Those that change
/// something are in <see cref="KeepCommands"/>.
/// </summary>
internal static class JournalCommand
{
    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;
    private const int TailSegments = 2;

    private static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "The switch's data folder; the journal is in its folder journal/.",
        Required = true,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "JSON, one object a line." };

    internal static Command Create()
    {
        var lines = new Option<int>("-n", "--lines") { Description = "How many frames." };
        lines.DefaultValueFactory = _ => 10;
        var csv = new Option<bool>("--csv") { Description = $"Comma-separated: {JournalLines.CsvHeader}." };
        var command = new Command("journal",
            "Looks at a journal: checks it, counts it, shows it. The switch may be running.");
        command.Subcommands.Add(Make("verify", "Checks checksums, order, epochs and chain of every frame.",
            (disk, parsed, output) => Verify(disk, parsed.GetValue(Json), output)));
        command.Subcommands.Add(Make("stat", "Counts frames by kind, segments and bytes.",
            (disk, parsed, output) => Stat(disk, parsed.GetValue(Json), output)));
        var tail = Make("tail", "Shows the last frames, masked.",
            (disk, parsed, output) => Tail(disk, parsed.GetValue(lines), parsed.GetValue(Json), output));
        tail.Options.Add(lines);
        var export = Make("export", "Writes every journalled decision, one a line, masked.",
            (disk, parsed, output) => Export(disk, parsed.GetValue(csv), output));
        export.Options.Add(csv);
        command.Subcommands.Add(tail);
        command.Subcommands.Add(export);
        command.Subcommands.Add(KeepCommands.CreateKeep());
        command.Subcommands.Add(KeepCommands.CreateScrub());
        command.Subcommands.Add(KeepCommands.CreateRepair());
        command.Subcommands.Add(ScanCommand.Create());
        return command;
    }

    private static Command Make(string name, string description, Func<IDisk, ParseResult, TextWriter, int> run)
    {
        var command = new Command(name, description) { Data, Json };
        command.SetAction(parsed => Run(parsed, run));
        return command;
    }

    private static int Run(ParseResult parsed, Func<IDisk, ParseResult, TextWriter, int> run)
    {
        var folder = Path.Combine(parsed.GetRequiredValue(Data).FullName, "journal");
        if (!Directory.Exists(folder))
        {
            Console.Error.WriteLine($"{folder}: no journal there");
            return WrongUse;
        }
        using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
        try
        {
            return run(FileDisk.ForReading(folder), parsed, output);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{folder}: {failure.Message}");
            return SomethingFailed;
        }
    }

    internal static int Verify(IDisk disk, bool json, TextWriter output)
    {
        using var reader = new JournalReader(disk);
        long frames = 0;
        while (reader.TryRead(out _, out _)) frames++;
        if (json)
        {
            JournalLines.WriteJson(output, writer =>
            {
                writer.WriteBoolean("ok", reader.Problem is null);
                writer.WriteNumber("frames", frames);
                writer.WriteNumber("segments", reader.Segments);
                writer.WriteNumber("last_sequence", reader.LastSequence);
                writer.WriteString("torn_tail", reader.TornTail);
                writer.WriteString("problem", reader.Problem);
            });
        }
        else
        {
            output.WriteLine($"{frames} frames in {reader.Segments} segments are good, "
                + $"up to sequence {reader.LastSequence}");
            if (reader.TornTail is not null)
                output.WriteLine($"unfinished tail, cut at the next start: {reader.TornTail}");
            if (reader.Problem is not null)
                output.WriteLine($"DAMAGED: {reader.Problem}. "
                    + "With the switch stopped, sunny journal repair puts it back from the archive.");
        }
        return reader.Problem is null ? Done : SomethingFailed;
    }

    internal static int Stat(IDisk disk, bool json, TextWriter output)
    {
        using var reader = new JournalReader(disk);
        var kinds = new SortedDictionary<JournalKind, long>();
        long bytes = 0;
        FrameHeader first = default, last = default;
        while (reader.TryRead(out var header, out var payload))
        {
            if (first.Sequence == 0) first = header;
            last = header;
            kinds[header.Kind] = kinds.GetValueOrDefault(header.Kind) + 1;
            bytes += FrameFormat.FrameBytes(payload.Length);
        }
        if (json) WriteStatJson(output, reader, kinds, first, last, bytes);
        else WriteStat(output, reader, kinds, first, last, bytes);
        return Report(reader);
    }

    internal static int Tail(IDisk disk, int lines, bool json, TextWriter output)
    {
        var kept = new Queue<(FrameHeader Header, byte[] Payload)>();
        using var reader = new JournalReader(disk, TailSegments);
        while (lines > 0 && reader.TryRead(out var header, out var payload))
        {
            // The array of the oldest is used again when it fits: millions of frames may go by.
            var bytes = kept.Count == lines ? kept.Dequeue().Payload : [];
            if (bytes.Length != payload.Length) bytes = new byte[payload.Length];
            payload.CopyTo(bytes);
            kept.Enqueue((header, bytes));
        }
        foreach (var (header, payload) in kept)
        {
            if (json) JournalLines.WriteJson(output, writer => JournalLines.DescribeJson(writer, header, payload));
            else output.WriteLine(JournalLines.Describe(header, payload));
        }
        return Report(reader);
    }

    internal static int Export(IDisk disk, bool csv, TextWriter output)
    {
        using var reader = new JournalReader(disk);
        if (csv) output.WriteLine(JournalLines.CsvHeader);
        while (reader.TryRead(out var header, out var payload))
        {
            if (header.Kind != JournalKind.Decided) continue;
            if (csv) JournalLines.WriteCsv(output, header, payload);
            else
            {
                var copy = payload.ToArray();
                JournalLines.WriteJson(output, writer => JournalLines.DescribeJson(writer, header, copy));
            }
        }
        return Report(reader);
    }

    private static int Report(JournalReader reader)
    {
        if (reader.Problem is null) return Done;
        Console.Error.WriteLine($"DAMAGED: {reader.Problem}; what was shown ends there");
        return SomethingFailed;
    }

    private static void WriteStat(
        TextWriter output, JournalReader reader, SortedDictionary<JournalKind, long> kinds,
        in FrameHeader first, in FrameHeader last, long bytes)
    {
        output.WriteLine($"segments   {reader.Segments}");
        output.WriteLine($"bytes      {bytes}");
        output.WriteLine($"sequences  {first.Sequence} to {last.Sequence}");
        output.WriteLine($"time       {first.Time} to {last.Time}");
        output.WriteLine($"epoch      {last.Epoch}");
        foreach (var (kind, count) in kinds) output.WriteLine($"{kind,-20} {count,14}");
        if (reader.TornTail is not null) output.WriteLine($"unfinished tail: {reader.TornTail}");
    }

    private static void WriteStatJson(
        TextWriter output, JournalReader reader, SortedDictionary<JournalKind, long> kinds,
        FrameHeader first, FrameHeader last, long bytes) =>
        JournalLines.WriteJson(output, writer =>
        {
            writer.WriteNumber("segments", reader.Segments);
            writer.WriteNumber("bytes", bytes);
            writer.WriteNumber("first_sequence", first.Sequence);
            writer.WriteNumber("last_sequence", last.Sequence);
            writer.WriteString("first_time", first.Time.ToString());
            writer.WriteString("last_time", last.Time.ToString());
            writer.WriteNumber("epoch", last.Epoch);
            writer.WriteString("torn_tail", reader.TornTail);
            writer.WriteStartObject("kinds");
            foreach (var (kind, count) in kinds) writer.WriteNumber(kind.ToString(), count);
            writer.WriteEndObject();
        });
}

using System.CommandLine;
using System.Text.RegularExpressions;
using Npgsql;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Segments;
using SunnySwitch.Ledger;
using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny ledger status|rebuild</c>: the projection in PostgreSQL, looked at and made anew.</summary>
internal static partial class LedgerCommands
{
    private const int Done = 0, SomethingFailed = 1, WrongUse = 2;

    public static Command Create()
    {
        var (data, config, set, json) = (Data(required: false), Config(), Set(), Json());
        var api = new Option<string?>("--api") { Description = "The running switch's HTTP address; without it, by httpPort of the configuration." };
        var status = new Command("status", "Where the projection is, and what the switch says of it; with --data also how far behind the journal.")
        {
            data, config, set, api, json,
        };
        status.SetAction(parsed => Guarded(() =>
        {
            var options = Options(parsed, config, set);
            return Status(options, parsed.GetValue(data), parsed.GetValue(api) ?? $"http://127.0.0.1:{options.HttpPort}", parsed.GetValue(json));
        }));
        var (whole, rebuildConfig, rebuildSet) = (Data(required: true), Config(), Set());
        var rebuild = new Command("rebuild", "Drops the ledger's tables and makes them anew from the journal and its archive.")
        {
            whole, rebuildConfig, rebuildSet,
        };
        rebuild.SetAction(parsed => Guarded(() => Rebuild(Options(parsed, rebuildConfig, rebuildSet), parsed.GetValue(whole)!)));
        return new Command("ledger", "The journal's projection in PostgreSQL.") { status, rebuild };
    }

    internal static Option<string?> Data(bool required) => new("--data") { Description = "The switch's data folder.", Required = required };

    internal static Option<string?> Config() => new("--config") { Description = "The switch's configuration file, for ledger.postgres." };

    internal static Option<string[]> Set() => new("--set") { Description = "Overrides one key.", DefaultValueFactory = _ => [] };

    internal static Option<bool> Json() => new("--json") { Description = "JSON, one object a line." };

    internal static SwitchOptions Options(ParseResult parsed, Option<string?> config, Option<string[]> set) =>
        OptionsFile.Read(parsed.GetValue(config), parsed.GetValue(set)!);

    internal static LedgerOptions Ledger(SwitchOptions options) =>
        options.Ledger ?? throw new OptionsException(["ledger: missing: name the database with --config FILE, or with --set ledger.postgres=Host=..."]);

    /// <summary>Runs, and says in a line why it cannot.</summary>
    internal static int Guarded(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (OptionsException wrong)
        {
            foreach (var problem in wrong.Problems) Console.Error.WriteLine($"sunny: {problem}");
            return WrongUse;
        }
        catch (Exception failure) when (failure is NpgsqlException or LedgerException or IOException or UnauthorizedAccessException or InvalidDataException
            or TimeoutException or StopToProtectDataException)
        {
            Console.Error.WriteLine($"sunny: {LedgerErrors.Words(failure)}");
            return SomethingFailed;
        }
    }

    private static int Status(SwitchOptions options, string? dataFolder, string api, bool json)
    {
        var ledger = Ledger(options);
        var said = SaidBy(api);
        if (said is { } words && !json) Console.WriteLine($"the switch says: {words.State}{(words.Cause.Length == 0 ? "" : $": {words.Cause}")}");
        using var source = ledger.Open();
        var journal = dataFolder is null ? default(long?) : LastSequence(Path.Combine(dataFolder, "journal"));
        if (json) return WriteStatus(source, said, journal);
        var report = LedgerReport.Read(source);
        Console.WriteLine($"{source.Name}: tables of version {report.SchemaVersion}, {report.Partitions} days, {report.Bytes:N0} bytes");
        Console.WriteLine($"up to sequence {report.At.Sequence:N0} ({new Instant(report.At.TimeNanos)}), {report.At.Decisions:N0} decisions, "
            + $"moved {report.MovedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        if (journal is { } sequence) Console.WriteLine($"the journal is at {sequence:N0}: {Math.Max(0, sequence - report.At.Sequence):N0} frames behind");
        return Done;
    }

    // A script is told what the switch says, and that the database does not answer, in one object.
    private static int WriteStatus(LedgerSource source, (string State, string Cause)? said, long? journal)
    {
        var (report, error) = (default(LedgerReport), default(string));
        try
        {
            report = LedgerReport.Read(source);
        }
        catch (Exception failure) when (failure is NpgsqlException or LedgerException or TimeoutException)
        {
            error = LedgerErrors.Words(failure);
        }

        JournalLines.WriteJson(Console.Out, writer =>
        {
            writer.WriteString("database", source.Name);
            if (report is not null)
            {
                writer.WriteNumber("schema", report.SchemaVersion);
                writer.WriteNumber("sequence", report.At.Sequence);
                writer.WriteNumber("decisions", report.At.Decisions);
                writer.WriteString("frame_time", new Instant(report.At.TimeNanos).ToString());
                writer.WriteString("moved_at", report.MovedAt);
                writer.WriteNumber("partitions", report.Partitions);
                writer.WriteNumber("bytes", report.Bytes);
            }

            if (error is not null) writer.WriteString("error", error);
            if (said is { } now) writer.WriteString("state", now.State);
            if (said is { Cause.Length: > 0 } why) writer.WriteString("cause", why.Cause);
            if (journal is { } last) writer.WriteNumber("journal_sequence", last);
            if (journal is { } end && report is not null) writer.WriteNumber("lag_frames", Math.Max(0, end - report.At.Sequence));
        });
        return error is null ? Done : SomethingFailed;
    }

    /// <summary>What the running switch does, and why; null when none answers there.</summary>
    private static (string State, string Cause)? SaidBy(string api)
    {
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            var page = client.GetStringAsync(new Uri($"{api}/metrics")).GetAwaiter().GetResult();
            var said = StateLine().Match(page);
            return said.Success ? (said.Groups[1].Value, said.Groups[2].Value.Replace("\\\"", "\"", StringComparison.Ordinal)) : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or UriFormatException or NotSupportedException)
        {
            return null;
        }
    }

    [GeneratedRegex("^sunny_ledger_state\\{state=\"([^\"]*)\",cause=\"(.*)\"\\} 1", RegexOptions.Multiline)]
    private static partial Regex StateLine();

    private static int Rebuild(SwitchOptions options, string dataFolder)
    {
        var folder = Path.Combine(dataFolder, "journal");
        if (!Directory.Exists(folder)) throw new OptionsException([$"{folder}: no journal there"]);
        using var source = Ledger(options).Open();
        FileStream alone;
        try
        {
            alone = Store.Lock(dataFolder);
        }
        catch (InvalidDataException)
        {
            Projector.Drop(source);
            Console.WriteLine("the tables are dropped; the running switch makes them anew: sunny ledger status shows how far it is");
            return Done;
        }

        using (alone)
        using (var tokens = new CmacPanTokens(TokenKeyFile.ReadOrCreate(dataFolder, journalExists: true)))
        {
            var last = Settled(folder);
            Projector.Drop(source);
            var disk = JournalAndArchive.Open(folder, KeepCommands.ArchiveFolder(options, dataFolder));
            var projector = new Projector(source, disk, () => last, tokens, Console.WriteLine) { RowsMax = Ledger(options).TransactionRowsMax };
            projector.RunToEnd();
            Console.WriteLine($"{projector.Status.Rows:N0} decisions up to sequence {projector.Status.Sequence:N0}");
        }

        return Done;
    }

    /// <summary>What a killed switch wrote but did not flush is made durable first: only then it counts.</summary>
    private static long Settled(string folder)
    {
        var disk = new FileDisk(folder);
        var newest = disk.List().LastOrDefault(name => SegmentName.TryParse(name, out _));
        if (newest is null) return 0;
        using (var segment = disk.Open(newest, forWriting: true)) segment.Flush();
        return LastSequence(folder);
    }

    private static long LastSequence(string folder)
    {
        using var reader = new JournalReader(FileDisk.ForReading(folder), lastSegments: 2);
        while (reader.TryRead(out _, out _)) { }
        return reader.LastSequence;
    }
}

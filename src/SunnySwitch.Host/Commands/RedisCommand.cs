using System.CommandLine;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Ledger;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny redis reconcile</c>: whether Redis has what the journal says, key by key. The switch may be running.</summary>
internal static class RedisCommand
{
    private const int Done = 0, SomethingDiffers = 1, Wrong = 2;

    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "The switch's data folder.", Required = true };
        var config = new Option<string?>("--config") { Description = "The switch's configuration file." };
        var set = new Option<string[]>("--set") { Description = "Overrides one key.", DefaultValueFactory = _ => [] };
        var json = new Option<bool>("--json") { Description = "JSON: an object for each difference, then one in all." };
        var reconcile = new Command("reconcile", "Compares all that Redis has of this cell with the fold of its journal; exit 1 if something differs.")
        {
            data, config, set, json,
        };
        reconcile.SetAction(parsed => KeepCommands.Guarded(parsed.GetValue(data)!, folder =>
            Run(folder, OptionsFile.Read(parsed.GetValue(config), parsed.GetValue(set)!), parsed.GetValue(json))));
        return new Command("redis", "What Redis has of this cell.") { reconcile };
    }

    private static int Run(string folder, SwitchOptions options, bool json)
    {
        if (options.Redis is not { } redis)
        {
            Console.Error.WriteLine("sunny: redis: missing in the configuration: name it with --config, or --set redis.servers=... redis.cell=...");
            return Wrong;
        }

        using var tokens = new CmacPanTokens(TokenKeyFile.ReadOrCreate(folder, journalExists: true));
        var sizes = Store.StateOptions(options) with { TouchMemory = false };
        var disk = FileDisk.ForReading(Path.Combine(folder, "journal"));
        var count = 0L;
        try
        {
            var report = new RedisReconciler(redis, disk, () => new SwitchState(sizes, tokens)).Run(difference =>
            {
                count++;
                Show(difference, json);
            });
            ShowAll(report, count, json);
            return count == 0 ? Done : SomethingDiffers;
        }
        catch (LedgerException failure)
        {
            throw new InvalidDataException(failure.Message, failure);
        }
    }

    private static void Show(RedisDifference difference, bool json)
    {
        if (!json)
        {
            Console.WriteLine(difference);
            return;
        }

        JournalLines.WriteJson(Console.Out, writer =>
        {
            writer.WriteString("key", difference.Key);
            writer.WriteString("field", difference.Field);
            writer.WriteString("journal", difference.Expected);
            writer.WriteString("redis", difference.Found);
        });
    }

    private static void ShowAll(RedisReport report, long count, bool json)
    {
        if (!json)
        {
            Console.WriteLine($"{report.Counters:N0} counters and {report.Views:N0} others compared as of sequence {report.Sequence:N0}: {count:N0} differ");
            if (report.Forgotten > 0) Console.WriteLine($"{report.Forgotten:N0} counters that the switch has forgotten wait for the end of their time");
            return;
        }

        JournalLines.WriteJson(Console.Out, writer =>
        {
            writer.WriteNumber("sequence", report.Sequence);
            writer.WriteNumber("counters", report.Counters);
            writer.WriteNumber("others", report.Views);
            writer.WriteNumber("forgotten", report.Forgotten);
            writer.WriteNumber("differences", count);
        });
    }
}

using System.CommandLine;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Ledger.Reconciliation;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny reconcile</c>: the database beside the fold of the journal. Changes nothing; the switch may be running.</summary>
internal static class ReconcileCommand
{
    private const int Done = 0, SomethingFailed = 1;
    private const int ShownMax = 1_000;

    public static Command Create()
    {
        var (data, config, set, json) = (LedgerCommands.Data(required: true), LedgerCommands.Config(), LedgerCommands.Set(), LedgerCommands.Json());
        var from = new Option<long>("--from") { Description = "First sequence whose decisions are compared.", DefaultValueFactory = _ => 1 };
        var to = new Option<long>("--to") { Description = "Last one; default: the projection's.", DefaultValueFactory = _ => long.MaxValue };
        var command = new Command(
            "reconcile", "Folds the journal to where the projection is and names every row of the database that differs; exit 1 when one does.")
        {
            data, config, set, from, to, json,
        };
        command.SetAction(parsed => LedgerCommands.Guarded(() => Run(
            LedgerCommands.Options(parsed, config, set), parsed.GetValue(data)!, parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(json))));
        return command;
    }

    private static int Run(SwitchOptions options, string dataFolder, long from, long to, bool json)
    {
        var folder = Path.Combine(dataFolder, "journal");
        if (!Directory.Exists(folder)) throw new OptionsException([$"{folder}: no journal there"]);
        using var source = LedgerCommands.Ledger(options).Open();
        using var tokens = new CmacPanTokens(TokenKeyFile.ReadOrCreate(dataFolder, journalExists: true));
        var state = new SwitchState(Store.StateOptions(options) with { TouchMemory = false }, tokens);
        var disk = JournalAndArchive.Open(folder, KeepCommands.ArchiveFolder(options, dataFolder));
        var shown = 0;
        var report = new Reconciler(source, disk, state).Run(from, to, difference =>
        {
            if (json)
            {
                JournalLines.WriteJson(Console.Out, writer =>
                {
                    writer.WriteString("table", difference.Table);
                    writer.WriteNumber("key", difference.Key);
                    writer.WriteString("difference", difference.What);
                });
            }
            else if (shown++ < ShownMax)
            {
                Console.WriteLine($"{difference.Table} {difference.Key}: {difference.What}");
                if (shown == ShownMax) Console.WriteLine("and so on");
            }
        });
        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteNumber("sequence", report.Sequence);
                writer.WriteNumber("decisions", report.Decisions);
                writer.WriteNumber("accounts", report.Accounts);
                writer.WriteNumber("cards", report.Cards);
                writer.WriteNumber("holds", report.Holds);
                writer.WriteNumber("differences", report.Differences);
            });
        }
        else
        {
            Console.WriteLine($"at sequence {report.Sequence:N0}: {report.Decisions:N0} decisions, {report.Accounts:N0} accounts, {report.Cards:N0} cards, "
                + $"{report.Holds:N0} holds compared; {report.Differences:N0} differences");
        }

        return report.Differences == 0 ? Done : SomethingFailed;
    }
}

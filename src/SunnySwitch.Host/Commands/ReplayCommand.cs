using System.CommandLine;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Host.Serving;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Host.Commands;

/// <summary>
/// <c>sunny replay</c>: folds a journal to a sequence and decides a range anew from its frames, each against the state before it.
/// With the same rules every decision is the same. Changes nothing; the switch may be running.
/// </summary>
internal static class ReplayCommand
{
    private const int Done = 0, SomethingFailed = 1;
    private const int ShownMax = 20, ProgressEvery = 1_000_000;

    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "The switch's data folder.", Required = true };
        var from = new Option<long>("--from") { Description = "First sequence that is decided anew.", DefaultValueFactory = _ => 1 };
        var to = new Option<long>("--to") { Description = "Last one; default: the end.", DefaultValueFactory = _ => long.MaxValue };
        var config = new Option<string?>("--config") { Description = "The switch's configuration file, for the sizes of its tables." };
        var set = new Option<string[]>("--set") { Description = "Overrides one key.", DefaultValueFactory = _ => [] };
        var json = new Option<bool>("--json") { Description = "JSON: an object for each difference, then one in all." };
        var command = new Command("replay", "Decides what a journal holds once more, and says where a decision differs.") { data, from, to, config, set, json };
        command.SetAction(parsed => KeepCommands.Guarded(parsed.GetValue(data)!, folder =>
            Run(folder, parsed.GetValue(from), parsed.GetValue(to), OptionsFile.Read(parsed.GetValue(config), parsed.GetValue(set)!), parsed.GetValue(json))));
        return command;
    }

    private static int Run(string folder, long from, long to, SwitchOptions options, bool json)
    {
        var disk = FileDisk.ForReading(Path.Combine(folder, "journal"));
        using var tokens = new CmacPanTokens(TokenKeyFile.ReadOrCreate(folder, journalExists: true));
        var state = new SwitchState(Store.StateOptions(options) with { TouchMemory = false }, tokens);
        SnapshotReader.LoadBefore(disk, from, state);
        var redecision = new Redecision(state, from, to);
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload) && header.Sequence <= to)
        {
            if (header.Sequence <= state.Sequence) continue;
            if (state.Sequence == 0 && header.Sequence != 1)
            {
                throw new InvalidDataException($"the journal begins at sequence {header.Sequence} and there is no snapshot before {from}: take a later --from");
            }

            if (redecision.Take((JournalKind)header.Kind, (ushort)header.KindVersion, header.Sequence, header.Time, payload) is { } difference)
            {
                Show(difference, redecision.Different, json);
            }

            if (header.Sequence % ProgressEvery == 0 && !json) Console.Error.Write($"\r{header.Sequence:N0} ");
        }

        if (reader.Problem is { } problem) throw new InvalidDataException(problem);
        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteNumber("decided", redecision.Decided);
                writer.WriteNumber("same", redecision.Decided - redecision.Different);
                writer.WriteNumber("different", redecision.Different);
                writer.WriteNumber("last_sequence", state.Sequence);
            });
        }
        else
        {
            Console.WriteLine($"{redecision.Decided:N0} decided anew up to sequence {state.Sequence:N0}: "
                + $"{redecision.Decided - redecision.Different:N0} the same, {redecision.Different:N0} different");
        }

        return redecision.Different == 0 ? Done : SomethingFailed;
    }

    private static void Show(Difference difference, long count, bool json)
    {
        if (json)
        {
            JournalLines.WriteJson(Console.Out, writer =>
            {
                writer.WriteNumber("sequence", difference.Sequence);
                writer.WriteString("was", difference.Was);
                writer.WriteString("is", difference.Is);
            });
        }
        else if (count <= ShownMax)
        {
            Console.WriteLine($"{difference.Sequence,12} was {difference.Was}, is {difference.Is}");
            if (count == ShownMax) Console.WriteLine("and so on");
        }
    }
}

using System.CommandLine;
using SunnySwitch.Admin;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny acceptor set|show|import</c>: the register of merchants and terminals of the running switch.</summary>
internal static class AcceptorCommand
{
    private const int WrongUse = 2, SomethingFailed = 1, ProblemsMax = 50;
    private const string Header = "acquirer,merchant,terminal,category,status";

    public static Command Create()
    {
        var (api, json) = (SwitchApi.Address(), SwitchApi.Json());
        return new Command("acceptor", "Merchants and terminals that the running switch knows.")
        {
            Set(api, json), Show(api, json), Import(api), api, json,
        };
    }

    private static (Option<string> Acquirer, Option<string> Merchant, Option<string?> Terminal) Which() => (
        new("--acquirer") { Description = "Acquirer id, up to eleven digits.", Required = true },
        new("--merchant") { Description = "Merchant id, as field 42 has it.", Required = true },
        new("--terminal") { Description = "Terminal id, as field 41 has it; without it, the merchant itself." });

    private static Command Set(Option<string> api, Option<bool> json)
    {
        var (acquirer, merchant, terminal) = Which();
        var category = new Option<string?>("--category") { Description = "Its merchant category, four digits; without it, any." };
        var status = new Option<string>("--status") { Description = "active, suspended or closed.", DefaultValueFactory = _ => "active" };
        var who = SwitchApi.Operator();
        var command = new Command("set", "Enters a merchant or terminal, or says something else of it.")
        {
            acquirer, merchant, terminal, category, status, who,
        };
        command.SetAction((parsed, stop) =>
        {
            var given = new AcceptorGiven(
                parsed.GetValue(acquirer), parsed.GetValue(merchant), parsed.GetValue(terminal), parsed.GetValue(category), parsed.GetValue(status));
            var wanted = new AcceptorsToSet([given], parsed.GetValue(who));
            return SwitchApi.Post<AcceptorsToSet, AcceptorsSet>(
                parsed.GetValue(api)!, "acceptors", wanted, _ => Console.WriteLine(Words(given)), parsed.GetValue(json), stop);
        });
        return command;
    }

    private static Command Show(Option<string> api, Option<bool> json)
    {
        var (acquirer, merchant, terminal) = Which();
        var command = new Command("show", "What the register says of a merchant or terminal.") { acquirer, merchant, terminal };
        command.SetAction((parsed, stop) =>
        {
            var wanted = new AcceptorGiven(parsed.GetValue(acquirer), parsed.GetValue(merchant), parsed.GetValue(terminal));
            return SwitchApi.Post<AcceptorGiven, AcceptorGiven>(
                parsed.GetValue(api)!, "acceptors/show", wanted, found => Console.WriteLine(Words(found!)), parsed.GetValue(json), stop);
        });
        return command;
    }

    private static Command Import(Option<string> api)
    {
        var file = new Argument<string>("file") { Description = $"Lines of {Header}, under that header; empty cells as without the option." };
        var who = SwitchApi.Operator();
        var command = new Command("import", "Enters all merchants and terminals of a file, in its order; with an error in it, none.") { file, who };
        command.SetAction((parsed, stop) => Import(parsed.GetValue(api)!, parsed.GetValue(file)!, parsed.GetValue(who)!, stop));
        return command;
    }

    private static async Task<int> Import(string api, string file, string who, CancellationToken stop)
    {
        string[] lines;
        try
        {
            lines = await File.ReadAllLinesAsync(file, stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"sunny: {failure.Message}").ConfigureAwait(false);
            return WrongUse;
        }

        var all = Read(lines, who, out var problems);
        foreach (var problem in problems) await Console.Error.WriteLineAsync($"{file}: {problem}").ConfigureAwait(false);
        if (problems.Count > 0) return SomethingFailed;
        for (var from = 0; from < all.Count; from += AcceptorsApi.CallMax)
        {
            var piece = new AcceptorsToSet([.. all.Skip(from).Take(AcceptorsApi.CallMax)], who);
            var done = from + piece.Acceptors!.Count;
            var status = await SwitchApi.Post<AcceptorsToSet, AcceptorsSet>(
                api, "acceptors", piece, _ => Console.WriteLine($"{done} of {all.Count}"), false, stop).ConfigureAwait(false);
            if (status == 0) continue;
            await Console.Error.WriteLineAsync($"{file}: stopped after {from} of {all.Count}; it may be imported again").ConfigureAwait(false);
            return status;
        }

        return 0;
    }

    /// <summary>Reads the lines of a file; what is wrong with them by line.</summary>
    internal static List<AcceptorGiven> Read(IReadOnlyList<string> lines, string who, out List<string> problems)
    {
        problems = [];
        var all = new List<AcceptorGiven>();
        if (lines.Count < 2 || lines[0].Trim() != Header)
        {
            problems.Add($"line 1: has to be {Header}, and lines below it");
            return all;
        }

        for (var index = 1; index < lines.Count && problems.Count < ProblemsMax; index++)
        {
            if (string.IsNullOrWhiteSpace(lines[index])) continue;
            var cells = lines[index].Split(',');
            if (cells.Length != 5)
            {
                problems.Add($"line {index + 1}: five cells, are {cells.Length}");
                continue;
            }

            var given = new AcceptorGiven(cells[0].Trim(), cells[1].Trim(), cells[2].Trim(), cells[3].Trim(), cells[4].Trim());
            problems.AddRange(AcceptorsApi.Problems(given, who, out _).Select(problem => $"line {index + 1}: {problem}"));
            all.Add(given);
        }

        return all;
    }

    private static string Words(AcceptorGiven given)
    {
        var terminal = string.IsNullOrEmpty(given.Terminal) ? "" : $", terminal {given.Terminal}";
        var category = string.IsNullOrEmpty(given.Category) ? "" : $", category {given.Category}";
        return $"acquirer {given.Acquirer}, merchant {given.Merchant}{terminal}: {given.Status}{category}";
    }
}

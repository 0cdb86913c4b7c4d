using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SunnySwitch.Simulation;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny simulate</c>: the production kernel under virtual time, a line a seed; exit 1 when an invariant broke.</summary>
internal static class SimulateCommand
{
    internal static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "The first seed; the same seed gives the same run.", DefaultValueFactory = _ => 1 };
        var seeds = new Option<int>("--seeds") { Description = "How many seeds, one after the other.", DefaultValueFactory = _ => 1 };
        var transactions = new Option<int>("--transactions") { Description = "Transactions of each seed before peace.", DefaultValueFactory = _ => 2_000 };
        var quiet = new Option<bool>("--quiet") { Description = "Only failures and the last line." };
        var json = new Option<bool>("--json") { Description = "JSON, one object a seed." };
        var command = new Command("simulate", "Runs the switch's kernel in a simulation with crashes, errors and hostile order.")
        {
            seed, seeds, transactions, quiet, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(seed), parsed.GetValue(seeds), parsed.GetValue(transactions), parsed.GetValue(quiet),
            parsed.GetValue(json), Console.Out));
        return command;
    }

    private static int Run(ulong first, int seeds, int transactions, bool quiet, bool json, TextWriter output)
    {
        var clock = Stopwatch.StartNew();
        int failed = 0, total = 0;
        for (var index = 0; index < seeds; index++)
        {
            var outcome = Simulation.Simulation.Run(first + (ulong)index, transactions);
            total += outcome.Transactions;
            if (outcome.Invariant is not null) failed++;
            if (json) output.WriteLine(JsonSerializer.Serialize(outcome));
            else if (outcome.Invariant is not null || !quiet) Print(outcome, output);
        }

        var rate = total / clock.Elapsed.TotalSeconds;
        if (!json)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{seeds} seeds, {total:N0} transactions, {rate:N0}/s, {seeds - failed} passed, {failed} failed"));
        }

        return failed == 0 ? 0 : 1;
    }

    private static void Print(Outcome outcome, TextWriter output)
    {
        var verdict = outcome.Invariant is null ? "ok" : $"FAILED {outcome.What}";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {outcome.Seed,6}  {outcome.Transactions,7:N0} sent  {outcome.Approvals,7:N0} approvals  {outcome.Repeats,6:N0} repeats  {outcome.Restarts,4} restarts  {outcome.VirtualSeconds,8:F1} s  {verdict}"));
        foreach (var line in outcome.History) output.WriteLine("  " + line);
    }
}

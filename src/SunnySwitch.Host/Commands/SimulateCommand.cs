using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SunnySwitch.Simulation;

namespace SunnySwitch.Host.Commands;

/// <summary><c>sunny simulate</c>: the production kernel under virtual time, a line a seed; exit 1 when an invariant broke.</summary>
internal static class SimulateCommand
{
    private const int MutantSeedsMax = 200;

    internal static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "The first seed; the same seed gives the same run.", DefaultValueFactory = _ => 1 };
        var seeds = new Option<int>("--seeds") { Description = "How many seeds, one after the other.", DefaultValueFactory = _ => 1 };
        var transactions = new Option<int>("--transactions") { Description = "Transactions of each seed before peace.", DefaultValueFactory = _ => 2_000 };
        var mutant = new Option<string?>("--mutant") { Description = "Breaks this rule on purpose; needs a build with -p:Mutants=true." };
        var mutants = new Option<bool>("--mutants") { Description = "Breaks each rule in turn: each has to be noticed within 200 seeds." };
        var quiet = new Option<bool>("--quiet") { Description = "Only failures and the last line." };
        var json = new Option<bool>("--json") { Description = "JSON, one object a seed." };
        var command = new Command("simulate", "Runs the switch's kernel in a simulation with crashes, errors and hostile order.")
        {
            seed, seeds, transactions, mutant, mutants, quiet, json,
        };
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(mutant);
            var all = parsed.GetValue(mutants);
            if ((name is not null || all) && !Mutant.Exist) return WrongUse("this build has no mutants: build with -p:Mutants=true, or run tools/mutants");
            if (name is not null)
            {
                if (!Enum.TryParse<Mutation>(name, out var mutation)) return WrongUse($"there is no mutant {name}: {string.Join(", ", Enum.GetNames<Mutation>())}");
                Mutant.Active = mutation;
            }

            return all
                ? RunMutants(parsed.GetValue(seed), parsed.GetValue(transactions), Console.Out)
                : Run(
                    parsed.GetValue(seed), parsed.GetValue(seeds), parsed.GetValue(transactions), parsed.GetValue(quiet),
                    parsed.GetValue(json), Console.Out);
        });
        return command;
    }

    private static int WrongUse(string what)
    {
        Console.Error.WriteLine($"sunny: {what}");
        return 2;
    }

    private static int RunMutants(ulong first, int transactions, TextWriter output)
    {
        var survivors = 0;
        foreach (var mutation in Enum.GetValues<Mutation>())
        {
            if (mutation == Mutation.None) continue;
            Mutant.Active = mutation;
            var (seeds, caught) = Catch(first, transactions);
            if (caught is null) survivors++;
            output.WriteLine(
                $"{mutation,-26} " + (caught is null ? $"SURVIVED {seeds} seeds" : $"caught by {caught.Invariant,-6} after {seeds,3} seeds"));
        }

        var count = Enum.GetValues<Mutation>().Length - 1;
        output.WriteLine($"{count - survivors} of {count} mutants caught");
        return survivors == 0 ? 0 : 1;
    }

    private static (int Seeds, Outcome? Caught) Catch(ulong first, int transactions)
    {
        for (var index = 0; index < MutantSeedsMax; index++)
        {
            var outcome = Simulation.Simulation.Run(first + (ulong)index, transactions);
            if (outcome.Invariant is not null) return (index + 1, outcome);
        }

        return (MutantSeedsMax, null);
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

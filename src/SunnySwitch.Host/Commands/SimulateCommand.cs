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

    // What the simulator's traffic has not: a second acquirer, tolerances, chips that jump or say something, links that want 90, e-commerce. The tests' model
    // sees to these.
    private static readonly Mutation[] _unseen =
    [
        Mutation.CodeOfAnotherAcquirer, Mutation.ToleranceForAll, Mutation.CounterJumpsAnywhere, Mutation.CounterOfWrongCryptogram,
        Mutation.CutOverRefusesAdvices, Mutation.CutOverRefusesRepeats, Mutation.ClaimNeedsNoProof, Mutation.WrongProofIsNone,
        Mutation.DeclineOfChipIsGood, Mutation.ChipWordsUnheard, Mutation.RepeatForgetsProof,
    ];

    internal static Command Create()
    {
        var seed = Number("--seed", 1UL, "The first seed; the same seed gives the same run.");
        var seeds = Number("--seeds", 1, "How many seeds, one after the other.");
        var transactions = Number("--transactions", 2_000, "Transactions of each seed before peace.");
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
            if ((name is not null || all) && !Mutant.Exist)
            {
                return WrongUse("this build has no mutants: build with -p:Mutants=true, or run tools/mutants");
            }

            if (name is not null)
            {
                if (!Enum.TryParse<Mutation>(name, out var mutation))
                {
                    return WrongUse($"there is no mutant {name}: {string.Join(", ", Enum.GetNames<Mutation>())}");
                }

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

    private static Option<T> Number<T>(string name, T usual, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };

    private static int WrongUse(string what)
    {
        Console.Error.WriteLine($"sunny: {what}");
        return 2;
    }

    private static int RunMutants(ulong first, int transactions, TextWriter output)
    {
        var (count, survivors) = (0, 0);
        foreach (var mutation in Enum.GetValues<Mutation>())
        {
            if (mutation == Mutation.None || _unseen.Contains(mutation)) continue;
            count++;
            Mutant.Active = mutation;
            var (seeds, caught) = Catch(first, transactions);
            if (caught is null) survivors++;
            output.WriteLine(
                $"{mutation,-26} " + (caught is null ? $"SURVIVED {seeds} seeds" : $"caught by {caught.Invariant,-6} after {seeds,3} seeds"));
        }

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
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{outcome.Transactions,7:N0} sent  {outcome.Approvals,7:N0} approvals  {outcome.Repeats,6:N0} repeats");
        var time = string.Create(CultureInfo.InvariantCulture, $"{outcome.Restarts,4} restarts  {outcome.VirtualSeconds,8:F1} s");
        output.WriteLine($"seed {outcome.Seed,6}  {counts}  {time}  {(outcome.Invariant is null ? "ok" : $"FAILED {outcome.What}")}");
        foreach (var line in outcome.History) output.WriteLine("  " + line);
    }
}

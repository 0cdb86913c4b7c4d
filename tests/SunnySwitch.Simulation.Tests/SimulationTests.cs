using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Snapshots;
using Xunit;

namespace SunnySwitch.Simulation.Tests;

/// <summary>The promises under power cuts, errors of the disk, cut connections, repeats and reversals in every order.</summary>
public sealed class SimulationTests
{
    private const int Transactions = 2_000;

    // Run once, looked at by several.
    private static readonly Lazy<Outcome[]> _runs = new(() => [.. Enumerable.Range(1, 500).Select(seed => Simulation.Run((ulong)seed, Transactions))]);

    [Fact]
    public void Every_promise_holds_in_five_hundred_seeds()
    {
        Assert.All(_runs.Value, AssertHolds);
        var isLong = Environment.GetEnvironmentVariable("SUNNY_LONG") is not null;
        for (var seed = 501UL; isLong && seed <= 50_000UL; seed++) AssertHolds(Simulation.Run(seed, Transactions));
    }

    [Fact]
    public void Every_kept_seed_holds()
    {
        var lines = File.ReadAllLines(Path.Combine(Golden(), "simulation", "seeds.txt")).Where(line => !line.StartsWith('#')).ToList();
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            var parts = line.Split(' ');
            AssertHolds(Simulation.Run(ulong.Parse(parts[0]), int.Parse(parts[1])));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var (first, second) = (Simulation.Run(seed, 500), Simulation.Run(seed, 500));
            Assert.Equal(first with { History = [] }, second with { History = [] });
        }
    }

    [Fact]
    public void Faults_and_repeats_do_happen()
    {
        var outcomes = _runs.Value.Take(50).ToList();
        Assert.True(outcomes.Sum(each => each.Restarts) > 50, "too few restarts");
        Assert.True(outcomes.Sum(each => each.Repeats) > 5_000, "too few repeats");
        Assert.True(outcomes.Count(each => each.Restarts == 0) > 5, "no seed without faults");
        Assert.All(outcomes, each => Assert.True(each.Transactions >= Transactions));
    }

    /// <summary>What is never approved is never checked: each kind of movement, with what it can have.</summary>
    [Fact]
    public void All_that_can_move_money_does_and_is_undone()
    {
        var done = Done();
        string[] often =
        [
            "Hold", "Hold with fee", "Hold at a rate", "Hold with fee at a rate", "Hold in part", "Hold undone", "Hold undone in part",
            "Posting", "Posting with fee", "Posting at a rate", "Posting with fee at a rate", "Posting undone", "Posting undone with fee",
            "Posting undone at a rate", "Posting undone in part", "Posting undone in part at a rate", "Increment", "Increment with fee",
            "Increment at a rate", "Increment undone", "Increment undone in part", "Completion", "Completion with fee", "Completion at a rate",
            "Completion undone", "Completion undone with fee", "Completion undone at a rate", "Completion undone in part", "Refund",
            "Refund at a rate", "Refund undone", "Refund undone at a rate", "Refund undone in part", "Credit", "Credit at a rate", "Credit undone",
            "Posting in part", "Completion undone in part at a rate", "Told", "limit", "above",
        ];
        string[] seldom = ["Credit undone in part", "Credit undone at a rate", "Refund with fee", "Completion undone with fee at a rate"];
        Assert.All(often, what => Assert.True(done.GetValueOrDefault(what) >= 30, $"{what}: {done.GetValueOrDefault(what)}"));
        Assert.All(seldom, what => Assert.True(done.GetValueOrDefault(what) >= 5, $"{what}: {done.GetValueOrDefault(what)}"));
    }

    /// <summary>Likewise what is verified, what becomes of those that wait, and keys.</summary>
    [Fact]
    public void All_that_is_verified_and_waited_for_comes_up()
    {
        var done = Done();
        string[] often =
        [
            "PIN wrong", "PIN missing", "PIN not looked at", "PIN not verifiable", "PIN fault", "PIN replayed", "serial replayed", "PIN tries forgotten",
            "code wrong", "printed code wrong", "cryptogram wrong", "cryptogram fault", "MAC wrong", "no MAC, no answer", "desk full", "desk failed",
            "desk late", "waits for Verdicts", "waits for Chip", "waits for Mac", "waits behind the first", "no room behind the first",
            "wait ended with its link", "wait ended by its deadline", "desk's answer after the deadline", "desk's answer to nobody", "key Generated",
            "key Activated", "key Exported", "key Retired", "key Compromised", "waits for Counts", "others Told", "others Late", "others Full",
            "others Failed", "others' answer to nobody",
        ];
        Assert.All(often, what => Assert.True(done.GetValueOrDefault(what) >= 30, $"{what}: {done.GetValueOrDefault(what)}"));
        Assert.True(done.GetValueOrDefault("wait behind another ended with its link") >= 5);
    }

    [Fact]
    public void A_normal_build_has_no_mutants()
    {
        Mutant.Active = Mutation.SkipFlush;
        Assert.False(Mutant.Exist);
        Assert.False(Mutant.Is(Mutation.SkipFlush));
    }

    [Fact]
    public void The_generator_gives_the_same_numbers_for_ever()
    {
        // xoshiro256** after SplitMix64 from 0, as its authors' program gives it.
        var prng = new Prng(0);
        Assert.Equal(11091344671253066420UL, prng.Next());
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(prng.Between(3, 5), 3, 5));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("v4")]
    [InlineData("v5")]
    [InlineData("v6")]
    public void A_journal_and_a_snapshot_that_were_ever_written_fold_to_the_same_hash_for_ever(string version)
    {
        var folder = Path.Combine(Golden(), "state", version);
        var (start, whole) = (new MemoryDisk(), new MemoryDisk());
        foreach (var path in Directory.GetFiles(folder, "*.seg")) whole.Put(Path.GetFileName(path), File.ReadAllBytes(path));
        var snapshot = Assert.Single(Directory.GetFiles(folder, "*.snap"));
        var hash = File.ReadAllText(Path.Combine(folder, "hash.txt")).Trim();
        Assert.Equal(hash, Fold(whole, out var frames));
        start.Put(Path.GetFileName(snapshot), File.ReadAllBytes(snapshot));
        Assert.Null(SnapshotReader.Check(start, Path.GetFileName(snapshot), out var header));
        foreach (var name in whole.List().Where(name => string.CompareOrdinal(name, $"{header.SegmentFirst:D16}.seg") >= 0))
        {
            start.Put(name, whole.Durable(name));
        }

        Assert.Equal(hash, Fold(start, out var tail));
        Assert.True(tail < frames);
    }

    /// <summary>Run once for each version: <c>-explicit only</c>.</summary>
    [Fact(Explicit = true)]
    public void Write_the_golden_state()
    {
        var folder = Path.Combine(Golden(), "state", "v6");
        Directory.CreateDirectory(folder);
        // Smallest segments, no full disk, and enough left after the last snapshot.
        for (var seed = 1UL; ; seed++)
        {
            var (platter, whole) = Simulation.Leave(seed, 1_500);
            var snapshots = platter.List().Where(name => name.EndsWith(".snap", StringComparison.Ordinal)).ToList();
            if (snapshots.Count == 0 || whole.List().Count is < 5 or > 12 || whole.Durable(whole.List()[0]).Length > 32_768) continue;
            foreach (var name in whole.List()) File.WriteAllBytes(Path.Combine(folder, name), whole.Durable(name).ToArray());
            File.WriteAllBytes(Path.Combine(folder, snapshots[^1]), platter.Durable(snapshots[^1]).ToArray());
            File.WriteAllText(Path.Combine(folder, "hash.txt"), Fold(whole, out _) + "\n");
            return;
        }
    }

    private static string Fold(MemoryDisk disk, out long frames)
    {
        using var tokens = new CmacPanTokens(new byte[16]);
        var state = new SwitchState(new StateOptions(64, 64, 8_192, 8_192, 8_192, 64), tokens);
        var from = SnapshotReader.LoadNewest(disk, state, Assert.Fail);
        using var journal = Journal.Journal.Open(disk, new JournalOptions(), state.Apply, () => state.Hash, out var report, from);
        frames = report.Frames;
        Assert.Equal(state.Hash, state.HashFromScratch());
        Assert.All(state.LedgerSums(), sum => Assert.Equal(Int128.Zero, sum.Value));
        return $"{state.Hash:X32}";
    }

    private static Dictionary<string, int> Done()
    {
        var done = new Dictionary<string, int>();
        foreach (var line in _runs.Value.SelectMany(outcome => outcome.Did.Split('\n')))
        {
            var at = line.LastIndexOf(' ');
            done[line[..at]] = done.GetValueOrDefault(line[..at]) + int.Parse(line[at..]);
        }

        return done;
    }

    private static void AssertHolds(Outcome outcome) => Assert.True(
        outcome.Invariant is null, $"seed {outcome.Seed}: {outcome.What}\n{string.Join('\n', outcome.History)}");

    private static string Golden()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var golden = Path.Combine(folder.FullName, "tests", "golden");
            if (Directory.Exists(golden)) return golden;
        }

        throw new InvalidOperationException("the tests run outside the repository");
    }
}

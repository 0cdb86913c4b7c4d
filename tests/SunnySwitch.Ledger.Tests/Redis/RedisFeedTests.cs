using System.Text.RegularExpressions;
using StackExchange.Redis;
using SunnySwitch.Core.State;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Ledger.Tests.Redis;

public sealed class RedisFeedTests : IDisposable
{
    private readonly RedisProcess _redis = new();

    public void Dispose() => _redis.Dispose();

    [Fact]
    public void Everything_that_cells_share_is_in_Redis_and_is_what_the_journal_says()
    {
        using var rig = NewRig();
        rig.Start();
        var report = rig.EndsClean();
        Assert.True(report.Counters > 60, $"{report}");
        Assert.Equal(2 + 2 + 1 + 2 + 1, report.Views);
        Change(rig.Cell);
        rig.EndsClean();
        Assert.Equal(1, rig.Status.Warmings);
        Assert.Equal((0L, 0.0, null), (rig.Status.LagSequences, rig.Status.LagSeconds, rig.Status.Cause));
    }

    [Fact]
    public void Every_key_has_a_time_to_live_and_none_has_a_PAN()
    {
        using var rig = NewRig();
        rig.Start();
        rig.EndsClean();
        using var direct = ConnectionMultiplexer.Connect(_redis.Address);
        var database = direct.GetDatabase();
        var pan = new Regex(@"(?<!\d)\d{12,19}(?!\d)");
        foreach (var key in direct.GetServer(_redis.Address).Keys(pageSize: 1_000))
        {
            Assert.StartsWith(RedisKeys.Prefix, key.ToString(), StringComparison.Ordinal);
            Assert.True(database.KeyTimeToLive(key) > TimeSpan.FromDays(2), $"{key}");
            var text = database.KeyType(key) == RedisType.Hash ? string.Join(' ', database.HashGetAll(key)) : database.StringGet(key).ToString();
            Assert.All(TestCell.Pans, each => Assert.DoesNotContain(each, $"{key} {text}", StringComparison.Ordinal));
            foreach (Match digits in pan.Matches($"{key} {text}")) Assert.False(IsLuhn(digits.Value) && digits.Value[0] is '4' or '5', $"{key} {text}");
        }
    }

    [Fact]
    public void A_feed_goes_on_where_Redis_says_that_it_is()
    {
        using var rig = NewRig();
        rig.Start();
        rig.EndsClean();
        rig.Stop();
        rig.Cell.Trade(300);
        rig.Start();
        rig.EndsClean();
        Assert.Equal(0, rig.Status.Warmings);
        Assert.True(rig.Status.KeysWritten < 400, $"{rig.Status}");
    }

    [Fact]
    public void What_is_given_back_in_a_later_batch_is_written_too()
    {
        using var rig = NewRig();
        rig.Start();
        var bought = rig.Cell.Buy(merchant: 77, card: 1);
        var other = rig.Cell.Buy(merchant: 78, card: 1);
        rig.Cell.Commit();
        rig.CatchesUp();
        rig.Cell.Reverse(in bought);
        rig.Cell.Reverse(in other, stays: 10);
        rig.Cell.Commit();
        rig.EndsClean();
    }

    [Fact]
    public void A_batch_that_is_written_twice_changes_nothing()
    {
        using var rig = NewRig();
        rig.Start();
        rig.EndsClean();
        rig.Stop();
        // As if it had been stopped before it noted how far it was.
        foreach (var mark in RedisKeys.Marks("one")) _redis.Ask("SET", mark, $"{rig.Cell.Durable / 2}", "EX", "1000");
        rig.Start();
        rig.EndsClean();
        Assert.Equal(0, rig.Status.Warmings);
    }

    [Fact]
    public void What_was_lost_is_written_anew_while_the_switch_goes_on()
    {
        using var rig = NewRig();
        rig.Start();
        rig.EndsClean();
        _redis.Ask("FLUSHALL");
        rig.Cell.Trade(50);
        rig.Until(() => rig.Status.Warmings == 2, "a second warming");
        rig.EndsClean();
    }

    [Fact]
    public void A_journal_whose_beginning_is_gone_is_gone_on_with_from_its_snapshot()
    {
        using var rig = NewRig(trades: 8_000);
        rig.Cell.Snapshot(dropsSegments: false);
        rig.Cell.Trade(8_000);
        rig.Cell.Snapshot(dropsSegments: true);
        Assert.DoesNotContain(rig.Cell.Disk.List(), name => name == "0000000000000001.seg");
        rig.Start();
        rig.EndsClean();
        rig.Stop();
        // A mark from before the oldest snapshot.
        foreach (var mark in RedisKeys.Marks("one")) _redis.Ask("SET", mark, "5", "EX", "1000");
        rig.Start();
        rig.EndsClean();
        Assert.Equal(1, rig.Status.Warmings);
    }

    [Theory]
    [InlineData("counter")]
    [InlineData("missing")]
    [InlineData("for ever")]
    [InlineData("hot card")]
    [InlineData("no longer hot")]
    [InlineData("session")]
    [InlineData("acceptor")]
    [InlineData("product")]
    [InlineData("forgotten for ever")]
    public void A_planted_difference_is_found(string what)
    {
        using var rig = NewRig();
        rig.Start();
        rig.EndsClean();
        using var direct = ConnectionMultiplexer.Connect(_redis.Address);
        var database = direct.GetDatabase();
        var counter = direct.GetServer(_redis.Address).Keys(pattern: RedisKeys.Counters + "*").First();
        switch (what)
        {
            case "counter": database.HashSet(counter, "one", "4711 1"); break;
            case "missing": database.KeyDelete(counter); break;
            case "for ever": database.KeyPersist(counter); break;
            case "hot card": database.HashSet(RedisKeys.HotCard(TestCell.TokenOf(1)), "one", "lost 0 0 0"); break;
            case "no longer hot": database.HashSet(RedisKeys.HotCard(TestCell.TokenOf(3)), "one", "lost 0 0 0"); break;
            case "session": database.HashSet(RedisKeys.Sessions("one"), "9", "1 7 on 0"); break;
            case "forgotten for ever": database.HashSet(RedisKeys.Counter(4711), "one", "1 100"); break;
            case "acceptor": database.HashDelete(RedisKeys.Acceptors + "400001:SHOP", "one"); break;
            default: database.HashDelete(RedisKeys.Products("one"), "0 400000-499999"); break;
        }

        var (_, found) = rig.Reconcile();
        var difference = Assert.Single(found);
        Assert.NotEqual(difference.Expected, difference.Found);
    }

    [Fact]
    public void Counters_that_the_switch_has_forgotten_are_counted_and_are_no_difference()
    {
        using var rig = NewRig();
        rig.Start();
        Assert.Equal(0, rig.EndsClean().Forgotten);
        var key = RedisKeys.Counter(4711);
        _redis.Ask("HSET", key, "one", "1 100");
        _redis.Ask("EXPIRE", key, "1000");
        Assert.Equal(1, rig.EndsClean().Forgotten);
        // Of another cell: not ours to judge.
        _redis.Ask("HSET", RedisKeys.Counter(4712), "two", "1 100");
        Assert.Equal(1, rig.EndsClean().Forgotten);
    }

    [Fact]
    public void A_second_feed_under_the_same_name_is_told()
    {
        using var rig = NewRig();
        rig.Start();
        rig.EndsClean();
        foreach (var mark in RedisKeys.Marks("one")) _redis.Ask("SET", mark, $"{rig.Cell.Durable + 1_000}", "EX", "1000");
        rig.Until(() => rig.Said.Exists(line => line.Contains("another one feeds under that name", StringComparison.Ordinal)), "told");
    }

    [Fact]
    public void A_cluster_of_three_has_all_of_it_and_a_node_that_lost_its_part_gets_it_again()
    {
        var nodes = RedisProcess.Cluster();
        try
        {
            using var rig = NewRig(nodes[0].Address);
            rig.Start();
            rig.EndsClean();
            Assert.All(nodes, node => Assert.True(int.Parse(node.Ask("DBSIZE").AsSpan(1)) > 15, node.Ask("DBSIZE")));
            nodes[1].Kill();
            rig.Cell.Trade(200);
            rig.Until(() => rig.Status.State == RedisState.Waiting, "waits");
            nodes[1].Start();
            rig.EndsClean();
            Assert.Equal(2, rig.Status.Warmings);
        }
        finally
        {
            foreach (var node in nodes) node.Dispose();
        }
    }

    [Fact]
    public void A_cluster_whose_master_is_lost_is_gone_on_with_when_its_replica_is_promoted()
    {
        var nodes = RedisProcess.Cluster(replicas: 1);
        try
        {
            using var rig = NewRig(string.Join(',', nodes.Select(node => node.Address)));
            rig.Start();
            rig.EndsClean();
            rig.Until(() => nodes.All(node => node.Ask("INFO", "replication") is var said
                && (said.Contains("role:master", StringComparison.Ordinal) || said.Contains("master_link_status:up", StringComparison.Ordinal))), "replicas");
            nodes[0].Kill();
            var merchant = 0;
            rig.Until(() =>
            {
                rig.Cell.Trade(20, first: merchant += 20);
                return rig.Status.State == RedisState.Waiting;
            }, "waits");
            rig.EndsClean();
            Assert.Equal(3, nodes.Skip(1).Count(node => node.Ask("INFO", "replication").Contains("role:master", StringComparison.Ordinal)));
        }
        finally
        {
            foreach (var node in nodes) node.Dispose();
        }
    }

    internal static void Change(TestCell cell)
    {
        cell.SetHot(0, Core.State.HotReason.None);
        cell.SetHot(1, Core.State.HotReason.Lost);
        cell.SetSession(3, SessionState.None);
        cell.SetSession(4, SessionState.SignedOn);
        cell.SetAcceptor("SHOP", "", AcceptorStatus.Suspended);
        cell.OpenDay(TestCell.Day + 1);
        cell.Activate(TestCell.Limit(2, Core.Domain.LimitSubject.Terminal), TestCell.Limit(9, Core.Domain.LimitSubject.Merchant));
        cell.Trade(300);
    }

    private RedisRig NewRig(string? servers = null, int trades = 400)
    {
        var rig = new RedisRig(servers ?? _redis.Address);
        rig.Cell.SetHot(0, Core.State.HotReason.Stolen);
        rig.Cell.SetHot(2, Core.State.HotReason.PickUp);
        rig.Cell.SetSession(3, SessionState.SignedOn);
        rig.Cell.SetAcceptor("SHOP", "", AcceptorStatus.Active);
        rig.Cell.SetAcceptor("SHOP", "T 1", AcceptorStatus.Active);
        rig.Cell.Trade(trades);
        return rig;
    }

    private static bool IsLuhn(string digits)
    {
        var sum = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = digits[^(index + 1)] - '0';
            sum += index % 2 == 0 ? digit : (digit * 2 / 10) + (digit * 2 % 10);
        }

        return sum % 10 == 0;
    }
}

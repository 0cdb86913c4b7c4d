using System.Diagnostics;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Ledger.Tests.Redis;

public sealed class RedisFaultTests
{
    // Half a minute, and an hour: OutageTests of the system, with the switch itself.
    private static readonly TimeSpan _outage = TimeSpan.FromSeconds(4);

    [Fact]
    public void Redis_that_is_gone_and_comes_back_empty_has_all_of_it_again()
    {
        using var redis = new RedisProcess();
        using var rig = NewRig(redis);
        using (var trade = new Traded(rig.Cell))
        {
            redis.Kill();
            rig.Is(RedisState.Waiting, "no connection to Redis");
            var gone = Stopwatch.StartNew();
            rig.Until(() => rig.Status.Breaker == 2, "an open breaker");
            Assert.True(SpinWait.SpinUntil(() => gone.Elapsed > _outage, _outage * 2));
            rig.Until(() => rig.Status.LagSequences > 1_000 && rig.Status.LagSeconds > 3, "behind");
            redis.Start();
            rig.Until(() => rig.Status.State == RedisState.Following, "following");
            Assert.True(trade.Rounds > 20);
        }

        rig.EndsClean();
        Assert.Equal(2, rig.Status.Warmings);
    }

    [Fact]
    public void Redis_that_is_killed_and_comes_back_with_data_is_gone_on_with()
    {
        using var redis = new RedisProcess("--appendonly", "yes", "--appendfsync", "everysec");
        using var rig = NewRig(redis);
        for (var kills = 0; kills < 3; kills++)
        {
            using var trade = new Traded(rig.Cell);
            redis.Kill();
            rig.Until(() => rig.Status.State == RedisState.Waiting, "waits");
            redis.Start();
            rig.Until(() => rig.Status.State == RedisState.Following, "following");
        }

        rig.EndsClean();
    }

    [Theory]
    [InlineData("CLIENT", "PAUSE", "4000", "ALL")]
    [InlineData("DEBUG", "SLEEP", "4")]
    public void Redis_that_stands_still_is_waited_for_and_nothing_old_overwrites_what_is_new(params string[] command)
    {
        using var redis = new RedisProcess("--enable-debug-command", "yes");
        using var rig = NewRig(redis);
        using (var trade = new Traded(rig.Cell))
        {
            var still = Task.Run(() => redis.Ask(command));
            rig.Is(RedisState.Waiting, "does not answer in time");
            rig.Until(() => still.IsCompleted && rig.Status.State == RedisState.Following, "following");
        }

        rig.EndsClean();
    }

    [Fact]
    public void Redis_without_memory_is_named_and_goes_on_when_it_has_some()
    {
        using var redis = new RedisProcess("--maxmemory-policy", "noeviction");
        using var rig = NewRig(redis);
        using (var trade = new Traded(rig.Cell))
        {
            redis.Ask("CONFIG", "SET", "maxmemory", "1");
            rig.Is(RedisState.Waiting, "out of memory: raise its maxmemory");
            redis.Ask("CONFIG", "SET", "maxmemory", "0");
            rig.Until(() => rig.Status.State == RedisState.Following, "following");
        }

        rig.EndsClean();
    }

    [Fact]
    public void A_wrong_password_is_named_and_the_right_one_is_taken_from_its_file()
    {
        const string Password = "right-as-rain";
        using var redis = new RedisProcess("--requirepass", Password);
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "quite-wrong\n");
            using var rig = new RedisRig(redis.Address, passwordFile: file);
            rig.Cell.Trade(100);
            rig.Start();
            rig.Is(RedisState.Waiting, "password");
            Assert.DoesNotContain("quite-wrong", string.Join('\n', rig.Said), StringComparison.Ordinal);
            File.WriteAllText(file, Password + "\n");
            rig.EndsClean();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Redis_may_come_later_than_the_switch()
    {
        using var redis = new RedisProcess();
        redis.Kill();
        using var rig = new RedisRig(redis.Address);
        rig.Cell.Trade(200);
        rig.Start();
        rig.Is(RedisState.Waiting, "no connection to Redis");
        redis.Start();
        rig.EndsClean();
    }

    [Theory]
    [InlineData("", "a", "host:port is expected")]
    [InlineData("127.0.0.1", "a", "host:port is expected")]
    [InlineData("127.0.0.1:70000", "a", "host:port is expected")]
    [InlineData("127.0.0.1:1,[::1]:2", "a b", "1 to 32 letters")]
    public void Wrong_options_are_refused_in_words(string servers, string cell, string says) =>
        Assert.Contains(says, string.Join('\n', new RedisOptions { Servers = servers, Cell = cell }.Problems()), StringComparison.Ordinal);

    private static RedisRig NewRig(RedisProcess redis)
    {
        var rig = new RedisRig(redis.Address);
        rig.Cell.Trade(200);
        rig.Start();
        rig.CatchesUp();
        return rig;
    }

    /// <summary>Goes on deciding until it is disposed, at other merchants each time: what is lost is not made good by what follows.</summary>
    private sealed class Traded : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Thread _thread;

        public Traded(TestCell cell)
        {
            _thread = new Thread(() =>
            {
                while (!_stop.Token.WaitHandle.WaitOne(20))
                {
                    cell.Trade(20, first: 20 * Rounds);
                    Rounds++;
                }
            });
            _thread.Start();
        }

        public int Rounds { get; private set; }

        public void Dispose()
        {
            _stop.Cancel();
            _thread.Join();
            _stop.Dispose();
        }
    }
}

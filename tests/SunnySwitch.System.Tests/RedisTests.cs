using SunnySwitch.Ledger.Tests.Redis;

namespace SunnySwitch.SystemTests;

/// <summary>The switch with a real Redis beside it, there or not.</summary>
public sealed class RedisTests
{
    [Fact]
    public async Task Authorizations_go_on_without_Redis_and_it_has_their_counts_when_it_is_there()
    {
        Midnight.Avoid();
        using var redis = new RedisProcess();
        redis.Kill();
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false", $"redis.servers={redis.Address}", "redis.cell=east");
        using var client = new AcquirerClient(running.Port(0));
        LedgerCommand.CountByMerchant(test, running);
        for (var number = 1; number <= 50; number++) Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(1, number))));
        Watch.Says(running, "state=\"Waiting\",cause=\"no connection to Redis");
        Assert.True(Watch.Metric(running, "sunny_redis_lag_frames") > 50);

        redis.Start();
        Watch.Says(running, "state=\"Following\"");
        Watch.Until(running, () => Watch.Metric(running, "sunny_redis_lag_frames") == 0);
        Assert.Equal("50 0", CounterOf(redis));
        redis.Kill();
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(1, 51))));
        redis.Start();
        Watch.Until(running, () => Watch.Metric(running, "sunny_redis_warmings_total") == 2 && Watch.Metric(running, "sunny_redis_lag_frames") == 0);
        Assert.Equal("51 0", CounterOf(redis));
        string[] reconcile =
        [
            "redis", "reconcile", "--config", test.ConfigFile, "--data", test.Data, "--set", $"redis.servers={redis.Address}", "--set", "redis.cell=east",
        ];
        var (exitCode, output, errors) = SwitchProcess.Run(reconcile);
        Assert.True(exitCode == 0 && output.Contains(": 0 differ", StringComparison.Ordinal), output + errors);
        redis.Ask("FLUSHALL");
        Watch.Until(running, () => Watch.Metric(running, "sunny_redis_warmings_total") == 3 && Watch.Metric(running, "sunny_redis_lag_frames") == 0);
        Assert.Equal(0, running.Terminate());
        redis.Ask("HSET", KeyOf(redis), "east", "52 0");
        (exitCode, output, _) = SwitchProcess.Run(reconcile);
        Assert.Equal(1, exitCode);
        Assert.Contains($"{KeyOf(redis)} east: is 52 0, should be 51 0\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_configuration_of_Redis_is_refused_in_words()
    {
        using var test = new TestSwitch();
        var (exitCode, _, errors) = SwitchProcess.Run(
            "serve", "--config", test.ConfigFile, "--data", test.Data, "--set", "redis.servers=here", "--set", "redis.cell=a b");
        Assert.Equal(2, exitCode);
        Assert.Contains("redis.servers: host:port is expected, with commas between, is \"here\"", errors, StringComparison.Ordinal);
        Assert.Contains("redis.cell: 1 to 32 letters, digits, - or _, is \"a b\"", errors, StringComparison.Ordinal);
    }

    private static string CounterOf(RedisProcess redis) => redis.Ask("HGET", KeyOf(redis), "east");

    private static string KeyOf(RedisProcess redis) => redis.Ask("EVAL", "return redis.call('KEYS', 'sunny:counter:*')[1]", "0");
}

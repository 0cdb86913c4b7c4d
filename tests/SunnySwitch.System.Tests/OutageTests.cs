using System.Diagnostics;
using System.Text.Json.Nodes;
using SunnySwitch.Ledger.Tests;
using SunnySwitch.Ledger.Tests.Redis;

namespace SunnySwitch.SystemTests;

/// <summary>The switch under load while PostgreSQL and Redis are gone: half a minute, an hour by <c>tools/test --long</c>.</summary>
public sealed class OutageTests
{
    private const double GrowthBytesMax = 256 << 20;
    private static readonly TimeSpan _outage = TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("SUNNY_OUTAGE_SECONDS") ?? "30"));
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Both_databases_may_be_gone_for_long_under_load()
    {
        using var server = new PostgresServer();
        using var redis = new RedisProcess();
        using var test = new TestSwitch();
        string[] settings =
        [
            "rehearse=false", "tables.duplicateKeys=1000000", "tables.receipts=1000000", "tables.holds=1000000",
            $"ledger.postgres={server.NewDatabase()}", $"redis.servers={redis.Address}", "redis.cell=east",
        ];
        using var running = await test.Start(settings);
        LedgerCommand.CountByMerchant(test, running);
        int approved;
        using (var payments = new Payments(running.Port(0)))
        {
            payments.More(50);
            Watch.Says(running, "state=\"Following\"");
            server.Kill();
            redis.Kill();
            var (gone, before) = (Stopwatch.StartNew(), payments.Approved);
            payments.More(50);
            var resident = Watch.Metric(running, "sunny_resident_bytes");
            Watch.Says(running, "sunny_ledger_state{state=\"Retrying\",cause=\"");
            Watch.Says(running, "sunny_redis_state{state=\"Waiting\",cause=\"no connection to Redis");
            var (exitCode, output, errors) = LedgerCommand.Status(test, running, settings);
            Assert.Equal(1, exitCode);
            Assert.Contains("the switch says: Retrying: ", output, StringComparison.Ordinal);
            Assert.NotEqual("", errors);
            // A script gets one object, whatever answers.
            (exitCode, output, errors) = LedgerCommand.Status(test, running, settings, "--json");
            Assert.Equal((1, ""), (exitCode, errors));
            Assert.Equal("Retrying", (string?)JsonNode.Parse(output)!["state"]);
            Assert.NotEqual("", (string?)JsonNode.Parse(output)!["error"] ?? "");
            Watch.Until(running, () => gone.Elapsed > _outage, 2 * _outage);
            // One that waited for a database would wait for seconds.
            Assert.True(payments.Approved - before > 3 * gone.Elapsed.TotalSeconds, $"{payments.Approved - before} in {gone.Elapsed}");
            payments.More(1);
            Assert.InRange(Watch.Metric(running, "sunny_resident_bytes") - resident, double.MinValue, GrowthBytesMax);
            Assert.True(Watch.Metric(running, "sunny_ledger_lag_seconds") > _outage.TotalSeconds / 2);
            Assert.True(Watch.Metric(running, "sunny_redis_lag_seconds") > _outage.TotalSeconds / 2);
            server.Start();
            redis.Start();
            Watch.Until(running, () => Watch.Metric(running, "sunny_ledger_lag_seconds") < 2 && Watch.Metric(running, "sunny_redis_lag_seconds") < 2);
            payments.More(1);
            approved = payments.Approved;
            Assert.True(payments.Slowest < _slow, $"{payments.Slowest}");
        }

        Watch.Level(running);
        Watch.Until(running, () => Watch.Metric(running, "sunny_redis_lag_frames") == 0);
        Assert.Equal(0, running.Terminate());
        Assert.True(LedgerCommand.Reconciled(test, settings) >= approved);
        var (differs, said, wrong) = LedgerCommand.ReconcileRedis(test, settings);
        Assert.True(differs == 0 && said.Contains(": 0 differ", StringComparison.Ordinal), said + wrong);
    }
}

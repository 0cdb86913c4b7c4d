using System.Text.Json.Nodes;
using SunnySwitch.Ledger.Tests;

namespace SunnySwitch.SystemTests;

/// <summary>The switch with a real PostgreSQL beside it, there or not.</summary>
public sealed class LedgerTests
{
    [Fact]
    public async Task Authorizations_go_on_without_the_database_and_reach_it_when_it_is_there()
    {
        using var server = new PostgresServer();
        var database = server.NewDatabase();
        server.Stop();
        using var test = new TestSwitch();
        string[] settings = ["rehearse=false", $"ledger.postgres={database}"];
        using var running = await test.Start(settings);
        using var client = new AcquirerClient(running.Port(0));
        for (var number = 1; number <= 50; number++) Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(1, number))));
        Assert.True(Watch.Metric(running, "sunny_ledger_lag_frames") > 50);
        Watch.Says(running, "state=\"Retrying\",cause=\"");

        // What is asked for meanwhile comes from the journal.
        string[] set = ["--set", settings[1], "--data", test.Data];
        var (exitCode, output, errors) = SwitchProcess.Run(["tx", "find", "--rrn", "000000000007", "--json", .. set]);
        Assert.Equal(0, exitCode);
        Assert.StartsWith("sunny: from the journal: ", errors, StringComparison.Ordinal);

        server.Start();
        Watch.Level(running);
        var (_, fromDatabase, noErrors) = SwitchProcess.Run(["tx", "find", "--rrn", "000000000007", "--json", .. set]);
        Assert.Equal((output, ""), (fromDatabase, noErrors));
        Assert.Equal("000000000007", (string)JsonNode.Parse(output)!["rrn"]!);
        Assert.DoesNotContain(AcquirerClient.Pan(1), output, StringComparison.Ordinal);

        (exitCode, output, _) = SwitchProcess.Run(["ledger", "status", "--json", .. set]);
        Assert.Equal((0, 50), (exitCode, (int)JsonNode.Parse(output)!["decisions"]!));
        AssertReconciled(test, set, 50);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_rebuilt_ledger_is_the_same_and_a_planted_difference_is_named()
    {
        using var server = new PostgresServer();
        var database = server.NewDatabase();
        using var test = new TestSwitch();
        string[] settings = ["rehearse=false", $"ledger.postgres={database}"];
        string[] set = ["--set", settings[1], "--data", test.Data];
        using (var running = await test.Start(settings))
        {
            using var client = new AcquirerClient(running.Port(0));
            for (var number = 1; number <= 20; number++) client.Exchange(AcquirerClient.Purchase(1, number));
            Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Reversal(1, 3, 21))));
            Watch.Level(running);
            Assert.Contains("the running switch makes them anew", SwitchProcess.Run(["ledger", "rebuild", .. set]).Output, StringComparison.Ordinal);
            client.Exchange(AcquirerClient.Purchase(1, 22));
            Watch.Level(running);
            AssertReconciled(test, set, 22);
            Assert.Equal(0, running.Terminate());
        }

        PostgresServer.Execute(database, "update sunny.account set held = held + 7 where number = 1");
        var (exitCode, output, errors) = SwitchProcess.Run(["reconcile", "--config", test.ConfigFile, .. set]);
        Assert.Equal((1, ""), (exitCode, errors));
        Assert.StartsWith("sunny.account 1: held: journal ", output, StringComparison.Ordinal);

        (exitCode, output, errors) = SwitchProcess.Run(["ledger", "rebuild", .. set]);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("22 decisions up to sequence", output, StringComparison.Ordinal);
        AssertReconciled(test, set, 22);
    }

    [Fact]
    public void A_wrong_configuration_of_the_ledger_is_refused_in_words()
    {
        using var test = new TestSwitch();
        var (exitCode, _, errors) = SwitchProcess.Run(
            "serve", "--config", test.ConfigFile, "--data", test.Data, "--set", "ledger.postgres=Host=a;Username=b;Password=c");
        Assert.Equal(2, exitCode);
        Assert.Contains("ledger.postgres: no password in the configuration: name a ledger.passwordFile, or use .pgpass", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = SwitchProcess.Run("tx", "find", "--rrn", "1");
        Assert.Equal((2, "sunny: tx find: name the ledger with --config or --set ledger.postgres=..., or the journal with --data\n"), (exitCode, errors));
        (exitCode, _, errors) = SwitchProcess.Run("ledger", "status");
        Assert.Equal(2, exitCode);
        Assert.Contains("ledger: missing", errors, StringComparison.Ordinal);
    }

    private static void AssertReconciled(TestSwitch test, string[] set, int decisions)
    {
        var (exitCode, output, errors) = SwitchProcess.Run(["reconcile", "--json", "--config", test.ConfigFile, .. set]);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal((decisions, 0), ((int)JsonNode.Parse(output)!["decisions"]!, (int)JsonNode.Parse(output)!["differences"]!));
    }
}

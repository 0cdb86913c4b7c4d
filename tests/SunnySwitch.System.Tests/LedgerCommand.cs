using System.Text.Json.Nodes;

namespace SunnySwitch.SystemTests;

/// <summary>The commands that look at the databases.</summary>
internal static class LedgerCommand
{
    public static (int ExitCode, string Output, string Errors) Status(
        TestSwitch test, SwitchProcess running, string[] settings, params string[] more) => SwitchProcess.Run(
        ["ledger", "status", "--config", test.ConfigFile, "--data", test.Data, "--api", $"http://127.0.0.1:{running.HttpPort}", .. more, .. Set(settings)]);

    /// <summary>Settings as a command takes them.</summary>
    public static string[] Set(string[] settings) => [.. settings.SelectMany(setting => new[] { "--set", setting })];

    /// <summary>Decisions compared, of which none differs.</summary>
    public static int Reconciled(TestSwitch test, string[] settings)
    {
        var (exitCode, output, errors) = SwitchProcess.Run(["reconcile", "--json", "--config", test.ConfigFile, "--data", test.Data, .. Set(settings)]);
        Assert.True((exitCode, errors) == (0, ""), output + errors);
        Assert.Equal(0, (int)JsonNode.Parse(output)!["differences"]!);
        return (int)JsonNode.Parse(output)!["decisions"]!;
    }

    public static (int ExitCode, string Output, string Errors) ReconcileRedis(TestSwitch test, string[] settings) => SwitchProcess.Run(
        ["redis", "reconcile", "--config", test.ConfigFile, "--data", test.Data, .. Set(settings)]);

    /// <summary>From now on there is something to count, for Redis.</summary>
    public static void CountByMerchant(TestSwitch test, SwitchProcess running)
    {
        var file = Path.Combine(test.Folder, "rules.json");
        File.WriteAllText(file, """{"rules":"r","limits":[{"id":1,"name":"shop","subject":"merchant","window":"day","countMax":1000000}]}""");
        string[] activate = ["rules", "activate", file, "--operator", "anna", "--reason", "a test", "--api", $"http://127.0.0.1:{running.HttpPort}"];
        Assert.Equal(0, SwitchProcess.Run(activate).ExitCode);
    }
}

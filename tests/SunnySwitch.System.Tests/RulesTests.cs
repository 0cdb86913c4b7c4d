using System.Text.Json.Nodes;

namespace SunnySwitch.SystemTests;

/// <summary>Limits on the running switch: brought into force, hit, kept over a restart, taken back.</summary>
public sealed class RulesTests
{
    [Fact]
    public async Task Limits_are_brought_into_force_hit_kept_over_a_restart_and_taken_back()
    {
        Midnight.Avoid();
        using var test = new TestSwitch();
        var file = Path.Combine(test.Folder, "rules.json");
        File.WriteAllText(file, """
            {"rules":"tight","limits":[{"id":1,"name":"card day","subject":"card","window":"day","countMax":2},
              {"id":2,"name":"terminal","subject":"terminal","window":"60m","countMax":3}]}
            """);
        using (var running = await test.Start("rehearse=false"))
        {
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal("no rules are in force\n", Rules(running, "show").Output);
            Assert.Equal("00", Buy(client, 1, 1));
            var recorded = Rules(running, "activate", file, "--operator", "anna", "--reason", "a test").Output;
            Assert.StartsWith("recorded: version 1, tight", recorded, StringComparison.Ordinal);
            Assert.Equal(["00", "00", "65"], [Buy(client, 1, 2), Buy(client, 1, 3), Buy(client, 1, 4)]);
            Assert.Equal(["00", "58"], [Buy(client, 2, 5), Buy(client, 2, 6)]);
            Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Reversal(1, 3, 7))));
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await test.Start("rehearse=false"))
        {
            using var client = new AcquirerClient(running.Port(0));
            var active = JsonNode.Parse(Rules(running, "show", "--json").Output)!["active"]!;
            Assert.Equal((1, "anna", "a test"), ((int)active["version"]!, (string)active["operator"]!, (string)active["reason"]!));
            Assert.Equal(["00", "65"], [Buy(client, 1, 8), Buy(client, 1, 9)]);

            File.WriteAllText(file, """{"rules":"tight","limits":[{"id":1,"name":"c","subject":"card","window":"day","countMax":0},{"id":3}]}""");
            var refused = Rules(running, "activate", file, "--operator", "anna", "--reason", "a test");
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("limits.0.countMax: 1 to 1000000000", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("limits.1.window: day", refused.Errors, StringComparison.Ordinal);
            File.WriteAllText(file, """{"rules":"other","limits":[{"id":1,"name":"c","subject":"bin","window":"day","countMax":1}]}""");
            refused = Rules(running, "activate", file, "--operator", "anna", "--reason", "a test");
            Assert.Equal(1, refused.ExitCode);
            Assert.StartsWith("sunny: limits: id 1 stands for another subject, count, window or currency already", refused.Errors, StringComparison.Ordinal);

            var stop = TestContext.Current.CancellationToken;
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{running.HttpPort}") };
            using var empty = await http.PostAsync(new Uri("rules/activate", UriKind.Relative), new StringContent("{}", null, "application/json"), stop);
            Assert.Equal((422, "{\"problems\":[\"file: missing\"]}"), ((int)empty.StatusCode, await empty.Content.ReadAsStringAsync(stop)));

            Assert.Equal(0, Rules(running, "undo", "--operator", "boris", "--reason", "too tight").ExitCode);
            Assert.Equal("00", Buy(client, 1, 10));
            Assert.Equal(0, running.Terminate());
        }

        var tail = SwitchProcess.Run("journal", "tail", "-n", "100", "--data", test.Data).Output;
        Assert.Contains("RulesActivated     version 1, 2 limits, tight by anna: a test", tail, StringComparison.Ordinal);
        var (exitCode, output, _) = SwitchProcess.Run("replay", "--data", test.Data, "--config", test.ConfigFile);
        Assert.True(exitCode == 0, output);
        (exitCode, output, _) = SwitchProcess.Run("tx", "explain", "--data", test.Data, "000000000004");
        Assert.Contains("limit 1 of rules 1 had reached 2 transactions", output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
    }

    private static string Buy(AcquirerClient client, int card, int number) => AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(card, number)));

    private static (int ExitCode, string Output, string Errors) Rules(SwitchProcess running, params string[] arguments) =>
        SwitchProcess.Run(["rules", .. arguments, "--api", $"http://127.0.0.1:{running.HttpPort}"]);
}

namespace SunnySwitch.SystemTests;

/// <summary>
/// The flows of docs/authorization.md, played as an acquirer plays them: <c>sunny play config/scenarios/*.json</c>, on a link that knows
/// all of it.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly string _folder = Path.Combine(SwitchProcess.Folder("config"), "scenarios");

    public static TheoryData<string> Scenarios =>
        [.. Directory.GetFiles(_folder, "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_scenario_is_answered_as_it_says(string file)
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false", "links.0.signOnRequired=true", "links.0.dialect=pos-host");
        var api = $"http://127.0.0.1:{running.HttpPort}";
        var added = SwitchProcess.Run("card", "add", "--pan", "4761739001010119", "--expiry", "2812", "--balance", "10000000", "--api", api);
        Assert.Equal(0, added.ExitCode);
        var rates = Path.Combine(SwitchProcess.Folder("config"), "rates.json");
        var activated = SwitchProcess.Run("rates", "activate", rates, "--operator", "anna", "--reason", "a test", "--api", api);
        Assert.StartsWith("recorded: version 1, example, by anna: a test\n  1 JPY is 0.006543210 USD\n", activated.Output, StringComparison.Ordinal);
        var (exitCode, output, errors) = SwitchProcess.Run("play", $"127.0.0.1:{running.Port(0)}", Path.Combine(_folder, file), "--acquirer", "400001");
        Assert.True(exitCode == 0, output + errors);
        var card = SwitchProcess.Run("card", "show", "--json", "--pan", "4761739001010119", "--api", api).Output;
        Assert.Contains("\"heldMinor\":0", card, StringComparison.Ordinal);
        var metrics = Watch.Page(running);
        Assert.Contains("sunny_table_entries_max{table=\"holds\"} 400000\n", metrics, StringComparison.Ordinal);
        Assert.Contains("sunny_table_entries{table=\"accounts\"} 1001\n", metrics, StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
        var replay = SwitchProcess.Run("replay", "--data", test.Data, "--config", test.ConfigFile);
        Assert.True(replay.ExitCode == 0, replay.Output);
        if (file == "foreign.json") CheckRates(test, card);
    }

    // All that was taken was given back, to the cent; the journal says what the acquirer is due and at which rate.
    private static void CheckRates(TestSwitch test, string card)
    {
        Assert.Contains("\"ledgerMinor\":10000000", card, StringComparison.Ordinal);
        var tail = SwitchProcess.Run("journal", "tail", "-n", "1000", "--data", test.Data).Output;
        Assert.Contains("RatesActivated     version 1, 4 rates, example by anna: a test", tail, StringComparison.Ordinal);
        var withFee = tail.Split('\n').First(line => line.Contains("5000 978", StringComparison.Ordinal)).TrimStart().Split(' ')[0];
        var explained = SwitchProcess.Run("tx", "explain", "--data", test.Data, $"#{withFee}").Output;
        Assert.Contains("due to the acquirer 50.00 EUR and a fee of 2.50 EUR, billed at 1.0834", explained, StringComparison.Ordinal);
        Assert.Contains("posted -56.88 USD", explained, StringComparison.Ordinal);
    }
}

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
        var (exitCode, output, errors) = SwitchProcess.Run("play", $"127.0.0.1:{running.Port(0)}", Path.Combine(_folder, file), "--acquirer", "400001");
        Assert.True(exitCode == 0, output + errors);
        var card = SwitchProcess.Run("card", "show", "--json", "--pan", "4761739001010119", "--api", api).Output;
        Assert.Contains("\"heldMinor\":0", card, StringComparison.Ordinal);
    }
}

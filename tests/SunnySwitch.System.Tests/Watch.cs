using System.Globalization;

namespace SunnySwitch.SystemTests;

/// <summary>What a switch says of itself, at <c>/metrics</c> and on its terminal.</summary>
internal static class Watch
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient _http = new();

    public static string Page(SwitchProcess running) =>
        _http.GetStringAsync(new Uri($"http://127.0.0.1:{running.HttpPort}/metrics")).GetAwaiter().GetResult();

    public static double Metric(SwitchProcess running, string name) => double.Parse(
        Page(running).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>The page has such a text.</summary>
    public static void Says(SwitchProcess running, string text) => Until(running, () => Page(running).Contains(text, StringComparison.Ordinal));

    /// <summary>Its output has such a text.</summary>
    public static void Logs(SwitchProcess running, string text) => Until(running, () => running.Output.Contains(text, StringComparison.Ordinal));

    public static void Until(SwitchProcess running, Func<bool> condition, TimeSpan? patience = null) =>
        Assert.True(SpinWait.SpinUntil(condition, patience ?? _patience), Page(running) + running.Output);

    /// <summary>All that is durable is in PostgreSQL.</summary>
    public static void Level(SwitchProcess running, TimeSpan? patience = null) => Until(
        running,
        () => Metric(running, "sunny_ledger_lag_frames") == 0 && Metric(running, "sunny_ledger_sequence") >= Metric(running, "sunny_journal_sequence"),
        patience);
}

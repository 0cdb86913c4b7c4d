using System.Globalization;

namespace SunnySwitch.SystemTests;

/// <summary>The pages on back-up, restore and damage in docs/operations.md, done step by step.</summary>
public sealed class RestoreTests
{
    private static readonly string[] Settings =
        ["journal.segmentMegabytes=1", "journal.snapshotMegabytes=1", "journal.keepMegabytes=1", "journal.keeper=false", "rehearse=false"];

    private readonly AnswerLog _log = new();

    [Fact]
    public async Task A_backup_of_keys_and_archive_starts_elsewhere_and_knows_all_that_it_holds()
    {
        using var test = new TestSwitch();
        await RunFor(test, segments: 4);
        Assert.Equal(0, test.Keep(crash: null, Settings).ExitCode);
        using var elsewhere = new TestSwitch();
        Directory.CreateDirectory(Path.Combine(elsewhere.Data, "journal"));
        foreach (var key in new[] { "token.key", "master.key", "data.keys" }) File.Copy(Path.Combine(test.Data, key), Path.Combine(elsewhere.Data, key));
        foreach (var file in Directory.GetFiles(Path.Combine(test.Data, "archive"), "*.seg"))
        {
            File.Copy(file, Path.Combine(elsewhere.Data, "journal", Path.GetFileName(file)));
        }

        var (exitCode, csv, errors) = SwitchProcess.Run("journal", "export", "--csv", "--data", elsewhere.Data);
        Assert.True(exitCode == 0, errors);
        var known = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => int.Parse(line.Split(',')[4], CultureInfo.InvariantCulture));
        using var running = await elsewhere.Start(Settings);
        Assert.True(_log.CheckRepeatsOf(running.Port(0), [.. known]) > 1000);
        var rotated = SwitchProcess.Run("key", "rotate-data", "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.True(rotated.ExitCode == 0, rotated.Errors);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_damaged_segment_keeps_the_switch_from_starting_until_it_is_put_back_from_the_archive()
    {
        using var test = new TestSwitch();
        await RunFor(test, segments: 3);
        Assert.Equal(0, test.Keep(crash: null, [.. Settings, "journal.keepMegabytes=100", "journal.snapshotMegabytes=1000"]).ExitCode);
        var victim = Directory.GetFiles(Path.Combine(test.Data, "journal"), "*.seg").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(victim);
        bytes[100_000] ^= 4;
        File.WriteAllBytes(victim, bytes);

        var (exitCode, _, errors) = SwitchProcess.Run(["serve", "--config", test.ConfigFile, "--data", test.Data]);
        Assert.Equal(3, exitCode);
        Assert.Contains(Path.GetFileName(victim) + " at byte ", errors, StringComparison.Ordinal);
        Assert.Equal(1, SwitchProcess.Run("journal", "verify", "--data", test.Data).ExitCode);
        var (repaired, said, wrong) = SwitchProcess.Run("journal", "repair", "--data", test.Data);
        Assert.True(repaired == 0, said + wrong);
        Assert.Contains($"{Path.GetFileName(victim)}: put back from the archive", said, StringComparison.Ordinal);
        Assert.True(File.Exists(victim + ".damaged"));
        Assert.Equal(0, SwitchProcess.Run("journal", "verify", "--data", test.Data).ExitCode);

        using var running = await test.Start(Settings);
        _log.CheckRepeats(running.Port(0), new Random(1), all: true);
        var (busy, _, why) = SwitchProcess.Run("journal", "repair", "--data", test.Data);
        Assert.Equal(1, busy);
        Assert.Contains("in use by another switch", why, StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
        _log.CheckJournal(test.Data);
    }

    private async Task RunFor(TestSwitch test, int segments)
    {
        using var running = await test.Start(Settings);
        _log.LoadUntilDead(running, _ =>
        {
            var folder = Path.Combine(test.Data, "journal");
            Assert.True(SpinWait.SpinUntil(() => Directory.GetFiles(folder, "*.seg").Length > segments, TimeSpan.FromSeconds(60)), "no segment ends");
            Assert.Equal(0, running.Terminate());
        });
    }
}

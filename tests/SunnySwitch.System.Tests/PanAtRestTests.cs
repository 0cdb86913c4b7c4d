using System.Text;

namespace SunnySwitch.SystemTests;

/// <summary>PANs at rest in the real process: new data keys under load, kills on the way, and the scan that finds what is clear.</summary>
public sealed class PanAtRestTests
{
    private static readonly string[] Pans =
        ["4761739001010119", "5555555555554444", "4111111111111111", "378282246310005", "6011111111111117", "3530111333300000"];

    private static readonly string[] Settings =
        ["journal.segmentMegabytes=1", "journal.snapshotMegabytes=1", "journal.keepMegabytes=1", "journal.keeper=false", "rehearse=false"];

    [Fact]
    public async Task A_data_key_is_changed_under_load_and_no_file_holds_a_clear_pan()
    {
        using var test = new TestSwitch();
        var log = new AnswerLog();
        using (var running = await test.Start(Settings))
        {
            AddCards(running);
            log.LoadUntilDead(running, _ =>
            {
                var (exitCode, said, errors) = Rotate(running);
                Assert.True(exitCode == 0, errors);
                Assert.Contains($"data key 2: {Pans.Length} PANs sealed with it", said, StringComparison.Ordinal);
                Watch.Until(running, () => Directory.GetFiles(Path.Combine(test.Data, "journal"), "*.seg").Length > 4);
                running.Kill();
            });
        }

        using (var running = await test.Start(Settings))
        {
            log.CheckRepeats(running.Port(0), new Random(1), all: true);
            Assert.Equal(0, running.Terminate());
        }

        Assert.Equal(0, test.Keep(crash: null, Settings).ExitCode);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(test.Data, "archive")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(test.Data, "journal"), "*.snap"));
        AssertClean(test);
        using (var running = await test.Start(Settings))
        {
            Assert.Contains("snapshot: ", running.Output, StringComparison.Ordinal);
            Assert.Contains("data key 2: 0 PANs sealed with it", Rotate(running, "--go-on").Output, StringComparison.Ordinal);
            Assert.Contains($"data key 3: {Pans.Length} PANs sealed with it", Rotate(running).Output, StringComparison.Ordinal);
            Assert.Equal(0, running.Terminate());
        }
    }

    [Fact]
    public async Task A_kill_while_a_data_key_is_changed_costs_nothing()
    {
        Assert.SkipWhen(SwitchProcess.MutantsExecutable is null, "needs the build with mutants: tools/test makes it");
        using var test = new TestSwitch();
        using (var running = await test.Start(Settings))
        {
            AddCards(running);
            Assert.Equal(0, running.Terminate());
        }

        foreach (var point in new[] { CrashPoint.KeyFileWritten, CrashPoint.KeyFileNamed, CrashPoint.PanSealed })
        {
            using (var running = await test.StartArmed(mutant: null, $"{point}:1", Settings))
            {
                var (exitCode, _, errors) = Rotate(running);
                running.WaitForExit();
                Assert.Equal(1, exitCode);
                Assert.Contains("--go-on", errors, StringComparison.Ordinal);
                Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
            }

            using (var running = await test.Start(Settings))
            {
                Assert.Equal(0, Rotate(running, "--go-on").ExitCode);
                Assert.Contains(": 0 PANs sealed", Rotate(running, "--go-on").Output, StringComparison.Ordinal);
                Assert.Equal(0, running.Terminate());
            }
        }

        AssertClean(test);
    }

    [Fact]
    public async Task A_clear_pan_in_any_file_is_found_and_not_repeated()
    {
        using var test = new TestSwitch();
        using (var running = await test.Start(Settings))
        {
            AddCards(running);
            Assert.Equal(0, running.Terminate());
        }

        var beside = Path.Combine(test.Folder, "old.log");
        File.WriteAllText(beside, $"paid with {Pans[1]} at noon");
        File.WriteAllBytes(Path.Combine(test.Data, "dump"), [1, 2, 3, .. Convert.FromHexString(Pans[0])]);
        var (exitCode, said, errors) = SwitchProcess.Run("journal", "scan", "--data", test.Data, beside);
        Assert.Equal(1, exitCode);
        Assert.Contains("old.log at byte 2", said, StringComparison.Ordinal);
        Assert.Contains("555555******4444 in ASCII", said, StringComparison.Ordinal);
        Assert.Contains("476173******0119 in BCD", said, StringComparison.Ordinal);
        foreach (var pan in Pans) Assert.DoesNotContain(pan, said + errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("master.key", "restore it from a backup")]
    [InlineData("data.keys", "restore it from a backup")]
    public async Task Without_its_keys_a_switch_with_sealed_cards_does_not_start_and_says_why(string file, string what)
    {
        using var test = new TestSwitch();
        using (var running = await test.Start(Settings))
        {
            AddCards(running);
            Assert.Equal(0, running.Terminate());
        }

        File.Move(Path.Combine(test.Data, file), Path.Combine(test.Folder, file));
        var (exitCode, _, errors) = SwitchProcess.Run("serve", "--config", test.ConfigFile, "--data", test.Data);
        Assert.Equal(2, exitCode);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.Contains(what, errors, StringComparison.Ordinal);
        File.Move(Path.Combine(test.Folder, file), Path.Combine(test.Data, file));
        using var again = await test.Start(Settings);
        Assert.Equal(0, Rotate(again).ExitCode);
        Assert.Equal(0, again.Terminate());
    }

    [Fact]
    public async Task With_another_folders_token_key_a_switch_does_not_start_and_says_why()
    {
        using var test = new TestSwitch();
        using (var running = await test.Start(Settings)) Assert.Equal(0, running.Terminate());
        var file = Path.Combine(test.Data, "token.key");
        var right = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. right.Reverse()]);
        var (exitCode, _, errors) = SwitchProcess.Run("serve", "--config", test.ConfigFile, "--data", test.Data);
        Assert.Equal(2, exitCode);
        Assert.Contains("token.key is another folder's", errors, StringComparison.Ordinal);
        File.WriteAllBytes(file, right);
        using var again = await test.Start(Settings);
        Assert.Equal(0, again.Terminate());
    }

    private static void AddCards(SwitchProcess running)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{running.HttpPort}") };
        foreach (var pan in Pans)
        {
            using var body = new StringContent(
                $"{{\"pan\":\"{pan}\",\"expiry\":\"4912\",\"currency\":840,\"balanceMinor\":100000}}", Encoding.UTF8, "application/json");
            using var response = client.PostAsync(new Uri("/cards", UriKind.Relative), body, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        }
    }

    private static (int ExitCode, string Output, string Errors) Rotate(SwitchProcess running, params string[] more) =>
        SwitchProcess.Run(["key", "rotate-data", "--api", $"http://127.0.0.1:{running.HttpPort}", .. more]);

    private static void AssertClean(TestSwitch test)
    {
        var (exitCode, said, errors) = SwitchProcess.Run("journal", "scan", "--data", test.Data);
        Assert.True(exitCode == 0, said + errors);
        Assert.Contains("no clear PAN", said, StringComparison.Ordinal);
        Assert.Contains($"with {Pans.Length} known cards", said, StringComparison.Ordinal);
    }
}

using System.Globalization;

namespace SunnySwitch.SystemTests;

/// <summary>SIGKILL under load: nothing answered is ever lost or doubled.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>Kills per disk adapter; more with SUNNY_KILLS.</summary>
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SUNNY_KILLS") ?? "55", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("file", 1)]
    [InlineData("held", 2)]
    public async Task Killing_under_load_loses_and_doubles_nothing_that_was_answered(string disk, int seed)
    {
        using var test = new TestSwitch();
        var random = new Random(seed);
        var log = new AnswerLog();
        var silent = 0;
        for (var cycle = 0; cycle < Kills; cycle++)
        {
            using var running = await test.Start($"journal.disk={disk}", "tables.holds=1000000", "tables.duplicateKeys=1000000", "rehearse=false");
            var before = log.Count;
            log.CheckRepeats(running.Port(0), random);
            log.LoadUntilDead(running, firstAnswer =>
            {
                Assert.True(firstAnswer.Wait(TimeSpan.FromSeconds(20)), "no first answer");
                using (var fuse = new ManualResetEventSlim()) fuse.Wait(random.Next(0, 60));
                running.Kill();
            });
            if (log.Count == before) silent++;
        }

        using (var running = await test.Start($"journal.disk={disk}", "tables.holds=1000000", "tables.duplicateKeys=1000000"))
        {
            log.CheckRepeats(running.Port(0), random, all: true);
            Assert.Equal(0, running.Terminate());
        }

        log.CheckJournal(test.Data);
        output.WriteLine($"{disk}: {Kills} kills, {log.Count} answers, {silent} cycles without an answer (inconclusive)");
        Assert.True(silent * 5 <= Kills, $"{silent} of {Kills} cycles answered nothing: inconclusive");
    }

    [Theory]
    [InlineData("file", 3)]
    [InlineData("held", 4)]
    public async Task A_kill_at_each_named_point_loses_and_doubles_nothing_that_was_answered(string disk, int seed)
    {
        Assert.SkipWhen(SwitchProcess.MutantsExecutable is null, "needs the build with mutants: tools/test makes it");
        using var test = new TestSwitch();
        var random = new Random(seed);
        var log = new AnswerLog();
        string[] settings = [$"journal.disk={disk}", "journal.segmentMegabytes=1", "rehearse=false"];
        foreach (var point in Enum.GetValues<CrashPoint>().Where(point => point is > CrashPoint.None and < CrashPoint.SnapshotBegun))
        {
            using var running = await test.StartArmed(mutant: null, $"{point}:{PassOf(point, random)}", settings);
            if (running.IsReady) log.LoadUntilDead(running, _ => running.WaitForExit());
            Assert.Contains($"crash point {point}", running.Output);
        }

        using (var running = await test.Start(settings))
        {
            log.CheckRepeats(running.Port(0), random, all: true);
            Assert.Equal(0, running.Terminate());
        }

        log.CheckJournal(test.Data);
        Assert.True(log.Count > 0);
        output.WriteLine($"{disk}: {log.Count} answers");
    }

    [Fact]
    public async Task A_keeper_killed_at_each_named_point_costs_nothing_and_the_archive_has_what_it_dropped()
    {
        Assert.SkipWhen(SwitchProcess.MutantsExecutable is null, "needs the build with mutants: tools/test makes it");
        using var test = new TestSwitch();
        var log = new AnswerLog();
        var random = new Random(5);
        string[] settings =
            ["journal.segmentMegabytes=1", "journal.snapshotMegabytes=1", "journal.keepMegabytes=1", "journal.keeper=false", "rehearse=false"];
        foreach (var point in Enum.GetValues<CrashPoint>().Where(point => point is >= CrashPoint.SnapshotBegun and <= CrashPoint.SegmentDropped))
        {
            for (var isDead = false; !isDead;)
            {
                using (var running = await test.Start(settings))
                {
                    log.CheckRepeats(running.Port(0), random);
                    var before = SegmentsOf(test.Data);
                    log.LoadUntilDead(running, _ =>
                    {
                        SpinWait.SpinUntil(() => string.CompareOrdinal(SegmentsOf(test.Data)[^1], before[^1]) > 0, TimeSpan.FromSeconds(20));
                        running.Kill();
                    });
                }

                var (exitCode, output, errors) = test.Keep($"{point}:1", settings);
                isDead = output.Contains($"crash point {point}", StringComparison.Ordinal);
                Assert.True(isDead || exitCode == 0, errors);
            }
        }

        Assert.Equal(0, test.Keep(crash: null, settings).ExitCode);
        using (var running = await test.Start(settings))
        {
            Assert.Contains("snapshot: ", running.Output);
            log.CheckRepeats(running.Port(0), random, all: true);
            Assert.Equal(0, running.Terminate());
        }

        var (scrubbed, words, wrong) = SwitchProcess.Run("journal", "scrub", "--data", test.Data, "--archive", Path.Combine(test.Data, "archive"));
        Assert.True(scrubbed == 0, words + wrong);
        var whole = Path.Combine(test.Folder, "whole", "journal");
        Directory.CreateDirectory(whole);
        foreach (var folder in new[] { "archive", "journal" })
        {
            foreach (var file in Directory.GetFiles(Path.Combine(test.Data, folder), "*.seg"))
            {
                File.Copy(file, Path.Combine(whole, Path.GetFileName(file)), overwrite: true);
            }
        }

        Assert.True(SegmentsOf(test.Data).Count < SegmentsOf(Path.Combine(test.Folder, "whole")).Count, "nothing was dropped");
        log.CheckJournal(Path.Combine(test.Folder, "whole"));
    }

    /// <summary>
    /// The crash leaves whatever had left the kernel's hands a moment to reach the client, so one cycle is enough.
    /// </summary>
    [Theory]
    [InlineData("SkipFlush", "RepliesSent:20")]
    [InlineData("ReplyBeforeDurable", "BatchWritten:20")]
    public async Task Control_a_switch_with_its_flush_left_out_or_late_loses_what_it_answered(string mutant, string crash)
    {
        Assert.SkipWhen(SwitchProcess.MutantsExecutable is null, "needs the build with mutants: tools/test makes it");
        using var test = new TestSwitch();
        var log = new AnswerLog();
        using (var running = await test.StartArmed(mutant, crash, "journal.disk=held", "rehearse=false"))
        {
            log.LoadUntilDead(running, _ => running.WaitForExit());
        }

        var blind = Record.Exception(() => log.CheckJournal(test.Data)) is null;
        Assert.False(blind, $"{mutant}: nothing that was answered is missing: the test is blind");
    }

    /// <summary>Late enough that something was answered before; segments change seldom, so the first time does.</summary>
    private static int PassOf(CrashPoint point, Random random) => point switch
    {
        CrashPoint.FrameAppended or CrashPoint.FrameApplied => random.Next(500, 5000),
        CrashPoint.BatchSealed or CrashPoint.BatchWritten or CrashPoint.BatchFlushed
            or CrashPoint.FirstReplySent or CrashPoint.RepliesSent => random.Next(20, 200),
        CrashPoint.SpareMade => 2,
        _ => 1,
    };

    private static List<string> SegmentsOf(string data) =>
        [.. Directory.GetFiles(Path.Combine(data, "journal"), "*.seg").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}

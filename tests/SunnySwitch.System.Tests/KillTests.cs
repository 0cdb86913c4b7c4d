using System.Collections.Concurrent;
using System.Globalization;

namespace SunnySwitch.SystemTests;

/// <summary>SIGKILL under load: nothing answered is ever lost or doubled.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Connections = 4;
    private const int Window = 32;

    /// <summary>Kills per disk adapter; more with SUNNY_KILLS.</summary>
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SUNNY_KILLS") ?? "25", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("file", 1)]
    [InlineData("held", 2)]
    public async Task Killing_under_load_loses_and_doubles_nothing_that_was_answered(string disk, int seed)
    {
        using var test = new TestSwitch();
        var random = new Random(seed);
        var answered = new ConcurrentDictionary<int, byte[]>();
        var next = 0;
        var silent = 0;
        for (var cycle = 0; cycle < Kills; cycle++)
        {
            using var running = await test.Start($"journal.disk={disk}", "rehearse=false");
            var before = answered.Count;
            CheckRepeats(running.Port(0), answered, random);
            next = LoadUntilDead(running, answered, next, firstAnswer =>
            {
                Assert.True(firstAnswer.Wait(TimeSpan.FromSeconds(20)), "no first answer");
                using (var fuse = new ManualResetEventSlim()) fuse.Wait(random.Next(0, 60));
                running.Kill();
            });
            if (answered.Count == before) silent++;
        }

        using (var running = await test.Start($"journal.disk={disk}"))
        {
            CheckRepeats(running.Port(0), answered, random, all: true);
            Assert.Equal(0, running.Terminate());
        }

        CheckJournal(test.Data, answered);
        output.WriteLine($"{disk}: {Kills} kills, {answered.Count} answers, {silent} cycles without an answer (inconclusive)");
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
        var answered = new ConcurrentDictionary<int, byte[]>();
        string[] settings = [$"journal.disk={disk}", "journal.segmentMegabytes=1", "rehearse=false"];
        var next = 0;
        foreach (var point in Enum.GetValues<CrashPoint>().Where(point => point is > CrashPoint.None and < CrashPoint.SnapshotBegun))
        {
            using var running = await test.StartArmed(mutant: null, $"{point}:{PassOf(point, random)}", settings);
            if (running.IsReady) next = LoadUntilDead(running, answered, next, _ => running.WaitForExit());
            Assert.Contains($"crash point {point}", running.Output);
        }

        using (var running = await test.Start(settings))
        {
            CheckRepeats(running.Port(0), answered, random, all: true);
            Assert.Equal(0, running.Terminate());
        }

        CheckJournal(test.Data, answered);
        Assert.NotEmpty(answered);
        output.WriteLine($"{disk}: {answered.Count} answers");
    }

    [Fact]
    public async Task A_keeper_killed_at_each_named_point_costs_nothing_and_the_archive_has_what_it_dropped()
    {
        Assert.SkipWhen(SwitchProcess.MutantsExecutable is null, "needs the build with mutants: tools/test makes it");
        using var test = new TestSwitch();
        var answered = new ConcurrentDictionary<int, byte[]>();
        var random = new Random(5);
        string[] settings =
            ["journal.segmentMegabytes=1", "journal.snapshotMegabytes=1", "journal.keepMegabytes=1", "journal.keeper=false", "rehearse=false"];
        var next = 0;
        foreach (var point in Enum.GetValues<CrashPoint>().Where(point => point >= CrashPoint.SnapshotBegun))
        {
            for (var isDead = false; !isDead;)
            {
                using (var running = await test.Start(settings))
                {
                    CheckRepeats(running.Port(0), answered, random);
                    var before = SegmentsOf(test.Data);
                    next = LoadUntilDead(running, answered, next, _ =>
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
            CheckRepeats(running.Port(0), answered, random, all: true);
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
        CheckJournal(Path.Combine(test.Folder, "whole"), answered);
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
        var answered = new ConcurrentDictionary<int, byte[]>();
        using (var running = await test.StartArmed(mutant, crash, "journal.disk=held", "rehearse=false"))
        {
            LoadUntilDead(running, answered, 0, _ => running.WaitForExit());
        }

        var blind = Record.Exception(() => CheckJournal(test.Data, answered)) is null;
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

    /// <summary>Sends purchases on several connections until <paramref name="end"/> has seen to the end of the process.</summary>
    private static int LoadUntilDead(
        SwitchProcess running, ConcurrentDictionary<int, byte[]> answered, int next, Action<ManualResetEventSlim> end)
    {
        using var firstAnswer = new ManualResetEventSlim();
        var limit = next + 1_000_000;
        var numbers = next;
        var clients = Connect(running.Port(0));
        var threads = clients.Select(client => new Thread(() => Pump(client, answered, firstAnswer, () => Interlocked.Increment(ref numbers)))).ToList();
        foreach (var thread in threads) thread.Start();
        end(firstAnswer);
        foreach (var thread in threads) thread.Join();
        foreach (var client in clients) client.Dispose();
        Assert.True(numbers < limit);
        return numbers;
    }

    private static List<string> SegmentsOf(string data) =>
        [.. Directory.GetFiles(Path.Combine(data, "journal"), "*.seg").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static List<AcquirerClient> Connect(int port)
    {
        var clients = new List<AcquirerClient>();
        try
        {
            while (clients.Count < Connections) clients.Add(new AcquirerClient(port));
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Armed processes may end as soon as they listen.
        }

        return clients;
    }

    private static void Pump(AcquirerClient client, ConcurrentDictionary<int, byte[]> answered, ManualResetEventSlim firstAnswer, Func<int> nextNumber)
    {
        try
        {
            var outstanding = 0;
            while (true)
            {
                for (; outstanding < Window; outstanding++)
                {
                    var number = nextNumber();
                    client.Send(AcquirerClient.Purchase(number % 1000, number));
                }

                if (client.Receive() is not { } answer) return;
                outstanding--;
                Assert.True(answered.TryAdd(int.Parse(AcquirerClient.Field(answer, 37)!, CultureInfo.InvariantCulture), answer), "answered twice");
                firstAnswer.Set();
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The kill: whatever was under way has no answer.
        }
    }

    /// <summary>A repeat of what was answered gets the very same bytes, moves nothing, and is known.</summary>
    private static void CheckRepeats(int port, ConcurrentDictionary<int, byte[]> answered, Random random, bool all = false)
    {
        using var client = new AcquirerClient(port);
        var numbers = answered.Keys.ToArray();
        if (!all && numbers.Length > 500) numbers = random.GetItems(numbers, 500);
        foreach (var chunk in numbers.Chunk(64))
        {
            foreach (var number in chunk) client.Send(AcquirerClient.Purchase(number % 1000, number, mti: 0x0101));
            foreach (var number in chunk) Assert.Equal(Convert.ToHexString(answered[number]), Convert.ToHexString(client.Receive()!));
        }
    }

    private static void CheckJournal(string data, ConcurrentDictionary<int, byte[]> answered)
    {
        var (exitCode, csv, errors) = SwitchProcess.Run("journal", "export", "--csv", "--data", data);
        Assert.True(exitCode == 0, errors);
        var rows = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')).ToList();
        var byNumber = rows.GroupBy(row => row[4]).ToDictionary(group => int.Parse(group.Key, CultureInfo.InvariantCulture), group => group.ToList());
        foreach (var (number, answer) in answered)
        {
            Assert.True(byNumber.TryGetValue(number, out var decisions), $"answered {number} is not in the journal");
            Assert.Single(decisions);
            Assert.Equal(AcquirerClient.Code(answer), decisions[0][5]);
        }
    }
}

using System.Diagnostics;
using System.Net.Sockets;

namespace SunnySwitch.SystemTests;

/// <summary>What the disk and the machine can do to the real process, done to it.</summary>
public sealed class DiskFaultTests(ITestOutputHelper output)
{
    private const string NoTracer = "needs strace, and leave to trace: tools/test installs it";

    /// <summary>The error comes once; the call after it would succeed, and must not be made.</summary>
    [Theory]
    [InlineData("fdatasync:error=EIO:when=150", "fdatasync", 1)]
    [InlineData("fdatasync:error=ENOSPC:when=300", "fdatasync", 2)]
    [InlineData("pwrite64:error=EIO:when=200", "pwrite", 3)]
    public async Task An_error_of_the_disk_stops_the_process_and_loses_nothing_that_was_answered(string fault, string call, int seed)
    {
        Assert.SkipUnless(TestSwitch.CanTrace, NoTracer);
        using var test = new TestSwitch();
        var log = new AnswerLog();
        using (var running = await test.StartWith(fault, "rehearse=false"))
        {
            log.LoadUntilDead(running, _ => Assert.Equal(3, running.WaitForExit()));
            Assert.Contains(call, running.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", running.Output, StringComparison.Ordinal);
        }

        Assert.True(log.Count > 0, "nothing was answered before the fault: inconclusive");
        using (var running = await test.Start("rehearse=false"))
        {
            log.CheckRepeats(running.Port(0), new Random(seed), all: true);
            Assert.Equal(0, running.Terminate());
        }

        log.CheckJournal(test.Data);
        output.WriteLine($"{fault}: {log.Count} answers");
    }

    [Fact]
    public async Task On_a_full_disk_new_requests_get_96_reversals_are_taken_and_all_is_well_once_there_is_room()
    {
        using var test = new TestSwitch();
        Assert.SkipUnless(test.TryMount(megabytes: 24), "needs leave to mount a small file system");
        string[] settings = ["journal.segmentMegabytes=4", "rehearse=false"];
        var ballast = Path.Combine(test.Data, "ballast");
        using (var running = await test.Start(settings))
        {
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal("00", Code(client, AcquirerClient.Purchase(1, 1)));
            FillUp(ballast);
            var number = 1;
            while (Code(client, AcquirerClient.Purchase(1, ++number)) == "00") Assert.True(number < 100_000);
            Assert.Equal("96", Code(client, AcquirerClient.Purchase(1, ++number)));
            Assert.Equal("00", Code(client, AcquirerClient.Reversal(1, 1, number + 1)));
            Assert.Contains("sunny_journal_full_total", Watch.Page(running), StringComparison.Ordinal);
            File.Delete(ballast);
            var patience = Stopwatch.StartNew();
            while (Code(client, AcquirerClient.Purchase(2, ++number)) != "00") Assert.True(patience.Elapsed < TimeSpan.FromSeconds(20), "96 for ever");
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await test.Start(settings))
        {
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal("00", Code(client, AcquirerClient.Purchase(1, 1, mti: 0x0101)));
            Assert.Equal(0, running.Terminate());
        }
    }

    /// <summary>What waited too long behind a stalled flush is not decided; its acquirer has long given up.</summary>
    [Fact]
    public async Task A_flush_that_stalls_makes_late_requests_go_undecided_and_nothing_else()
    {
        Assert.SkipUnless(TestSwitch.CanTrace, NoTracer);
        using var test = new TestSwitch();
        var config = File.ReadAllText(test.ConfigFile);
        File.WriteAllText(test.ConfigFile, config.Replace("\"limits\": {", "\"limits\": { \"deadlineMilliseconds\": 2000,", StringComparison.Ordinal));
        using var running = await test.StartWith("fdatasync:delay_enter=8000000:when=12", "rehearse=false");
        using var first = new AcquirerClient(running.Port(0));
        using var second = new AcquirerClient(running.Port(0));
        var number = 0;
        // One request, one flush; the one whose answer does not come is stalled, and what is sent now waits behind it.
        for (var isStalled = false; !isStalled;)
        {
            Assert.True(number < 100, "no flush stalled");
            first.Send(AcquirerClient.Purchase(1, ++number));
            isStalled = !first.Socket.Poll(TimeSpan.FromSeconds(3), SelectMode.SelectRead);
            if (isStalled) second.Send(AcquirerClient.Purchase(2, ++number));
            Assert.Equal("00", AcquirerClient.Code(first.Receive()!));
        }

        Assert.Equal("00", Code(first, AcquirerClient.Purchase(3, ++number)));
        Assert.Equal("00", Code(second, AcquirerClient.Purchase(4, ++number)));
        Assert.Contains("sunny_late_total 1", Watch.Page(running), StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_process_that_stood_still_goes_on_where_it_was()
    {
        using var test = new TestSwitch();
        var log = new AnswerLog();
        var random = new Random(6);
        using (var running = await test.Start("rehearse=false"))
        {
            log.LoadUntilDead(running, firstAnswer =>
            {
                Assert.True(firstAnswer.Wait(20_000, TestContext.Current.CancellationToken), "no first answer");
                using var fuse = new ManualResetEventSlim();
                for (var pause = 0; pause < 5; pause++)
                {
                    running.Pause();
                    fuse.Wait(300, TestContext.Current.CancellationToken);
                    running.Resume();
                    fuse.Wait(50, TestContext.Current.CancellationToken);
                }

                Assert.Equal(0, running.Terminate());
            });
        }

        using (var running = await test.Start("rehearse=false"))
        {
            log.CheckRepeats(running.Port(0), random, all: true);
            Assert.Equal(0, running.Terminate());
        }

        log.CheckJournal(test.Data);
    }

    private static string? Code(AcquirerClient client, byte[] message) => AcquirerClient.Code(client.Exchange(message));

    private static void FillUp(string path)
    {
        using var file = File.Create(path);
        var zeros = new byte[1 << 16];
        try
        {
            while (true) file.Write(zeros);
        }
        catch (IOException)
        {
            // Full, as was wanted.
        }
    }
}

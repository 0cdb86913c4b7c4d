using SunnySwitch.Host.Load;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using Xunit;

namespace SunnySwitch.Host.Tests.Load;

public sealed class LoadRunTests
{
    private static readonly Dialect Ascii = Dialect.BuiltIn("iso87-ascii")!;

    [Fact]
    public void A_right_peer_has_no_flaw_and_every_answer_is_counted_by_code()
    {
        var total = Run(static (_, answer, send) => send(answer)).Total;

        Assert.True(total.Sent > 0);
        Assert.Equal(total.Sent, total.Answered);
        Assert.Equal(total.Sent, total.Approved);
        Assert.Equal(total.Sent, total.ByCode['0' << 7 | '0']);
        Assert.Equal(0, total.Flaws);
    }

    [Fact]
    public void A_dropped_answer_is_missing()
    {
        var total = Run(static (number, answer, send) => { if (number != 5) send(answer); }).Total;

        Assert.Equal(1, total.Missing);
        Assert.Equal(1, total.Flaws);
    }

    [Fact]
    public void A_second_answer_is_a_duplicate()
    {
        var total = Run(static (number, answer, send) =>
        {
            send(answer);
            if (number == 5) send(answer);
        }).Total;

        Assert.Equal(1, total.Duplicate);
        Assert.Equal(1, total.Flaws);
    }

    [Fact]
    public void An_answer_to_a_number_never_sent_is_unmatched_and_its_request_missing()
    {
        var total = Run(static (number, answer, send) =>
            send(number == 5 ? Alter(answer, 11, "999999") : answer)).Total;

        Assert.Equal(1, total.Unmatched);
        Assert.Equal(1, total.Missing);
        Assert.Equal(2, total.Flaws);
    }

    [Theory]
    [InlineData(2, "4000001234567899")]
    [InlineData(3, "010000")]
    [InlineData(4, "000000999999")]
    [InlineData(7, "1399000000")]
    [InlineData(12, "999999")]
    [InlineData(13, "1399")]
    [InlineData(32, "400002")]
    [InlineData(37, "ABCDEFGHIJKL")]
    [InlineData(41, "ANOTHER1")]
    [InlineData(42, "ANOTHERMERCHANT")]
    [InlineData(49, "978")]
    public void An_answer_that_repeats_a_field_wrongly_is_a_mismatch(int field, string value)
    {
        var total = Run((number, answer, send) => send(number == 5 ? Alter(answer, field, value) : answer)).Total;

        Assert.Equal(1, total.EchoMismatch);
        Assert.Equal(1, total.Flaws);
    }

    [Fact]
    public void An_answer_that_cannot_be_decoded_is_counted_and_its_request_missing()
    {
        var total = Run(static (number, answer, send) => send(number == 5 ? answer[..^3] : answer)).Total;

        Assert.Equal(1, total.Undecodable);
        Assert.Equal(1, total.Missing);
    }

    [Fact]
    public void A_decline_is_counted_by_its_code_and_is_no_flaw()
    {
        var total = Run(static (number, answer, send) => send(number == 5 ? Alter(answer, 39, "51") : answer)).Total;

        Assert.Equal(1, total.ByCode['5' << 7 | '1']);
        Assert.Equal(total.Answered - 1, total.Approved);
        Assert.Equal(0, total.Flaws);
    }

    [Fact]
    public void Answers_in_another_order_are_matched()
    {
        byte[]? heldBack = null;
        LoadRun? run = null;
        using var peer = new ScriptedPeer((number, answer, send) =>
        {
            if (number == 3) heldBack = answer;
            else send(answer);
            if (number == 400) send(heldBack!);
            if (number == 500) run!.Stop();
        });
        run = new LoadRun(Options(peer.Port) with { Seconds = 3_600 }, Ascii);
        var total = run.Execute().Total;

        Assert.True(total.Sent >= 500);
        Assert.Equal(0, total.Flaws);
    }

    [Fact]
    public void No_key_is_ever_used_twice()
    {
        using var peer = new ScriptedPeer(static (_, answer, send) => send(answer));
        new LoadRun(Options(peer.Port), Ascii).Execute();

        Assert.NotEmpty(peer.Keys);
        Assert.Equal(peer.Keys.Count, peer.Keys.Distinct().Count());
    }

    [Fact]
    public void Open_loop_latency_counts_from_the_intended_time()
    {
        // The peer does nothing for 200 ms, once. A generator that waited with it would see one slow answer; counted
        // from the intended times, about half of 0.4 s of requests are slow, and they lie evenly over 0 to 200 ms.
        using var stalled = new ManualResetEventSlim();
        var options = Options(0) with { RatePerSecond = 2_000, Window = 1_024, Seconds = 0.5, LateShareMax = 1 };
        var report = Run((number, answer, send) =>
        {
            if (number == 100) stalled.Wait(200);
            send(answer);
        }, options);

        Assert.Equal(0, report.Total.Flaws);
        Assert.InRange(report.Total.Answered, 990, 1_010);
        Assert.InRange(report.LatencyMicros(100), 190_000, double.MaxValue);       // The stall ends by a coarse clock.
        Assert.InRange(report.LatencyMicros(80), 50_000, double.MaxValue);
    }

    [Fact]
    public void Requests_held_back_by_a_full_window_still_count_from_their_intended_time()
    {
        using var stalled = new ManualResetEventSlim();
        var options = Options(0) with { RatePerSecond = 2_000, Window = 4, Seconds = 0.5, LateShareMax = 1 };
        var report = Run((number, answer, send) =>
        {
            if (number == 100) stalled.Wait(200);
            send(answer);
        }, options);

        Assert.Equal(0, report.Total.Flaws);
        Assert.InRange(report.Total.Answered, 990, 1_010);
        Assert.True(report.Total.HeldSends > 300);
        Assert.InRange(report.LatencyMicros(80), 50_000, double.MaxValue);
    }

    [Fact]
    public void A_generator_that_was_late_refuses_to_report()
    {
        // Nobody sends within a nanosecond of the intended time: every send is late.
        var options = Options(0) with { RatePerSecond = 1_000, Seconds = 0.2, LateNanosMax = 1 };
        var report = Run(static (_, answer, send) => send(answer), options);

        Assert.NotNull(report.Refusal);
        Assert.Equal(1, report.ExitCode);
        Assert.Contains("\"refused\":", report.ToJson());
        Assert.DoesNotContain("latency_us", report.ToJson());
        Assert.DoesNotContain("rate_per_s", report.ToJson());
    }

    [Fact]
    public void The_window_is_never_exceeded()
    {
        var (outstanding, most) = (0, 0);
        var waiting = new Queue<byte[]>();
        Run((_, answer, send) =>
        {
            waiting.Enqueue(answer);
            most = Math.Max(most, ++outstanding);
            if (outstanding < 16) return;
            for (; waiting.TryDequeue(out var next); outstanding--) send(next);
        }, Options(0) with { Window = 16, DrainSeconds = 0.05 });

        Assert.Equal(16, most);
    }

    [Fact]
    public void A_transaction_allocates_nothing()
    {
        using var peer = new EchoServer(0, new EchoAnswers(Ascii, Protocol.Framing.Framing.Of("be16", 8_192)));
        var options = Options(peer.Port) with { Connections = 2, WarmupSeconds = 0.3, Seconds = 0.3 };
        var least = long.MaxValue;
        // What comes once, as Allocated says, is no transaction's: it does not come in each run.
        for (var run = 0; run < 2 * Allocated.Rounds && least > 0; run++)
        {
            var total = new LoadRun(options, Ascii).Execute().Total;
            if (total.AnsweredMeasured <= 100) continue;                   // The machine did something else.
            least = Math.Min(least, total.AllocatedBytes);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void A_peer_that_closes_ends_the_run_and_what_was_out_is_missing()
    {
        using var peer = new ScriptedPeer(static (number, answer, send) =>
        {
            if (number == 50) throw new System.Net.Sockets.SocketException();
            send(answer);
        });
        var total = new LoadRun(Options(peer.Port) with { Seconds = 60 }, Ascii).Execute().Total;

        Assert.Equal(1, total.ClosedByPeer);
        Assert.Equal(total.Sent - total.Answered, total.Missing);
        Assert.True(total.Missing > 0);
    }

    [Fact]
    public void Stopped_early_it_awaits_what_is_out_and_reports_the_time_it_had()
    {
        LoadRun? run = null;
        using var peer = new ScriptedPeer((number, answer, send) =>
        {
            if (number == 2_000) run!.Stop();                // Two hundred can be answered before the clock starts.
            send(answer);
        });
        run = new LoadRun(Options(peer.Port) with { Seconds = 3_600 }, Ascii);
        var report = run.Execute();

        Assert.Equal(0, report.Total.Flaws);
        Assert.True(report.Total.Answered >= 2_000);
        Assert.InRange(report.Seconds, 0.000_001, 60);
    }

    [Fact]
    public void Nobody_there_is_one_line_for_people()
    {
        int port;
        using (var peer = new EchoServer(0)) port = peer.Port;

        var exception = Assert.Throws<LoadException>(() => new LoadRun(Options(port), Ascii).Execute());
        Assert.Equal($"cannot connect to 127.0.0.1:{port}: ConnectionRefused", exception.Message);
    }

    [Fact]
    public void The_log_has_a_line_for_every_answer_and_no_card_number()
    {
        var file = Path.GetTempFileName();
        try
        {
            var total = Run(static (_, answer, send) => send(answer), Options(0) with { LogFile = file }).Total;
            var lines = File.ReadAllLines(file);

            Assert.Equal(AnswerLog.Header.TrimEnd(), lines[0]);
            Assert.Equal(total.Answered, lines.Length - 1);
            const string shape = "^[0-9]{6},[0-9]{12},[0-9]{10},[0-9A-Z]{8},[0-9]{3,4},00,SUNNY1$";
            Assert.All(lines.Skip(1), static line => Assert.Matches(shape, line));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static LoadOptions Options(int port) => new()
    {
        Port = port,
        Connections = 1,
        Window = 16,
        Seconds = 0.2,
        WarmupSeconds = 0,
        DrainSeconds = 2,
    };

    private static LoadReport Run(ScriptedPeer.Script script, LoadOptions? options = null)
    {
        using var peer = new ScriptedPeer(script);
        return new LoadRun((options ?? Options(0)) with { Port = peer.Port }, Ascii).Execute();
    }

    private static byte[] Alter(byte[] answer, int field, string value)
    {
        var table = default(FieldTable);
        Assert.True(Decoder.Decode(Ascii, answer, ref table).IsOk);
        var content = new MessageReader(Ascii, answer, ref table).Content(field);
        Assert.Equal(content.Length, value.Length);
        Assert.True(answer.AsSpan().Overlaps(content, out var offset));
        System.Text.Encoding.ASCII.GetBytes(value, answer.AsSpan(offset));
        return answer;
    }
}

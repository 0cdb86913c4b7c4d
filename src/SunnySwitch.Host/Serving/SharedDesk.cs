using SunnySwitch.Admin;
using SunnySwitch.Cell;
using SunnySwitch.Core.Stages;
using SunnySwitch.Disruptor;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Host.Serving;

/// <summary>What other cells have counted, asked of Redis; it answers through the ring. Where Redis is gone, decisions go on without.</summary>
internal sealed class SharedDesk : IDisposable
{
    private readonly DeskAnswers _answers;
    private readonly SharedCounters _counters;

    private SharedDesk(RedisOptions options, IClock clock, RingBuffer<Input> ring)
    {
        _answers = new DeskAnswers(clock);
        _answers.Connect(ring);
        _counters = new SharedCounters(options, _answers.Put);
        PatienceNanos = options.AnswerMilliseconds * 1_000_000L;
    }

    public ISharedDesk Desk => _counters;

    /// <summary>How long the kernel waits for an answer.</summary>
    public long PatienceNanos { get; }

    /// <summary>Null when no Redis is configured.</summary>
    public static SharedDesk? Open(RedisOptions? options, IClock clock, RingBuffer<Input> ring) =>
        options is null ? null : new SharedDesk(options, clock, ring);

    public void AddMetrics(MetricsPage page, CellCounters kernel)
    {
        page.Counter(
            "sunny_shared_requests_total", "Requests with a shared limit, by what Redis said of other cells' counts; all but told: decided without them.",
            ["answer"],
            () =>
            [
                new Measured(["told"], _counters.Told), new Measured(["late"], _counters.Late), new Measured(["failed"], _counters.Failed),
                new Measured(["full"], _counters.Full),
            ]);
        page.Counter("sunny_shared_waited_total", "Requests that waited for what other cells have counted.", () => kernel.SharedAsked);
        page.Counter("sunny_shared_late_total", "Answers of Redis that nobody waited for any more: decided without.", () => kernel.SharedLate);
        page.Gauge("sunny_shared_breaker", "0: closed; 1: half open; 2: open, Redis is not asked for a second.", () => _counters.Breaker);
    }

    /// <summary>Waits until what was asked is answered, so that who waits for it gets an answer.</summary>
    public Task Finish() => Task.Run(_counters.Finish);

    /// <summary>After the kernel: nobody asks any more.</summary>
    public void Dispose()
    {
        _answers.Stop();
        _counters.Dispose();
    }
}

using SunnySwitch.Admin;
using SunnySwitch.Core.State;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Host.Serving;

/// <summary>The feed to Redis on a thread of its own, behind everybody else: it reads what is durable, and nobody waits for it.</summary>
internal sealed class RedisThread : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new();
    private readonly RedisFeed _feed;
    private readonly Thread _thread;

    private RedisThread(RedisOptions options, SwitchOptions all, Store store, Action<string> say)
    {
        var sizes = Store.StateOptions(all) with { TouchMemory = false };
        _feed = new RedisFeed(
            options, FileDisk.ForReading(Path.Combine(store.Folder, "journal")), () => store.Journal.DurableSequence,
            () => new SwitchState(sizes, store.NewTokens()), say);
        _thread = new Thread(Run) { Name = "redis", IsBackground = true };
    }

    private RedisStatus Status => _feed.Status;

    /// <summary>Null when none is configured. Redis need not be there.</summary>
    public static RedisThread? Open(SwitchOptions options, Store store, Action<string> say) =>
        options.Redis is { } redis ? new RedisThread(redis, options, store, say) : null;

    public void Start() => _thread.Start();

    public void AddMetrics(MetricsPage page)
    {
        page.Gauge("sunny_redis_sequence", "Last frame that is in Redis.", () => Status.Sequence);
        page.Gauge("sunny_redis_lag_frames", "Durable frames that are not in Redis yet.", () => Status.LagSequences);
        page.Gauge("sunny_redis_lag_seconds", "How long the oldest of them has waited, at most.", () => Status.LagSeconds);
        page.Gauge("sunny_redis_breaker", "0: closed; 1: half open; 2: open, Redis is left alone for a second.", () => Status.Breaker);
        page.Counter("sunny_redis_keys_total", "Keys written since the start.", () => Status.KeysWritten);
        page.Counter("sunny_redis_batches_total", "Batches that Redis acknowledged.", () => Status.Batches);
        page.Counter("sunny_redis_failures_total", "Batches that it did not.", () => Status.Failures);
        page.Counter("sunny_redis_warmings_total", "Times that everything was written anew.", () => Status.Warmings);
        page.Gauge(
            "sunny_redis_state", "1 for what the feed is doing, with the cause. Alarm: Stopped.", ["state", "cause"],
            () => [new Measured([Status.State.ToString(), Status.Cause ?? ""], 1)]);
    }

    /// <summary>Ends after the batch that is under way.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        var hasEnded = (_thread.ThreadState & ThreadState.Unstarted) != 0 || _thread.Join(_patience);
        if (!hasEnded) return;
        _feed.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        LibC.StepBack();
        _feed.Run(_stop.Token);
    }
}

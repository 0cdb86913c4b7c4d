using Polly.CircuitBreaker;

namespace SunnySwitch.Ledger.Redis;

/// <summary>How the feed is.</summary>
public enum RedisState
{
    /// <summary>It has not reached Redis yet.</summary>
    Connecting = 0,
    /// <summary>It writes what is new.</summary>
    Following = 1,
    /// <summary>It writes everything anew.</summary>
    Warming = 2,
    /// <summary>Redis does not take what it writes; it goes on by itself.</summary>
    Waiting = 3,
    /// <summary>Something else is wrong; it looks again from time to time.</summary>
    Stopped = 4,
}

/// <summary>How far the feed is, and what keeps it; read from any thread.</summary>
public sealed class RedisStatus
{
    private readonly Func<long> _durable;
    private readonly CircuitBreakerStateProvider _breaker;
    private readonly TimeProvider _time;
    private long _sequence, _frameNanos, _caughtUpTicks, _keys, _batches, _failures, _warmings;
    private int _state;
    private string? _cause;

    internal RedisStatus(RedisOptions options, Func<long> durable, CircuitBreakerStateProvider breaker, TimeProvider time)
    {
        (Servers, Cell, _durable, _breaker, _time) = (options.Servers, options.Cell, durable, breaker, time);
        _caughtUpTicks = time.GetUtcNow().UtcTicks;
    }

    /// <summary>Where Redis is.</summary>
    public string Servers { get; }

    /// <summary>What this cell is called there.</summary>
    public string Cell { get; }

    /// <summary>What the feed does.</summary>
    public RedisState State => (RedisState)Volatile.Read(ref _state);

    /// <summary>0 closed, 1 half open, 2 open: then nothing is tried for a second.</summary>
    public int Breaker => _breaker.CircuitState switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 };

    /// <summary>Why it waits or stands still; null while it does neither.</summary>
    public string? Cause => Volatile.Read(ref _cause);

    /// <summary>Every frame up to here is in Redis.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Durable frames that are not.</summary>
    public long LagSequences => Math.Max(0, _durable() - Sequence);

    /// <summary>How long the oldest of them has been waiting.</summary>
    public double LagSeconds
    {
        get
        {
            if (LagSequences == 0) return 0;
            var now = _time.GetUtcNow();
            var sinceFrame = (now - DateTimeOffset.UnixEpoch).TotalSeconds - (Volatile.Read(ref _frameNanos) / 1e9);
            return Math.Max(0, Math.Min(sinceFrame, TimeSpan.FromTicks(now.UtcTicks - Volatile.Read(ref _caughtUpTicks)).TotalSeconds));
        }
    }

    /// <summary>Keys written since the start.</summary>
    public long KeysWritten => Volatile.Read(ref _keys);

    /// <summary>Batches that Redis acknowledged.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Batches that it did not.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Times that everything was written anew.</summary>
    public long Warmings => Volatile.Read(ref _warmings);

    /// <summary>In a line, for people.</summary>
    public override string ToString() =>
        $"redis {Servers} as {Cell}: {State.ToString().ToLowerInvariant()} at sequence {Sequence:N0}, {LagSequences:N0} frames and {LagSeconds:F1} s behind, "
        + $"{KeysWritten:N0} keys written" + (Cause is { } cause ? $"; {cause}" : "");

    internal void Is(RedisState state, string? cause)
    {
        Volatile.Write(ref _cause, cause);
        Volatile.Write(ref _state, (int)state);
    }

    internal void Failed(string cause)
    {
        Interlocked.Increment(ref _failures);
        Is(RedisState.Waiting, cause);
    }

    internal void Warmed() => Interlocked.Increment(ref _warmings);

    internal void Written(long keys)
    {
        Interlocked.Increment(ref _batches);
        Volatile.Write(ref _keys, keys);
    }

    internal void At(long sequence, long frameNanos)
    {
        Volatile.Write(ref _frameNanos, frameNanos);
        Volatile.Write(ref _sequence, sequence);
        if (LagSequences == 0) Volatile.Write(ref _caughtUpTicks, _time.GetUtcNow().UtcTicks);
    }
}

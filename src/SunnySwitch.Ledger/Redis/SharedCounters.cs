using System.Collections.Concurrent;
using System.Threading.Channels;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;
using SunnySwitch.Core.State;

namespace SunnySwitch.Ledger.Redis;

/// <summary>What is asked: what other cells have counted.</summary>
/// <param name="Key">The counter.</param>
/// <param name="Piece">Of a sliding window, the piece of time that it ends with; else 0.</param>
public readonly record struct CounterQuestion(CounterKey Key, int Piece);

/// <summary>What becomes of a question, at once.</summary>
public enum AskResult
{
    /// <summary>It is answered later, exactly once.</summary>
    Pending = 1,
    /// <summary>Nobody can tell now: decide without.</summary>
    Unknown = 2,
    /// <summary>Too many wait: decide without.</summary>
    Full = 3,
}

/// <summary>An answer.</summary>
/// <param name="Ticket">Whose.</param>
/// <param name="IsKnown">False: Redis did not say, or not in time.</param>
/// <param name="Counts">In the order of the questions; empty where it is not known.</param>
public readonly record struct SharedAnswer(long Ticket, bool IsKnown, ReadOnlyMemory<SharedCount> Counts);

/// <summary>
/// The desk for counters of other cells: asked from any thread, never waits, answers by a callback from a thread of the pool. What comes
/// later than it may is nobody's any more.
/// </summary>
public sealed class SharedCounters : IDisposable
{
    /// <summary>Most questions of one ticket.</summary>
    public const int QuestionsMax = 16;

    private static readonly TimeSpan _probe = TimeSpan.FromMilliseconds(500);

    private readonly RedisOptions _options;
    private readonly Action<SharedAnswer> _answered;
    private readonly CircuitBreakerStateProvider _breakerState = new();
    private readonly ResiliencePipeline _breaker;
    private readonly TimeSpan _patience;
    private readonly ConcurrentBag<Asked> _free = [];
    private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile RedisServer? _server;
    private long _answers, _unknown, _full;

    /// <summary>Connects in the background.</summary>
    /// <param name="options">Where Redis is; the cell's own counts are left out.</param>
    /// <param name="answered">Gets the answers; must neither wait nor throw.</param>
    /// <param name="waitingMax">Tickets that can wait at once.</param>
    public SharedCounters(RedisOptions options, Action<SharedAnswer> answered, int waitingMax = 1_024)
    {
        (_options, _answered, _patience) = (options, answered, TimeSpan.FromMilliseconds(options.AnswerMilliseconds));
        _breaker = RedisBreaker.ForAsking(_breakerState);
        while (waitingMax-- > 0) _free.Add(new Asked());
        _running = Task.WhenAll(Task.Run(Serve), Task.Run(Probe));
    }

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Breaker => _breakerState.CircuitState switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 };

    /// <summary>Tickets answered with counts.</summary>
    public long Answers => Volatile.Read(ref _answers);

    /// <summary>Tickets answered without, at once or later.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    /// <summary>Tickets that there was no room for.</summary>
    public long Full => Volatile.Read(ref _full);

    /// <summary>Asks; returns at once.</summary>
    public AskResult Ask(long ticket, ReadOnlySpan<CounterQuestion> questions)
    {
        Must.Hold(questions.Length is > 0 and <= QuestionsMax);
        if (_server is null || Breaker != 0)
        {
            Interlocked.Increment(ref _unknown);
            return AskResult.Unknown;
        }

        if (!_free.TryTake(out var asked))
        {
            Interlocked.Increment(ref _full);
            return AskResult.Full;
        }

        questions.CopyTo(asked.Questions);
        (asked.Ticket, asked.Count) = (ticket, questions.Length);
        _asked.Writer.TryWrite(asked);
        return AskResult.Pending;
    }

    /// <summary>What waits is answered as unknown.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _asked.Writer.TryComplete();
        _running.GetAwaiter().GetResult();
        _server?.Dispose();
        _stopping.Dispose();
    }

    private async Task Serve()
    {
        await foreach (var asked in _asked.Reader.ReadAllAsync().ConfigureAwait(false)) _ = Answer(asked);
    }

    private async Task Answer(Asked asked)
    {
        var answer = new SharedAnswer(asked.Ticket, IsKnown: false, default);
        try
        {
            var counts = await _breaker.ExecuteAsync(static async (state, stopping) => await state.Desk.Read(state.Asked, stopping).ConfigureAwait(false),
                (Desk: this, Asked: asked), _stopping.Token).ConfigureAwait(false);
            answer = answer with { IsKnown = true, Counts = counts };
            Interlocked.Increment(ref _answers);
        }
        catch (Exception failure) when (RedisBreaker.IsRedis(failure) || failure is BrokenCircuitException or OperationCanceledException or LedgerException)
        {
            Interlocked.Increment(ref _unknown);
        }

        _free.Add(asked);
        _answered(answer);
    }

    private async Task<SharedCount[]> Read(Asked asked, CancellationToken stopping)
    {
        var database = _server!.Database;
        var questions = asked.Questions.AsSpan(0, asked.Count).ToArray();
        var replies = Array.ConvertAll(questions, question => database.HashGetAllAsync(RedisKeys.Counter(question.Key.Primary)));
        var entries = await Task.WhenAll(replies).WaitAsync(_patience, stopping).ConfigureAwait(false);
        return [.. entries.Select((fields, index) => SumOfOthers(fields, questions[index].Piece))];
    }

    private SharedCount SumOfOthers(HashEntry[] fields, int piece)
    {
        var sum = default(SharedCount);
        foreach (var field in fields)
        {
            if (field.Name == _options.Cell) continue;
            if (!RedisKeys.TryAdd(field.Value.ToString(), piece, ref sum)) throw new LedgerException($"Redis has no counts in the field {field.Name}");
        }

        return sum;
    }

    // While nobody may ask, this finds out whether one may again.
    private async Task Probe()
    {
        try
        {
            var server = RedisServer.Connect(_options, "counters", _patience * 4);
            _server = server;
            while (true)
            {
                await Task.Delay(_probe, _stopping.Token).ConfigureAwait(false);
                if (Breaker == 0) continue;
                try
                {
                    await _breaker.ExecuteAsync(
                        async stopping => await server.Database.PingAsync().WaitAsync(_patience, stopping).ConfigureAwait(false),
                        _stopping.Token).ConfigureAwait(false);
                }
                catch (Exception failure) when (RedisBreaker.IsRedis(failure) || failure is BrokenCircuitException)
                {
                    // Not yet.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The switch stops.
        }
    }

    private sealed class Asked
    {
        public readonly CounterQuestion[] Questions = new CounterQuestion[QuestionsMax];
        public long Ticket;
        public int Count;
    }
}

using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Ledger.Redis;

/// <summary>Gets what a ticket comes to: counts where it is Done. Called from any thread; must neither wait nor throw.</summary>
public delegate void SharedAnswered(long ticket, DeskAnswer answer, in SharedCounts counts);

/// <summary>
/// The desk for counters of other cells, over Redis. One thread asks, and never waits: its questions lie in a ring of fixed size; a thread of the desk's
/// own takes all that wait at once and sends them in one go. Each ticket that is Pending is answered exactly once; what comes later than it may is nobody's
/// any more.
/// </summary>
public sealed class SharedCounters : ISharedDesk, IDisposable
{
    private const int BatchMax = 256;
    private static readonly TimeSpan _probe = TimeSpan.FromMilliseconds(500);

    private readonly RedisOptions _options;
    private readonly SharedAnswered _answered;
    private readonly CircuitBreakerStateProvider _breakerState = new();
    private readonly ResiliencePipeline _breaker;
    private readonly TimeSpan _patience;
    private readonly Asked[] _ring;
    private readonly ManualResetEventSlim _bell = new(false, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Thread _thread;
    private RedisServer? _server;
    private Task _probing = Task.CompletedTask;
    private volatile bool _isShut = true;
    private long _put, _taken, _asked, _told, _failed, _late, _full;
    private int _inHand;

    /// <summary>Connects in the background; until then nobody can tell.</summary>
    /// <param name="options">Where Redis is; the cell's own counts are left out.</param>
    /// <param name="answered">Gets the answers.</param>
    /// <param name="waitingMax">Tickets that can wait at once.</param>
    public SharedCounters(RedisOptions options, SharedAnswered answered, int waitingMax = 1_024)
    {
        (_options, _answered, _patience) = (options, answered, TimeSpan.FromMilliseconds(options.AnswerMilliseconds));
        _breaker = RedisBreaker.ForAsking(_breakerState);
        _ring = new Asked[waitingMax];
        _thread = new Thread(Serve) { Name = "shared", IsBackground = true };
        _thread.Start();
    }

    /// <summary>0 closed, 1 half open, 2 open.</summary>
    public int Breaker => _breakerState.CircuitState switch { CircuitState.Closed => 0, CircuitState.HalfOpen => 1, _ => 2 };

    /// <summary>Tickets asked for.</summary>
    public long AskedFor => Volatile.Read(ref _asked);

    /// <summary>Of them, those answered with counts.</summary>
    public long Told => Volatile.Read(ref _told);

    /// <summary>Those that Redis failed at, or was not asked for while it is left alone.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Those that Redis did not answer in time.</summary>
    public long Late => Volatile.Read(ref _late);

    /// <summary>Those that there was no room for.</summary>
    public long Full => Volatile.Read(ref _full);

    /// <inheritdoc/>
    public DeskAnswer Ask(long ticket, ReadOnlySpan<CounterQuestion> questions, ref SharedCounts counts)
    {
        Must.Hold(questions.Length is > 0 and <= ISharedDesk.QuestionsMax);
        Interlocked.Increment(ref _asked);
        if (_isShut)
        {
            Interlocked.Increment(ref _failed);
            return DeskAnswer.Failed;
        }

        // A place in the ring is free again once its question was answered, too: what is in hand is never more than the ring.
        if (ticket == 0 || Volatile.Read(ref _inHand) >= _ring.Length)
        {
            Interlocked.Increment(ref _full);
            return DeskAnswer.Full;
        }

        ref var asked = ref _ring[_put % _ring.Length];
        (asked.Ticket, asked.Count) = (ticket, questions.Length);
        questions.CopyTo(asked.Questions);
        Interlocked.Increment(ref _inHand);
        Volatile.Write(ref _put, _put + 1);
        _bell.Set();
        return DeskAnswer.Pending;
    }

    /// <summary>Waits until all that was asked is answered; that is never for long.</summary>
    public void Finish() => SpinWait.SpinUntil(() => Volatile.Read(ref _inHand) == 0, 5 * _patience);

    /// <summary>What waits is answered as failed.</summary>
    public void Dispose()
    {
        _isShut = true;
        _stopping.Cancel();
        _bell.Set();
        _thread.Join();
        _probing.GetAwaiter().GetResult();
        Finish();
        _server?.Dispose();
        _stopping.Dispose();
        _bell.Dispose();
    }

    private void Serve()
    {
        while (!TryConnect() && !_stopping.Token.WaitHandle.WaitOne(_probe)) { }
        if (_server is not null) _probing = Probe();
        while (!_stopping.IsCancellationRequested)
        {
            _bell.Wait();
            _bell.Reset();
            Drain();
        }

        Drain();
    }

    private bool TryConnect()
    {
        try
        {
            _server = RedisServer.Connect(_options, "counters", _patience * 4);
            _isShut = _stopping.IsCancellationRequested;
            return true;
        }
        catch (Exception failure) when (RedisBreaker.IsRedis(failure) || failure is SocketException or IOException)
        {
            return false;
        }
    }

    private void Drain()
    {
        for (var waiting = Volatile.Read(ref _put) - _taken; waiting > 0; waiting = Volatile.Read(ref _put) - _taken)
        {
            var batch = new Asked[Math.Min(waiting, BatchMax)];
            for (var index = 0; index < batch.Length; index++) batch[index] = _ring[(_taken + index) % _ring.Length];
            _taken += batch.Length;
            _ = Answer(batch);
        }
    }

    private async Task Answer(Asked[] batch)
    {
        var open = new Task<HashEntry[]>?[batch.Length][];
        var failure = DeskAnswer.Failed;
        try
        {
            await _breaker.ExecuteAsync(static (state, stopping) => state.Desk.Read(state.Batch, state.Open, stopping),
                (Desk: this, Batch: batch, Open: open), _stopping.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            failure = DeskAnswer.Late;
        }
        catch (Exception broken) when (RedisBreaker.IsRedis(broken) || broken is BrokenCircuitException or OperationCanceledException)
        {
            // Told with what there is.
        }

        for (var index = 0; index < batch.Length; index++) Tell(in batch[index], open[index], failure);
        _isShut = Breaker != 0 || _stopping.IsCancellationRequested;
    }

    /// <summary>All of them in one pipeline; fails when none was answered whole.</summary>
    private async ValueTask Read(Asked[] batch, Task<HashEntry[]>?[][] open, CancellationToken stopping)
    {
        var database = _server!.Database;
        var all = new List<Task>(batch.Length);
        for (var index = 0; index < batch.Length; index++)
        {
            open[index] = new Task<HashEntry[]>?[batch[index].Count];
            for (var place = 0; place < batch[index].Count; place++)
            {
                var reply = database.HashGetAllAsync(RedisKeys.Counter(batch[index].Questions[place].Key.Primary));
                open[index][place] = reply;
                all.Add(reply);
            }
        }

        try
        {
            await Task.WhenAll(all).WaitAsync(_patience, stopping).ConfigureAwait(false);
        }
        catch (Exception failure) when (RedisBreaker.IsRedis(failure))
        {
            // One node of a cluster is no reason to leave the others alone.
            if (!Array.Exists(open, IsWhole)) throw;
        }
    }

    private static bool IsWhole(Task<HashEntry[]>?[]? replies) =>
        replies is not null && Array.TrueForAll(replies, reply => reply is { IsCompletedSuccessfully: true });

    private void Tell(in Asked asked, Task<HashEntry[]>?[]? replies, DeskAnswer failure)
    {
        var counts = default(SharedCounts);
        // Of a batch that others were answered of, what is still open is late.
        var isOpen = replies is not null && Array.Exists(replies, reply => reply is { IsCompleted: false });
        var answer = isOpen ? DeskAnswer.Late : failure;
        if (IsWhole(replies))
        {
            counts.Source = SharedSource.Told;
            answer = DeskAnswer.Done;
            for (var place = 0; place < asked.Count; place++)
            {
                if (!AddOthers(replies![place]!.Result, in asked.Questions[place], ref counts)) answer = DeskAnswer.Failed;
            }
        }

        Interlocked.Increment(ref answer == DeskAnswer.Done ? ref _told : ref answer == DeskAnswer.Late ? ref _late : ref _failed);
        _answered(asked.Ticket, answer, in counts);
        Interlocked.Decrement(ref _inHand);
    }

    private bool AddOthers(HashEntry[] cells, in CounterQuestion question, ref SharedCounts counts)
    {
        foreach (var cell in cells)
        {
            if (cell.Name == _options.Cell) continue;
            if (!RedisKeys.TryAdd(cell.Value.ToString(), in question, ref counts)) return false;
        }

        return true;
    }

    // While nobody may ask, this finds out whether one may again.
    private async Task Probe()
    {
        try
        {
            while (true)
            {
                await Task.Delay(_probe, _stopping.Token).ConfigureAwait(false);
                if (Breaker == 0)
                {
                    _isShut = false;
                    continue;
                }

                try
                {
                    await _breaker.ExecuteAsync(
                        async stopping => await _server!.Database.PingAsync().WaitAsync(_patience, stopping).ConfigureAwait(false),
                        _stopping.Token).ConfigureAwait(false);
                    _isShut = Breaker != 0;
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

    [InlineArray(ISharedDesk.QuestionsMax)]
    private struct QuestionList
    {
        private CounterQuestion _first;
    }

    private struct Asked
    {
        public long Ticket;
        public int Count;
        public QuestionList Questions;
    }
}

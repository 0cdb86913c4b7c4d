using System.Diagnostics;
using Polly;
using Polly.CircuitBreaker;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;

namespace SunnySwitch.Ledger.Redis;

/// <summary>
/// Follows a journal and keeps in Redis what it says of counters, hot lists, products, merchants, terminals and sessions: values as they are,
/// so that a batch that is written twice changes nothing. Whatever happens to Redis, the switch does not notice.
/// </summary>
/// <param name="options">Where Redis is.</param>
/// <param name="journal">The journal's directory, for reading.</param>
/// <param name="durable">Newest durable frame: no frame after it is looked at.</param>
/// <param name="newState">Makes an empty state of the switch's sizes; its memory is taken as it is used.</param>
/// <param name="say">Gets a line when something changes.</param>
public sealed class RedisFeed(RedisOptions options, IDisk journal, Func<long> durable, Func<SwitchState> newState, Action<string> say) : IDisposable
{
    private const int ChangesMax = 8_192, DoubtfulMax = 8 * ChangesMax, QuietlyMax = 100_000;
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20), _gather = TimeSpan.FromMilliseconds(100), _idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _sendAgain = TimeSpan.FromSeconds(5);

    private readonly CircuitBreakerStateProvider _breakerState = new();
    private readonly RedisChanges _changes = new(), _doubtful = new();
    private ResiliencePipeline? _breaker;
    private RedisStatus? _status;
    private RedisServer? _server;
    private RedisWriter? _writer;
    private RedisFold? _fold;
    private IEnumerator<bool>? _everything;
    private string? _mustWarm;
    private long _lowestMark, _highestMark, _lastTalk, _lastWhole, _recoveredAt;
    private CancellationToken _stopping;

    /// <summary>How it is.</summary>
    public RedisStatus Status => _status ??= new RedisStatus(options, durable, _breakerState, TimeProvider.System);

    /// <summary>How long it stands still before it looks whether a cause that is not Redis is gone.</summary>
    public TimeSpan LookAgain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Follows the journal until stopped. The calling thread is its own.</summary>
    public void Run(CancellationToken stopping)
    {
        _stopping = stopping;
        _breaker = RedisBreaker.ForWriting(_breakerState);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!Step()) stopping.WaitHandle.WaitOne(_look);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (BrokenCircuitException)
            {
                stopping.WaitHandle.WaitOne(_look);
            }
            catch (Exception failure) when (RedisBreaker.IsRedis(failure))
            {
                Failed(RedisServer.Words(failure));
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                Leave();
                var cause = RedisServer.Words(failure);
                if (Status.State != RedisState.Stopped) say($"redis: stopped: {cause}");
                Status.Is(RedisState.Stopped, cause);
                stopping.WaitHandle.WaitOne(LookAgain);
            }
        }

        Leave();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
        _server?.Dispose();
    }

    /// <summary>A batch, if there is one; true when there is more at once.</summary>
    private bool Step()
    {
        _server ??= RedisServer.Connect(options, "feed");
        _writer ??= new RedisWriter(_server.Database, options.Cell);
        if (_fold is null) Enter(_breaker!.Execute(_writer.ReadMarks));
        var isMore = false;
        if (_everything is null && _mustWarm is null)
        {
            isMore = _fold!.Take(durable(), _changes, ChangesMax);
            SendAgain();
            if (Stopwatch.GetElapsedTime(_lastWhole).TotalHours > options.RewriteHours) _mustWarm = "it is time";
            var isNew = _fold.Sequence > Status.Sequence || _changes.Count > 0;
            if (_changes.Count < ChangesMax && Stopwatch.GetElapsedTime(_lastTalk) < (isNew ? _gather : _idle)) return false;
        }

        _breaker!.Execute(Talk);
        return isMore || _everything is not null || _mustWarm is not null;
    }

    /// <summary>All that is said to Redis of one batch.</summary>
    private void Talk()
    {
        var (fold, writer) = (_fold!, _writer!);
        _lastTalk = Stopwatch.GetTimestamp();
        if (_mustWarm is { } why) BeginEverything(why);
        else if (!AreMarksGood(writer.ReadMarks())) return;
        var isWhole = _everything is null || !IsMoreOf(_everything);
        if (_changes.Count > 0) writer.Write(_changes, fold);
        if (isWhole) Mark(fold, writer);
        // Only now: without its mark, a replica that is promoted may lack what was acknowledged.
        _changes.Clear();
        Status.Written(writer.Keys);
        if (_doubtful.Count > 0 && _recoveredAt == 0) _recoveredAt = Stopwatch.GetTimestamp();
        Become(isWhole ? RedisState.Following : RedisState.Warming);
    }

    private void Mark(RedisFold fold, RedisWriter writer)
    {
        if (fold.Sequence > _lowestMark)
        {
            _highestMark = Math.Max(_highestMark, fold.Sequence);
            writer.WriteMarks(fold.Sequence);
            _lowestMark = fold.Sequence;
        }

        _everything = null;
        Status.At(fold.Sequence, fold.Time.UnixNanos);
    }

    private void Become(RedisState state)
    {
        if (Status.State != state) say($"redis: {options.Servers}: {state.ToString().ToLowerInvariant()} at sequence {_fold!.Sequence}");
        Status.Is(state, null);
    }

    /// <summary>What others have done to it meanwhile: lost something, or fed it.</summary>
    private bool AreMarksGood(Marked marked)
    {
        if (marked.Highest > _highestMark)
        {
            throw new LedgerException(
                $"Redis has {options.Cell} at sequence {marked.Highest}, this switch at {_highestMark}: another one feeds under that name");
        }

        if (marked.AreAll && marked.Lowest >= _lowestMark) return true;
        _mustWarm = marked.AreAll ? $"Redis is back at sequence {marked.Lowest}" : "Redis has lost what it had, or a part";
        return false;
    }

    /// <summary>From here on a crash means that everything has to be written anew, until everything was.</summary>
    private void BeginEverything(string why)
    {
        _writer!.Forget();
        _writer.WriteMarks(0);
        say($"redis: everything is written anew: {why}");
        Status.Warmed();
        _changes.Clear();
        _doubtful.Clear();
        (_mustWarm, _lowestMark, _recoveredAt, _lastWhole) = (null, 0, 0, Stopwatch.GetTimestamp());
        _everything = Everything(_fold!).GetEnumerator();
    }

    private bool IsMoreOf(IEnumerator<bool> everything)
    {
        while (_changes.Count < ChangesMax)
        {
            if (!everything.MoveNext()) return false;
        }

        return true;
    }

    // Nothing is applied meanwhile: what it is a list of stays as it is.
    private IEnumerable<bool> Everything(RedisFold fold)
    {
        (_changes.AllSessions, _changes.Rules) = (true, true);
        foreach (var key in fold.State.AllCounters()) yield return _changes.Counters.Add(key);
        foreach (var token in fold.State.HotCards()) yield return _changes.Cards.Add(token);
        foreach (var acceptor in fold.State.AllAcceptors()) yield return _changes.Acceptors.TryAdd(RedisKeys.Acceptor(in acceptor), acceptor);
    }

    /// <summary>Folds to where Redis is; if that cannot be, everything is written anew from where the journal is.</summary>
    private void Enter(Marked marked)
    {
        (_highestMark, _lowestMark) = (Math.Max(marked.Highest, 0), marked.AreAll ? marked.Lowest : 0);
        var end = durable();
        string? why = marked switch
        {
            { Highest: 0 } => "Redis has nothing of this cell",
            { AreAll: false } or { Lowest: 0 } => "Redis has a part only",
            _ when marked.Highest > end => $"Redis is at sequence {marked.Highest}, the journal at {end}: an older copy of it",
            _ => null,
        };
        if (why is null && !TryFold(_lowestMark)) why = $"the journal does not reach back to sequence {_lowestMark}";
        if (why is not null) Fold(new RedisFold(journal, newState(), long.MaxValue), end);
        _mustWarm = why;
        _lastWhole = Stopwatch.GetTimestamp();
        if (why is null) Status.At(_lowestMark, _fold!.Time.UnixNanos);
    }

    private bool TryFold(long to)
    {
        try
        {
            Fold(new RedisFold(journal, newState(), to), to);
            return true;
        }
        catch (LedgerException)
        {
            return false;
        }
    }

    private void Fold(RedisFold fold, long to)
    {
        try
        {
            while (fold.Take(to, _changes, QuietlyMax))
            {
                _stopping.ThrowIfCancellationRequested();
                _changes.Clear();
            }
        }
        catch
        {
            fold.Dispose();
            throw;
        }
        finally
        {
            _changes.Clear();
        }

        _fold = fold;
    }

    // What was sent over a connection that is gone may still arrive, after what was sent since: it is sent once more when all is quiet.
    private void SendAgain()
    {
        if (_recoveredAt == 0 || Stopwatch.GetElapsedTime(_recoveredAt) < _sendAgain) return;
        _changes.Add(_doubtful);
        _doubtful.Clear();
        _recoveredAt = 0;
    }

    private void Failed(string cause)
    {
        if (Status.State != RedisState.Waiting) say($"redis: waits at sequence {Status.Sequence}: {cause}");
        Status.Failed(cause);
        _recoveredAt = 0;
        _doubtful.Add(_changes);
        if (_doubtful.Count > DoubtfulMax && _everything is null) _mustWarm = "many batches were doubtful";
    }

    private void Leave()
    {
        _fold?.Dispose();
        (_fold, _everything, _mustWarm, _recoveredAt) = (null, null, null, 0);
        _changes.Clear();
        _doubtful.Clear();
    }
}

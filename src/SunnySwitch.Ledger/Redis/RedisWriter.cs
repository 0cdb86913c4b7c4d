using System.Globalization;
using StackExchange.Redis;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Ledger.Redis;

/// <summary>How far Redis says that a cell is: the marks of all nodes.</summary>
/// <param name="Lowest">Everything up to here is on every node.</param>
/// <param name="Highest">The furthest mark.</param>
/// <param name="AreAll">False: a node has none, and so perhaps nothing else.</param>
internal readonly record struct Marked(long Lowest, long Highest, bool AreAll);

/// <summary>
/// Writes a batch of values as they are now, with one key a command, so that a cluster takes it too. Writing the same batch again changes
/// nothing.
/// </summary>
internal sealed class RedisWriter(IDatabase database, string cell)
{
    private const int RememberedMax = 1_000_000;
    private static readonly TimeSpan _rememberFor = TimeSpan.FromHours(1);

    private readonly RedisKey[] _marks = [.. RedisKeys.Marks(cell).Select(key => (RedisKey)key)];
    private readonly RedisValue _cell = cell;
    private readonly HashSet<ulong> _withLife = [];
    private readonly List<Task> _pending = [];
    private readonly List<(RedisKey Key, TimeSpan Life, Task<bool> IsSet)> _lives = [];
    private DateTime _rememberedSince = DateTime.UtcNow;

    /// <summary>Keys written so far.</summary>
    public long Keys { get; private set; }

    public Marked ReadMarks()
    {
        var marks = Task.WhenAll(Array.ConvertAll(_marks, key => database.StringGetAsync(key))).GetAwaiter().GetResult();
        var known = marks.Where(mark => mark.TryParse(out long _)).Select(mark => (long)mark).ToList();
        return known.Count == 0 ? default : new Marked(known.Min(), known.Max(), known.Count == marks.Length);
    }

    /// <summary>Everything up to a sequence is there: only once all that belongs to it was acknowledged.</summary>
    public void WriteMarks(long sequence)
    {
        foreach (var key in _marks) Add(database.StringSetAsync(key, sequence, RedisKeys.MarkLife, When.Always));
        Await();
    }

    /// <summary>From here on nothing is taken for granted of what is there.</summary>
    public void Forget() => _withLife.Clear();

    /// <summary>Returns when all of it was acknowledged.</summary>
    /// <exception cref="RedisException">Some of it was not.</exception>
    public void Write(RedisChanges changes, RedisFold fold)
    {
        var state = fold.State;
        var isOld = DateTime.UtcNow - _rememberedSince > _rememberFor;
        if (isOld || _withLife.Count > RememberedMax) (_rememberedSince, _) = (DateTime.UtcNow, Forgotten());
        foreach (var key in changes.Counters) Write(key, state);
        foreach (var token in changes.Cards) Write(token, state);
        foreach (var (key, acceptor) in changes.Acceptors) Write(key, RedisKeys.Value(in acceptor));
        if (changes.AllSessions) WriteSessions(fold);
        else foreach (var connection in changes.Sessions) Write(state.SessionAt(connection), fold);
        if (changes.Rules) WriteRules(state.Rules.Active);
        Await();
        // Only now: what failed has no time to live, perhaps.
        foreach (var key in changes.Counters) _withLife.Add(key.Primary);
        Keys += changes.Count;
    }

    private bool Forgotten()
    {
        Forget();
        return true;
    }

    private void Write(CounterKey counter, SwitchState state)
    {
        // What has ended since needs no writing: it ends in Redis too.
        if (!state.TryFindCounter(counter, out var view)) return;
        RedisKey key = RedisKeys.Counter(counter.Primary);
        Add(database.HashSetAsync(key, _cell, RedisKeys.Value(in view)));
        if (!_withLife.Contains(counter.Primary)) Expire(key, RedisKeys.LifeOf(counter.Kind));
    }

    private void Write(PanToken token, SwitchState state)
    {
        var key = RedisKeys.HotCard(token);
        if (state.TryFindCard(token, out var card) && card.Hot != HotReason.None) Write(key, RedisKeys.Value(in card));
        else Add(database.HashDeleteAsync(key, _cell));
    }

    private void Write(RedisKey key, RedisValue value)
    {
        Add(database.HashSetAsync(key, _cell, value));
        Expire(key, RedisKeys.ViewLife);
    }

    private void Write(SessionChanged session, RedisFold fold)
    {
        RedisKey key = RedisKeys.Sessions(cell);
        var connection = session.Connection.ToString(CultureInfo.InvariantCulture);
        if (session.State == SessionState.None)
        {
            Add(database.HashDeleteAsync(key, connection));
            return;
        }

        Add(database.HashSetAsync(key, connection, RedisKeys.Value(in session, fold.SinceOf(session.Connection))));
        Expire(key, RedisKeys.ViewLife);
    }

    private void WriteSessions(RedisFold fold) => Replace(
        RedisKeys.Sessions(cell),
        fold.State.AllSessions().Select(each => (
            each.Connection.ToString(CultureInfo.InvariantCulture), RedisKeys.Value(in each, fold.SinceOf(each.Connection)))));

    private void WriteRules(RuleSet rules)
    {
        Replace(RedisKeys.HotList(cell), RedisKeys.Hot(rules));
        Replace(RedisKeys.Products(cell), RedisKeys.Bins(rules));
    }

    /// <summary>A key that is this cell's alone becomes this, at once.</summary>
    private void Replace(RedisKey key, IEnumerable<(string Field, string Value)> content)
    {
        HashEntry[] entries = [.. content.Select(each => new HashEntry(each.Field, each.Value))];
        var change = database.CreateTransaction();
        Add(change.KeyDeleteAsync(key));
        if (entries.Length > 0)
        {
            Add(change.HashSetAsync(key, entries));
            Add(change.KeyExpireAsync(key, RedisKeys.ViewLife));
        }

        Add(change.ExecuteAsync());
    }

    private void Add(Task command) => _pending.Add(command);

    private void Expire(RedisKey key, TimeSpan life)
    {
        var set = database.KeyExpireAsync(key, life);
        _lives.Add((key, life, set));
        Add(set);
    }

    private void Await()
    {
        try
        {
            Task.WhenAll(_pending).GetAwaiter().GetResult();
            // While a cluster moves a key to another node, a command may overtake the one before: there was no key yet.
            var late = _lives.Where(each => !each.IsSet.Result).Select(each => database.KeyExpireAsync(each.Key, each.Life));
            Task.WhenAll(late).GetAwaiter().GetResult();
        }
        finally
        {
            _pending.Clear();
            _lives.Clear();
        }
    }
}

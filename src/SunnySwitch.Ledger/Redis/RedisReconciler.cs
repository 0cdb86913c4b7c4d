using System.Globalization;
using StackExchange.Redis;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;

namespace SunnySwitch.Ledger.Redis;

/// <summary>Where Redis has something else than the journal says.</summary>
/// <param name="Key">The key.</param>
/// <param name="Field">The field of its hash.</param>
/// <param name="Expected">By the fold of the journal; null: nothing.</param>
/// <param name="Found">In Redis; null: nothing.</param>
public readonly record struct RedisDifference(string Key, string Field, string? Expected, string? Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key} {Field}: is {Found ?? "not there"}, should be {Expected ?? "not there"}";
}

/// <summary>What was compared.</summary>
/// <param name="Sequence">Both were looked at as of this frame.</param>
/// <param name="Counters">Counters compared.</param>
/// <param name="Views">Cards on the hot list, merchants and terminals, sessions, and what rules say, likewise.</param>
/// <param name="Forgotten">Counters that the switch has forgotten: they wait for the end of their time.</param>
public sealed record RedisReport(long Sequence, long Counters, long Views, long Forgotten);

/// <summary>
/// Compares all that Redis has of a cell with the fold of its journal up to the cell's mark. A feed may be at work: what differs is looked at
/// again until it is the same, or stays different while nothing moves.
/// </summary>
/// <param name="options">Where Redis is, and which cell.</param>
/// <param name="journal">The cell's journal.</param>
/// <param name="newState">Makes an empty state of the switch's sizes.</param>
public sealed class RedisReconciler(RedisOptions options, IDisk journal, Func<SwitchState> newState)
{
    private const int PieceKeys = 4_096, LooksMax = 50;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    // Somebody waits for the whole of it: a Redis that is busy for a while is no reason to begin anew.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private long _counters, _views, _forgotten;

    /// <summary>Compares everything; names each difference.</summary>
    /// <exception cref="LedgerException">There is nothing to compare with, or Redis or the journal cannot be read.</exception>
    public RedisReport Run(Action<RedisDifference> found)
    {
        try
        {
            return Compare(found);
        }
        catch (Exception failure) when (RedisBreaker.IsRedis(failure))
        {
            throw new LedgerException(RedisServer.Words(failure), failure);
        }
    }

    private RedisReport Compare(Action<RedisDifference> found)
    {
        using var server = RedisServer.Connect(options, "reconcile", _patience);
        var database = server.Database;
        var writer = new RedisWriter(database, options.Cell);
        var marked = writer.ReadMarks();
        if (!marked.AreAll || marked.Lowest == 0) throw new LedgerException($"Redis has not all of {options.Cell}: its feed has to write it first");
        using var fold = new RedisFold(journal, newState(), marked.Lowest);
        FoldTo(fold, marked.Lowest);
        List<RedisDifference> differences = [.. Compare(Expected(fold), database), .. Surplus(fold, server)];
        for (var look = 0; differences.Count > 0 && look < LooksMax; look++)
        {
            Thread.Sleep(_pause);
            var now = writer.ReadMarks();
            FoldTo(fold, now.Lowest);
            var again = Again(differences, fold, server);
            var isQuiet = now == marked && writer.ReadMarks() == now && now.Lowest == now.Highest;
            (differences, marked) = (again, now);
            if (isQuiet) break;
        }

        differences.ForEach(found);
        return new RedisReport(fold.Sequence, _counters, _views, _forgotten);
    }

    private static void FoldTo(RedisFold fold, long sequence)
    {
        var ignored = new RedisChanges();
        while (fold.Sequence < sequence)
        {
            var before = fold.Sequence;
            fold.Take(sequence, ignored, PieceKeys);
            ignored.Clear();
            if (fold.Sequence == before) throw new LedgerException($"Redis is at sequence {sequence}, the journal ends at {before}: another journal's");
        }
    }

    private List<RedisDifference> Again(List<RedisDifference> differences, RedisFold fold, RedisServer server)
    {
        var names = differences.Select(each => (each.Key, each.Field)).ToHashSet();
        return [.. Compare(Expected(fold).Where(each => names.Contains((each.Key, each.Field))), server.Database), .. Surplus(fold, server)];
    }

    /// <summary>All that should be there.</summary>
    private IEnumerable<(string Key, string Field, string Value)> Expected(RedisFold fold)
    {
        (_counters, _views) = (0, 0);
        var (state, cell) = (fold.State, options.Cell);
        foreach (var key in state.AllCounters())
        {
            _counters++;
            if (state.TryFindCounter(key, out var view)) yield return (RedisKeys.Counter(key.Primary), cell, RedisKeys.Value(in view));
        }

        foreach (var (key, field, value) in Views(fold))
        {
            _views++;
            yield return (key, field, value);
        }
    }

    private IEnumerable<(string Key, string Field, string Value)> Views(RedisFold fold)
    {
        var (state, cell) = (fold.State, options.Cell);
        foreach (var token in state.HotCards())
        {
            if (state.TryFindCard(token, out var card)) yield return (RedisKeys.HotCard(token), cell, RedisKeys.Value(in card));
        }

        foreach (var acceptor in state.AllAcceptors()) yield return (RedisKeys.Acceptor(in acceptor), cell, RedisKeys.Value(in acceptor));
        foreach (var session in state.AllSessions())
        {
            var connection = session.Connection.ToString(CultureInfo.InvariantCulture);
            yield return (RedisKeys.Sessions(cell), connection, RedisKeys.Value(in session, fold.SinceOf(session.Connection)));
        }

        var rules = state.Rules.Active;
        foreach (var (field, value) in RedisKeys.Hot(rules)) yield return (RedisKeys.HotList(cell), field, value);
        foreach (var (field, value) in RedisKeys.Bins(rules)) yield return (RedisKeys.Products(cell), field, value);
    }

    private IEnumerable<RedisDifference> Compare(IEnumerable<(string Key, string Field, string Value)> expected, IDatabase database)
    {
        foreach (var piece in expected.Chunk(PieceKeys))
        {
            var values = Array.ConvertAll(piece, each => database.HashGetAsync(each.Key, each.Field));
            var lives = Array.ConvertAll(piece, each => database.KeyTimeToLiveAsync(each.Key));
            Task.WhenAll([.. values, .. lives]).GetAwaiter().GetResult();
            for (var index = 0; index < piece.Length; index++)
            {
                var (key, field, value) = piece[index];
                string? found = values[index].Result;
                if (!AreSame(key, found, value)) yield return new RedisDifference(key, field, value, found);
                else if (lives[index].Result is null) yield return new RedisDifference(key, field, value, $"{found} for ever");
            }
        }
    }

    // Since when a session is there is known only to who has seen it.
    private bool AreSame(string key, string? found, string value) =>
        key == RedisKeys.Sessions(options.Cell) && found?.LastIndexOf(' ') is > 0 and var end
            ? found.AsSpan(0, end).SequenceEqual(value.AsSpan(0, value.LastIndexOf(' ')))
            : found == value;

    /// <summary>Views that should not be there any more, and forgotten counters without an end of their time.</summary>
    private List<RedisDifference> Surplus(RedisFold fold, RedisServer server)
    {
        var expected = Views(fold).Select(each => (each.Key, each.Field)).ToHashSet();
        var surplus = new List<RedisDifference>();
        var database = server.Database;
        foreach (var key in new[] { RedisKeys.Sessions(options.Cell), RedisKeys.HotList(options.Cell), RedisKeys.Products(options.Cell) })
        {
            foreach (var entry in database.HashGetAll(key))
            {
                if (!expected.Contains((key, entry.Name.ToString()))) surplus.Add(new RedisDifference(key, entry.Name!, null, entry.Value));
            }
        }

        foreach (var pattern in new[] { RedisKeys.HotCards, RedisKeys.Acceptors })
        {
            foreach (var key in KeysOf(server, pattern))
            {
                if (expected.Contains((key.ToString(), options.Cell))) continue;
                var value = database.HashGet(key, options.Cell);
                if (!value.IsNull) surplus.Add(new RedisDifference(key!, options.Cell, null, value));
            }
        }

        return [.. surplus, .. Forgotten(fold, server)];
    }

    private IEnumerable<RedisDifference> Forgotten(RedisFold fold, RedisServer server)
    {
        _forgotten = 0;
        var known = fold.State.AllCounters().Select(each => RedisKeys.Counter(each.Primary)).ToHashSet();
        foreach (var piece in KeysOf(server, RedisKeys.Counters).Where(key => !known.Contains(key.ToString())).Chunk(PieceKeys))
        {
            var values = Array.ConvertAll(piece, key => server.Database.HashGetAsync(key, options.Cell));
            var lives = Array.ConvertAll(piece, key => server.Database.KeyTimeToLiveAsync(key));
            Task.WhenAll([.. values, .. lives]).GetAwaiter().GetResult();
            for (var index = 0; index < piece.Length; index++)
            {
                var value = values[index].Result;
                if (value.IsNull) continue;                  // Other cells' only.
                _forgotten++;
                if (lives[index].Result is null) yield return new RedisDifference(piece[index]!, options.Cell, null, $"{value} for ever");
            }
        }
    }

    private static IEnumerable<RedisKey> KeysOf(RedisServer server, string prefix) =>
        server.Masters.SelectMany(master => master.Keys(pattern: $"{prefix}*", pageSize: PieceKeys)).Distinct();
}

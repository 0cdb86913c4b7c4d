using System.Collections.Concurrent;
using SunnySwitch.Core.State;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Ledger.Tests.Redis;

public sealed class SharedCounterTests : IDisposable
{
    private readonly RedisProcess _redis = new();
    private readonly ConcurrentQueue<SharedAnswer> _answers = [];
    private long _ticket;

    public void Dispose() => _redis.Dispose();

    [Fact]
    public void Two_cells_see_each_others_counts_and_not_their_own()
    {
        using var one = NewRig("one", trades: 300);
        using var two = NewRig("two", trades: 120);
        using var three = NewRig("three", trades: 40);
        CompareAll(one, two, three);
        CompareAll(two, one, three);
        two.Cell.Trade(200);
        two.CatchesUp();
        CompareAll(one, two, three);
        var (_, found) = one.Reconcile();
        Assert.Empty(found);
    }

    [Fact]
    public void A_window_that_has_moved_on_leaves_out_what_is_over()
    {
        using var one = NewRig("one", trades: 600);
        using var desk = Desk("two");
        var key = one.Cell.State.AllCounters().First(each => each.Kind == CounterKind.Sliding);
        one.Cell.State.TryFindCounter(key, out var view);
        Assert.Equal(Sum(view, view.Newest), Answer(desk, new CounterQuestion(key, view.Newest)));
        Assert.Equal(Sum(view, view.Newest + 7), Answer(desk, new CounterQuestion(key, view.Newest + 7)));
        Assert.Equal(default, Answer(desk, new CounterQuestion(key, view.Newest + 8)));
    }

    [Fact]
    public void Redis_that_does_not_answer_in_time_is_unknown_once_and_then_not_asked()
    {
        using var desk = Desk("two");
        var still = Task.Run(() => _redis.Ask("CLIENT", "PAUSE", "3000", "ALL"));
        var (pending, refused) = (0, 0);
        SpinUntil(() =>
        {
            var result = desk.Ask(pending + 1, [new CounterQuestion(new CounterKey(CounterKind.Date, 1), 0)]);
            if (result == AskResult.Pending) pending++;
            if (result == AskResult.Full) refused++;
            return result == AskResult.Unknown;
        });
        SpinUntil(() => Mine().Count == pending);
        Assert.Contains(_answers, answer => !answer.IsKnown);
        Assert.NotEqual(0, desk.Breaker);
        SpinUntil(() => still.IsCompleted && desk.Breaker == 0);
        // Each was answered once, however late Redis was.
        Assert.Equal(pending, Mine().Count);
        Assert.Equal(pending, Mine().Distinct().Count());
        Assert.Equal(default, Answer(desk, new CounterQuestion(new CounterKey(CounterKind.Date, 1), 0)));

        List<long> Mine() => [.. _answers.Select(answer => answer.Ticket).Where(ticket => ticket > 0)];
    }

    [Fact]
    public void Too_many_at_once_are_told_so_and_wait_for_nobody()
    {
        using var desk = Desk("two", waitingMax: 4);
        var still = Task.Run(() => _redis.Ask("CLIENT", "PAUSE", "1000", "ALL"));
        SpinUntil(() => desk.Ask(1, [new CounterQuestion(new CounterKey(CounterKind.Date, 1), 0)]) == AskResult.Full);
        Assert.True(desk.Full > 0);
        SpinUntil(() => still.IsCompleted);
    }

    [Fact]
    public void Without_Redis_the_answer_is_there_at_once_and_later_from_Redis()
    {
        _redis.Kill();
        using var desk = new SharedCounters(Options("two"), _answers.Enqueue);
        var question = new CounterQuestion(new CounterKey(CounterKind.Date, 1), 0);
        SpinUntil(() => desk.Ask(1, [question]) == AskResult.Unknown && desk.Breaker == 2);
        _redis.Start();
        SpinUntil(() => desk.Ask(2, [question]) == AskResult.Pending);
        SpinUntil(() => _answers.Any(answer => answer is { Ticket: 2, IsKnown: true }));
    }

    private void CompareAll(RedisRig asking, params RedisRig[] others)
    {
        using var desk = Desk(asking.Options.Cell);
        foreach (var key in others.SelectMany(each => each.Cell.State.AllCounters()).Distinct())
        {
            var piece = others.Max(each => each.Cell.State.TryFindCounter(key, out var view) ? view.Newest : 0);
            var expected = default(SharedCount);
            foreach (var other in others)
            {
                if (!other.Cell.State.TryFindCounter(key, out var view)) continue;
                var sum = Sum(view, piece);
                expected = new SharedCount(expected.Count + sum.Count, expected.AmountMinor + sum.AmountMinor, expected.Bits | sum.Bits);
            }

            Assert.Equal(expected, Answer(desk, new CounterQuestion(key, piece)));
        }
    }

    private static SharedCount Sum(CounterView view, int piece)
    {
        var sum = default(SharedCount);
        for (var age = 0; age < view.Pieces; age++)
        {
            if (view.Newest - age <= piece - 8) continue;
            sum = new SharedCount(sum.Count + view.Count(age), sum.AmountMinor + view.AmountMinor(age), sum.Bits | (ulong)view.AmountMinor(age));
        }

        return sum;
    }

    private SharedCount Answer(SharedCounters desk, CounterQuestion question)
    {
        var ticket = --_ticket;
        SpinUntil(() => desk.Ask(ticket, [question]) == AskResult.Pending);
        SpinUntil(() => _answers.Any(each => each.Ticket == ticket));
        var answer = _answers.Single(each => each.Ticket == ticket);
        Assert.True(answer.IsKnown, "unknown");
        return answer.Counts.Span[0];
    }

    private SharedCounters Desk(string cell, int waitingMax = 1_024)
    {
        var desk = new SharedCounters(Options(cell), _answers.Enqueue, waitingMax);
        SpinUntil(() => desk.Ask(0, [new CounterQuestion(new CounterKey(CounterKind.Date, 1), 0)]) == AskResult.Pending && !_answers.IsEmpty);
        return desk;
    }

    private RedisOptions Options(string cell) => new() { Servers = _redis.Address, Cell = cell, AnswerMilliseconds = 200 };

    private RedisRig NewRig(string cell, int trades)
    {
        var rig = new RedisRig(_redis.Address, cell);
        rig.Cell.Trade(trades);
        rig.Start();
        rig.CatchesUp();
        return rig;
    }

    private static void SpinUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(20)));
}

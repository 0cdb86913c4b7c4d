using System.Collections.Concurrent;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Ledger.Tests.Redis;

public sealed class SharedCounterTests : IDisposable
{
    private static readonly CounterQuestion _nobodys = new(new CounterKey(CounterKind.Date, 1), 0, 1, false);
    private readonly RedisProcess _redis = new();
    private readonly ConcurrentQueue<Answered> _answers = [];
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
        Compare(desk, new CounterQuestion(key, view.Newest, 1, false), view);
        Compare(desk, new CounterQuestion(key, view.Newest + 7, 1, false), view);
        Assert.Equal((0, 0), Answer(desk, new CounterQuestion(key, view.Newest + 8, 1, false)).Of(1));
    }

    [Fact]
    public void Many_limits_of_many_tickets_are_answered_each_with_its_own()
    {
        using var one = NewRig("one", trades: 300);
        using var desk = Desk("two");
        var keys = one.Cell.State.AllCounters().Where(key => key.Kind == CounterKind.Date).Take(ISharedDesk.QuestionsMax).ToArray();
        Assert.True(keys.Length > 5);
        for (var ticket = 1; ticket <= 500; ticket++)
        {
            // Of limit n, the counter that the ticket's number turns it to.
            var turned = Enumerable.Range(0, 5).Select(place => (Key: keys[(ticket + place) % keys.Length], Limit: (byte)(place + 1)));
            CounterQuestion[] questions = [.. turned.Select(each => new CounterQuestion(each.Key, 0, each.Limit, false))];
            SpinUntil(() => Ask(desk, ticket, questions) == DeskAnswer.Pending);
        }

        SpinUntil(() => _answers.Count(answer => answer.Ticket > 0) == 500);
        foreach (var answer in _answers.Where(answer => answer.Ticket > 0))
        {
            Assert.Equal(DeskAnswer.Done, answer.Answer);
            for (var place = 0; place < 5; place++)
            {
                one.Cell.State.TryFindCounter(keys[(answer.Ticket + place) % keys.Length], out var view);
                Assert.Equal(view.Count(0), answer.Counts.Of((byte)(place + 1)).Count);
            }
        }
    }

    [Fact]
    public void Redis_that_does_not_answer_in_time_is_late_once_and_then_not_asked()
    {
        using var desk = Desk("two", milliseconds: 200);
        _redis.Freeze();
        var pending = 0;
        SpinUntil(() =>
        {
            var answer = Ask(desk, pending + 1, _nobodys);
            if (answer == DeskAnswer.Pending) pending++;
            return answer == DeskAnswer.Failed;
        });
        SpinUntil(() => Mine().Count == pending);
        Assert.Contains(_answers, answer => answer.Answer == DeskAnswer.Late);
        Assert.NotEqual(0, desk.Breaker);
        _redis.Thaw();
        SpinUntil(() => desk.Breaker == 0);
        // Each was answered once, however late Redis was.
        Assert.Equal(pending, Mine().Count);
        Assert.Equal(pending, Mine().Distinct().Count());
        Assert.Equal((0, 0), Answer(desk, _nobodys).Of(1));

        List<long> Mine() => [.. _answers.Select(answer => answer.Ticket).Where(ticket => ticket > 0)];
    }

    [Fact]
    public void Too_many_at_once_are_told_so_and_wait_for_nobody()
    {
        using var desk = Desk("two", waitingMax: 4);
        _redis.Freeze();
        SpinUntil(() => Ask(desk, 1, _nobodys) == DeskAnswer.Full);
        Assert.True(desk.Full > 0);
    }

    [Fact]
    public void Without_Redis_the_answer_is_there_at_once_and_later_from_Redis()
    {
        _redis.Kill();
        using var desk = new SharedCounters(Options("two"), Take);
        SpinUntil(() => Ask(desk, 1, _nobodys) == DeskAnswer.Failed && desk.Breaker == 2);
        _redis.Start();
        SpinUntil(() => Ask(desk, 2, _nobodys) == DeskAnswer.Pending);
        SpinUntil(() => _answers.Any(answer => answer is { Ticket: 2, Answer: DeskAnswer.Done }));
    }

    [Fact]
    public void A_cluster_of_three_is_asked_node_by_node_and_one_that_is_gone_costs_its_own_keys_only()
    {
        var nodes = RedisProcess.Cluster();
        try
        {
            using var one = NewRig("one", trades: 300, nodes[0].Address);
            using var desk = Desk("two", servers: nodes[0].Address);
            var keys = one.Cell.State.AllCounters().Where(each => each.Kind == CounterKind.Date).ToArray();
            foreach (var key in keys)
            {
                one.Cell.State.TryFindCounter(key, out var view);
                Compare(desk, new CounterQuestion(key, 0, 1, false), view);
            }

            nodes[1].Kill();
            var ticket = 1_000_000;
            SpinUntil(() =>
            {
                Ask(desk, ++ticket, new CounterQuestion(keys[ticket % keys.Length], 0, 1, false));
                var since = _answers.Where(answer => answer.Ticket > 1_000_000).ToLookup(answer => answer.Answer == DeskAnswer.Done);
                return since[true].Count() > 20 && since[false].Count() > 5;
            });
        }
        finally
        {
            foreach (var node in nodes) node.Dispose();
        }
    }

    [Fact]
    public void What_is_no_count_is_not_known()
    {
        _redis.Ask("HSET", "sunny:counter:0000000000000001", "one", "many");
        using var desk = Desk("two");
        SpinUntil(() => Ask(desk, 7, _nobodys) == DeskAnswer.Pending);
        SpinUntil(() => _answers.Any(answer => answer is { Ticket: 7, Answer: DeskAnswer.Failed }));
    }

    [Fact]
    public void Asking_allocates_nothing()
    {
        using var desk = Desk("two");
        CounterQuestion[] questions = [_nobodys, _nobodys with { Limit = 2 }];
        var counts = default(SharedCounts);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var times = 0; times < 500; times++) desk.Ask(1, questions, ref counts);
        }));
    }

    private void CompareAll(RedisRig asking, params RedisRig[] others)
    {
        using var desk = Desk(asking.Options.Cell);
        foreach (var key in others.SelectMany(each => each.Cell.State.AllCounters()).Distinct())
        {
            var views = new List<CounterView>();
            foreach (var other in others)
            {
                if (other.Cell.State.TryFindCounter(key, out var view)) views.Add(view);
            }

            Compare(desk, new CounterQuestion(key, views.Max(view => view.Newest), 1, false), [.. views]);
            Compare(desk, new CounterQuestion(key, views.Max(view => view.Newest), 1, true), [.. views]);
        }
    }

    private void Compare(SharedCounters desk, CounterQuestion question, params CounterView[] views)
    {
        var expected = default(SharedCounts);
        foreach (var view in views)
        {
            for (var age = 0; age < view.Pieces; age++)
            {
                if (view.Newest - age > question.Piece - 8) expected.Add(1, view.Count(age), view.AmountMinor(age), question.AreBits);
            }
        }

        Assert.Equal(expected.Of(1), Answer(desk, question).Of(1));
    }

    private static DeskAnswer Ask(SharedCounters desk, long ticket, params CounterQuestion[] questions)
    {
        var counts = default(SharedCounts);
        return desk.Ask(ticket, questions, ref counts);
    }

    private SharedCounts Answer(SharedCounters desk, CounterQuestion question)
    {
        var ticket = --_ticket;
        SpinUntil(() => Ask(desk, ticket, question) == DeskAnswer.Pending);
        SpinUntil(() => _answers.Any(each => each.Ticket == ticket));
        var answer = _answers.Single(each => each.Ticket == ticket);
        Assert.Equal(DeskAnswer.Done, answer.Answer);
        Assert.Equal(SharedSource.Told, answer.Counts.Source);
        return answer.Counts;
    }

    // Where counts are looked at, there is time for them: on a busy machine 200 ms may pass.
    private SharedCounters Desk(string cell, int waitingMax = 1_024, string? servers = null, int milliseconds = 5_000)
    {
        var desk = new SharedCounters(Options(cell, servers) with { AnswerMilliseconds = milliseconds }, Take, waitingMax);
        SpinUntil(() => Ask(desk, long.MinValue, _nobodys) == DeskAnswer.Pending && !_answers.IsEmpty);
        return desk;
    }

    private void Take(long ticket, DeskAnswer answer, in SharedCounts counts) => _answers.Enqueue(new Answered(ticket, answer, counts));

    private RedisOptions Options(string cell, string? servers = null) => new() { Servers = servers ?? _redis.Address, Cell = cell, AnswerMilliseconds = 200 };

    private RedisRig NewRig(string cell, int trades, string? servers = null)
    {
        var rig = new RedisRig(servers ?? _redis.Address, cell);
        rig.Cell.Trade(trades);
        rig.Start();
        rig.CatchesUp();
        return rig;
    }

    private static void SpinUntil(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(60)));

    private sealed record Answered(long Ticket, DeskAnswer Answer, SharedCounts Counts);
}

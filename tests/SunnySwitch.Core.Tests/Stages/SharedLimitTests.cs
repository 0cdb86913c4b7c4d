using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>Limits that other cells count for too: who is asked for what, what is decided with it and without, and what the frame says of it.</summary>
public sealed class SharedLimitTests
{
    private readonly Bench _bench = new();
    private readonly Others _others = new();
    private uint _stan;

    public SharedLimitTests() => _bench.Decider = new Decider(_bench.State, Links, null, _others);

    [Fact]
    public void What_other_cells_have_counted_counts()
    {
        Activate(Shared(1, LimitSubject.Card, count: 3), LimitTests.Limit(2, LimitSubject.Card, count: 3));
        _others.Counted[1] = (2, 0);
        _others.Counted[2] = (3, 0);                                       // Not shared: it would be in nobody's answer.
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        var why = _bench.Transaction.Decided.Explanation;
        Assert.Equal(((byte)1, 3L), (why.BreachedId, why.Reached));
        _others.Counted[1] = (0, 0);
        Assert.Equal("00", Buy());
        Assert.Equal([SharedSource.Told, SharedSource.Told, SharedSource.Told], Tails().Select(tail => tail.Source));
        Assert.Equal([(2L, 0L), (2L, 0L), (0L, 0L)], Tails().Select(tail => tail.Of(1)));
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void Money_different_cards_and_ratios_are_added_to_as_well()
    {
        Activate(Shared(1, LimitSubject.Terminal, amount: 5_000));
        _others.Counted[1] = (9, 4_001);
        Assert.Equal(["58", "00", "58"], [Buy(1_000), Buy(999), Buy(1)]);
        Assert.Equal(5_000, _bench.Transaction.Decided.Explanation.Reached);

        // Cards: bits are united, and one that any cell has seen is not one more.
        Activate(Shared(2, LimitSubject.Merchant, count: 2) with { Kind = LimitCounts.Cards });
        var (own, other) = (Bit(Card), Bit(OtherCard));
        Assert.NotEqual(own, other);
        _others.Counted[2] = (2, (long)(ulong.MaxValue & ~own & ~other & 3));
        Assert.Equal("58", Buy());
        _others.Counted[2] = (2, (long)own);
        Assert.Equal(["00", "00"], [Buy(), Buy(pan: OtherCard)]);
        Assert.True(Asked(2).AreBits);

        // Half of ten attempts elsewhere were declined.
        Activate(Shared(3, LimitSubject.Bin) with { Kind = LimitCounts.Ratio, CountMax = 10, AmountMaxMinor = 400 });
        _others.Counted[3] = (10, 5);
        Assert.Equal("58", Buy());
        _others.Counted[3] = (9, 5);
        Assert.Equal(["00", "58"], [Buy(), Buy()]);
        Assert.Empty(_bench.Redecided());
    }

    [Theory]
    [InlineData(DeskAnswer.Full, SharedSource.Full)]
    [InlineData(DeskAnswer.Failed, SharedSource.Failed)]
    [InlineData(DeskAnswer.Late, SharedSource.Late)]
    public void Without_an_answer_a_cell_decides_with_its_own_counters_alone_and_says_so(DeskAnswer answer, SharedSource source)
    {
        Activate(Shared(1, LimitSubject.Card, count: 2));
        _others.Counted[1] = (2, 0);
        _others.Says = answer;
        Assert.Equal(["00", "00", "65"], [Buy(), Buy(), Buy()]);
        Assert.All(Tails(), tail => Assert.Equal((source, 0), (tail.Source, (int)tail.Count)));
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void Without_a_desk_the_frame_says_that_nobody_was_asked()
    {
        _bench.Decider = new Decider(_bench.State, Links);
        Activate(Shared(1, LimitSubject.Card, count: 1));
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        Assert.All(Tails(), tail => Assert.Equal(SharedSource.Nobody, tail.Source));
    }

    [Fact]
    public void While_it_waits_nothing_is_decided_and_it_is_asked_once()
    {
        Activate(Shared(1, LimitSubject.Card, count: 3));
        _others.Says = DeskAnswer.Pending;
        var frames = _bench.Frames.Count;
        var waiting = Waiting();
        Assert.Equal(Verdict.ParkedForCounts, _bench.Send(ref waiting));
        Assert.Equal(frames, _bench.Frames.Count);
        waiting.Shared.Add(1, 3, 0, areBits: false);
        waiting.TakeShared(DeskAnswer.Done);
        Assert.Equal("65", _bench.Code(waiting));
        Assert.Equal(1, _others.Times);
        // One that may not wait is asked about under no ticket: there is no room for it.
        var hurried = Waiting();
        hurried.SharedTicket = 0;
        Assert.Equal("00", _bench.Code(hurried));
        Assert.Equal((2, SharedSource.Full), (_others.Times, Tails()[^1].Source));
    }

    [Fact]
    public void What_was_asked_under_other_rules_or_on_another_date_is_not_known()
    {
        foreach (var isDate in new[] { false, true })
        {
            Activate(Shared(1, LimitSubject.Card, count: 3));
            _others.Says = DeskAnswer.Pending;
            var waiting = Waiting();
            Assert.Equal(Verdict.ParkedForCounts, _bench.Send(ref waiting));
            if (isDate) _bench.OpenDay(FirstDay + 1);
            else Activate(Shared(1, LimitSubject.Card, count: 2));
            waiting.Shared.Add(1, 3, 0, areBits: false);
            waiting.TakeShared(DeskAnswer.Done);
            Assert.Equal("00", _bench.Code(waiting));
            Assert.Equal(SharedSource.Late, Tails()[^1].Source);
        }
    }

    [Fact]
    public void A_sliding_window_is_asked_about_on_both_dates_and_others_once()
    {
        Activate(
            Shared(1, LimitSubject.Card, count: 9, minutes: 60), Shared(2, LimitSubject.Merchant, count: 9),
            Shared(3, LimitSubject.Bin, count: 9, minutes: LimitTerms.Month));
        Assert.Equal("00", Buy());
        Assert.Equal([1, 1, 2, 3], _others.Questions.Select(question => (int)question.Limit));
        Assert.Equal(
            [CounterKind.Sliding, CounterKind.Sliding, CounterKind.Date, CounterKind.Month], _others.Questions.Select(question => question.Key.Kind));
        Assert.Equal(4, _others.Questions.Select(question => question.Key.Primary).Distinct().Count());
        // What is asked for is what this cell itself counts under.
        var counters = _bench.State.AllCounters().ToHashSet();
        Assert.All([0, 2, 3], place => Assert.Contains(_others.Questions[place].Key, counters));
        Assert.True(_bench.State.TryFindCounter(_others.Questions[0].Key, out var view));
        Assert.Equal(view.Newest, _others.Questions[0].Piece);
    }

    [Fact]
    public void Nobody_is_asked_about_what_no_shared_limit_counts()
    {
        Activate(LimitTests.Limit(1, LimitSubject.Card, count: 9));
        Assert.Equal("00", Buy());
        Activate(Shared(1, LimitSubject.Card, count: 9));
        var first = Purchase(++_stan);
        first.SharedTicket = 1;
        Assert.Equal("00", _bench.Code(first));
        Assert.Equal(1, _others.Times);
        Assert.Equal(Verdict.Repeat, _bench.Send(ref first));
        Assert.Equal("00", _bench.Code(Reversal(++_stan, in first)));
        Assert.Equal("00", _bench.Code(Purchase(++_stan, mti: 0x0120)));
        Assert.Equal("00", Buy(function: 31, amount: 0));
        Assert.Equal(1, _others.Times);
        Assert.Equal(1, _bench.Frames.Count(frame => frame.Kind == JournalKind.Decided && TailOf(frame.Payload).Source != 0));
    }

    [Fact]
    public void Never_more_limits_are_asked_for_than_a_frame_has_room_for()
    {
        Activate([.. Enumerable.Range(1, 20).Select(id => Shared((byte)id, LimitSubject.Card, count: 99, minutes: 60))]);
        Assert.Equal("00", Buy());
        Assert.Equal(ISharedDesk.QuestionsMax, _others.Questions.Count);
        Assert.Equal(SharedCounts.LimitsMax, Tails()[^1].Count);
    }

    [Fact]
    public void What_others_say_overflows_nothing()
    {
        var counts = default(SharedCounts);
        for (var cell = 0; cell < 3; cell++) counts.Add(1, long.MaxValue, long.MaxValue, areBits: false);
        counts.Add(2, -7, long.MinValue, areBits: false);
        Assert.Equal((1_000_000_000_000_000, 1_000_000_000_000_000), counts.Of(1));
        Assert.Equal((0, 0), counts.Of(2));
        Activate(
            Shared(1, LimitSubject.Card, count: 9, amount: 100_000),
            Shared(2, LimitSubject.Bin) with { Kind = LimitCounts.Ratio, CountMax = 10, AmountMaxMinor = 400 });
        _others.Counted[1] = (long.MaxValue, long.MaxValue);
        _others.Counted[2] = (long.MaxValue, long.MaxValue);
        Assert.Equal("58", Buy());
    }

    [Fact]
    public void The_end_of_a_frame_is_read_back_and_a_broken_one_is_none()
    {
        Activate(Shared(1, LimitSubject.Card, count: 9), Shared(7, LimitSubject.Merchant, amount: 100_000));
        (_others.Counted[1], _others.Counted[7]) = ((2, 0), (3, 4_000));
        Assert.Equal("00", Buy());
        var payload = _bench.Frames[^1].Payload;
        Assert.True(Decided.TryRead(Decided.Version, payload, out _, out _, out _, out var tail));
        Assert.Equal(SharedCounts.BytesMax - (6 * SharedCount.Bytes), tail.Length);
        Assert.Equal(1, tail[0]);
        Assert.Equal(2, tail[1]);
        Assert.True(SharedCounts.TryRead(tail, out var counts));
        Assert.Equal(((2L, 0L), (3L, 4_000L), (0L, 0L)), (counts.Of(1), counts.Of(7), counts.Of(2)));
        Assert.True(MemoryMarshal.AsBytes(new ReadOnlySpan<SharedCounts>(in counts))[..tail.Length].SequenceEqual(tail));
        for (var bytes = 0; bytes < payload.Length; bytes++) Assert.False(Decided.TryRead(Decided.Version, payload.AsSpan(0, bytes), out _, out _));
        Assert.False(Decided.TryRead(Decided.Version, [.. payload, 0], out _, out _));
        Assert.False(Decided.TryRead(4, payload, out _, out _));           // Before there was such a thing.
        payload[^tail.Length] = 0;
        Assert.False(Decided.TryRead(Decided.Version, payload, out _, out _));
    }

    private static LimitTerms Shared(byte id, LimitSubject subject, long count = 0, long amount = 0, int minutes = 0) =>
        LimitTests.Limit(id, subject, count, amount, minutes) with { Shared = 1 };

    private static ulong Bit(string pan) => 1UL << (int)(PlainTokens.Of(pan).Low & 63);

    private CounterQuestion Asked(byte limit) => _others.Questions.First(question => question.Limit == limit);

    private List<SharedCounts> Tails() =>
        [.. _bench.Frames.Where(frame => frame.Kind == JournalKind.Decided).Select(frame => TailOf(frame.Payload))];

    private static SharedCounts TailOf(byte[] payload)
    {
        Assert.True(Decided.TryRead(Decided.Version, payload, out _, out _, out _, out var tail));
        SharedCounts.TryRead(tail, out var counts);
        return counts;
    }

    private void Activate(params LimitTerms[] limits)
    {
        var rules = LimitTests.Rules(limits);
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
    }

    private Transaction Waiting()
    {
        var transaction = Purchase(++_stan);
        transaction.SharedTicket = _stan;
        return transaction;
    }

    private string Buy(long amount = 1_000, string pan = Card, uint function = 0) => _bench.Code(Changed(Purchase(++_stan, amount, pan: pan), transaction =>
    {
        transaction.Request.ProcessingCode = function * 10_000;
        transaction.SharedTicket = _stan;
        return transaction;
    }));

    /// <summary>Other cells, as the test has them.</summary>
    private sealed class Others : ISharedDesk
    {
        public readonly Dictionary<byte, (long Count, long Amount)> Counted = [];
        public readonly List<CounterQuestion> Questions = [];

        public int Times { get; private set; }

        public DeskAnswer Says { get; set; } = DeskAnswer.Done;

        public DeskAnswer Ask(long ticket, ReadOnlySpan<CounterQuestion> questions, ref SharedCounts counts)
        {
            Times++;
            if (ticket == 0) return DeskAnswer.Full;
            Questions.Clear();
            Questions.AddRange(questions);
            counts.Source = SharedSource.Told;
            byte before = 0;
            foreach (var question in questions)
            {
                var (count, amount) = question.Limit == before ? default : Counted.GetValueOrDefault(question.Limit);
                counts.Add(question.Limit, count, amount, question.AreBits);
                before = question.Limit;
            }

            return Says;
        }
    }
}

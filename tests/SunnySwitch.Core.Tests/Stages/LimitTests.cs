using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>Limits: whom they count, for how long, what a reversal gives back, and how rules come and go.</summary>
public sealed class LimitTests
{
    private readonly Bench _bench = new(new StateOptions(64, 64, 1000, 1000, 100, 8));
    private const long AmountMinorMax = 999_999_999_999;
    private uint _stan;

    [Theory]
    [InlineData(LimitSubject.Card, "65")]
    [InlineData(LimitSubject.Account, "65")]
    [InlineData(LimitSubject.Bin, "65")]
    [InlineData(LimitSubject.Merchant, "58")]
    [InlineData(LimitSubject.Terminal, "58")]
    public void So_many_of_a_subject_and_no_more(LimitSubject subject, string code)
    {
        Activate(Limit(1, subject, count: 2));
        Assert.Equal(["00", "00", code], [Buy(), Buy(), Buy()]);
        var isOther = subject switch
        {
            LimitSubject.Merchant => Buy(merchant: "MERCHANT0000002"),
            LimitSubject.Terminal => Buy(terminal: "TERM0002"),
            _ => Buy(pan: OtherCard),
        };
        Assert.Equal("00", isOther);
        var why = _bench.Transaction.Decided.Explanation;
        Assert.Equal((1u, 0ul), (why.RulesVersion, why.Breached));
    }

    [Fact]
    public void A_merchant_or_terminal_of_another_acquirer_is_another()
    {
        Activate(Limit(1, LimitSubject.Merchant, count: 1), Limit(2, LimitSubject.Terminal, count: 1));
        Assert.Equal(["00", "58"], [Buy(), Buy()]);
        var other = Changed(Purchase(90), t => { t.Request.Acquirer = InstitutionId.Of(400002, 6); return t; });
        Assert.Equal("00", _bench.Code(other));
    }

    [Fact]
    public void So_much_money_and_a_transaction_that_just_fits_passes()
    {
        Activate(Limit(1, LimitSubject.Card, amount: 5_000));
        Assert.Equal(["00", "61", "00", "61"], [Buy(3_000), Buy(2_001), Buy(2_000), Buy(1)]);
        var why = _bench.Transaction.Decided.Explanation;
        Assert.Equal((1ul, (byte)1, 5_000L, Check.Limits), (why.Breached, why.BreachedId, why.Reached, why.DecidedBy));
    }

    [Fact]
    public void Declines_and_repeats_are_not_counted()
    {
        Activate(Limit(1, LimitSubject.Card, count: 2));
        var first = Purchase(++_stan);
        Assert.Equal("00", _bench.Code(first));
        Assert.Equal("00", _bench.Code(first));
        Assert.Equal(["51", "00", "65"], [Buy(10_000_000), Buy(), Buy()]);
    }

    [Fact]
    public void A_purchase_reversed_a_second_time_after_its_refund_was_undone_gives_its_count_back_once()
    {
        Activate(Limit(1, LimitSubject.Card, count: 3));
        Transaction Named(in Transaction of, ushort mti, uint function, long amount)
        {
            var (named, stan) = (of, ++_stan);
            return Changed(Purchase(stan, amount, mti), t =>
            {
                t.Request.ProcessingCode = function * 10_000;
                t.Request.Has |= RequestHas.Original;
                (t.Original.Mti, t.Original.Stan, t.Original.TraceTime) = (named.Request.Mti, named.Request.Stan, named.Request.TraceTime);
                return t;
            });
        }

        var bought = Purchase(++_stan, 10_000, 0x0200);
        Assert.Equal(["00", "00"], [_bench.Code(bought), Buy()]);
        var refund = Named(bought, 0x0200, 20, 4_000);
        Assert.Equal("00", _bench.Code(refund));
        Assert.Equal("00", _bench.Code(Named(bought, 0x0420, 0, 10_000)));
        Assert.Equal("00", _bench.Code(Named(refund, 0x0420, 0, 4_000)));
        Assert.Equal("00", _bench.Code(Named(bought, 0x0420, 0, 10_000)));
        Assert.Equal(["00", "00", "65"], [Buy(), Buy(), Buy()]);
        Assert.Equal(100_000, _bench.View().LedgerMinor);
    }

    [Fact]
    public void What_was_captured_of_an_authorization_stays_counted_when_the_rest_is_reversed()
    {
        Activate(Limit(1, LimitSubject.Card, amount: 10_000));
        var held = Purchase(++_stan, 10_000);
        Assert.Equal("00", _bench.Code(held));
        var named = held;
        Transaction Named(ushort mti, long amount, RequestHas says) => Changed(Purchase(++_stan, amount, mti), t =>
        {
            t.Request.Has |= RequestHas.Original | says;
            (t.Original.Mti, t.Original.Stan, t.Original.TraceTime) = (named.Request.Mti, named.Request.Stan, named.Request.TraceTime);
            return t;
        });
        Assert.Equal("00", _bench.Code(Named(0x0220, 4_000, RequestHas.MoreFollow)));
        Assert.Equal("00", _bench.Code(Named(0x0420, 10_000, RequestHas.None)));
        Assert.Equal(["61", "00", "61"], [Buy(6_001), Buy(6_000), Buy(1)]);
    }

    [Fact]
    public void Only_its_operations_and_its_currency_are_counted()
    {
        var cash = Limit(1, LimitSubject.Card, count: 1) with { Operations = 1 << (int)Operation.Cash };
        var euros = Limit(2, LimitSubject.Card, amount: 1) with { Currency = 978 };
        Activate(cash, euros);
        Assert.Equal(["00", "00", "00", "65"], [Buy(), Buy(), Buy(function: 1), Buy(function: 1)]);
    }

    [Fact]
    public void All_breached_limits_are_noted_and_the_first_of_the_file_decides()
    {
        Activate(Limit(9, LimitSubject.Terminal, count: 1), Limit(3, LimitSubject.Card, amount: 1_500), Limit(4, LimitSubject.Card, count: 5));
        Assert.Equal(["00", "58"], [Buy(), Buy()]);
        var why = _bench.Transaction.Decided.Explanation;
        Assert.Equal((0b011ul, 0b111ul, (byte)9, 1L), (why.Breached, why.Counted, why.BreachedId, why.Reached));
        Assert.Equal(InternalResult.AcceptorLimit, _bench.Transaction.Decided.Result);
    }

    [Fact]
    public void A_reversal_gives_back_to_its_own_day_even_when_it_names_no_merchant()
    {
        Activate(Limit(1, LimitSubject.Merchant, count: 1, amount: 1_000));
        var first = Purchase(++_stan);
        _bench.Code(first);
        Assert.Equal("58", Buy());
        var bare = Changed(Reversal(++_stan, first), t =>
        {
            t.Request.CardAcceptor = default;
            t.Request.Has &= ~RequestHas.CardAcceptor;
            return t;
        });
        Assert.Equal("00", _bench.Code(bare));
        Assert.Equal(["00", "58"], [Buy(), Buy()]);

        // Yesterday's purchase goes back to yesterday: today's counter does not move.
        _bench.OpenDay(FirstDay + 1);
        var today = Purchase(++_stan);
        Assert.Equal("00", _bench.Code(today));
        Assert.Equal("00", _bench.Code(Reversal(++_stan, Purchase(_stan - 3))));
        Assert.Equal("58", Buy());
    }

    [Fact]
    public void A_partial_reversal_gives_back_its_money_and_the_whole_one_the_count_too()
    {
        Activate(Limit(1, LimitSubject.Card, count: 1), Limit(2, LimitSubject.Account, amount: 1_000));
        var first = Purchase(++_stan);
        _bench.Code(first);
        _bench.Code(Reversal(++_stan, first, stays: 400));
        Assert.Equal("65", Buy(600));
        Assert.Equal(0b01ul, _bench.Transaction.Decided.Explanation.Breached);
        _bench.Code(Reversal(++_stan, first));
        Assert.Equal("00", Buy(1_000));
    }

    [Fact]
    public void A_business_date_ends_and_begins_a_day_window()
    {
        Activate(Limit(1, LimitSubject.Card, count: 1));
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        _bench.OpenDay(FirstDay + 1);
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
    }

    [Fact]
    public void A_sliding_window_is_never_shorter_than_it_says_and_at_most_a_seventh_longer()
    {
        Activate(Limit(1, LimitSubject.Card, count: 1, minutes: 70));
        var start = _bench.Now;
        for (var at = 0; at < 10; at++)
        {
            // A purchase at any minute of a piece: blocked for 70 minutes, free after 80.
            _bench.Now = Minutes(start, at * 1_000 + at);
            Assert.Equal("00", Buy());
            _bench.Now = Minutes(_bench.Now, 70);
            Assert.Equal("65", Buy());
            _bench.Now = Minutes(_bench.Now, 10);
            Assert.Equal("00", Buy());
        }
    }

    [Fact]
    public void A_sliding_window_goes_on_over_a_cut_over_and_a_restart()
    {
        Activate(Limit(1, LimitSubject.Card, count: 2, minutes: 60));
        Assert.Equal("00", Buy());
        _bench.OpenDay(FirstDay + 1);
        _bench.Now = Minutes(_bench.Now, 30);
        Assert.Equal("00", Buy());
        _bench.RestartFromImage();
        Assert.Equal("65", Buy());
        _bench.Restart();
        Assert.Equal("65", Buy());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void Rules_come_into_force_at_their_date_and_are_taken_back_by_one_command()
    {
        Activate(Limit(1, LimitSubject.Card, count: 5));
        ActivateFrom(FirstDay + 2, Limit(1, LimitSubject.Card, count: 1));
        Assert.Equal(["00", "00"], [Buy(), Buy()]);
        _bench.OpenDay(FirstDay + 1);
        Assert.Equal(["00", "00"], [Buy(), Buy()]);
        _bench.OpenDay(FirstDay + 2);
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        Assert.Equal((2u, 1u, 0u), Versions());
        Undo();
        Assert.Equal("00", Buy());
        Assert.Equal((3u, 2u, 0u), Versions());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void Taking_back_drops_what_waits_for_its_date_and_leaves_what_is_in_force()
    {
        Activate(Limit(1, LimitSubject.Card, count: 1));
        ActivateFrom(FirstDay + 1, Limit(1, LimitSubject.Card, count: 3));
        Undo();
        _bench.OpenDay(FirstDay + 1);
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        Assert.Equal(0u, Versions().Pending);
    }

    [Fact]
    public void Dropping_what_waits_leaves_what_was_before_to_come_back()
    {
        Activate(Limit(1, LimitSubject.Card, count: 1));
        Activate(Limit(1, LimitSubject.Card, count: 2));
        ActivateFrom(FirstDay + 1, Limit(1, LimitSubject.Card, count: 3));
        Undo();
        Assert.Equal((4u, 1u, 0u), Versions());
        Assert.Equal(["00", "00", "65"], [Buy(), Buy(), Buy()]);
        Undo();
        Assert.Equal(1, _bench.State.Rules.Active.Limits[0].CountMax);
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void Without_rules_there_is_nothing_to_take_back()
    {
        Assert.False(new RulesDesk(_bench.State).TryUndo(default, out RuleSet _));
    }

    [Fact]
    public void What_an_id_stands_for_cannot_change()
    {
        Activate(Limit(1, LimitSubject.Card, count: 5), Limit(2, LimitSubject.Card, count: 5));
        var desk = new RulesDesk(_bench.State);
        LimitTerms[] others =
        [
            Limit(2, LimitSubject.Terminal, count: 5), Limit(2, LimitSubject.Card, count: 5, minutes: 10),
            Limit(2, LimitSubject.Card, count: 5) with { Currency = 840 },
        ];
        foreach (var other in others)
        {
            Assert.False(desk.TryActivate(Rules([other]), out _, out var id));
            Assert.Equal(2, id);
        }

        Assert.True(desk.TryActivate(Rules([Limit(2, LimitSubject.Card, count: 9), Limit(7, LimitSubject.Bin, count: 1)]), out _, out _));
    }

    [Fact]
    public void A_limit_that_is_lowered_or_left_out_keeps_or_forgets_what_it_counted()
    {
        Activate(Limit(1, LimitSubject.Card, count: 5));
        var first = Purchase(++_stan);
        _bench.Code(first);
        Buy();
        Activate(Limit(1, LimitSubject.Card, count: 2));
        Assert.Equal("65", Buy());
        Activate();
        Assert.Equal("00", Buy());
        Assert.Equal("00", _bench.Code(Reversal(++_stan, first)));
        Assert.Equal(_bench.State.Hash, _bench.State.HashFromScratch());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Different_cards_at_a_terminal_are_turned_away_and_known_ones_are_not(int minutes)
    {
        Activate(Limit(1, LimitSubject.Terminal, count: 20, minutes: minutes) with { Kind = LimitCounts.Cards });
        string Try(int card)
        {
            var code = _bench.Code(Purchase(++_stan, pan: $"41111111{card:D8}"));
            Assert.Equal(code == "58" ? InternalResult.AcceptorLimit : InternalResult.None, _bench.Transaction.Alarm);
            return code;
        }

        var tried = Enumerable.Range(1, 60).Select(Try).ToList();
        Assert.All(tried.Take(15), code => Assert.Equal("14", code));
        Assert.InRange(tried.Count(code => code == "58"), 15, 40);
        Assert.Equal("14", Try(1));
        if (minutes > 0)
        {
            _bench.Now = Minutes(_bench.Now, 20);
            Assert.Equal("14", Try(1_000));
        }

        Assert.Equal(_bench.State.Hash, _bench.State.HashFromScratch());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void Declined_amounts_are_not_summed_up_so_that_nobody_overflows_a_counter()
    {
        Activate(Limit(1, LimitSubject.Terminal, count: 1_000_000) with { Kind = LimitCounts.Declines });
        for (var count = 0; count < 20; count++) Assert.Equal("51", _bench.Code(Purchase(++_stan, AmountMinorMax)));
        Assert.Equal((20u, 0L), (_bench.State.Velocity.Days[1].Count, _bench.State.Velocity.Days[1].AmountMinor));
    }

    [Fact]
    public void An_id_that_came_to_stand_for_another_limit_counts_afresh_and_gets_nothing_back_from_before()
    {
        Activate(Limit(1, LimitSubject.Card, count: 5, minutes: 60));
        var first = Purchase(++_stan);
        _bench.Code(first);
        Activate();
        Activate();
        Activate(Limit(1, LimitSubject.Card, count: 1));
        Assert.Equal("00", Buy());
        Assert.Equal("00", _bench.Code(Reversal(++_stan, first)));
        Assert.Equal("65", Buy());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void A_clock_that_was_set_back_neither_frees_a_window_nor_stops_the_switch()
    {
        Activate(Limit(1, LimitSubject.Card, count: 2, minutes: 7));
        Assert.Equal("00", Buy());
        _bench.Now = Minutes(_bench.Now, -300);
        var second = Purchase(++_stan);
        Assert.Equal("00", _bench.Code(second));
        Assert.Equal("65", Buy());
        Assert.Equal("00", _bench.Code(Reversal(++_stan, second)));
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        _bench.RestartFromImage();
        Assert.Equal("65", Buy());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void A_storm_of_declines_is_turned_away_until_it_is_over_and_the_operator_is_told()
    {
        Activate(Limit(1, LimitSubject.Terminal, count: 4, minutes: 10) with { Kind = LimitCounts.Ratio, AmountMaxMinor = 500 });
        Assert.Equal(["00", "51", "51"], [Buy(), Buy(10_000_000), Buy(10_000_000)]);      // Three: too few to be judged by.
        Assert.Equal("00", Buy());                                                         // Two of four: as many as may be.
        Assert.Equal("51", Buy(10_000_000));
        Assert.Equal("58", Buy());
        Assert.Equal((InternalResult.DeclineStorm, InternalResult.DeclineStorm), (_bench.Transaction.Decided.Result, _bench.Transaction.Alarm));
        Assert.Equal(600, _bench.Transaction.Decided.Explanation.Reached);
        Assert.Equal("00", Buy(terminal: "TERM0002"));
        _bench.Now = Minutes(_bench.Now, 25);
        Assert.Equal("00", Buy());
    }

    [Fact]
    public void What_was_counted_in_a_month_is_gone_with_it_and_what_was_ever_counted_stays()
    {
        Activate(Limit(1, LimitSubject.Card, count: 2, minutes: LimitTerms.Month), Limit(2, LimitSubject.Card, count: 3, minutes: LimitTerms.Life));
        Assert.Equal(["00", "00", "65"], [Buy(), Buy(), Buy()]);
        _bench.OpenDay(FirstDay + 27);                       // 31 October 2024
        Assert.Equal("65", Buy());
        _bench.OpenDay(FirstDay + 28);                       // 1 November 2024
        Assert.Equal(["00", "65"], [Buy(), Buy()]);
        _bench.OpenDay(FirstDay + 400);
        _bench.RestartFromImage();
        Assert.Equal("65", Buy());
    }

    [Fact]
    public void A_reversal_after_the_months_end_gives_back_to_the_month_before()
    {
        Activate(Limit(1, LimitSubject.Card, count: 1, minutes: LimitTerms.Month));
        _bench.OpenDay(FirstDay + 27);
        var last = Purchase(++_stan);
        Assert.Equal("00", _bench.Code(last));
        _bench.OpenDay(FirstDay + 28);
        Assert.Equal("00", Buy());
        Assert.Equal("00", _bench.Code(Reversal(++_stan, last)));
        Assert.Equal("65", Buy());
    }

    [Theory]
    [InlineData(1, 100, 100)]
    [InlineData(100, 1, 100)]
    [InlineData(100, 100, 1)]
    public void When_no_more_can_be_counted_the_answer_is_96_and_the_operator_is_told(int days, int slidings, int receipts)
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 100, 8) { DayCountersMax = days, SlidingCountersMax = slidings, ReceiptsMax = receipts });
        var rules = Rules([Limit(1, LimitSubject.Card, count: 9), Limit(2, LimitSubject.Terminal, count: 9, minutes: 5)]);
        rules.Version = 1;
        bench.Write(JournalKind.RulesActivated, rules);
        var codes = new[] { bench.Code(Purchase(1)), bench.Code(Purchase(2, pan: OtherCard, terminal: "TERM0002")) };
        Assert.Contains("96", codes);
        Assert.Equal(InternalResult.TableFull, bench.Transaction.Alarm);
    }

    private static Instant Minutes(Instant from, int minutes) => new(from.UnixNanos + (minutes * 60L * Instant.NanosPerSecond));

    internal static LimitTerms Limit(byte id, LimitSubject subject, long count = 0, long amount = 0, int minutes = 0) => new()
    {
        Id = id,
        Subject = subject,
        CountMax = count,
        AmountMaxMinor = amount,
        Minutes = minutes,
        Operations = 0b1110,
        Currency = amount > 0 ? Dollars : (ushort)0,
    };

    internal static RuleSet Rules(IReadOnlyList<LimitTerms> limits)
    {
        var rules = new RuleSet { Count = limits.Count };
        Encoding.ASCII.GetBytes("test", rules.Name);
        for (var index = 0; index < limits.Count; index++) rules.Limits[index] = limits[index];
        return rules;
    }

    private void Activate(params LimitTerms[] limits) => ActivateFrom(0, limits);

    private void ActivateFrom(int day, params LimitTerms[] limits)
    {
        var rules = Rules(limits);
        rules.EffectiveDay = day;
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
    }

    private void Undo()
    {
        Assert.True(new RulesDesk(_bench.State).TryUndo(default, out RuleSet payload));
        _bench.Write(JournalKind.RulesActivated, payload);
    }

    private (uint Active, uint Previous, uint Pending) Versions()
    {
        var (active, previous, pending) = _bench.State.Rules;
        return (active.Version, previous.Version, pending.Version);
    }

    private string Buy(long amount = 1_000, string pan = Card, string terminal = "TERM0001", string merchant = "MERCHANT0000001", uint function = 0) =>
        _bench.Code(Changed(Purchase(++_stan, amount, pan: pan, terminal: terminal), t =>
        {
            t.Request.CardAcceptor = default;
            Encoding.ASCII.GetBytes(merchant, t.Request.CardAcceptor);
            t.Request.ProcessingCode = function * 10_000;
            return t;
        }));
}

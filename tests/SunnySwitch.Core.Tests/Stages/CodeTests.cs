using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Protocol.Codec;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>Every code that the switch gives, each by name.</summary>
public sealed class CodeTests
{
    private readonly Bench _bench = new();

    private string Code(Transaction transaction, Verdict verdict, InternalResult result)
    {
        var frames = _bench.Frames.Count;
        var hash = _bench.State.Hash;
        var code = _bench.Code(transaction);
        Assert.Equal(verdict, _bench.Transaction.Verdict);
        Assert.Equal(result, _bench.Transaction.Decided.Result);
        if (verdict is not (Verdict.Answer or Verdict.SessionChange))
        {
            Assert.Equal(frames, _bench.Frames.Count);
            Assert.Equal(hash, _bench.State.Hash);
        }

        return code;
    }

    [Fact]
    public void A_good_authorization_gets_00_and_an_approval_code_and_holds_its_amount()
    {
        var sequence = _bench.NextSequence;
        Assert.Equal("00", Code(Purchase(1), Verdict.Answer, InternalResult.Approved));
        Assert.Equal((uint)sequence, _bench.Transaction.Decided.ApprovalCode);
        Assert.Equal((100_000, 1_000, 99_000), (_bench.View().LedgerMinor, _bench.View().HeldMinor, _bench.View().AvailableMinor));
    }

    [Fact]
    public void A_good_financial_request_gets_00_and_posts_its_amount()
    {
        Assert.Equal("00", Code(Purchase(1, mti: 0x0200), Verdict.Answer, InternalResult.Approved));
        Assert.Equal((99_000, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
        Assert.Equal(0, _bench.State.Counts.Holds);
    }

    [Fact]
    public void The_approval_code_stays_within_six_base_36_digits()
    {
        var transaction = Purchase(1);
        _bench.Decider.Decide(ref transaction, new Instant(1), 36L * 36 * 36 * 36 * 36 * 36 + 5);
        Assert.Equal(5u, transaction.Decided.ApprovalCode);
    }

    [Fact]
    public void A_message_that_does_not_decode_gets_30()
    {
        var broken = Purchase(1);
        broken.Decode = new DecodeResult(DecodeError.BadDigit, 4, 20);
        Assert.Equal("30", Code(broken, Verdict.NonAnswer, InternalResult.FormatError));
    }

    [Theory]
    [InlineData(0x0100, RequestHas.Pan)]
    [InlineData(0x0100, RequestHas.ProcessingCode)]
    [InlineData(0x0100, RequestHas.Amount)]
    [InlineData(0x0200, RequestHas.TraceTime)]
    [InlineData(0x0200, RequestHas.Terminal)]
    [InlineData(0x0100, RequestHas.CardAcceptor)]
    [InlineData(0x0100, RequestHas.Currency)]
    [InlineData(0x0420, RequestHas.Original)]
    [InlineData(0x0400, RequestHas.Pan)]
    public void A_missing_mandatory_field_gets_30(ushort mti, RequestHas field)
    {
        var transaction = mti >= 0x0400 ? Reversal(2, Purchase(1), mti) : Purchase(1, mti: mti);
        transaction.Request.Has &= ~field;
        Assert.Equal("30", Code(transaction, Verdict.NonAnswer, InternalResult.FormatError));
    }

    [Fact]
    public void Without_a_trace_number_or_an_MTI_nothing_is_answered()
    {
        var transaction = Purchase(1);
        transaction.Request.Has &= ~RequestHas.Stan;
        Assert.Equal("", Code(transaction, Verdict.Silence, InternalResult.None));
        transaction = Purchase(1, mti: 0);
        transaction.Decode = new DecodeResult(DecodeError.BadMti, -1, 0);
        Assert.Equal("", Code(transaction, Verdict.Silence, InternalResult.None));
    }

    [Theory]
    [InlineData(0x0110)]
    [InlineData(0x0130)]
    [InlineData(0x0140)]
    [InlineData(0x0430)]
    [InlineData(0x0810)]
    public void Responses_and_notifications_are_not_answered(ushort mti) =>
        Assert.Equal("", Code(Purchase(1, mti: mti), Verdict.Silence, InternalResult.None));

    [Theory]
    [InlineData(0x0500)]
    [InlineData(0x0820)]
    [InlineData(0x1100)]
    [InlineData(0x0106)]
    [InlineData(0x0990)]
    public void An_MTI_that_is_not_ours_gets_12(ushort mti) =>
        Assert.Equal("12", Code(Purchase(1, mti: mti), Verdict.NonAnswer, InternalResult.UnknownMti));

    [Fact]
    public void Without_sign_on_a_guarded_link_gets_31_and_after_it_00_and_after_sign_off_31_again()
    {
        var purchase = Purchase(1);
        purchase.LinkIndex = 1;
        Assert.Equal("31", Code(purchase, Verdict.NonAnswer, InternalResult.NotSignedOn));
        Assert.Equal("00", Code(Network(301, link: 1), Verdict.NonAnswer, InternalResult.Approved));
        Assert.Equal("31", Code(purchase, Verdict.NonAnswer, InternalResult.NotSignedOn));
        Assert.Equal("00", Code(Network(1, link: 1), Verdict.SessionChange, InternalResult.Approved));
        Assert.Equal("00", Code(Network(1, link: 1), Verdict.SessionChange, InternalResult.Approved));
        Assert.Equal(8u, _bench.Transaction.Session.Link);
        Assert.Equal("00", Code(purchase, Verdict.Answer, InternalResult.Approved));
        Assert.Equal("00", Code(Network(2, link: 1), Verdict.SessionChange, InternalResult.Approved));
        Assert.Equal("31", Code(purchase, Verdict.NonAnswer, InternalResult.NotSignedOn));
    }

    [Fact]
    public void A_sign_on_ends_with_its_connection_and_with_the_epoch()
    {
        var purchase = Purchase(1);
        purchase.LinkIndex = 1;
        _bench.Code(Network(1, link: 1));
        var next = purchase;
        next.Generation = 2;
        Assert.Equal("31", Code(next, Verdict.NonAnswer, InternalResult.NotSignedOn));
        _bench.Write(JournalKind.EpochStarted, new EpochStarted { Epoch = 2, TokenKeyCheck = 5 });
        Assert.Equal("31", Code(purchase, Verdict.NonAnswer, InternalResult.NotSignedOn));
    }

    [Theory]
    [InlineData(null)]
    [InlineData((ushort)301)]
    public void An_echo_gets_00(ushort? code) =>
        Assert.Equal("00", Code(Network(code), Verdict.NonAnswer, InternalResult.Approved));

    [Fact]
    public void Another_network_code_gets_12() =>
        Assert.Equal("12", Code(Network(161), Verdict.NonAnswer, InternalResult.UnknownNetworkCode));

    [Fact]
    public void A_foreign_acquirer_gets_31_in_every_class()
    {
        var foreign = Changed(Purchase(1), t => { t.Request.Acquirer = InstitutionId.Of(999, 3); return t; });
        Assert.Equal("31", Code(foreign, Verdict.NonAnswer, InternalResult.AcquirerNotOfLink));
        Assert.Equal("31", Code(Reversal(2, foreign), Verdict.NonAnswer, InternalResult.AcquirerNotOfLink));
        var network = Network(1);
        network.Request.Acquirer = InstitutionId.Of(999, 3);
        Assert.Equal("00", Code(network, Verdict.SessionChange, InternalResult.Approved));    // DE32 is not there.
        network.Request.Has |= RequestHas.Acquirer;
        Assert.Equal("31", Code(network, Verdict.NonAnswer, InternalResult.AcquirerNotOfLink));
    }

    [Fact]
    public void Before_the_first_business_date_nothing_but_the_network_is_served()
    {
        var bench = new Bench(empty: true);
        Assert.Equal("96", bench.Code(Purchase(1)));
        Assert.Equal(InternalResult.NoBusinessDate, bench.Transaction.Alarm);
        Assert.Equal("00", bench.Code(Network(301)));
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(1_000_000_000_000)]
    [InlineData(long.MaxValue)]
    public void A_bad_amount_gets_13(long amount) =>
        Assert.Equal("13", Code(Purchase(1, amount), Verdict.Answer, InternalResult.BadAmount));

    [Theory]
    [InlineData(0x0100, 1)]
    [InlineData(0x0100, 9)]
    [InlineData(0x0100, 20)]
    [InlineData(0x0200, 0)]
    [InlineData(0x0200, 20)]
    public void An_amount_of_zero_gets_13_where_one_is_needed(ushort mti, uint function) =>
        Assert.Equal("13", Code(Of(function, Purchase(1, 0, mti)), Verdict.Answer, InternalResult.BadAmount));

    [Fact]
    public void A_card_is_verified_by_an_authorization_of_zero_and_nothing_moves()
    {
        Assert.Equal("00", Code(Purchase(1, 0), Verdict.Answer, InternalResult.Approved));
        Assert.Equal(Operation.Verification, _bench.Transaction.Decided.Explanation.Operation);
        Assert.NotEqual(Decided.NoApprovalCode, _bench.Transaction.Decided.ApprovalCode);
        Assert.Equal((100_000, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
        Assert.Equal("14", Code(Purchase(2, 0, pan: "4000000000000002"), Verdict.Answer, InternalResult.UnknownCard));
    }

    [Theory]
    [InlineData(22)]
    [InlineData(40)]
    [InlineData(99)]
    public void A_processing_code_that_is_not_ours_gets_40(uint function) =>
        Assert.Equal("40", Code(Of(function, Purchase(1)), Verdict.Answer, InternalResult.FunctionNotSupported));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1_001, false)]
    [InlineData(1_000, true)]
    [InlineData(1, true)]
    public void Cash_back_is_a_part_of_the_amount(long cash, bool isGood)
    {
        var request = Changed(Of(9, Purchase(1, 1_000, 0x0200)), t =>
        {
            t.Request.CashMinor = (uint)cash;
            t.Request.Has |= RequestHas.Cash;
            return t;
        });
        var (code, result) = isGood ? ("00", InternalResult.Approved) : ("13", InternalResult.CashAboveAmount);
        Assert.Equal(code, Code(request, Verdict.Answer, result));
        Assert.Equal(isGood ? 99_000 : 100_000, _bench.View().LedgerMinor);
    }

    [Fact]
    public void A_refund_credits_the_ledger_by_its_financial_message_only_and_is_taken_back_even_if_it_was_spent()
    {
        Assert.Equal("00", Code(Of(20, Purchase(1, 5_000)), Verdict.Answer, InternalResult.Approved));
        Assert.Equal((100_000, 100_000), (_bench.View().LedgerMinor, _bench.View().AvailableMinor));
        var refund = Of(20, Purchase(2, 5_000, 0x0200));
        Assert.Equal("00", Code(refund, Verdict.Answer, InternalResult.Approved));
        Assert.Equal(105_000, _bench.View().LedgerMinor);
        Assert.Equal("00", Code(Purchase(3, 105_000, 0x0200), Verdict.Answer, InternalResult.Approved));
        Assert.Equal("00", Code(Reversal(4, refund, stays: 2_000), Verdict.Answer, InternalResult.Approved));
        Assert.Equal((-3_000, -3_000), (_bench.View().LedgerMinor, _bench.View().AvailableMinor));
        Assert.Equal("51", Code(Purchase(5), Verdict.Answer, InternalResult.InsufficientFunds));
        Assert.Equal("00", Code(Reversal(6, refund), Verdict.Answer, InternalResult.Approved));
        Assert.Equal(-5_000, _bench.View().LedgerMinor);
        Assert.Equal("00", Code(Reversal(7, refund), Verdict.Answer, InternalResult.AlreadyReversed));
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Theory]
    [InlineData(0x0100, 30)]
    [InlineData(0x0200, 31)]
    public void An_inquiry_is_told_the_balances_needs_no_amount_and_its_repeat_is_told_the_same(ushort mti, uint function)
    {
        _bench.Code(Purchase(1, 1_000));
        var inquiry = Changed(Of(function, Purchase(2, 0, mti)), t =>
        {
            t.Request.Has &= ~(RequestHas.Amount | RequestHas.Currency);
            t.Request.Currency = 0;
            return t;
        });
        Assert.Equal("00", Code(inquiry, Verdict.Answer, InternalResult.Approved));
        var told = _bench.Transaction.Decided.Explanation;
        Assert.Equal((99_000, 100_000, Dollars), (told.AvailableMinor, told.LedgerMinor, told.Currency));
        _bench.Code(Purchase(3, 2_000, 0x0200));
        _bench.Restart();
        Assert.Equal("00", Code(inquiry, Verdict.Repeat, InternalResult.None));
        told = _bench.Transaction.Decided.Explanation;
        Assert.Equal((99_000, 100_000, Dollars), (told.AvailableMinor, told.LedgerMinor, told.Currency));
        Assert.Equal("13", Code(Of(function, Purchase(4, 1, mti)), Verdict.Answer, InternalResult.BadAmount));
    }

    [Fact]
    public void When_no_more_balances_can_be_remembered_an_inquiry_gets_96_and_the_operator_is_told()
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 4000, 8) { BalancesMax = 2 });
        Assert.Equal("00", bench.Code(Of(31, Purchase(1, 0))));
        Assert.Equal("00", bench.Code(Of(31, Purchase(2, 0))));
        Assert.Equal("96", bench.Code(Of(31, Purchase(3, 0))));
        Assert.Equal((Verdict.NonAnswer, InternalResult.TableFull), (bench.Transaction.Verdict, bench.Transaction.Alarm));
        bench.OpenDay(FirstDay + 1);
        bench.OpenDay(FirstDay + 2);
        Assert.Equal("00", bench.Code(Of(31, Purchase(4, 0))));
    }

    [Fact]
    public void Every_result_has_one_code_and_the_check_that_finds_it()
    {
        var named = Enum.GetValues<InternalResult>().Where(result => result != InternalResult.None);
        Assert.Equal(named.Order(), Outcomes.All.Select(outcome => outcome.Result).Order());
        Assert.All(Outcomes.All, outcome => Assert.Same(outcome, Outcomes.Of(outcome.Result)));
        Assert.All(Outcomes.All, outcome => Assert.NotEqual(Check.None, outcome.Check));
    }

    [Fact]
    public void The_frame_says_which_checks_were_run_and_which_one_decided()
    {
        _bench.Code(Purchase(1, 1_000_000));
        var why = _bench.Transaction.Decided.Explanation;
        Check[] expected =
        [
            Check.Format, Check.Sender, Check.Duplicate, Check.Function, Check.Amount, Check.Place, Check.Pan, Check.Product, Check.Entry, Check.Expiry,
            Check.HotList, Check.CardStatus, Check.Account,
        ];
        Assert.Equal(expected, Enum.GetValues<Check>().Where(why.HasRun));
        Assert.Equal((Check.Account, Operation.Purchase, 100_000L), (why.DecidedBy, why.Operation, why.AvailableMinor));
        _bench.Code(Of(22, Purchase(2)));
        why = _bench.Transaction.Decided.Explanation;
        Assert.Equal(expected[..4], Enum.GetValues<Check>().Where(why.HasRun));
        Assert.Equal(Check.Function, why.DecidedBy);
    }

    [Theory]
    [InlineData(0, 0, "43")]
    [InlineData(1, 0, "00")]
    [InlineData(0, 1, "43")]
    [InlineData(-1, -1, "00")]
    [InlineData(-1, 0, "43")]
    public void A_card_is_hot_from_one_business_date_to_another(int from, int to, string code)
    {
        static ushort Day(int days) => days == 0 ? (ushort)0 : (ushort)(FirstDay + days);
        var wanted = new CardChanged { Pan = PlainTokens.Of(Card), Status = CardStatus.Active, Hot = HotReason.Stolen, HotFrom = Day(from), HotTo = Day(to) };
        Assert.True(_bench.Desk.TryChange(in wanted, out var change, out _));
        _bench.Write(JournalKind.CardChanged, change);
        Assert.Equal(code, _bench.Code(Purchase(1)));
        Assert.Equal(_bench.State.Hash, _bench.State.HashFromScratch());
        _bench.RestartFromImage();
        Assert.Equal(code, _bench.Code(Purchase(2)));
        Assert.Equal((Day(from), Day(to)), (_bench.View().HotFrom, _bench.View().HotTo));
    }

    [Fact]
    public void Dates_of_a_hot_card_the_wrong_way_round_are_refused() => Assert.False(_bench.Desk.TryChange(
        new CardChanged { Pan = PlainTokens.Of(Card), Status = CardStatus.Active, Hot = HotReason.Lost, HotFrom = 9, HotTo = 8 }, out _, out _));

    private static Transaction Of(uint function, Transaction purchase) => Changed(purchase, t =>
    {
        t.Request.ProcessingCode = function * 10_000;
        return t;
    });

    [Theory]
    [InlineData(0)]
    [InlineData(978)]
    [InlineData(1000)]
    public void Another_currency_gets_13(ushort currency) =>
        Assert.Equal("13", Code(
            Changed(Purchase(1), t => { t.Request.Currency = currency; return t; }), Verdict.Answer, InternalResult.BadCurrency));

    [Fact]
    public void A_bad_PAN_gets_14()
    {
        var bad = Purchase(1);
        bad.Request.Has |= RequestHas.PanBad;
        Assert.Equal("14", Code(bad, Verdict.Answer, InternalResult.BadPan));
    }

    [Fact]
    public void An_unknown_card_gets_14_and_is_remembered()
    {
        var unknown = Purchase(1, pan: "4000000000000002");
        Assert.Equal("14", Code(unknown, Verdict.Answer, InternalResult.UnknownCard));
        Assert.Equal((-1, -1), (_bench.Transaction.Decided.Card, _bench.Transaction.Decided.Account));
        Assert.Equal("14", Code(unknown, Verdict.Repeat, InternalResult.None));
    }

    [Fact]
    public void A_card_that_no_product_has_the_range_of_gets_15_and_one_that_is_not_there_14()
    {
        var rules = new RuleSet { ProductCount = 1 };
        rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
        Assert.Equal("15", Code(Purchase(1, pan: "4000000000000002"), Verdict.Answer, InternalResult.NoIssuer));
        Assert.Equal("15", Code(Purchase(2, pan: "4000000000000002", mti: 0x0220), Verdict.Answer, InternalResult.NoIssuer));
        Assert.Equal("14", Code(Purchase(3, pan: "4761730000000003"), Verdict.Answer, InternalResult.UnknownCard));
    }

    [Theory]
    [InlineData(1399)]
    [InlineData(2409)]
    [InlineData(3011)]
    [InlineData(3101)]
    public void An_expiry_that_is_not_the_cards_gets_54(ushort expiry) =>
        Assert.Equal("54", Code(WithExpiry(Purchase(1), expiry), Verdict.Answer, InternalResult.Expired));

    [Fact]
    public void A_card_is_good_until_the_end_of_its_month()
    {
        const string Pan = "4000000000000002";
        _bench.AddCard(Pan, 10_000, expiry: 2410);
        Assert.Equal("00", Code(WithExpiry(Purchase(1, pan: Pan), 2410), Verdict.Answer, InternalResult.Approved));
        _bench.OpenDay(FirstDay + 27);                       // 31 October 2024
        Assert.Equal("00", Code(Purchase(2, pan: Pan), Verdict.Answer, InternalResult.Approved));
        _bench.OpenDay(FirstDay + 28);                       // 1 November 2024
        Assert.Equal("54", Code(Purchase(3, pan: Pan), Verdict.Answer, InternalResult.Expired));
    }

    [Theory]
    [InlineData(HotReason.Lost, CardStatus.Active, "41", InternalResult.HotLost)]
    [InlineData(HotReason.Stolen, CardStatus.Active, "43", InternalResult.HotStolen)]
    [InlineData(HotReason.PickUp, CardStatus.Active, "04", InternalResult.HotPickUp)]
    [InlineData(HotReason.Restricted, CardStatus.Active, "62", InternalResult.HotRestricted)]
    [InlineData(HotReason.None, CardStatus.NotActive, "78", InternalResult.CardNotActive)]
    [InlineData(HotReason.None, CardStatus.Closed, "46", InternalResult.CardClosed)]
    [InlineData(HotReason.None, CardStatus.Blocked, "62", InternalResult.CardBlocked)]
    [InlineData(HotReason.Lost, CardStatus.Blocked, "41", InternalResult.HotLost)]
    public void Hot_list_before_status_each_with_its_code(HotReason hot, CardStatus status, string code, InternalResult result)
    {
        Assert.True(_bench.Desk.TryChange(new CardChanged { Pan = PlainTokens.Of(Card), Status = status, Hot = hot }, out var change, out _));
        _bench.Write(JournalKind.CardChanged, change);
        Assert.Equal(code, Code(Purchase(1), Verdict.Answer, result));
        Assert.Equal("54", Code(WithExpiry(Purchase(2), 1399), Verdict.Answer, InternalResult.Expired));  // Expiry goes first.
    }

    [Fact]
    public void More_than_is_available_gets_51_and_the_last_cent_is_available()
    {
        Assert.Equal("51", Code(Purchase(1, 100_001), Verdict.Answer, InternalResult.InsufficientFunds));
        Assert.Equal("00", Code(Purchase(2, 60_000), Verdict.Answer, InternalResult.Approved));
        Assert.Equal("51", Code(Purchase(3, 40_001, mti: 0x0200), Verdict.Answer, InternalResult.InsufficientFunds));
        Assert.Equal("00", Code(Purchase(4, 40_000, mti: 0x0200), Verdict.Answer, InternalResult.Approved));
        Assert.Equal("51", Code(Purchase(5, 1), Verdict.Answer, InternalResult.InsufficientFunds));
    }

    [Fact]
    public void Full_tables_get_96_and_an_alarm_and_nothing_is_evicted()
    {
        var bench = new Bench(new StateOptions(64, 64, 2, 4, 1, 8) { TombstonesPerLinkMax = 1 });
        Assert.Equal("00", bench.Code(Purchase(1)));
        Assert.Equal("00", bench.Code(Purchase(2)));
        Assert.Equal("96", bench.Code(Purchase(3)));         // No more holds...
        Assert.Equal(InternalResult.TableFull, bench.Transaction.Alarm);
        Assert.Equal("00", bench.Code(Reversal(4, Purchase(99))));
        Assert.Equal("96", bench.Code(Reversal(5, Purchase(98))));  // ...no more tombstones...
        Assert.Equal("00", bench.Code(Purchase(6, mti: 0x0200)));
        Assert.Equal("96", bench.Code(Purchase(7, mti: 0x0200)));   // ...no more keys.
        Assert.Equal(InternalResult.TableFull, bench.Transaction.Alarm);
        Assert.Equal("00", bench.Code(Purchase(1)));
        Assert.Equal(Verdict.Repeat, bench.Transaction.Verdict);
        bench.OpenDay(FirstDay + 1);
        bench.OpenDay(FirstDay + 2);
        Assert.Equal("00", bench.Code(Purchase(7, mti: 0x0200)));
    }

    private static Transaction WithExpiry(Transaction transaction, ushort expiry)
    {
        transaction.Request.Expiry = expiry;
        transaction.Request.Has |= RequestHas.Expiry;
        return transaction;
    }
}

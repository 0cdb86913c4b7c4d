using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

public sealed class RepeatAndReversalTests
{
    private readonly Bench _bench = new();

    private (string Code, InternalResult Result) Send(Transaction transaction)
    {
        var code = _bench.Code(transaction);
        Assert.Equal(_bench.State.HashFromScratch(), _bench.State.Hash);
        return (code, _bench.Transaction.Decided.Result);
    }

    [Theory]
    [InlineData(0x0100, 0x0101)]
    [InlineData(0x0100, 0x0100)]
    [InlineData(0x0200, 0x0201)]
    public void A_repeat_gets_the_first_answer_and_moves_no_money(ushort mti, ushort repeatMti)
    {
        Send(Purchase(1, mti: mti));
        var first = _bench.Transaction.Decided;
        var hash = _bench.State.Hash;
        Assert.Equal("00", Send(Purchase(1, mti: repeatMti)).Code);
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
        Assert.Equal(first.ApprovalCode, _bench.Transaction.Decided.ApprovalCode);
        Assert.Equal(hash, _bench.State.Hash);
    }

    [Fact]
    public void A_repeat_of_an_unknown_original_is_processed_as_new()
    {
        Assert.Equal("00", Send(Purchase(1, mti: 0x0101)).Code);
        Assert.Equal(Verdict.Answer, _bench.Transaction.Verdict);
        Assert.Equal(1_000, _bench.View().HeldMinor);
        Send(Purchase(1));
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
    }

    [Fact]
    public void The_same_key_with_another_body_gets_94_and_an_alarm()
    {
        Send(Purchase(1));
        Assert.Equal(("94", InternalResult.SameKeyOtherBody), Send(Purchase(1, 2_000)));
        Assert.Equal(Verdict.NonAnswer, _bench.Transaction.Verdict);
        Assert.Equal(InternalResult.SameKeyOtherBody, _bench.Transaction.Alarm);
        Assert.Equal(1_000, _bench.View().HeldMinor);
    }

    [Fact]
    public void A_decline_is_remembered_even_when_money_has_come_since()
    {
        Send(Purchase(1, 90_000));
        Assert.Equal("51", Send(Purchase(2, 20_000)).Code);
        Send(Reversal(3, Purchase(1, 90_000)));
        Assert.Equal("51", Send(Purchase(2, 20_000)).Code);
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
    }

    [Fact]
    public void Another_terminal_or_reference_is_another_key()
    {
        Send(Purchase(1));
        Send(Purchase(1, terminal: "TERM0002"));
        Assert.Equal(Verdict.Answer, _bench.Transaction.Verdict);
        Assert.Equal(2_000, _bench.View().HeldMinor);
    }

    [Fact]
    public void Answers_are_kept_for_two_business_dates_whatever_days_lie_between()
    {
        Send(Purchase(1));
        _bench.OpenDay(FirstDay + 3);                        // A weekend.
        Send(Purchase(1));
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
        _bench.OpenDay(FirstDay + 4);
        Send(Purchase(1));
        Assert.Equal(Verdict.Answer, _bench.Transaction.Verdict);
    }

    [Theory]
    [InlineData(0x0100, 0x0420)]
    [InlineData(0x0100, 0x0400)]
    [InlineData(0x0200, 0x0420)]
    [InlineData(0x0200, 0x0401)]
    public void A_reversal_gives_all_back_once(ushort mti, ushort reversalMti)
    {
        var purchase = Purchase(1, mti: mti);
        Send(purchase);
        Assert.Equal(("00", InternalResult.Approved), Send(Reversal(2, purchase, reversalMti)));
        Assert.Equal((100_000, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
        Assert.Equal(("00", InternalResult.AlreadyReversed), Send(Reversal(3, purchase, reversalMti)));
        Assert.Equal("00", Send(Reversal(2, purchase, (ushort)(reversalMti | 1))).Code);
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
        Assert.Equal((100_000, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
    }

    [Fact]
    public void A_reversal_may_name_the_repeat_as_its_original()
    {
        Send(Purchase(1));
        Send(Reversal(2, Purchase(1, mti: 0x0101)));
        Assert.Equal(0, _bench.View().HeldMinor);
    }

    [Fact]
    public void A_reversal_still_works_on_the_next_business_date()
    {
        Send(Purchase(1));
        _bench.OpenDay(FirstDay + 1);
        Send(Reversal(2, Purchase(1)));
        Assert.Equal(0, _bench.View().HeldMinor);
    }

    [Theory]
    [InlineData(0x0420, "00")]
    [InlineData(0x0400, "25")]
    public void A_reversal_before_its_original_makes_the_original_94(ushort mti, string code)
    {
        Assert.Equal((code, InternalResult.OriginalUnknown), Send(Reversal(2, Purchase(1), mti)));
        Assert.Equal((code, InternalResult.OriginalUnknown), Send(Reversal(3, Purchase(1), mti)));
        Assert.Equal(1, _bench.State.Counts.Tombstones);
        Assert.Equal(("94", InternalResult.AfterItsReversal), Send(Purchase(1)));
        Assert.Equal(("94", InternalResult.AfterItsReversal), Send(Purchase(1, mti: 0x0101)));
        Assert.Equal(Verdict.NonAnswer, _bench.Transaction.Verdict);
        Assert.Equal(0, _bench.View().HeldMinor);
    }

    [Fact]
    public void A_reversal_of_a_declined_original_gets_00_and_it_stays_declined()
    {
        Send(Purchase(1, 200_000));
        Assert.Equal(("00", InternalResult.Approved), Send(Reversal(2, Purchase(1, 200_000), 0x0400)));
        Assert.Equal(("00", InternalResult.AlreadyReversed), Send(Reversal(3, Purchase(1, 200_000), 0x0400, stays: 5)));
        Assert.Equal("51", Send(Purchase(1, 200_000)).Code);
        Assert.Equal((100_000, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
    }

    [Theory]
    [InlineData(0x0100)]
    [InlineData(0x0200)]
    public void A_partial_reversal_leaves_what_stays_and_a_full_one_may_follow(ushort mti)
    {
        var purchase = Purchase(1, mti: mti);
        Send(purchase);
        Assert.Equal(("00", InternalResult.Approved), Send(Reversal(2, purchase, stays: 400)));
        Assert.Equal(99_600, _bench.View().AvailableMinor);
        Assert.Equal(("00", InternalResult.AlreadyReversed), Send(Reversal(3, purchase, stays: 400)));
        Assert.Equal(("00", InternalResult.Approved), Send(Reversal(4, purchase)));
        Assert.Equal(100_000, _bench.View().AvailableMinor);
        Assert.Equal(0, _bench.State.Counts.Holds);
    }

    [Theory]
    [InlineData(0x0400, "64", 1_000)]
    [InlineData(0x0400, "64", 1_001)]
    [InlineData(0x0420, "00", 1_001)]
    [InlineData(0x0420, "00", -1)]
    public void A_replacement_that_is_not_below_the_original_releases_nothing(ushort mti, string code, long stays)
    {
        Send(Purchase(1));
        Assert.Equal((code, InternalResult.ReplacementAboveOriginal), Send(Reversal(2, Purchase(1), mti, stays)));
        Assert.Equal(InternalResult.ReplacementAboveOriginal, _bench.Transaction.Alarm);
        Assert.Equal(1_000, _bench.View().HeldMinor);
    }

    [Theory]
    [InlineData(0x0420, "00")]
    [InlineData(0x0400, "25")]
    public void A_reversal_that_names_another_card_undoes_nothing(ushort mti, string code)
    {
        Send(Purchase(1));
        Assert.Equal((code, InternalResult.OriginalOfOtherCard), Send(Reversal(2, Purchase(1), mti, pan: OtherCard)));
        Assert.Equal(1_000, _bench.View().HeldMinor);
        Assert.Equal("00", Send(Purchase(1)).Code);          // The original's repeat still gets its answer.
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
    }

    [Theory]
    [InlineData(0x0420, "00")]
    [InlineData(0x0400, "25")]
    public void Two_possible_originals_of_one_card_are_ambiguous_and_nobody_guesses(ushort mti, string code)
    {
        Send(Purchase(1));
        Send(Purchase(1, terminal: "TERM0002"));
        Assert.Equal((code, InternalResult.OriginalAmbiguous), Send(Reversal(2, Purchase(1), mti)));
        Assert.Equal(InternalResult.OriginalAmbiguous, _bench.Transaction.Alarm);
        Assert.Equal(2_000, _bench.View().HeldMinor);
    }

    [Fact]
    public void Two_originals_under_one_trace_number_are_told_apart_by_the_card()
    {
        Send(Purchase(1));
        Send(Purchase(1, 2_000, pan: OtherCard, terminal: "TERM0002"));
        Send(Reversal(2, Purchase(1, 2_000, pan: OtherCard, terminal: "TERM0002")));
        Assert.Equal((1_000, 0), (_bench.View().HeldMinor, _bench.View(OtherCard).HeldMinor));
    }

    [Fact]
    public void Nobody_reverses_what_another_acquirer_did()
    {
        Send(Purchase(1));
        var other = Changed(Reversal(2, Purchase(1)), t => { t.Request.Acquirer = InstitutionId.Of(400002, 6); return t; });
        Assert.Equal(("00", InternalResult.OriginalUnknown), Send(other));
        Assert.Equal(1_000, _bench.View().HeldMinor);
        Assert.Equal("00", Send(Purchase(1)).Code);
    }

    [Fact]
    public void A_reversal_of_a_reversal_or_of_zeros_finds_nothing_and_leaves_no_tombstone()
    {
        Send(Purchase(1));
        Send(Reversal(2, Purchase(1)));
        Assert.Equal(("00", InternalResult.OriginalUnknown), Send(Reversal(3, Reversal(2, Purchase(1)))));
        var zeros = Changed(Reversal(4, Purchase(1), 0x0400), t => { t.Original = default; return t; });
        Assert.Equal(("25", InternalResult.OriginalUnknown), Send(zeros));
        Assert.Equal(0, _bench.State.Counts.Tombstones);
        Assert.Equal(0, _bench.View().HeldMinor);
    }

    [Fact]
    public void An_authorization_and_its_reversal_may_share_the_trace_number()
    {
        Send(Purchase(1));
        Assert.Equal(("00", InternalResult.Approved), Send(Reversal(1, Purchase(1))));
        Assert.Equal(0, _bench.View().HeldMinor);
    }

    [Fact]
    public void Tombstones_are_bounded_per_link()
    {
        var bench = new Bench(new StateOptions(64, 64, 10, 100, 10, 8) { TombstonesPerLinkMax = 2 });
        for (var stan = 1u; stan <= 2; stan++) Assert.Equal("00", bench.Code(Reversal(stan, Purchase(stan + 50))));
        Assert.Equal("96", bench.Code(Reversal(3, Purchase(53))));
        Assert.Equal(InternalResult.TableFull, bench.Transaction.Alarm);
        bench.Code(Network(1, link: 1));
        var ofOtherLink = Reversal(4, Purchase(54));
        ofOtherLink.LinkIndex = 1;
        Assert.Equal("00", bench.Code(ofOtherLink));
        bench.OpenDay(FirstDay + 1);
        Assert.Equal("96", bench.Code(Reversal(3, Purchase(53))));
        bench.OpenDay(FirstDay + 2);
        Assert.Equal("00", bench.Code(Reversal(3, Purchase(53))));
    }
}

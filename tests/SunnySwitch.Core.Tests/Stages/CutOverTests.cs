using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>While the business date changes: a link that wants it so gets 90 for what is new, and for nothing else.</summary>
public sealed class CutOverTests
{
    private const int Quiet = 2, Seconds = 5;
    private readonly Bench _bench = new();

    [Fact]
    public void From_its_time_before_the_end_until_the_next_date_is_open_new_requests_get_90()
    {
        Assert.Equal("00", At(-Seconds - 1, Purchase(1)));
        var hash = _bench.State.Hash;
        foreach (var seconds in new[] { -Seconds, -1, 0, 30, 90_000 })
        {
            Assert.Equal("90", At(seconds, Purchase(2)));
            Assert.Equal("90", At(seconds, Purchase(2, mti: 0x0200)));
            Assert.Equal((Verdict.NonAnswer, InternalResult.CutOverInProgress), (_bench.Transaction.Verdict, _bench.Transaction.Decided.Result));
        }

        Assert.Equal(hash, _bench.State.Hash);
        var now = _bench.AtCutOver(1);
        _bench.OpenDay(FirstDay + 1);
        _bench.Now = now;
        Assert.Equal("00", Send(Purchase(2)));
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void Reversals_advices_sign_ons_and_what_was_answered_before_are_taken()
    {
        Assert.Equal("00", At(-100, Purchase(1)));
        Assert.Equal("00", At(1, Purchase(1, mti: 0x0101)));
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
        Assert.Equal("90", At(1, Purchase(1, amount: 2)));                 // Another body is no repeat.
        Assert.Equal("00", At(1, Purchase(3, mti: 0x0120)));
        Assert.Equal("00", At(1, Purchase(4, mti: 0x0220)));
        Assert.Equal("00", At(1, Reversal(5, Purchase(1))));
        Assert.Equal("00", At(1, Network(1)));
        Assert.Equal("00", At(1, Network(null)));
    }

    [Fact]
    public void Who_does_not_say_so_is_never_refused() => Assert.Equal("00", At(30, Purchase(1), link: 0));

    [Fact]
    public void A_message_that_is_not_good_has_its_own_code()
    {
        var foreign = Purchase(1);
        foreign.Request.Acquirer = InstitutionId.Of(999999, 6);
        Assert.Equal("31", At(1, foreign));
        Assert.Equal("12", At(1, Purchase(1, mti: 0x0300)));
    }

    private string At(int seconds, Transaction transaction, int link = Quiet)
    {
        _bench.Now = _bench.AtCutOver(seconds);
        return Send(transaction, link);
    }

    private string Send(Transaction transaction, int link = Quiet)
    {
        transaction.LinkIndex = link;
        return _bench.Code(transaction);
    }
}

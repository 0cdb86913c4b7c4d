using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>Fees, other currencies, and the other side of every movement: each currency sums to zero.</summary>
public sealed class ChargeTests
{
    private const ushort Euros = 978, Yen = 392, Dinars = 48;
    private readonly Bench _bench;
    private uint _stan;

    public ChargeTests()
        : this(new Bench(new StateOptions(64, 64, 4_000, 4_000, 4_000, 8)))
    {
    }

    private ChargeTests(Bench bench)
    {
        _bench = bench;
        Activate((Euros, Dollars, Rate.Of(1_083_400, 6)), (Yen, Dollars, Rate.Of(6_543_210, 9)), (Dinars, Dollars, Rate.Of(26_525, 4)));
    }

    private void Activate(params (ushort From, ushort To, Rate Rate)[] all)
    {
        var rates = new RateSet { Count = all.Length };
        Array.Sort(all, (one, other) => RateSet.Order(one.From, one.To).CompareTo(RateSet.Order(other.From, other.To)));
        for (var index = 0; index < all.Length; index++)
        {
            rates.Rates[index] = new RateTerms { From = all[index].From, To = all[index].To, Rate = all[index].Rate };
        }

        rates.Version = _bench.State.RateVersions.Next;
        _bench.Write(JournalKind.RatesActivated, rates);
    }

    private string Send(Transaction transaction)
    {
        var code = _bench.Code(transaction);
        Assert.Equal(_bench.State.HashFromScratch(), _bench.State.Hash);
        Assert.All(_bench.State.LedgerSums(), sum => Assert.Equal(Int128.Zero, sum.Value));
        return code;
    }

    private Transaction Sent(Transaction transaction)
    {
        Assert.Equal("00", Send(transaction));
        return _bench.Transaction;
    }

    private Transaction In(ushort currency, long amount, ushort mti, long fee = 0, uint function = 0) => Changed(Purchase(++_stan, amount, mti), t =>
    {
        t.Request.Currency = currency;
        t.Request.ProcessingCode = function * 10_000;
        if (fee == 0) return t;
        t.Request.Has |= RequestHas.Fee;
        t.Charges.FeeMinor = fee;
        return t;
    });

    private static Transaction Of(in Transaction original, Transaction message)
    {
        var of = original;
        return Changed(message, t =>
        {
            t.Request.Has |= RequestHas.Original;
            t.Original.Mti = of.Decided.Request.Mti;
            t.Original.Stan = of.Decided.Request.Stan;
            t.Original.TraceTime = of.Decided.Request.TraceTime;
            return t;
        });
    }

    [Theory]
    [InlineData(250, 4_250)]
    [InlineData(0, 4_000)]
    [InlineData(-100, 3_900)]
    public void A_hold_keeps_the_fee_that_its_partial_reversal_says_stays(int feeStays, long held)
    {
        var authorized = Sent(In(Dollars, 10_000, 0x0100, fee: 250));
        Assert.Equal(10_250, _bench.View().HeldMinor);
        Assert.Equal("00", Send(Changed(Of(authorized, Purchase(++_stan, 10_000, 0x0420)), t => Stays(t, 4_000, feeStays))));
        Assert.Equal(held, _bench.View().HeldMinor);
        Assert.Empty(_bench.Redecided());
    }

    [Theory]
    [InlineData(10_000, 250, "64")]
    [InlineData(100, -100, "64")]
    [InlineData(9_999, 250, "00")]
    public void What_stays_of_a_hold_with_its_fee_is_less_than_it_was_and_more_than_nothing(long stays, int feeStays, string code)
    {
        var authorized = Sent(In(Dollars, 10_000, 0x0100, fee: 250));
        Assert.Equal(code, Send(Changed(Of(authorized, Purchase(++_stan, 10_000, 0x0400)), t => Stays(t, stays, feeStays))));
    }

    private static Transaction Stays(Transaction transaction, long minor, int fee)
    {
        transaction.Request.Has |= RequestHas.Replacement;
        (transaction.Original.ReplacementMinor, transaction.Original.FeeStaysMinor) = (minor, fee);
        return transaction;
    }

    private long Contra(ContraKind kind, ushort currency) =>
        _bench.State.ContraBalances.Where(each => each.Kind == kind && each.Currency == currency).Sum(each => (long)each.Minor);

    [Theory]
    [InlineData(1_234_567, 6, 10_000, 840, 840, 12_346)]
    [InlineData(1_234_567, 6, -10_000, 840, 840, -12_346)]
    [InlineData(5, 1, 1, 840, 840, 1)]
    [InlineData(4, 1, 1, 840, 840, 0)]
    [InlineData(6_543_210, 9, 1_000, 392, 840, 654)]
    [InlineData(26_525, 4, 1_000, 48, 840, 265)]
    [InlineData(1_528_300, 4, 100, 840, 392, 153)]
    public void A_rate_has_seven_digits_and_its_amounts_their_currencies_decimals(uint digits, int decimals, long minor, ushort from, ushort to, long expected)
    {
        Assert.True(Rate.Of(digits, decimals).TryConvert(minor, from, to, out var converted));
        Assert.Equal(expected, converted);
        Assert.Equal((digits, decimals), (Rate.Of(digits, decimals).Digits, Rate.Of(digits, decimals).Decimals));
    }

    [Fact]
    public void What_sixty_four_bits_do_not_hold_is_not_converted() =>
        Assert.False(Rate.Of(Rate.DigitsMax, 0).TryConvert(long.MaxValue, Dollars, Yen, out _));

    [Fact]
    public void A_purchase_in_euros_is_billed_in_dollars_and_settled_in_euros()
    {
        var purchase = Sent(In(Euros, 10_000, 0x0200));
        Assert.Equal(89_166, _bench.View().LedgerMinor);
        Assert.Equal(10_000, Contra(ContraKind.Settlement, Euros));
        Assert.Equal((-10_000, 10_834), (Contra(ContraKind.Exchange, Euros), Contra(ContraKind.Exchange, Dollars)));
        Sent(Reversal(++_stan, purchase));
        Assert.Equal((100_000, 0, 0), (_bench.View().LedgerMinor, Contra(ContraKind.Settlement, Euros), Contra(ContraKind.Exchange, Dollars)));
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void A_fee_is_paid_beside_the_amount_and_goes_to_the_acquirer_apart()
    {
        var purchase = Sent(In(Dollars, 10_000, 0x0200, fee: 250));
        Assert.Equal((89_750, 10_000, 250), (_bench.View().LedgerMinor, Contra(ContraKind.Settlement, Dollars), Contra(ContraKind.Fees, Dollars)));
        Sent(Reversal(++_stan, purchase, stays: 4_000));
        Assert.Equal((95_750, 4_000, 250), (_bench.View().LedgerMinor, Contra(ContraKind.Settlement, Dollars), Contra(ContraKind.Fees, Dollars)));
        Sent(Reversal(++_stan, purchase));
        Assert.Equal((100_000, 0, 0), (_bench.View().LedgerMinor, Contra(ContraKind.Settlement, Dollars), Contra(ContraKind.Fees, Dollars)));
    }

    [Fact]
    public void A_fee_counts_against_the_funds_and_a_credit_must_not_eat_the_amount_up()
    {
        Assert.Equal("51", Send(In(Dollars, 100_000, 0x0200, fee: 1)));
        Sent(In(Dollars, 100_000, 0x0100, fee: -1));
        Assert.Equal(99_999, _bench.View().HeldMinor);
        Assert.Equal("13", Send(In(Dollars, 100, 0x0200, fee: -100)));
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void A_currency_without_a_rate_and_an_amount_that_comes_to_nothing_get_13()
    {
        Assert.Equal("13", Send(In(826, 1_000, 0x0200)));
        Assert.Equal(InternalResult.BadCurrency, _bench.Transaction.Decided.Result);
        Activate((826, Dollars, Rate.Of(1, 9)));
        Assert.Equal("13", Send(In(826, 1_000, 0x0200)));
        Assert.Equal(InternalResult.BadAmount, _bench.Transaction.Decided.Result);
    }

    [Fact]
    public void An_authorization_keeps_its_rate_until_it_is_captured()
    {
        var authorization = Sent(In(Euros, 10_000, 0x0100));
        Assert.Equal(10_834, _bench.View().HeldMinor);
        Activate((Euros, Dollars, Rate.Of(1_500_000, 6)));
        Assert.Equal("13", Send(Of(authorization, In(Dollars, 1_000, 0x0220))));
        Assert.Equal("64", Send(Of(authorization, In(Euros, 10_003, 0x0220))));
        var completion = Sent(Of(authorization, In(Euros, 10_000, 0x0220)));
        Assert.Equal((89_166, 0, 10_000), (_bench.View().LedgerMinor, _bench.View().HeldMinor, Contra(ContraKind.Settlement, Euros)));
        Sent(Of(completion, In(Euros, 4_000, 0x0200, function: 20)));
        Assert.Equal((93_500, 6_000), (_bench.View().LedgerMinor, Contra(ContraKind.Settlement, Euros)));
        Sent(Reversal(++_stan, completion));
        Assert.Equal((100_000, 10_834, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor, Contra(ContraKind.Settlement, Euros)));
        Sent(Reversal(++_stan, authorization, stays: 5_000));
        Assert.Equal(5_417, _bench.View().HeldMinor);
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void Full_tables_of_contra_accounts_and_charges_get_96_and_move_nothing_and_what_was_taken_can_be_undone()
    {
        foreach (var options in new[]
        {
            new StateOptions(64, 64, 1_000, 1_000, 100, 8) { ContraAccountsMax = 8 },
            new StateOptions(64, 64, 1_000, 1_000, 100, 8) { ChargesMax = 2 },
        })
        {
            var test = new ChargeTests(new Bench(options));
            var taken = new List<Transaction>();
            foreach (var currency in (ushort[])[Euros, Yen, Dinars, Euros, Yen])
            {
                var hash = test._bench.State.Hash;
                var code = test.Send(test.In(currency, 1_000, 0x0200));
                if (code == "00") taken.Add(test._bench.Transaction);
                else Assert.Equal(("96", hash), (code, test._bench.State.Hash));
            }

            Assert.InRange(taken.Count, 1, 4);
            var before = test._bench.State.Hash;
            Assert.Equal("96", test.Send(Of(taken[0], test.In(taken[0].Decided.Request.Currency, 100, 0x0200, function: 20))));
            Assert.Equal(before, test._bench.State.Hash);
            foreach (var each in taken) test.Sent(Reversal(++test._stan, each));
            Assert.Equal(100_000, test._bench.View().LedgerMinor);
        }
    }

    [Fact]
    public void A_repeat_with_another_fee_is_another_body()
    {
        var first = In(Dollars, 1_000, 0x0200, fee: 10);
        Sent(first);
        var other = first;
        other.Charges.FeeMinor = 11;
        Seal(ref other);
        Assert.Equal("94", Send(other));
    }

    [Fact]
    public void What_was_booked_before_there_were_contra_accounts_has_one_other_side()
    {
        Assert.Equal(-200_000, Contra(ContraKind.Funding, Dollars));
        _bench.RestartFromImage();
        Assert.Equal(-200_000, Contra(ContraKind.Funding, Dollars));
        Assert.All(_bench.State.LedgerSums(), sum => Assert.Equal(Int128.Zero, sum.Value));
    }

    [Fact]
    public void The_other_side_of_many_rich_accounts_is_more_than_sixty_four_bits()
    {
        var bench = new Bench(new StateOptions(20_000, 20_000, 1_000, 1_000, 100, 8), empty: true);
        bench.Write(JournalKind.BusinessDateOpened, new BusinessDateOpened { DayNumber = FirstDay });
        var isMade = bench.Desk.TryGenerate(400000, 6, 20_000, 3012, Dollars, CardDesk.OpeningMinorMax, 0, out var range, out var refusal);
        Assert.True(isMade, refusal.ToString());
        bench.Write(JournalKind.CardsGenerated, range);
        Assert.Equal((Int128)CardDesk.OpeningMinorMax * -20_000, Assert.Single(bench.State.ContraBalances).Minor);
        bench.RestartFromImage();
        Assert.All(bench.State.LedgerSums(), sum => Assert.Equal(Int128.Zero, sum.Value));
    }

    [Theory]
    [InlineData(0x0420, 0u, true)]
    [InlineData(0x0200, 2u, true)]
    [InlineData(0x0420, 0u, false)]
    [InlineData(0x0200, 2u, false)]
    public void A_fee_that_the_acquirer_gives_goes_back_to_it(ushort mti, uint function, bool isDomestic)
    {
        var currency = isDomestic ? Dollars : Euros;
        var bought = Sent(In(currency, 10_000, 0x0200, fee: -200));
        Assert.Equal("64", Send(Of(bought, In(currency, 9_801, 0x0200, function: 20))));
        Sent(Of(bought, In(currency, 10_000, mti, function: function)));
        Assert.Equal((100_000L, 0L, 0L), (_bench.View().LedgerMinor, Contra(ContraKind.Fees, currency), Contra(ContraKind.Settlement, currency)));
    }

    [Theory]
    [InlineData(200, "64")]
    [InlineData(1, "64")]
    [InlineData(201, "00")]
    public void No_less_can_stay_of_a_purchase_than_the_fee_that_was_given_for_it(long stays, string code)
    {
        var bought = Sent(In(Dollars, 10_000, 0x0200, fee: -200));
        Assert.Equal(code, Send(Reversal(++_stan, bought, 0x0400, stays)));
        Sent(Reversal(++_stan, bought));
        Assert.Equal(100_000, _bench.View().LedgerMinor);
    }

    [Fact]
    public void What_comes_out_too_large_at_the_account_is_refused()
    {
        Activate((Euros, Dollars, Rate.Of(12, 1)));
        Assert.Equal("13", Send(In(Euros, 999_999_999_999, 0x0220)));
        Assert.Equal("00", Send(In(Euros, 900_000_000_000, 0x0220)));
    }

    [Fact]
    public void A_refund_whose_authorization_is_gone_is_taken_back_whatever_holds_money_in_its_place()
    {
        var code = Sent(In(Dollars, 10_000, 0x0100));
        Sent(Of(code, In(Dollars, 10_000, 0x0220)));
        _bench.OpenDay(FirstDay + 1);
        var refund = Sent(Of(code, In(Dollars, 4_000, 0x0200, function: 20)));
        _bench.OpenDay(FirstDay + 2);
        _bench.Sweep();
        var foreign = Sent(In(Euros, 1_000, 0x0100));
        Assert.Equal(refund.Decided.Hold, foreign.Decided.Hold);
        Sent(Reversal(++_stan, refund));
        Assert.Equal(90_000, _bench.View().LedgerMinor);
    }

    [Fact]
    public void All_that_was_captured_in_a_weak_currency_can_be_refunded_by_the_authorization()
    {
        Activate((Yen, Dollars, Rate.Of(6, 5)));
        var held = Sent(In(Yen, 999_999, 0x0100));
        Sent(Of(held, In(Yen, 999_999, 0x0220)));
        Sent(Of(held, In(Yen, 999_999, 0x0200, function: 20)));
        Assert.Equal(100_000, _bench.View().LedgerMinor);
        Assert.Equal("12", Send(Of(held, In(Yen, 10_000, 0x0200, function: 20))));
    }

    [Fact]
    public void What_was_billed_as_one_minor_unit_goes_back_once_in_however_many_parts()
    {
        Activate((Yen, Dollars, Rate.Of(6, 5)));
        var bought = Sent(In(Yen, 200, 0x0200));
        Assert.Equal(99_999, _bench.View().LedgerMinor);
        var refund = Sent(Of(bought, In(Yen, 50, 0x0200, function: 20)));
        Assert.Equal(100_000, _bench.View().LedgerMinor);
        Assert.Equal("64", Send(Of(bought, In(Yen, 100, 0x0200, function: 20))));
        Sent(Reversal(++_stan, refund, stays: 20));
        Assert.Equal(99_999, _bench.View().LedgerMinor);
        Sent(Reversal(++_stan, refund, stays: 10));
        Sent(Reversal(++_stan, refund));
        Assert.Equal(99_999, _bench.View().LedgerMinor);
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void Where_only_a_fee_is_left_of_a_capture_no_amount_can_stay_of_it()
    {
        var held = Sent(In(Dollars, 1, 0x0100, fee: 2));
        var captured = Sent(Of(held, In(Dollars, 1, 0x0220, fee: 2)));
        Sent(Of(held, In(Dollars, 2, 0x0200, function: 20)));
        Assert.Equal("64", Send(Reversal(++_stan, captured, 0x0400, stays: 5)));
        Sent(Reversal(++_stan, captured, stays: 5));
        Assert.Equal((99_999, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
        Sent(Reversal(++_stan, captured));
        Assert.Equal((100_000, 3), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
    }

    [Fact]
    public void A_void_that_gave_back_a_fee_and_nothing_else_can_be_undone()
    {
        var bought = Sent(In(Dollars, 1_000, 0x0200, fee: 7));
        Sent(Of(bought, In(Dollars, 1_000, 0x0200, function: 20)));
        _bench.OpenDay(FirstDay + 1);
        var voided = Sent(Of(bought, In(Dollars, 1_000, 0x0200, function: 2)));
        Assert.Equal((100_000, 0), (_bench.View().LedgerMinor, Contra(ContraKind.Fees, Dollars)));
        Sent(Reversal(++_stan, voided));
        Assert.Equal((99_993, 7, 0), (_bench.View().LedgerMinor, Contra(ContraKind.Fees, Dollars), Contra(ContraKind.Settlement, Dollars)));
    }

    [Fact]
    public void A_refund_of_all_that_was_paid_leaves_nothing_where_a_fee_was_given()
    {
        Activate((Euros, Dollars, Rate.Of(11, 1)));
        var bought = Sent(In(Euros, 100, 0x0200, fee: -5));
        Assert.Equal(99_895, _bench.View().LedgerMinor);
        Sent(Of(bought, In(Euros, 95, 0x0200, function: 20)));
        Assert.Equal(100_000, _bench.View().LedgerMinor);
    }

    [Fact]
    public void A_fee_that_was_given_is_shared_out_to_the_nearest_minor_unit_too()
    {
        Activate((Euros, Dollars, Rate.Of(11, 1)));
        var held = Sent(In(Euros, 100, 0x0100, fee: -5));
        var captured = Sent(Of(held, In(Euros, 100, 0x0220, fee: -5)));
        Sent(Of(held, In(Euros, 45, 0x0200, function: 20)));
        // Of 105 billed 55 are left, of 100 and -5 so 52 and -3.
        Sent(Reversal(++_stan, captured));
        Assert.Equal((3, -2), (Contra(ContraKind.Settlement, Euros), Contra(ContraKind.Fees, Euros)));
    }

    /// <summary>
    /// Whatever is taken, refunded in part, voided, captured and undone in part, in three currencies with and without fees: at each step every
    /// currency sums to zero, and once all is undone nothing is left anywhere.
    /// </summary>
    [Property(MaxTest = 200)]
    public static void All_that_is_undone_leaves_nothing_anywhere(DoNotSize<int> seed) => new ChargeTests().UndoAll(new Random(seed.Item));

    private void UndoAll(Random random)
    {
        ushort[] currencies = [Dollars, Euros, Yen];
        var open = new List<Transaction>();
        for (var step = 0; step < 60; step++)
        {
            var currency = currencies[random.Next(currencies.Length)];
            var fee = random.Next(3) == 0 ? random.Next(-90, 90) : 0;
            var amount = random.Next(100, 6_000);
            var kind = random.Next(8);
            var original = open.Count > 0 ? open[random.Next(open.Count)] : default;
            var mti = random.Next(2) == 0 ? (ushort)0x0220 : (ushort)0x0200;
            var message = kind switch
            {
                _ when kind < 3 || open.Count == 0 => In(currency, amount, random.Next(2) == 0 ? (ushort)0x0200 : (ushort)0x0100, fee),
                3 => Of(original, In(original.Decided.Request.Currency, amount, 0x0200, function: 20)),
                4 => Of(original, In(original.Decided.Request.Currency, amount, mti, fee)),
                5 => Reversal(++_stan, original, stays: random.Next(0, 3_000)),
                6 => Reversal(++_stan, open[^1]),                  // What was last: nothing follows it.
                _ => Of(original, In(original.Decided.Request.Currency, amount, 0x0100, fee)),
            };
            if (Send(message) != "00" || _bench.Transaction.Decided.Effect is EffectKind.None or EffectKind.Reversed) continue;
            open.Add(_bench.Transaction);
        }

        for (var index = open.Count - 1; index >= 0; index--) Send(Reversal(++_stan, open[index]));
        Assert.Equal((100_000, 0), (_bench.View().LedgerMinor, _bench.View().HeldMinor));
        Assert.All(_bench.State.ContraBalances.Where(each => each.Kind != ContraKind.Funding), each => Assert.Equal((Int128.Zero, each), (each.Minor, each)));
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        Assert.Empty(_bench.Redecided());
    }
}

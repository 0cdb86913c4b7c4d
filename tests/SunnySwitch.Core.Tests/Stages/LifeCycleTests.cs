using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>What follows an authorization, and every step that is not allowed, with its code.</summary>
public sealed class LifeCycleTests
{
    private readonly Bench _bench = new();
    private uint _stan;

    private (string Code, InternalResult Result) Send(Transaction transaction)
    {
        var code = _bench.Code(transaction);
        Assert.Equal(_bench.State.HashFromScratch(), _bench.State.Hash);
        return (code, _bench.Transaction.Decided.Result);
    }

    private Transaction Sent(Transaction transaction)
    {
        Assert.Equal("00", Send(transaction).Code);
        return _bench.Transaction;
    }

    private Transaction Authorize(long amount = 10_000, RequestHas says = RequestHas.None) =>
        Sent(Changed(Purchase(++_stan, amount), t => With(t, says)));

    private static Transaction With(Transaction transaction, RequestHas says)
    {
        transaction.Request.Has |= says;
        return transaction;
    }

    private Transaction Of(in Transaction original, ushort mti, long amount, uint function = 0, RequestHas says = RequestHas.None)
    {
        var (of, stan) = (original, ++_stan);
        return Changed(Purchase(stan, amount, mti), t =>
        {
            t.Request.Pan = of.Decided.Request.Pan;
            t.Request.ProcessingCode = function * 10_000;
            t.Request.Has |= RequestHas.Original | says;
            t.Original.Mti = of.Decided.Request.Mti;
            t.Original.Stan = of.Decided.Request.Stan;
            t.Original.TraceTime = of.Decided.Request.TraceTime;
            return t;
        });
    }

    private Transaction ByCode(uint code, ushort mti, long amount, uint function = 0, RequestHas says = RequestHas.None) =>
        Changed(Purchase(++_stan, amount, mti), t =>
        {
            t.Request.ProcessingCode = function * 10_000;
            t.Request.Has |= RequestHas.ApprovalCode | says;
            t.Original.ApprovalCode = code;
            return t;
        });

    private (long Ledger, long Held) Balances => (_bench.View().LedgerMinor, _bench.View().HeldMinor);

    private void Days(int days)
    {
        for (var day = 0; day < days; day++) _bench.OpenDay(_bench.State.BusinessDay + 1);
    }

    [Fact]
    public void An_authorization_is_captured_by_its_approval_code_long_after_its_answer_is_forgotten()
    {
        var code = Authorize(says: RequestHas.PreAuthorization).Decided.ApprovalCode;
        Days(20);
        _bench.Restart();
        Assert.Equal(("00", InternalResult.Approved), Send(ByCode(code, 0x0220, 9_000)));
        Assert.Equal((91_000, 0), Balances);
        Assert.Equal(code, _bench.Transaction.Decided.ApprovalCode);
        _bench.RestartFromImage();
        Assert.Equal(("25", InternalResult.AuthorizationCompleted), Send(ByCode(code, 0x0220, 1_000)));
    }

    [Fact]
    public void A_completion_after_expiry_gets_25_and_moves_nothing_swept_or_not()
    {
        var code = Authorize().Decided.ApprovalCode;
        Days(SwitchState.HoldDaysUsual);
        Assert.Equal(("25", InternalResult.AuthorizationExpired), Send(ByCode(code, 0x0220, 9_000, says: RequestHas.Completion)));
        Assert.Equal(("25", InternalResult.AuthorizationExpired), Send(ByCode(code, 0x0100, 9_000, says: RequestHas.Increment)));
        Assert.Equal((100_000, 10_000), Balances);
        _bench.Sweep();
        Assert.Equal((100_000, 0), Balances);
        Assert.Equal(("25", InternalResult.AuthorizationUnknown), Send(ByCode(code, 0x0220, 9_000, says: RequestHas.Completion)));
        Assert.Equal((100_000, 0), Balances);
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void An_increment_makes_an_authorization_live_longer()
    {
        var code = Authorize().Decided.ApprovalCode;
        Sent(ByCode(code, 0x0100, 500));
        Days(SwitchState.HoldDaysUsual);
        _bench.Sweep();
        Assert.Equal((100_000, 10_500), Balances);
        Days(SwitchState.PreAuthorizationDaysUsual - SwitchState.HoldDaysUsual);
        _bench.Sweep();
        Assert.Equal((100_000, 0), Balances);
    }

    [Fact]
    public void A_hold_of_a_journal_before_there_was_expiry_ends_with_its_answer()
    {
        var decided = Authorize().Decided;
        var old = new Bench();
        var payload = new byte[DecidedV1.Bytes];
        var v1 = new DecidedV1
        {
            Pan = decided.Request.Pan,
            KeyPrimary = 77,
            Mti = 0x0100,
            Result = InternalResult.Approved,
            Code = ResponseCode.Approved,
            Effect = EffectKind.HoldOpened,
            HeldDelta = 700,
            Hold = 0,
            OriginalKey = 0,
        };
        System.Runtime.InteropServices.MemoryMarshal.Write(payload, in v1);
        old.State.Apply(JournalKind.Decided, 1, 100, old.Now, payload);
        Assert.Equal(700, old.View().HeldMinor);
        void Open(int days, long sequence)
        {
            var date = new BusinessDateOpened { DayNumber = FirstDay + days };
            old.State.Apply(JournalKind.BusinessDateOpened, 1, sequence, old.Now, System.Runtime.InteropServices.MemoryMarshal.AsBytes([date]));
        }

        var (cursor, over) = (0, default(HoldsExpired));
        Open(1, 101);
        old.State.FindOver(ref cursor, 50, ref over);
        Assert.Equal((-1, 0), (cursor, over.Count));
        Open(2, 102);
        cursor = 0;
        old.State.FindOver(ref cursor, 50, ref over);
        Assert.Equal((1, 700L), (over.Count, over.Items[0].AmountMinor));
    }

    [Fact]
    public void Completions_in_parts_leave_the_rest_held_until_the_last()
    {
        var authorization = Authorize();
        Sent(Of(authorization, 0x0220, 3_000, says: RequestHas.MoreFollow));
        Assert.Equal((97_000, 7_000), Balances);
        Sent(Of(authorization, 0x0220, 4_000, says: RequestHas.MoreFollow));
        Assert.Equal((93_000, 3_000), Balances);
        Assert.Equal(("64", InternalResult.CompletionAboveAuthorized), Send(Of(authorization, 0x0220, 3_001)));
        Sent(Of(authorization, 0x0220, 1_000));
        Assert.Equal((92_000, 0), Balances);
        Assert.Equal(("25", InternalResult.AuthorizationCompleted), Send(Of(authorization, 0x0220, 1)));
    }

    [Fact]
    public void A_category_allows_more_than_was_authorized_and_never_twice()
    {
        var rules = new RuleSet { CategoryCount = 1 };
        rules.Categories[0] = new CategoryTerms { From = 5812, To = 5814, TolerancePermille = 200 };
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
        var authorization = Sent(Changed(Purchase(++_stan, 10_000), t =>
        {
            t.Request.MerchantCategory = 5813;
            return t;
        }));
        Assert.Equal("64", Send(Of(authorization, 0x0220, 12_001)).Code);
        Sent(Of(authorization, 0x0220, 11_000, says: RequestHas.MoreFollow));
        Assert.Equal("64", Send(Of(authorization, 0x0220, 1_001)).Code);
        Sent(Of(authorization, 0x0220, 1_000));
        Assert.Equal((88_000, 0), Balances);
    }

    [Fact]
    public void What_is_captured_above_the_hold_needs_funds_where_it_is_asked_for_and_none_where_it_is_told()
    {
        var rules = new RuleSet { CategoryCount = 1 };
        rules.Categories[0] = new CategoryTerms { From = 0, To = 9_999, TolerancePermille = 1_000 };
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
        var authorization = Authorize(60_000);
        Assert.Equal(("51", InternalResult.InsufficientFunds), Send(Of(authorization, 0x0200, 100_001)));
        Sent(Of(authorization, 0x0220, 100_001));
        Assert.Equal((-1, 0), Balances);
    }

    [Fact]
    public void A_completion_undone_holds_again_what_it_had_held_even_if_that_was_spent_since()
    {
        var authorization = Authorize(60_000, RequestHas.PreAuthorization);
        var completion = Sent(Of(authorization, 0x0220, 10_000));
        Assert.Equal((90_000, 0), Balances);
        Authorize(90_000);
        Sent(Reversal(++_stan, completion));
        Assert.Equal((100_000, 150_000), Balances);
        Assert.Equal(-50_000, _bench.View().AvailableMinor);
        Sent(Of(authorization, 0x0220, 60_000));
        Assert.Equal((40_000, 90_000), Balances);
    }

    [Fact]
    public void Refunds_and_reversals_together_never_give_back_more_than_was_taken()
    {
        var purchase = Sent(Purchase(++_stan, 10_000, 0x0200));
        var refund = Sent(Of(purchase, 0x0200, 4_000, function: 20));
        Assert.Equal(("64", InternalResult.RefundAboveCaptured), Send(Of(purchase, 0x0200, 6_001, function: 20)));
        Sent(Reversal(++_stan, purchase));
        Assert.Equal((100_000, 0), Balances);
        Assert.Equal(("00", InternalResult.AlreadyReversed), Send(Reversal(++_stan, purchase)));
        Assert.Equal(("64", InternalResult.RefundAboveCaptured), Send(Of(purchase, 0x0200, 1, function: 20)));
        Sent(Reversal(++_stan, refund));
        Assert.Equal((96_000, 0), Balances);
        Sent(Of(purchase, 0x0200, 4_000, function: 20));
        Assert.Equal((100_000, 0), Balances);
    }

    [Fact]
    public void A_void_undoes_before_the_cut_over_and_refunds_after_it()
    {
        var first = Sent(Purchase(++_stan, 10_000, 0x0200));
        Sent(Of(first, 0x0200, 0, function: 2));
        Assert.Equal(EffectKind.Reversed, _bench.Transaction.Decided.Effect);
        var second = Sent(Purchase(++_stan, 20_000, 0x0200));
        Days(1);
        var refunded = Sent(Of(second, 0x0200, 0, function: 2));
        Assert.Equal((EffectKind.Refunded, 20_000L), (refunded.Decided.Effect, refunded.Decided.LedgerDelta));
        Assert.Equal((100_000, 0), Balances);
        Assert.Equal(("00", InternalResult.AlreadyReversed), Send(Of(second, 0x0200, 0, function: 2)));
        Assert.Equal((100_000, 0), Balances);
    }

    [Theory]
    [InlineData(0x0400, "12")]
    [InlineData(0x0420, "00")]
    public void A_void_cannot_be_undone(ushort mti, string code)
    {
        var purchase = Sent(Purchase(++_stan, 10_000, 0x0200));
        var voided = Sent(Of(purchase, 0x0200, 0, function: 2));
        Assert.Equal((code, InternalResult.CannotBeUndone), Send(Reversal(++_stan, voided, mti)));
        Assert.Equal((100_000, 0), Balances);
    }

    [Fact]
    public void An_advice_is_taken_whatever_the_funds_and_the_card_and_an_unknown_card_is_not()
    {
        _bench.AddCard("4012888888881881", 100, status: CardStatus.Blocked, hot: HotReason.Stolen);
        Assert.Equal(("00", InternalResult.AdviceTaken), Send(Purchase(++_stan, 500, 0x0220, "4012888888881881")));
        Assert.Equal(("00", InternalResult.AdviceTaken), Send(Purchase(++_stan, 700, 0x0120, "4012888888881881")));
        var view = _bench.View("4012888888881881");
        Assert.Equal((-400, 700, -1_100), (view.LedgerMinor, view.HeldMinor, view.AvailableMinor));
        Assert.Equal(("14", InternalResult.UnknownCard), Send(Purchase(++_stan, 500, 0x0220, "4000000000000002")));
    }

    [Fact]
    public void An_advice_that_comes_after_its_reversal_is_acknowledged_and_moves_nothing()
    {
        var advice = Purchase(++_stan, 500, 0x0220);
        Assert.Equal(("00", InternalResult.OriginalUnknown), Send(Reversal(++_stan, advice)));
        Assert.Equal(("00", InternalResult.AdviceAfterItsReversal), Send(advice));
        Assert.Equal("00", Send(Changed(advice, t =>
        {
            t.Request.Mti |= 1;
            return t;
        })).Code);
        Assert.Equal(Verdict.Repeat, _bench.Transaction.Verdict);
        Assert.Equal((100_000, 0), Balances);
    }

    [Fact]
    public void A_part_is_approved_only_for_goods_and_only_where_terminal_and_product_take_it()
    {
        Transaction Part(uint function) => Changed(Purchase(++_stan, 150_000), t =>
        {
            t.Request.ProcessingCode = function * 10_000;
            t.Request.Has |= RequestHas.PartialOk;
            return t;
        });

        Assert.Equal("51", Send(Part(1)).Code);
        Assert.Equal("51", Send(Purchase(++_stan, 150_000)).Code);
        var part = Part(0);
        Assert.Equal(("10", InternalResult.ApprovedInPart), Send(part));
        Assert.Equal((100_000, 100_000), Balances);
        Assert.Equal("51", Send(Part(0)).Code);
        Assert.Equal("10", Send(part).Code);
        Assert.Equal((Verdict.Repeat, 100_000L), (_bench.Transaction.Verdict, _bench.Transaction.Decided.CountedMinor));
        Sent(Reversal(++_stan, part));
        Assert.Equal((100_000, 0), Balances);
        var rules = new RuleSet { ProductCount = 1 };
        rules.Products[0] = new ProductTerms { BinFrom = 476_173, BinTo = 476_173, Operations = uint.MaxValue };
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
        Assert.Equal("51", Send(Part(0)).Code);
    }

    [Theory]
    [InlineData("merchant", "03", InternalResult.AcceptorHot)]
    [InlineData("terminal", "03", InternalResult.AcceptorHot)]
    [InlineData("BIN", "04", InternalResult.HotPickUp)]
    [InlineData("category", "58", InternalResult.CategoryRefused)]
    [InlineData("country", "58", InternalResult.CountryRefused)]
    [InlineData("refund", "58", InternalResult.RefundNotLinked)]
    [InlineData("product", "57", InternalResult.NotForProduct)]
    [InlineData("abroad", "57", InternalResult.NotAbroad)]
    [InlineData("fallback", "05", InternalResult.FallbackRefused)]
    [InlineData("track", "12", InternalResult.TrackMismatch)]
    public void The_rules_refuse_a_place_and_a_product(string what, string code, InternalResult result)
    {
        var rules = new RuleSet { CategoryCount = 1, ProductCount = 1, CountryCount = 1, Flags = RuleFlags.NoUnlinkedRefunds };
        rules.Categories[0] = new CategoryTerms { From = 7995, To = 7995, Flags = CategoryFlags.Refused };
        rules.Products[0] = new ProductTerms
        {
            BinFrom = 476_173,
            BinTo = 476_173,
            HomeCountry = 840,
            RefuseFallback = 1,
            Operations = uint.MaxValue & ~(1U << (int)Operation.Cash),
        };
        rules.Countries[0] = 408;
        rules.HotCount = 5;
        rules.Hot[0] = new HotTerms { Subject = HotSubject.Merchant, Acquirer = 400001 };
        "BADMERCHANT"u8.CopyTo(rules.Hot[0].Id);
        rules.Hot[1] = new HotTerms { Subject = HotSubject.Terminal, Acquirer = 400001, From = FirstDay, To = FirstDay };
        "BADTERM"u8.CopyTo(rules.Hot[1].Id);
        rules.Hot[2] = new HotTerms { Subject = HotSubject.Terminal, Acquirer = 400002 };
        "TERM0001"u8.CopyTo(rules.Hot[2].Id);
        rules.Hot[3] = new HotTerms { Subject = HotSubject.Terminal, Acquirer = 400001, From = FirstDay + 1 };
        "TERM0001"u8.CopyTo(rules.Hot[3].Id);
        rules.Hot[4] = new HotTerms { Subject = HotSubject.Bin, Reason = HotReason.PickUp, BinFrom = 541_333, BinTo = 541_334 };
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
        Assert.Equal("00", Send(Purchase(++_stan)).Code);
        var refused = Changed(Purchase(++_stan, mti: 0x0200), t =>
        {
            if (what == "merchant") Fill(t.Request.CardAcceptor = default, "BADMERCHANT    ", out t.Request.CardAcceptor);
            if (what == "terminal") Fill(t.Request.Terminal = default, "BADTERM ", out t.Request.Terminal);
            if (what == "BIN") return With(Purchase(_stan, mti: 0x0200, pan: OtherCard), RequestHas.None);
            if (what == "category") t.Request.MerchantCategory = 7995;
            if (what == "country") t.Request.AcquirerCountry = 408;
            if (what == "refund") t.Request.ProcessingCode = 200_000;
            if (what == "product") t.Request.ProcessingCode = 10_000;
            if (what == "track") t.Request.Has |= RequestHas.TrackDiffers;
            if (what == "fallback") (t.Request.ServiceCode, t.Request.EntryMode) = (201, 801);
            if (what == "abroad") t.Request.AcquirerCountry = 56;
            return t;
        });
        Assert.Equal((code, result), Send(refused));
        Assert.Empty(_bench.Redecided());
    }

    private static void Fill(Text16 empty, string text, out Text16 filled)
    {
        System.Text.Encoding.ASCII.GetBytes(text, empty);
        filled = empty;
    }

    [Theory]
    [InlineData(0x0220, 0u)]
    [InlineData(0x0200, 2u)]
    [InlineData(0x0420, 0u)]
    public void What_has_to_name_something_and_does_not_is_a_format_error(ushort mti, uint function)
    {
        var message = Changed(Purchase(++_stan, 100, mti), t =>
        {
            t.Request.ProcessingCode = function * 10_000;
            t.Request.Has |= RequestHas.Completion;
            return t;
        });
        Assert.Equal("30", _bench.Code(message));
        Assert.Equal(Verdict.NonAnswer, _bench.Transaction.Verdict);
    }

    /// <summary>A row: an original and what became of it. A cell: the answer to a step that names it.</summary>
    private const string ByOriginal = """
        state        | increment        | completion       | refund             | void               | 0400               | 0420
        open         | 00 Approved      | 00 Approved      | 12 NotRefundable   | 00 Approved        | 00 Approved        | 00 Approved
        completed    | 25 AuthCompleted | 25 AuthCompleted | 00 Approved        | 25 AuthCompleted   | 25 AuthCompleted   | 00 AuthCompleted
        reversed     | 25 AuthUnknown   | 25 AuthUnknown   | 12 NotRefundable   | 00 AlreadyReversed | 00 AlreadyReversed | 00 AlreadyReversed
        over         | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        forgotten    | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        posted       | 12 NotAnAuth     | 12 NotAnAuth     | 00 Approved        | 00 Approved        | 00 Approved        | 00 Approved
        declined     | 12 NotAnAuth     | 12 NotAnAuth     | 12 NotRefundable   | 00 Approved        | 00 Approved        | 00 Approved
        a refund     | 12 NotAnAuth     | 12 NotAnAuth     | 12 NotRefundable   | 00 Approved        | 00 Approved        | 00 Approved
        an increment | 00 Approved      | 00 Approved      | 12 NotRefundable   | 00 Approved        | 00 Approved        | 00 Approved
        a completion | 12 NotAnAuth     | 12 NotAnAuth     | 00 Approved        | 00 Approved        | 00 Approved        | 00 Approved
        a reversal   | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        a void       | 12 NotAnAuth     | 12 NotAnAuth     | 12 NotRefundable   | 12 CannotBeUndone  | 12 CannotBeUndone  | 00 CannotBeUndone
        """;

    private const string ByApprovalCode = """
        state        | increment        | completion       | refund                 | void               | 0400               | 0420
        open         | 00 Approved      | 00 Approved      | 64 RefundAboveCaptured | 00 Approved        | 00 Approved        | 00 Approved
        completed    | 25 AuthCompleted | 25 AuthCompleted | 00 Approved            | 25 AuthCompleted   | 25 AuthCompleted   | 00 AuthCompleted
        reversed     | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        over         | 25 AuthExpired   | 25 AuthExpired   | 64 RefundAboveCaptured | 00 Approved        | 00 Approved        | 00 Approved
        forgotten    | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        posted       | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        declined     | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        a refund     | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        an increment | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        a completion | 25 AuthCompleted | 25 AuthCompleted | 00 Approved            | 25 AuthCompleted   | 25 AuthCompleted   | 00 AuthCompleted
        a reversal   | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        a void       | 25 AuthUnknown   | 25 AuthUnknown   | 25 OriginalUnknown     | 25 OriginalUnknown | 25 OriginalUnknown | 00 OriginalUnknown
        """;

    [Theory]
    [InlineData(ByOriginal, false)]
    [InlineData(ByApprovalCode, true)]
    public void Every_step_has_its_answer_in_every_state_and_moves_money_only_where_it_is_approved(string table, bool isByCode)
    {
        var lines = table.Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal((13, 7), (lines.Count, lines[0].Length));
        foreach (var row in lines.Skip(1))
        {
            for (var column = 1; column < row.Length; column++)
            {
                var (state, step) = (row[0], lines[0][column]);
                Assert.Equal((state, step, row[column]), (state, step, new LifeCycleTests().Answer(step, state, isByCode)));
            }
        }
    }

    private string Answer(string step, string state, bool isByCode)
    {
        var original = In(state);
        var (mti, function, says) = step switch
        {
            "increment" => ((ushort)0x0100, 0u, RequestHas.Increment),
            "completion" => ((ushort)0x0220, 0u, RequestHas.Completion),
            "refund" => ((ushort)0x0200, 20u, RequestHas.None),
            "void" => ((ushort)0x0200, 2u, RequestHas.None),
            _ => (Convert.ToUInt16(step, 16), 0u, RequestHas.None),
        };
        var before = Balances;
        var message = isByCode ? ByCode(original.Decided.ApprovalCode, mti, 1_000, function, says) : Of(original, mti, 1_000, function, says);
        var (code, result) = Send(message);
        var moves = result == InternalResult.Approved && state != "declined";
        Assert.Equal(moves, before != Balances);
        return $"{code} {result.ToString().Replace("Authorization", "Auth", StringComparison.Ordinal)}";
    }

    private Transaction In(string state)
    {
        var what = state switch
        {
            "posted" => Sent(Purchase(++_stan, 10_000, 0x0200)),
            "declined" => Declined(),
            _ => Authorize(),
        };
        if (state == "completed") Sent(Of(what, 0x0220, 10_000, says: RequestHas.Completion));
        if (state == "reversed") Sent(Of(what, 0x0420, 10_000));
        if (state is "over" or "forgotten") Days(SwitchState.HoldDaysUsual);
        if (state == "forgotten") _bench.Sweep();
        return state switch
        {
            "a refund" => Sent(Of(Sent(Purchase(++_stan, 10_000, 0x0200)), 0x0200, 1_000, function: 20)),
            "an increment" => Sent(Of(what, 0x0100, 1_000, says: RequestHas.Increment)),
            "a completion" => Sent(Of(what, 0x0220, 10_000, says: RequestHas.Completion)),
            "a reversal" => Sent(Of(what, 0x0420, 10_000)),
            "a void" => Sent(Of(what, 0x0200, 10_000, function: 2)),
            _ => what,
        };
    }

    private Transaction Declined()
    {
        Assert.Equal("51", Send(Purchase(++_stan, 1_000_000)).Code);
        return _bench.Transaction;
    }

    [Fact]
    public void Another_acquirer_finds_nothing_by_an_approval_code()
    {
        var code = Authorize().Decided.ApprovalCode;
        var foreign = Changed(ByCode(code, 0x0200, 1_000), t =>
        {
            t.Request.Acquirer = InstitutionId.Of(400002, 6);
            return t;
        });
        Assert.Equal(("25", InternalResult.AuthorizationUnknown), Send(foreign));
    }

    [Theory]
    [InlineData(0x0100, 0u, RequestHas.Increment)]
    [InlineData(0x0220, 0u, RequestHas.None)]
    [InlineData(0x0200, 20u, RequestHas.None)]
    public void A_full_table_of_steps_gets_96_and_moves_nothing(ushort mti, uint function, RequestHas says)
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 100, 8) { StepsMax = 1 });
        _stan = 10;
        bench.Code(Purchase(1, 1_000));
        Assert.Equal("00", bench.Code(Of(Purchase(1), 0x0100, 10, says: RequestHas.Increment)));
        bench.Code(Purchase(90, 1_000, 0x0200));
        var hash = bench.State.Hash;
        var original = function == 20 ? Purchase(90, 1_000, 0x0200) : Purchase(1);
        Assert.Equal("96", bench.Code(Of(original, mti, 10, function, says)));
        Assert.Equal(hash, bench.State.Hash);
    }
}

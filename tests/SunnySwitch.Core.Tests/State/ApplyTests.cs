using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Core.Tests.Stages;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.State;

public sealed class ApplyTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void An_unknown_kind_or_version_or_size_stops_the_process()
    {
        Stops((JournalKind)99, 1, new byte[8]);
        Stops(JournalKind.Decided, Decided.Version + 1, new byte[Decided.PlainBytes]);
        Stops(JournalKind.Decided, 3, new byte[Decided.RuledBytes]);
        Stops(JournalKind.CardAdded, 2, new byte[64]);
        Stops(JournalKind.CardAdded, 1, new byte[63]);
        Stops(JournalKind.Decided, 1, new byte[DecidedV1.Bytes + 1]);
        Stops(JournalKind.Decided, 2, new byte[Decided.PlainBytes + 1]);
    }

    [Fact]
    public void What_operators_say_in_another_size_or_version_stops_the_process()
    {
        (JournalKind Kind, byte[] Payload)[] said =
        [
            (JournalKind.AcceptorSet, Bytes(new AcceptorSet { Acquirer = 1, Status = AcceptorStatus.Active })),
            (JournalKind.PaymentStopped, Bytes(new PaymentStopped { Pan = PlainTokens.Of(Card), Kind = StopKind.AllOrders })),
            (JournalKind.CardAddressed, Bytes(new CardAddressed { Pan = PlainTokens.Of(Card), Address = new AddressChecks { Postal = 1 } })),
            (JournalKind.CardPinSet, Bytes(new CardPinSet { Pan = PlainTokens.Of(Card), Method = PinMethod.Pvv, Value = 4UL << 56 })),
        ];
        var hash = _bench.State.Hash;
        foreach (var (kind, payload) in said)
        {
            Stops(kind, 0, payload);
            Stops(kind, 2, payload);
            Stops(kind, 1, payload[..^1]);
            Stops(kind, 1, [.. payload, 0]);
            Assert.Equal(hash, _bench.State.Hash);
            _bench.WriteBytes(kind, payload);                // As it should be, it is taken.
            Assert.NotEqual(hash, _bench.State.Hash);
            hash = _bench.State.Hash;
        }
    }

    [Fact]
    public void A_PIN_or_an_address_of_an_unknown_card_stops_the_process()
    {
        var hash = _bench.State.Hash;
        var unknown = PlainTokens.Of("4000000000000002");
        Stops(JournalKind.CardPinSet, 1, Bytes(new CardPinSet { Pan = unknown, Method = PinMethod.Pvv, Value = 4UL << 56 }));
        Stops(JournalKind.CardAddressed, 1, Bytes(new CardAddressed { Pan = unknown }));
        Stops(JournalKind.CardChanged, 2, Bytes(new CardChanged { Pan = unknown, Status = CardStatus.Active }));
        Assert.Equal(hash, _bench.State.Hash);
    }

    [Fact]
    public void Frames_about_the_journal_itself_change_nothing()
    {
        var hash = _bench.State.Hash;
        foreach (var kind in new[] { JournalKind.HashAt, JournalKind.BatchChain, JournalKind.Truncated })
        {
            _bench.WriteBytes(kind, [1, 2, 3]);
        }

        Assert.Equal(hash, _bench.State.Hash);
    }

    [Fact]
    public void A_frame_is_applied_once_and_in_order()
    {
        var (kind, sequence, payload, _) = _bench.Frames[^1];
        Assert.Throws<StopToProtectDataException>(() => _bench.State.Apply(kind, VersionOf(kind), sequence, default, payload));
    }

    [Fact]
    public void A_hold_slot_that_is_not_the_next_stops_the_process()
    {
        var transaction = Purchase(1);
        _bench.Decider.Decide(ref transaction, default, _bench.NextSequence);
        transaction.Decided.Hold++;
        Stops(JournalKind.Decided, Decided.Version, PayloadOf(in transaction));
    }

    [Fact]
    public void Money_that_is_not_there_stops_the_process()
    {
        var transaction = Purchase(1);
        _bench.Decider.Decide(ref transaction, default, _bench.NextSequence);
        transaction.Decided.HeldDelta = 100_001;
        Stops(JournalKind.Decided, Decided.Version, PayloadOf(in transaction));
    }

    [Fact]
    public void Another_token_key_or_an_old_epoch_stops_the_process()
    {
        Stops(JournalKind.EpochStarted, 1, Bytes(new EpochStarted { Epoch = 2, TokenKeyCheck = 6 }));
        Stops(JournalKind.EpochStarted, 1, Bytes(new EpochStarted { Epoch = 1, TokenKeyCheck = 5 }));
        Stops(JournalKind.BusinessDateOpened, 1, Bytes(new BusinessDateOpened { DayNumber = FirstDay }));
    }

    [Fact]
    public void A_ciphertext_of_another_frame_an_unknown_card_or_an_older_key_stops_the_process()
    {
        PanSealed Sealed(string pan, long sequence, uint epoch = 1, uint key = 2) => new()
        {
            Pan = PlainTokens.Of(pan),
            Sealed = new SealedPan { DataKey = key, Epoch = epoch, Sequence = sequence },
        };
        _bench.Write(JournalKind.PanSealed, Sealed(Card, _bench.NextSequence));
        Assert.Equal(1, _bench.State.SealedPanCount);
        Assert.Equal(_bench.State.Hash, _bench.State.HashFromScratch());
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
        var next = _bench.NextSequence + 1000;               // Where Stops applies.
        Stops(JournalKind.PanSealed, 1, Bytes(Sealed(Card, next - 1)));
        Stops(JournalKind.PanSealed, 1, Bytes(Sealed(Card, next, epoch: 2)));
        Stops(JournalKind.PanSealed, 1, Bytes(Sealed(Card, next, key: 1)));
        Stops(JournalKind.PanSealed, 1, Bytes(Sealed(Card, next, key: 0)));
        Stops(JournalKind.PanSealed, 1, Bytes(Sealed("4111111111111111", next)));
    }

    [Fact]
    public void Slots_are_taken_again_in_the_same_order_after_a_restart()
    {
        for (var stan = 1u; stan <= 5; stan++) _bench.Code(Purchase(stan));
        _bench.Code(Reversal(6, Purchase(2)));
        _bench.Code(Reversal(7, Purchase(4)));
        _bench.Restart();
        _bench.Code(Purchase(8));
        Assert.Equal(3, _bench.Transaction.Decided.Hold);    // The slot of STAN 4: freed last, taken first.
        _bench.Code(Purchase(9));
        Assert.Equal(1, _bench.Transaction.Decided.Hold);
        Assert.Equal(_bench.State.Hash, _bench.Fold().Hash);
    }

    [Fact]
    public void Deciding_changes_nothing_and_gives_the_same_again()
    {
        var hash = _bench.State.Hash;
        var transaction = Purchase(1);
        for (var pass = 0; pass < 4; pass++) _bench.State.Prefetch(in transaction.Request, pass);
        _bench.Decider.Decide(ref transaction, default, 77);
        var first = PayloadOf(in transaction);
        _bench.Decider.Decide(ref transaction, default, 77);
        Assert.Equal(first, PayloadOf(in transaction));
        Assert.Equal(hash, _bench.State.Hash);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deciding_and_applying_allocate_nothing(bool hasLimits)
    {
        var bench = new Bench(new StateOptions(64, 64, 100_000, 100_000, 100, 8));
        var rules = LimitTests.Rules(
        [
            LimitTests.Limit(1, LimitSubject.Card, count: 1_000_000, amount: 1_000_000),
            LimitTests.Limit(2, LimitSubject.Account, count: 1_000_000, minutes: 60),
            LimitTests.Limit(3, LimitSubject.Merchant, amount: 1_000_000, minutes: 5), LimitTests.Limit(4, LimitSubject.Terminal, count: 1_000_000),
        ]);
        rules.Version = 1;
        if (hasLimits) bench.Write(JournalKind.RulesActivated, rules);
        bench.State.Apply(JournalKind.BatchChain, 1, 1_000, default, []);
        var purchase = Purchase(1, 1);
        Run(bench, purchase, 2_000, 2_000);                            // Warm: tiers and statics.
        var round = 0;
        Assert.Equal(0, Allocated.Least(() =>
        {
            round++;
            Run(bench, purchase, (uint)round * 10_000, round * 10_000);
        }));
    }

    private static void Run(Bench bench, Transaction purchase, uint firstStan, long firstSequence)
    {
        for (var count = 0u; count < 3_000; count++)
        {
            purchase.Request.Stan = firstStan + count;
            Seal(ref purchase);
            for (var pass = 0; pass < bench.State.PrefetchPasses; pass++) bench.State.Prefetch(in purchase.Request, pass);
            var verdict = bench.Decider.Decide(ref purchase, default, firstSequence + count);
            if (verdict != Verdict.Answer || purchase.Decided.Code != ResponseCode.Approved) throw new InvalidOperationException();
            var payload = Decided.FixedPart(in purchase.Decided);
            bench.State.Apply(JournalKind.Decided, Decided.Version, firstSequence + count, default, payload);
        }
    }

    private static byte[] Bytes<T>(T payload) where T : unmanaged => MemoryMarshal.AsBytes([payload]).ToArray();

    private void Stops(JournalKind kind, ushort version, byte[] payload) =>
        Assert.Throws<StopToProtectDataException>(
            () => _bench.State.Apply(kind, version, _bench.NextSequence + 1000, default, payload));
}

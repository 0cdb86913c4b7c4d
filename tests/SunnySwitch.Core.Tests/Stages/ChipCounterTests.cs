using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>The counter of a chip: a right cryptogram pays once, whatever became of the payment, and survives restarts.</summary>
public sealed class ChipCounterTests : IDisposable
{
    private readonly Bench _bench = new();
    private uint _stan;

    public void Dispose() => _bench.AssertSound();

    [Fact]
    public void A_cryptogram_pays_once_and_its_repeat_is_a_repeat()
    {
        Assert.Equal("00", Pay(26));
        var repeat = WithChip(Purchase(_stan, mti: 0x0101), 26);
        Assert.Equal((Verdict.Repeat, "00"), (_bench.Send(ref repeat), repeat.Decided.Code.ToString()));
        Assert.Equal(("82", InternalResult.CounterSeen), (Pay(26), Result));
        Assert.Equal((26, 26, ProofFlags.Counter | ProofFlags.WasKnown), Proved);
        Assert.Equal("00", Pay(27));
        Assert.Equal((27, 26, ProofFlags.Counter | ProofFlags.WasKnown | ProofFlags.Moves), Proved);
    }

    [Fact]
    public void What_comes_late_is_taken_once_as_far_as_it_is_remembered()
    {
        foreach (ushort counter in new ushort[] { 100, 99, 36, 103 }) Assert.Equal("00", Pay(counter));
        foreach (ushort counter in new ushort[] { 100, 99, 103, 36, 38 }) Assert.Equal(("82", InternalResult.CounterSeen), (Pay(counter), Result));
        foreach (ushort counter in new ushort[] { 39, 101, 102 }) Assert.Equal("00", Pay(counter));
        foreach (ushort counter in new ushort[] { 39, 101, 102 }) Assert.Equal("82", Pay(counter));
        Assert.Equal("00", Pay(167));                                       // 103 is the last that is remembered.
        Assert.Equal(["82", "00", "82"], [Pay(103), Pay(104), Pay(104)]);
    }

    [Fact]
    public void It_is_taken_of_declines_too_but_not_where_the_cryptogram_is_not_right_or_was_not_looked_at()
    {
        Assert.Equal("51", Pay(10, amount: 1_000_000));
        Assert.Equal("82", Pay(10));
        Assert.Equal(("82", InternalResult.CryptogramWrong), (Pay(500, SecurityVerdict.Wrong), Result));
        Assert.Equal("88", Pay(501, SecurityVerdict.Fault));
        Assert.Equal("00", Pay(502, SecurityVerdict.Unable));
        Assert.Equal("00", _bench.Code(Purchase(++_stan)));                 // By the stripe.
        Assert.Equal("00", Pay(11));
        Assert.Equal(10, Proved.Before);
    }

    [Fact]
    public void Reversals_completions_and_advices_do_not_look_at_it()
    {
        Assert.Equal("00", Pay(20));
        var original = Purchase(_stan);
        Assert.Equal("00", _bench.Code(WithChip(Reversal(++_stan, original), 20)));
        Assert.Equal("00", _bench.Code(WithChip(Purchase(++_stan, mti: 0x0120), 20)));
        Assert.Equal("00", Pay(21));
        var code = _bench.Transaction.Decided.ApprovalCode;
        var completion = Changed(Purchase(++_stan, mti: 0x0200), t =>
        {
            t.Request.Has |= RequestHas.ApprovalCode | RequestHas.Completion;
            t.Original.ApprovalCode = code;
            return t;
        });
        Assert.Equal("00", _bench.Code(WithChip(completion, 21)));
        Assert.Equal(["82", "00"], [Pay(21), Pay(22)]);
    }

    [Fact]
    public void Each_card_and_each_of_its_chips_counts_for_itself()
    {
        Assert.Equal("00", Pay(1_000));
        Assert.Equal("00", Pay(5, sequence: 2));
        Assert.Equal("00", Pay(6, pan: OtherCard));
        Assert.Equal(["82", "82", "82"], [Pay(1_000), Pay(5, sequence: 2), Pay(6, pan: OtherCard)]);
        Assert.Equal(3, _bench.State.ChipCounters.Count);
    }

    [Fact]
    public void A_counter_may_be_ahead_as_far_as_is_usual_or_as_the_product_says()
    {
        Assert.Equal("00", Pay(1));
        Assert.Equal(("82", InternalResult.CounterAhead), (Pay(1 + RuleSet.CounterJumpUsual + 1), Result));
        Assert.Equal("00", Pay(1 + RuleSet.CounterJumpUsual));
        Say(10);                                                            // 16 are taken.
        Assert.Equal(["82", "00"], [Pay(4_114), Pay(4_113)]);
        Say(0);
        Assert.Equal(["00", "00", "00"], [Pay(65_535), Pay(65_535), Pay(3)]);
        Say(16);
        Assert.Equal(["82", "82"], [Pay(65_535), Pay(4)]);
    }

    [Fact]
    public void It_survives_snapshots_and_restarts_and_is_in_the_hash()
    {
        var before = _bench.State.Hash;
        foreach (ushort counter in new ushort[] { 7, 9 }) Assert.Equal("00", Pay(counter));
        Assert.NotEqual(before, _bench.State.Hash);
        _bench.RestartFromImage();
        Assert.Equal(["82", "82", "00", "82"], [Pay(7), Pay(9), Pay(8), Pay(8)]);
        _bench.Restart();
        Assert.Equal(["82", "82", "82", "00"], [Pay(7), Pay(8), Pay(9), Pay(10)]);
    }

    [Fact]
    public void Where_no_more_chips_can_be_remembered_a_new_one_gets_96_and_the_known_go_on()
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 100, 8) { ChipCountersMax = 1 });
        Assert.Equal("00", bench.Code(WithChip(Purchase(1), 1)));
        Assert.Equal("96", bench.Code(WithChip(Purchase(2, pan: OtherCard), 1)));
        Assert.Equal((Verdict.NonAnswer, InternalResult.TableFull), (bench.Transaction.Verdict, bench.Transaction.Alarm));
        Assert.Equal("00", bench.Code(WithChip(Purchase(3), 2)));
        Assert.Equal("00", bench.Code(Purchase(4, pan: OtherCard)));
    }

    [Fact]
    public void Taking_a_counter_allocates_nothing()
    {
        var bench = new Bench();
        var payment = WithChip(Purchase(1, 1), 1);
        var (first, count) = (bench.NextSequence, 0);
        void Hundred()
        {
            for (var end = count + 100; count < end; count++)
            {
                payment.Request.Stan = (uint)count;
                Seal(ref payment);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(((Span<byte>)payment.Evidence.Chip)[^2..], (ushort)(count + 1));
                bench.Decider.Decide(ref payment, bench.Now, first + count);
                bench.State.ApplyDecision(in payment.Decided, in payment.Original, in payment.Charges, first + count, bench.Now);
            }
        }

        Hundred();
        Assert.Equal(0, Allocated.Least(Hundred));
        Assert.Equal((600, true), (payment.Decided.Proof.Highest, payment.Decided.Proof.Has(ProofFlags.Moves)));
    }

    [Fact]
    public void What_is_remembered_is_what_a_set_of_all_counters_would_say()
    {
        var random = new Random(16);
        for (var run = 0; run < 200; run++)
        {
            var entry = new ChipCounterEntry();
            var seen = new HashSet<int>();
            var highest = 0;
            for (var step = 0; step < 100; step++)
            {
                var counter = (ushort)Math.Clamp(highest + random.Next(-80, step % 10 == 0 ? 200 : 8), 1, 65_535);
                var isSeen = seen.Count > 0 && (seen.Contains(counter) || counter < highest - 64);
                Assert.Equal(isSeen, entry.HasSeen(counter));
                if (isSeen) continue;
                (entry.Highest, entry.SeenBelow) = entry.With(counter);
                entry.Used = 1;
                seen.Add(counter);
                highest = Math.Max(highest, counter);
                Assert.Equal(highest, entry.Highest);
            }
        }
    }

    private (int Counter, int Before, ProofFlags Flags) Proved =>
        (_bench.Transaction.Decided.Proof.Counter, _bench.Transaction.Decided.Proof.HighestBefore,
            _bench.Transaction.Decided.Proof.Flags & ~ProofFlags.Words);

    private InternalResult Result => _bench.Transaction.Decided.Result;

    private string Pay(
        int counter, SecurityVerdict verdict = SecurityVerdict.Right, long amount = 1_000, string pan = Card, ushort sequence = 1) =>
        _bench.Code(WithChip(Purchase(++_stan, amount, pan: pan), (ushort)counter, verdict, sequence));

    private void Say(int jump)
    {
        var rules = new RuleSet { ProductCount = 1 };
        Encoding.ASCII.GetBytes("chips", rules.Name);
        rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
        rules.SetCounterJump(0, jump);
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
    }
}

using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>What terminal and chip say beside a right cryptogram: bits that the product refuses, and a chip that declined.</summary>
public sealed class ChipWordsTests : IDisposable
{
    private readonly Bench _bench = new();
    private uint _stan;

    public void Dispose() => _bench.AssertSound();

    [Fact]
    public void Each_bit_refuses_where_the_product_has_it_and_no_other_bit_does()
    {
        Say(Refused);
        for (var bit = 0; bit < 8 * Bytes5.Count; bit++)
        {
            var expected = bit == 2 ? ("05", InternalResult.ChipRisk) : ("00", InternalResult.Approved);
            Assert.Equal(expected, (Pay((ref evidence) => evidence.Chip[Evidence.TerminalAt + (bit / 8)] = (byte)(1 << (bit % 8))), Result));
        }

        for (var bit = 0; bit < 64; bit++)
        {
            var expected = bit == (8 * 5) + 5 ? "05" : "00";               // Byte 4 + 2 of tag 9F10, from 1.
            Assert.Equal(expected, Pay((ref evidence) => evidence.ApplicationData[bit / 8] = (byte)(1 << (bit % 8))));
        }
    }

    [Fact]
    public void Without_rules_or_for_another_product_nothing_is_refused()
    {
        Assert.Equal("00", Pay(All));
        Say(Refused, bin: 400000);
        Assert.Equal("00", Pay(All));
        Say(default);
        Assert.Equal("00", Pay(All));
    }

    [Fact]
    public void Bytes_that_the_application_data_do_not_have_refuse_nothing()
    {
        Say(Refused);
        Assert.Equal("05", Pay((ref evidence) => (evidence.ApplicationData[5], evidence.ApplicationDataBytes) = (0x20, 6)));
        Assert.Equal("00", Pay((ref evidence) => (evidence.ApplicationData[5], evidence.ApplicationDataBytes) = (0x20, 5)));
        var atTheEnd = new ChipTerms { ChipAt = 8 };
        (atTheEnd.Chip[0], atTheEnd.Chip[1]) = (0x01, 0xFF);
        Say(atTheEnd);
        Assert.Equal("00", Pay((ref evidence) => (evidence.ApplicationData[8], evidence.ApplicationDataBytes) = (0xFF, 9)));
        Assert.Equal("05", Pay((ref evidence) => (evidence.ApplicationData[7], evidence.ApplicationDataBytes) = (0x01, 9)));
    }

    [Fact]
    public void A_chip_that_declined_is_not_overruled_and_other_kinds_of_cryptograms_are_good()
    {
        (byte, string)[] kinds = [(0x00, "05"), (0x0F, "05"), (0x40, "00"), (0x80, "00"), (0x8F, "00")];
        foreach (var (kind, code) in kinds) Assert.Equal(code, Pay((ref evidence) => (evidence.HasKind, evidence.Kind) = (true, kind)));
        Assert.Equal("05", Pay((ref evidence) => (evidence.HasKind, evidence.Kind) = (true, 0x00)));
        Assert.Equal(InternalResult.ChipDeclined, Result);
    }

    [Fact]
    public void What_is_said_counts_only_with_a_right_cryptogram_and_the_counter_is_used_up_by_it()
    {
        Say(Refused);
        Assert.Equal(("05", InternalResult.ChipRisk), (Pay(All), Result));
        var counter = _counter;
        Assert.Equal(("82", InternalResult.CounterSeen), (Pay(All, counter: counter), Result));
        Assert.Equal(("82", InternalResult.CryptogramWrong), (Pay(All, SecurityVerdict.Wrong), Result));
        Assert.Equal("00", Pay(All, SecurityVerdict.Unable));
    }

    [Fact]
    public void It_is_in_the_frame_and_a_new_rule_can_be_tried_on_it()
    {
        Assert.Equal("00", Pay(All));
        var proof = _bench.Transaction.Decided.Proof;
        Assert.Equal("FFFFFFFFFF FFFFFFFFFFFFFFFF 80", $"{Convert.ToHexString(proof.Terminal)} {Convert.ToHexString(proof.Chip)} {proof.Kind:X2}");
        var rules = Rules(Refused, 476173);
        Assert.True(rules.Chips[0].Refuses(in proof));
    }

    [Fact]
    public void Rules_of_before_have_no_such_terms_and_the_hash_that_they_had()
    {
        var rules = Rules(default, 476173);
        rules.Version = 1;
        var payload = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<RuleSet>(in rules));
        var (before, other) = (new Bench(), new Bench());
        before.State.Apply(JournalKind.RulesActivated, PayloadVersion.Three, before.NextSequence, before.Now, payload[..RuleSet.BytesV3]);
        other.State.Apply(JournalKind.RulesActivated, PayloadVersion.Four, other.NextSequence, other.Now, payload);
        Assert.Equal(before.State.Hash, other.State.Hash);
        Assert.False(RuleSet.TryRead(PayloadVersion.Three, payload, out _));
        Assert.False(RuleSet.TryRead(PayloadVersion.Four, payload[..RuleSet.BytesV3], out _));
        Assert.False(RuleSet.TryRead(5, payload, out _));
    }

    private delegate void Change(ref Evidence evidence);

    private static void All(ref Evidence evidence)
    {
        ((Span<byte>)evidence.Chip).Slice(Evidence.TerminalAt, Bytes5.Count).Fill(0xFF);
        ((Span<byte>)evidence.ApplicationData).Fill(0xFF);
        (evidence.HasKind, evidence.Kind) = (true, 0x80);
    }

    private int _counter;

    private InternalResult Result => _bench.Transaction.Decided.Result;

    private string Pay(Change change, SecurityVerdict verdict = SecurityVerdict.Right, int counter = 0)
    {
        _counter = counter == 0 ? _counter + 1 : counter;
        var payment = WithChip(Purchase(++_stan, 1), (ushort)_counter, verdict);
        ref var evidence = ref payment.Evidence;
        ((Span<byte>)evidence.Chip)[..^2].Clear();
        ((Span<byte>)evidence.ApplicationData).Clear();
        (evidence.HasKind, evidence.Kind, evidence.ApplicationDataBytes) = (false, 0, 32);
        change(ref evidence);
        return _bench.Code(payment);
    }

    private static RuleSet Rules(ChipTerms terms, uint bin)
    {
        var rules = new RuleSet { ProductCount = 1 };
        Encoding.ASCII.GetBytes("chips", rules.Name);
        rules.Products[0] = new ProductTerms { BinFrom = bin, BinTo = bin, Operations = uint.MaxValue };
        rules.Chips[0] = terms;
        return rules;
    }

    private void Say(ChipTerms terms, uint bin = 476173)
    {
        var rules = Rules(terms, bin);
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
    }
}

using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>The key serial number of a device: a PIN is good once, whatever became of the payment, and that survives restarts.</summary>
public sealed class DeviceSerialTests : IDisposable
{
    private const string Device = "FFFF9876543210E", OtherDevice = "FFFF9876543212E";
    private const int OtherLink = 3;
    private readonly Bench _bench = new();
    private uint _stan;

    public void Dispose() => _bench.AssertSound();

    [Fact]
    public void A_PIN_is_good_once_and_its_repeat_is_a_repeat()
    {
        Assert.Equal("00", Pay(2));
        Assert.Equal((2U, 0U, SerialFlags.Counter | SerialFlags.Moves), Numbered);
        var repeat = WithPin(Purchase(_stan, mti: 0x0101), Ksn(2));
        Assert.Equal((Verdict.Repeat, "00"), (_bench.Send(ref repeat), repeat.Decided.Code.ToString()));
        Assert.Equal(("63", InternalResult.PinReplayed), (Pay(2), Result));
        Assert.Equal((2U, 2U, SerialFlags.Counter | SerialFlags.WasKnown), Numbered);
        Assert.Equal("63", Pay(1));
        Assert.Equal("00", Pay(3));
        Assert.Equal((3U, 2U, SerialFlags.Counter | SerialFlags.WasKnown | SerialFlags.Moves), Numbered);
    }

    [Fact]
    public void Of_one_that_was_used_nobody_learns_whether_its_PIN_is_right_and_no_try_is_counted()
    {
        Assert.Equal(("55", 1), (Pay(5, SecurityVerdict.Wrong), _bench.View().PinTries));
        Assert.Equal(("63", 1), (Pay(5, SecurityVerdict.Wrong), _bench.View().PinTries));
        Assert.Equal(("63", 1), (Pay(5), _bench.View().PinTries));
        Assert.Equal(("00", 0), (Pay(6), _bench.View().PinTries));
    }

    [Fact]
    public void It_is_taken_of_declines_too_wherever_they_come_from_but_not_where_the_PIN_could_not_be_read()
    {
        Assert.Equal(["51", "63"], [Pay(10, amount: 1_000_000), Pay(10)]);
        var function = Changed(Purchase(++_stan), t =>
        {
            t.Request.ProcessingCode = 990000;
            return t;
        });
        Assert.Equal("40", _bench.Code(WithPin(function, Ksn(11))));        // Before anybody asks for the PIN.
        Assert.Equal("63", Pay(11));
        Assert.Equal("81", Pay(500, SecurityVerdict.Malformed));
        Assert.Equal("86", Pay(501, SecurityVerdict.Unable));
        Assert.Equal("63", Pay(502, SecurityVerdict.Replayed));
        Assert.Equal("00", _bench.Code(Purchase(++_stan)));
        Assert.Equal("00", Pay(12));
        Assert.Equal(11U, Numbered.Before);
    }

    [Fact]
    public void Each_device_of_each_zone_counts_for_itself()
    {
        Assert.Equal("00", Pay(9));
        Assert.Equal("00", Pay(2, device: OtherDevice));
        Assert.Equal("00", _bench.Code(WithPin(Purchase(++_stan), Ksn(3), link: OtherLink)));     // Another's keys, numbered alike.
        Assert.Equal("00", _bench.Code(WithPin(Purchase(++_stan), "FFFF9876543210E000000001")));  // AES: another device.
        Assert.Equal(["63", "63"], [Pay(8), Pay(1, device: OtherDevice)]);
        Assert.Equal("63", _bench.Code(WithPin(Purchase(++_stan), Ksn(3), link: OtherLink)));
        Assert.Equal("63", _bench.Code(WithPin(Purchase(++_stan), "FFFF9876543210E000000001")));
        Assert.Equal(4, _bench.State.DeviceSerials.Count);
    }

    [Theory]
    [InlineData("FFFF9876543210FFF800", "FFFF9876543210FFF800")]
    [InlineData("1234567890123456FFFF0000", "123456789012345600000003")]
    public void After_its_last_counter_a_device_is_exhausted(string last, string next)
    {
        Assert.Equal("00", _bench.Code(WithPin(Purchase(++_stan), last)));
        Assert.False(_bench.Transaction.Decided.Serial.IsExhausted);
        Assert.Equal("63", _bench.Code(WithPin(Purchase(++_stan), next)));
        Assert.True(_bench.Transaction.Decided.Serial.IsExhausted);
    }

    [Fact]
    public void It_survives_snapshots_and_restarts_and_is_in_the_hash()
    {
        var before = _bench.State.Hash;
        Assert.Equal("00", Pay(7));
        Assert.NotEqual(before, _bench.State.Hash);
        _bench.RestartFromImage();
        Assert.Equal(["63", "63", "00"], [Pay(7), Pay(6), Pay(8)]);
        _bench.Restart();
        Assert.Equal(["63", "00"], [Pay(8), Pay(9)]);
    }

    [Fact]
    public void Where_no_more_devices_can_be_remembered_a_new_one_gets_96_and_the_known_go_on()
    {
        var bench = new Bench(new StateOptions(64, 64, 1000, 1000, 100, 8) { DevicesMax = 1 });
        Assert.Equal("00", bench.Code(WithPin(Purchase(1), Ksn(1))));
        Assert.Equal("96", bench.Code(WithPin(Purchase(2), Ksn(1, OtherDevice))));
        Assert.Equal((Verdict.NonAnswer, InternalResult.TableFull), (bench.Transaction.Verdict, bench.Transaction.Alarm));
        Assert.Equal("00", bench.Code(WithPin(Purchase(3), Ksn(2))));
        Assert.Equal("00", bench.Code(Purchase(4)));
    }

    [Fact]
    public void Taking_a_number_allocates_nothing()
    {
        var bench = new Bench();
        var payment = WithPin(Purchase(1, 1), Ksn(1));
        var (first, count) = (bench.NextSequence, 0);
        void Hundred()
        {
            for (var end = count + 100; count < end; count++)
            {
                payment.Request.Stan = (uint)count;
                Seal(ref payment);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(((Span<byte>)payment.Evidence.Ksn)[8..], (ushort)(count + 1));
                bench.Decider.Decide(ref payment, bench.Now, first + count);
                bench.State.ApplyDecision(in payment.Decided, in payment.Original, in payment.Charges, first + count, bench.Now);
            }
        }

        Hundred();
        Assert.Equal(0, Allocated.Least(Hundred));
        Assert.Equal((600U, true), (payment.Decided.Serial.Counter, payment.Decided.Serial.Has(SerialFlags.Moves)));
    }

    [Fact]
    public void It_is_the_last_of_a_payload_and_no_version_before_has_it()
    {
        Assert.Equal("00", Pay(3));
        foreach (var has in new[] { RequestHas.None, RequestHas.Original, RequestHas.Fee, RequestHas.Proof, RequestHas.Original | RequestHas.Fee })
        {
            var whole = _bench.Transaction;
            whole.Request.Has |= has;
            var payload = PayloadOf(in whole);
            Assert.True(Decided.TryRead(Decided.Version, payload, out var decided, out _, out _));
            Assert.Equal((3U, whole.Decided.Serial.Device), (decided.Serial.Counter, decided.Serial.Device));
            foreach (ushort version in new ushort[] { 2, 3, 4 }) Assert.False(Decided.TryRead(version, payload, out _, out _, out _));
            Assert.False(Decided.TryRead(Decided.Version, payload.AsSpan(..^1), out _, out _, out _));
            Assert.False(Decided.TryRead(Decided.Version, payload.AsSpan(..^Serial.Bytes), out _, out _, out _));
            Assert.False(Decided.TryRead(Decided.Version, [.. payload, 0], out _, out _, out _));
        }

        Assert.Equal("00", _bench.Code(Purchase(++_stan)));
        Assert.Equal(Decided.PlainBytes, PayloadOf(in _bench.Transaction).Length);
    }

    private (uint Counter, uint Before, SerialFlags Flags) Numbered =>
        (_bench.Transaction.Decided.Serial.Counter, _bench.Transaction.Decided.Serial.HighestBefore, _bench.Transaction.Decided.Serial.Flags);

    private InternalResult Result => _bench.Transaction.Decided.Result;

    private static string Ksn(int counter, string device = Device) => $"{device}{counter:X5}";

    private string Pay(int counter, SecurityVerdict verdict = SecurityVerdict.Right, long amount = 1_000, string device = Device) =>
        _bench.Code(WithPin(Purchase(++_stan, amount), Ksn(counter, device), verdict));
}

using Xunit;

// These tests need both cores to themselves, as far as the machine lets them.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace SunnySwitch.Disruptor.Tests;

/// <summary>Each harness is shown its own bug first: a control that is not caught fails the test, since then a pass means nothing.</summary>
public sealed class LitmusTests
{
    private const int Events = 60_000;
    private const int Rounds = 100_000;

    [Fact]
    public void A_sequence_is_never_seen_before_its_slot()
    {
        Assert.Equal(Verdict.Caught, Until(Verdict.Caught, () => Slots(many: false, PublishThenWrite)));
        Assert.Equal(Verdict.Clean, Until(Verdict.Clean, () => Slots(many: false, WriteThenPublish)));
    }

    [Fact]
    public void With_many_producers_a_claimed_slot_is_not_taken_for_a_published_one()
    {
        Assert.Equal(Verdict.Caught, Until(Verdict.Caught, () => Slots(many: true, WriteLateThenPublish, isClaimedEnough: true)));
        Assert.Equal(Verdict.Clean, Until(Verdict.Clean, () => Slots(many: true, WriteLateThenPublish)));
    }

    private static Verdict Slots(bool many, Action<RingBuffer<Slot>, long> send, bool isClaimedEnough = false)
    {
        var wait = new SpinThenParkWaitStrategy();
        var ring = Rings.Make(many, 64, wait);
        // The bug of many producers: the barrier does not ask what is published.
        var barrier = isClaimedEnough ? new SequenceBarrier(wait, [ring.CursorSequence]) : ring.NewBarrier();
        return Litmus.SlotsBeforeSequence(ring, barrier, many ? 2 : 1, send, Events);
    }

    [Fact]
    public void Of_a_waker_and_a_waiter_at_least_one_sees_the_others_store_given_a_full_fence()
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "store buffering needs two cores to show");
        // Release order alone lets the load overtake the store.
        Assert.Equal(Verdict.Caught, Until(Verdict.Caught, () => Litmus.StoreThenLoad<Release>(Rounds)));
        Assert.Equal(Verdict.Clean, Until(Verdict.Clean, () => Litmus.StoreThenLoad<Volatile>(Rounds)));
        Assert.Equal(Verdict.Clean, Until(Verdict.Clean, () => Litmus.StoreThenLoad<ReleaseAndFence>(Rounds))); // As publish and the parking lot do it.
    }

    // On a busy machine the two threads seldom run at once: again, as long as nothing was seen that settles it.
    private static Verdict Until(Verdict wanted, Func<Verdict> look)
    {
        var seen = Verdict.Inconclusive;
        for (var attempt = 0; attempt < 10 && seen != wanted && (seen == Verdict.Inconclusive || wanted == Verdict.Caught); attempt++) seen = look();
        return seen;
    }

    [Theory, InlineData(true), InlineData(false)]
    public void No_sleeper_is_forgotten(bool futex)
    {
        Assert.Equal(Verdict.Caught, Until(Verdict.Caught, () =>
        {
            using var broken = new FlagAfterLook();
            return Litmus.NoLostWakeUp(broken, 10_000);
        }));
        Assert.Equal(Verdict.Clean, Until(Verdict.Clean, () => Litmus.NoLostWakeUp(new SpinThenParkWaitStrategy(0, futex && Futex.IsSupported), 10_000)));
    }

    private static void WriteThenPublish(RingBuffer<Slot> ring, long highest) => ring.Send(highest, 2);

    private static void WriteLateThenPublish(RingBuffer<Slot> ring, long highest)
    {
        if (highest % 32 == 1) Thread.Yield(); // Claimed, not written: the moment in which the control goes wrong.
        else Thread.SpinWait(10);
        ring.Send(highest, 2);
    }

    private static void PublishThenWrite(RingBuffer<Slot> ring, long highest)
    {
        ring.Publish(highest - 1, highest);
        Thread.SpinWait(30); // The bug's window, wide enough for a busy machine.
        ring[highest - 1].Sequence = highest - 1;
        ring[highest].Sequence = highest;
    }

    private struct Release : IStore
    {
        public readonly void Store(Sequence sequence, long value) => sequence.SetValue(value);
    }

    private struct Volatile : IStore
    {
        public readonly void Store(Sequence sequence, long value) => sequence.SetValueVolatile(value);
    }

    private struct ReleaseAndFence : IStore
    {
        public readonly void Store(Sequence sequence, long value)
        {
            sequence.SetValue(value);
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>The control of the sleepers: looks, then raises its flag, and sleeps without a second look.</summary>
    private sealed class FlagAfterLook : IWaitStrategy, IDisposable
    {
        private readonly ManualResetEventSlim _event = new(initialState: false, spinCount: 0);
        private volatile bool _asleep;

        public long WaitFor(long sequence, SequenceBarrier barrier)
        {
            while (true)
            {
                if (barrier.IsAlerted) throw AlertException.Instance;
                var available = barrier.AvailableFrom(sequence);
                if (available >= sequence) return available;
                Thread.SpinWait(50); // The window: what is published here wakes nobody.
                Thread.Yield();
                _event.Reset();
                _asleep = true;
                _event.Wait();
                _asleep = false;
            }
        }

        public void SignalAllWhenBlocking()
        {
            if (_asleep) _event.Set();
        }

        public void Dispose() => _event.Dispose();
    }
}

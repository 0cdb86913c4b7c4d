using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Disruptor.Tests;

internal enum Verdict
{
    /// <summary>All rounds were run and nothing was wrong.</summary>
    Clean,

    /// <summary>The bug was seen.</summary>
    Caught,

    /// <summary>Time ran out before enough rounds. Not a pass, for subject or control.</summary>
    Inconclusive,
}

/// <summary>One way to make a position visible.</summary>
internal interface IStore
{
    void Store(Sequence sequence, long value);
}

/// <summary>
/// Looks for bugs that only show when two threads meet at the wrong moment. Each harness is trusted only because a control with
/// the known bug is caught by it.
/// </summary>
internal static class Litmus
{
    private const int SpinsMax = 100_000;
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(6);

    /// <summary>A slot that a consumer sees is the slot that was written for that sequence.</summary>
    /// <param name="ring">A ring of at least 8 slots.</param>
    /// <param name="barrier">What the consumer goes by.</param>
    /// <param name="producers">Number of threads that send.</param>
    /// <param name="send">Writes and publishes a claim of 2, right or wrong.</param>
    /// <param name="events">Events that make the run count.</param>
    public static Verdict SlotsBeforeSequence(
        RingBuffer<Slot> ring, SequenceBarrier barrier, int producers, Action<RingBuffer<Slot>, long> send, int events)
    {
        var caught = false;
        var consumer = ring.Consume(barrier, (slot, sequence) => caught |= slot.Sequence != sequence);
        ring.AddGatingSequences(consumer.Sequence);
        var deadline = Stopwatch.GetTimestamp() + (long)(s_budget.TotalSeconds * Stopwatch.Frequency);
        var crew = new Crew();
        for (var producer = 0; producer < producers; producer++)
        {
            crew.Start("producer", () =>
            {
                while (ring.Cursor < events && !Volatile.Read(ref caught) && Stopwatch.GetTimestamp() < deadline)
                {
                    send(ring, ring.Next(2));
                }
            });
        }
        var consuming = new Crew().Start("consumer", consumer.Run);
        crew.Join();
        consumer.Halt();
        consuming.Join();
        if (caught) return Verdict.Caught;
        return consumer.Sequence.Value >= events ? Verdict.Clean : Verdict.Inconclusive;
    }

    /// <summary>
    /// Store buffering: of two threads that store their own sequence and then load the other's, at least one sees the store.
    /// This is what waker and waiter rely on.
    /// </summary>
    /// <typeparam name="TStore">The store under test; a struct, since a call through a delegate would hide the race.</typeparam>
    public static Verdict StoreThenLoad<TStore>(int rounds) where TStore : struct, IStore
    {
        Sequence left = new(), right = new(), leftReady = new(), rightReady = new();
        var leftSaw = new long[rounds];
        var rightSaw = new long[rounds];
        var deadline = Stopwatch.GetTimestamp() + (long)(s_budget.TotalSeconds * Stopwatch.Frequency);
        int leftDone = 0, rightDone = 0;
        new Crew()
            .Start("left", () => leftDone = Side<TStore>(0, left, right, leftReady, rightReady, leftSaw, 2_654_435_761, deadline))
            .Start("right", () => rightDone = Side<TStore>(1, right, left, rightReady, leftReady, rightSaw, 2_246_822_519, deadline))
            .Join();
        for (var round = 0; round < Math.Min(leftDone, rightDone); round++)
        {
            if (leftSaw[round] < round && rightSaw[round] < round) return Verdict.Caught;
        }
        return leftDone == rounds && rightDone == rounds ? Verdict.Clean : Verdict.Inconclusive;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Side<TStore>(
        int core, Sequence own, Sequence other, Sequence ownReady, Sequence otherReady, long[] saw, uint stride, long deadline)
        where TStore : struct, IStore
    {
        Cores.StayOn(core); // Two threads that take turns on one core never race.
        for (var round = 0; round < saw.Length; round++)
        {
            ownReady.SetValueVolatile(round);
            for (var spins = 0; otherReady.Value < round; spins++)
            {
                // Whoever gives its core away on a busy machine gets it back when the other has gone: rounds are run while both are here.
                if (spins % SpinsMax != SpinsMax - 1) continue;
                if (Stopwatch.GetTimestamp() > deadline) return round;
                Thread.Yield();
            }
            // Whoever came last starts at once, the other a cache miss later: skew both, each its own way.
            for (var skew = (uint)round * stride >> 24; skew > 0; skew--) _ = own.Value;
            default(TStore).Store(own, round);
            saw[round] = other.Value;
        }
        return saw.Length;
    }

    /// <summary>
    /// No sleeper is forgotten: one event at a time, published at ever-changing moments while the consumer goes to sleep. No
    /// progress for a second and a half, in which this thread ran, is a lost wake-up.
    /// </summary>
    public static Verdict NoLostWakeUp(IWaitStrategy wait, int events)
    {
        var ring = Rings.Make(many: false, 4, wait);
        var barrier = ring.NewBarrier();
        var consumer = ring.Consume(barrier, (_, _) => { });
        ring.AddGatingSequences(consumer.Sequence);
        var consuming = new Crew().Start("consumer", consumer.Run);
        var startedAt = Stopwatch.GetTimestamp();
        var verdict = Verdict.Clean;
        for (var sent = 0; sent < events && verdict == Verdict.Clean; sent++)
        {
            Thread.SpinWait(sent * 7 % 200); // Sweeps the moment of the publish over the consumer's way to sleep.
            ring.Send(ring.Next(), 1);
            if (!Arrives(consumer.Sequence, sent)) verdict = Verdict.Caught;
            else if (Stopwatch.GetElapsedTime(startedAt) > s_budget) verdict = Verdict.Inconclusive;
        }
        consumer.Halt();
        consuming.Join();
        return verdict;
    }

    private static bool Arrives(Sequence sequence, long expected)
    {
        var (waited, before) = (0L, Stopwatch.GetTimestamp());
        for (var looks = 0; sequence.Value < expected; looks++)
        {
            if (looks % 64 == 63) Thread.Yield();
            var now = Stopwatch.GetTimestamp();
            waited += Math.Min(now - before, Stopwatch.Frequency / 100); // More is a pause of the machine.
            before = now;
            if (waited > Stopwatch.Frequency * 3 / 2) return false;
        }
        return true;
    }
}

using System.Diagnostics;

namespace SunnySwitch.Disruptor;

/// <summary>
/// The default: looks again and again for a few microseconds, then sleeps in the kernel until what it waits for has come true.
/// Where waits turn out to be long it sleeps at once. Publishing costs a fence and a load while nobody sleeps.
/// </summary>
public sealed class SpinThenParkWaitStrategy : IWaitStrategy
{
    // Pause between two looks: long enough to leave the publisher its cache line, short against the 20 us.
    private const int PauseSpins = 4;

    private const int NoSpin = 4; // 20, 10, 5, 2.5 us, then none.

    private readonly ParkingLot _lot;
    private readonly long _spinTicks;

    /// <summary>Makes the strategy.</summary>
    /// <param name="spinMicroseconds">Longest time to look before sleeping, 0 to 1,000 us.</param>
    public SpinThenParkWaitStrategy(int spinMicroseconds = 20) : this(spinMicroseconds, Futex.IsSupported) { }

    internal SpinThenParkWaitStrategy(int spinMicroseconds, bool useFutex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spinMicroseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spinMicroseconds, 1_000);
        _lot = new ParkingLot(useFutex);
        _spinTicks = Stopwatch.Frequency * spinMicroseconds / 1_000_000;
    }

    /// <summary>Threads asleep or about to be; may be stale.</summary>
    internal long ParkedCount => _lot.ParkedCount;

    /// <inheritdoc/>
    public long WaitFor(long sequence, SequenceBarrier barrier)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var parkAt = startedAt + (barrier.SpinHalvings < NoSpin ? _spinTicks >> barrier.SpinHalvings : 0);
        var parked = false;
        while (true)
        {
            if (barrier.IsAlerted) throw AlertException.Instance;
            var available = barrier.AvailableFrom(sequence);
            if (available >= sequence)
            {
                Learn(barrier, parked, startedAt);
                return available;
            }

            if (Stopwatch.GetTimestamp() < parkAt)
            {
                // No yielding in between: it cost three quarters of the throughput of batches (33 against 145 million/s).
                Thread.SpinWait(PauseSpins);
            }
            else
            {
                parked = true;
                _lot.Park(sequence, barrier);
            }
        }
    }

    /// <inheritdoc/>
    public void SignalAllWhenBlocking() => _lot.WakeReady();

    /// <summary>
    /// Spinning pays only if the wait is about as short as the spin. With longer gaps (10,000 events a second) it costs a fifth of
    /// a core and drives producer and consumer onto two cores, of which one is asleep at the wake-up: so each long wait halves
    /// the barrier's next spin, down to none, and each short one doubles it again.
    /// </summary>
    private void Learn(SequenceBarrier barrier, bool parked, long startedAt)
    {
        var halvings = barrier.SpinHalvings;
        var isShort = !parked || Stopwatch.GetTimestamp() - startedAt < 2 * _spinTicks;
        var learnt = Math.Clamp(isShort ? halvings - 1 : halvings + 1, 0, NoSpin);
        if (learnt != halvings) barrier.SpinHalvings = learnt;
    }
}

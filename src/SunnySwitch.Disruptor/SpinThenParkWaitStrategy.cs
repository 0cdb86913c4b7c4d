using System.Diagnostics;

namespace SunnySwitch.Disruptor;

/// <summary>
/// The default: looks again and again for a few microseconds, then sleeps in the kernel until what it waits for has come true.
/// Publishing costs a fence and a load while nobody sleeps.
/// </summary>
public sealed class SpinThenParkWaitStrategy : IWaitStrategy
{
    // Pause between two looks: long enough to leave the publisher its cache line, short against the 20 us.
    private const int PauseSpins = 4;

    private readonly ParkingLot _lot = new();
    private readonly long _spinTicks;

    /// <summary>Makes the strategy.</summary>
    /// <param name="spinMicroseconds">Longest time to look before sleeping, 0 to 1,000 us.</param>
    public SpinThenParkWaitStrategy(int spinMicroseconds = 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spinMicroseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spinMicroseconds, 1_000);
        _spinTicks = Stopwatch.Frequency * spinMicroseconds / 1_000_000;
    }

    /// <inheritdoc/>
    public long WaitFor(long sequence, SequenceBarrier barrier)
    {
        var giveUpAt = Stopwatch.GetTimestamp() + _spinTicks;
        while (true)
        {
            if (barrier.IsAlerted) throw AlertException.Instance;
            var available = barrier.AvailableFrom(sequence);
            if (available >= sequence) return available;

            if (Stopwatch.GetTimestamp() < giveUpAt) Thread.SpinWait(PauseSpins);
            else _lot.Park(sequence, barrier);
        }
    }

    /// <inheritdoc/>
    public void SignalAllWhenBlocking() => _lot.WakeReady();
}

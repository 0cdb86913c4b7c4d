namespace SunnySwitch.Disruptor;

/// <summary>
/// Burns the consumer's core until the sequence is there. The lowest latency, and only with a free core for every waiting thread:
/// with more threads than cores it costs milliseconds. Producers on a full ring park all the same.
/// </summary>
public sealed class BusySpinWaitStrategy : IWaitStrategy
{
    /// <inheritdoc/>
    public long WaitFor(long sequence, SequenceBarrier barrier)
    {
        while (true)
        {
            if (barrier.IsAlerted) throw AlertException.Instance;
            var available = barrier.AvailableFrom(sequence);
            if (available >= sequence) return available;
            Thread.SpinWait(1);
        }
    }

    /// <inheritdoc/>
    public void SignalAllWhenBlocking()
    {
        // Nobody ever sleeps here, so there is nobody to wake.
    }
}

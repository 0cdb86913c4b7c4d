namespace SunnySwitch.Disruptor;

/// <summary>How a thread waits for a sequence, and how those who wait are woken.</summary>
public interface IWaitStrategy
{
    /// <summary>Waits until <paramref name="sequence"/> is available at <paramref name="barrier"/>.</summary>
    /// <returns>The highest available sequence, at least <paramref name="sequence"/>.</returns>
    /// <exception cref="AlertException">The barrier was alerted before that.</exception>
    long WaitFor(long sequence, SequenceBarrier barrier);

    /// <summary>
    /// Wakes whoever waits for something that has come true. Called after every publish, after every batch of a consumer and
    /// after every alert, so it has to be cheap when nobody waits. It brings its own full fence if it needs one.
    /// </summary>
    void SignalAllWhenBlocking();
}

namespace SunnySwitch.Disruptor;

/// <summary>Handles events a batch at a time, on the consumer's thread.</summary>
public interface IBatchEventHandler<T>
{
    /// <summary>Most events in one batch, at least 1; read once, when the consumer is made.</summary>
    int MaxBatchSize => int.MaxValue;

    /// <summary>
    /// Handles everything in <paramref name="batch"/>. Those who depend on this consumer see the batch only after it has returned.
    /// If it throws, the consumer stops for good: see <see cref="BatchConsumer{T, THandler}"/>.
    /// </summary>
    /// <param name="batch">The events; not to be kept.</param>
    /// <param name="firstSequence">Sequence of the first one.</param>
    void OnBatch(EventBatch<T> batch, long firstSequence);

    /// <summary>Called after each batch, when its slots are free for producers again: the moment to wake those who found the ring full.</summary>
    /// <remarks>Without a default: calling one on a struct would box it, once a batch.</remarks>
    void OnReleased();

    /// <summary>Called by <c>Run</c> on its thread before the first batch.</summary>
    void OnStart() { }

    /// <summary>Called by <c>Run</c> on its thread after the last batch, also if one has thrown.</summary>
    void OnShutdown() { }
}

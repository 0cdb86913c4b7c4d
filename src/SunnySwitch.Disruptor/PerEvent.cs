namespace SunnySwitch.Disruptor;

/// <summary>
/// A batch handler that calls an event handler for each event. The consumer's sequence still moves once per batch. A struct, so
/// that the calls are direct.
/// </summary>
public struct PerEvent<T, THandler> : IBatchEventHandler<T> where THandler : IEventHandler<T>
{
    private THandler _handler;

    /// <summary>Wraps <paramref name="handler"/>.</summary>
    /// <param name="handler">Gets every event.</param>
    /// <param name="maxBatchSize">Most events between two moves of the sequence, at least 1.</param>
    public PerEvent(THandler handler, int maxBatchSize = int.MaxValue)
    {
        _handler = handler;
        MaxBatchSize = maxBatchSize;
    }

    /// <inheritdoc/>
    public int MaxBatchSize { get; }

    /// <inheritdoc/>
    public void OnBatch(EventBatch<T> batch, long firstSequence)
    {
        var last = batch.Count - 1;
        for (var index = 0; index <= last; index++) _handler.OnEvent(ref batch[index], firstSequence + index, index == last);
    }

    /// <inheritdoc/>
    public readonly void OnReleased() { }

    /// <inheritdoc/>
    public void OnStart() => _handler.OnStart();

    /// <inheritdoc/>
    public void OnShutdown() => _handler.OnShutdown();
}

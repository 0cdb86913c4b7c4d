namespace SunnySwitch.Disruptor;

/// <summary>Handles events one at a time; run it by <see cref="PerEvent{T, THandler}"/>.</summary>
public interface IEventHandler<T>
{
    /// <summary>Handles one event, in place.</summary>
    /// <param name="data">The slot; not to be kept.</param>
    /// <param name="sequence">Its sequence.</param>
    /// <param name="endOfBatch">True for the last one that was available: the moment to flush.</param>
    void OnEvent(ref T data, long sequence, bool endOfBatch);

    /// <summary>Called by <c>Run</c> on its thread before the first event.</summary>
    void OnStart() { }

    /// <summary>Called by <c>Run</c> on its thread after the last event, also if one has thrown.</summary>
    void OnShutdown() { }
}

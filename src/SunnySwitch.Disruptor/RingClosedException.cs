namespace SunnySwitch.Disruptor;

/// <summary>
/// The ring takes no more claims: it was closed, or a consumer stopped at an event that its handler threw on (then that exception
/// is the inner one). Nothing was claimed, so there is no gap.
/// </summary>
public sealed class RingClosedException : Exception
{
    /// <summary>Makes the exception; <paramref name="cause"/> is what a handler threw, or null for an orderly close.</summary>
    public RingClosedException(Exception? cause)
        : base(cause is null ? "the ring is closed" : "the ring is closed: a consumer has stopped", cause) { }
}

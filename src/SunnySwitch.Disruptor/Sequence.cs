namespace SunnySwitch.Disruptor;

/// <summary>
/// A position on the ring: the last sequence that somebody has published or finished, with a promise of order on each setter.
/// </summary>
/// <remarks>
/// Each position is written by one core and read by others; alone on its cache line it disturbs nobody else's fields.
/// </remarks>
public sealed class Sequence
{
    /// <summary>The position before anything was published: -1.</summary>
    public const long InitialValue = -1;

    private PaddedLong _padded;

    /// <summary>Makes a position that starts at <paramref name="initial"/> (-1: nothing yet).</summary>
    public Sequence(long initial = InitialValue) => Volatile.Write(ref _padded.Value, initial);

    /// <summary>
    /// The position, read with acquire order: whatever its writer wrote before it set this value is visible to the reader
    /// after this read.
    /// </summary>
    public long Value => Volatile.Read(ref _padded.Value);

    /// <summary>
    /// Sets the position with release order: the caller's earlier reads and writes are done before others can see it.
    /// A later read of the caller may still overtake this store; where that matters, use <see cref="SetValueVolatile"/>.
    /// Only the position's one owner may call this.
    /// </summary>
    public void SetValue(long value) => Volatile.Write(ref _padded.Value, value);

    /// <summary>
    /// Sets the position between two full fences: nothing moves over it in either direction, so a flag that the caller reads
    /// afterwards is read after others can see the new position. Only the position's one owner may call this.
    /// </summary>
    public void SetValueVolatile(long value) => Interlocked.Exchange(ref _padded.Value, value);

    /// <summary>
    /// Sets the position to <paramref name="value"/> if it is <paramref name="expected"/>; true if it did. A full fence either way;
    /// many threads may call this.
    /// </summary>
    public bool CompareAndSet(long expected, long value) =>
        Interlocked.CompareExchange(ref _padded.Value, value, expected) == expected;

    /// <summary>The smallest of <paramref name="sequences"/> (at least one), each read with acquire order.</summary>
    internal static long Lowest(Sequence[] sequences)
    {
        var lowest = long.MaxValue;
        foreach (var sequence in sequences) lowest = Math.Min(lowest, sequence.Value);
        return lowest;
    }
}

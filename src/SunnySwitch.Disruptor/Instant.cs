namespace SunnySwitch;

/// <summary>A point in time: nanoseconds since 1970-01-01T00:00:00Z, UTC. Always an argument, never looked up in the kernel.</summary>
/// <param name="UnixNanos">Nanoseconds; covers the years 1970 to 2262.</param>
public readonly record struct Instant(long UnixNanos) : IComparable<Instant>
{
    /// <summary>Nanoseconds in a second.</summary>
    public const long NanosPerSecond = 1_000_000_000;

    /// <summary>Whole seconds since 1970.</summary>
    public long UnixSeconds => UnixNanos / NanosPerSecond;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => UnixNanos.CompareTo(other.UnixNanos);

    /// <summary>True if <paramref name="left"/> is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left.UnixNanos < right.UnixNanos;

    /// <summary>True if <paramref name="left"/> is later.</summary>
    public static bool operator >(Instant left, Instant right) => left.UnixNanos > right.UnixNanos;

    /// <summary>True if <paramref name="left"/> is not later.</summary>
    public static bool operator <=(Instant left, Instant right) => left.UnixNanos <= right.UnixNanos;

    /// <summary>True if <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(Instant left, Instant right) => left.UnixNanos >= right.UnixNanos;

    /// <summary>The instant <paramref name="nanos"/> nanoseconds later.</summary>
    public Instant PlusNanos(long nanos) => new(checked(UnixNanos + nanos));

    /// <summary>UTC, ISO 8601, to the microsecond.</summary>
    public override string ToString() =>
        DateTime.UnixEpoch.AddTicks(UnixNanos / 100).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
}

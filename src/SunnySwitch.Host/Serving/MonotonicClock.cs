using System.Diagnostics;
using SunnySwitch.Cell;

namespace SunnySwitch.Host.Serving;

/// <summary>
/// The wall clock at start, moved on by the monotonic counter: never jumps, never runs backwards. Deadlines and frame
/// times come from it; business dates come from the wall clock itself, as inputs.
/// </summary>
internal sealed class MonotonicClock : IClock
{
    private static readonly double NanosPerTick = 1e9 / Stopwatch.Frequency;
    private readonly long _startNanos = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
    private readonly long _startTicks = Stopwatch.GetTimestamp();

    public Instant Now => new(_startNanos + (long)((Stopwatch.GetTimestamp() - _startTicks) * NanosPerTick));
}

using System.Diagnostics;

namespace SunnySwitch.Host.Load;

/// <summary>Monotonic nanoseconds of this process.</summary>
internal static class Clock
{
    /// <summary>Nanoseconds since some fixed moment; never goes back.</summary>
    public static long Nanos => Stopwatch.Frequency == 1_000_000_000
        ? Stopwatch.GetTimestamp()
        : (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    /// <summary>Seconds as nanoseconds.</summary>
    public static long FromSeconds(double seconds) => (long)(seconds * 1e9);
}

using System.Diagnostics;
using System.Numerics;

namespace SunnySwitch.Host.Disk;

/// <summary>Histogram of flush times. One thread records, any thread reads; no lock, no allocation.</summary>
/// <remarks>Eight buckets to each doubling, so a quantile is at most 12.5 % too high.</remarks>
public sealed class FlushTimes
{
    private const int StepsLog2 = 3, Steps = 1 << StepsLog2, Doublings = 40;
    private readonly long[] _counts = new long[Steps * Doublings];
    private long _count;
    private long _sumTicks;
    private long _maxTicks;

    /// <summary>Flushes so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Time in all flushes so far.</summary>
    public TimeSpan Sum => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _sumTicks));

    /// <summary>The longest so far.</summary>
    public TimeSpan Max => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _maxTicks));

    /// <summary>Upper edge of the bucket that holds the quantile; zero before the first flush.</summary>
    /// <param name="quantile">0 to 1.</param>
    public TimeSpan Quantile(double quantile)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(quantile * Count));
        long seen = 0;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += Volatile.Read(ref _counts[bucket]);
            if (seen >= wanted)
                return Stopwatch.GetElapsedTime(0, Math.Min(UpperTicks(bucket), Volatile.Read(ref _maxTicks)));
        }
        return TimeSpan.Zero;
    }

    /// <summary>
    /// Flushes that took at most <paramref name="bound"/>, to the bucket: what a cumulative metric shows.
    /// </summary>
    public long CountUpTo(TimeSpan bound)
    {
        var boundTicks = (long)(bound.TotalSeconds * Stopwatch.Frequency);
        long seen = 0;
        for (var bucket = 0; bucket < _counts.Length && UpperTicks(bucket) <= boundTicks; bucket++)
            seen += Volatile.Read(ref _counts[bucket]);
        return seen;
    }

    internal void Record(long ticks)
    {
        ticks = Math.Max(ticks, 0);
        ref var bucket = ref _counts[BucketOf(ticks)];
        Volatile.Write(ref bucket, bucket + 1);
        Volatile.Write(ref _sumTicks, _sumTicks + ticks);
        if (ticks > _maxTicks) Volatile.Write(ref _maxTicks, ticks);
        Volatile.Write(ref _count, _count + 1);
    }

    private static int BucketOf(long ticks)
    {
        if (ticks < Steps) return (int)ticks;
        var doubling = BitOperations.Log2((ulong)ticks) - StepsLog2;
        return Math.Min((doubling + 1) * Steps + (int)((ticks >> doubling) - Steps), Steps * Doublings - 1);
    }

    private static long UpperTicks(int bucket) => bucket < Steps
        ? bucket : ((long)(bucket % Steps + Steps + 1) << (bucket / Steps - 1)) - 1;
}

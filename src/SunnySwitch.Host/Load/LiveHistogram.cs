using System.Numerics;

namespace SunnySwitch.Host.Load;

/// <summary>
/// Coarse histogram (within 1/16) that one thread fills and another reads at any time: counters only grow, and the
/// difference of two readings is the time between them.
/// </summary>
internal sealed class LiveHistogram
{
    private const int SubBits = 4;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[64 * SubBuckets];

    /// <summary>Number of counters.</summary>
    public int Buckets => _counts.Length;

    /// <summary>Counts one value; negative ones count as 0.</summary>
    public void Record(long value) => _counts[BucketOf(value)]++;

    /// <summary>Adds all counters to <paramref name="target"/>.</summary>
    public void AddTo(Span<long> target)
    {
        for (var bucket = 0; bucket < _counts.Length; bucket++) target[bucket] += Volatile.Read(ref _counts[bucket]);
    }

    /// <summary>The value below which <paramref name="share"/> of the counted ones lie; 0 if there are none.</summary>
    public static long Quantile(ReadOnlySpan<long> counts, double share)
    {
        long total = 0;
        foreach (var count in counts) total += count;
        var rest = (long)Math.Ceiling(total * share);
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            rest -= counts[bucket];
            if (total > 0 && rest <= 0) return ValueOf(bucket);
        }

        return 0;
    }

    private static int BucketOf(long value)
    {
        if (value < SubBuckets) return value < 0 ? 0 : (int)value;
        var magnitude = BitOperations.Log2((ulong)value) - SubBits;
        return (magnitude << SubBits) + (int)(value >> magnitude);
    }

    private static long ValueOf(int bucket)
    {
        if (bucket < SubBuckets) return bucket;
        var magnitude = (bucket >> SubBits) - 1;
        return (long)(SubBuckets + (bucket & (SubBuckets - 1))) << magnitude;
    }
}

using System.Numerics;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Cell;

/// <summary>
/// Durations in nanoseconds, counted in buckets of a quarter power of two. One writer; readers may see a count a moment old.
/// </summary>
public sealed class DurationHistogram
{
    private readonly long[] _counts = new long[64 * 4];

    /// <summary>Buckets.</summary>
    public int Buckets => _counts.Length;

    /// <summary>Counts one duration; below zero counts as zero.</summary>
    public void Record(long nanos) => _counts[BucketOf(nanos)]++;

    /// <summary>How many fell into a bucket.</summary>
    public long CountIn(int bucket) => Volatile.Read(ref _counts[bucket]);

    /// <summary>Upper edge of a bucket, nanoseconds.</summary>
    public static long UpperEdgeNanos(int bucket)
    {
        var power = bucket >> 2;
        if (power < 2) return power + 1;
        return checked((1L << power) + ((long)((bucket & 3) + 1) << (power - 2)));
    }

    private static int BucketOf(long nanos)
    {
        if (nanos < 4) return nanos < 1 ? 0 : 1 << 2;
        var power = BitOperations.Log2((ulong)nanos);
        return (power << 2) | (int)((nanos >> (power - 2)) & 3);
    }
}

/// <summary>One line of the answer counts.</summary>
public readonly record struct AnswerCount(int Link, ushort Mti, ResponseCode Code, long Count);

/// <summary>What the kernel thread counts. It alone writes; metrics read.</summary>
public sealed class CellCounters(int links)
{
    private const int MtisMax = 16;
    private const int CodesMax = 64;

    private readonly ushort[] _mtis = new ushort[MtisMax];
    private readonly ushort[] _codes = new ushort[CodesMax];
    private readonly long[] _answers = new long[links * MtisMax * CodesMax];

    /// <summary>From the edge's read to the decision.</summary>
    public DurationHistogram RingWait { get; } = new();

    /// <summary>From the decision's batch start to durable.</summary>
    public DurationHistogram Commit { get; } = new();

    /// <summary>From the edge's read to the reply handed to the link.</summary>
    public DurationHistogram Total { get; } = new();

    /// <summary>Batches taken from the ring.</summary>
    public long Batches;

    /// <summary>Inputs taken from the ring.</summary>
    public long Inputs;

    /// <summary>Inputs that were past their deadline and were discarded undecided.</summary>
    public long Late;

    /// <summary>Repeats answered from memory.</summary>
    public long Repeats;

    /// <summary>Messages that get no answer: responses and notifications.</summary>
    public long Silent;

    /// <summary>Same duplicate key with another body: answered 94, worth an operator's look.</summary>
    public long SameKeyOtherBody;

    /// <summary>Messages whose MAC was wrong or missing.</summary>
    public long MacWrong;

    /// <summary>Requests that had to wait for the HSM.</summary>
    public long Parked;

    /// <summary>Answers of the HSM that came when nobody waited for them any more.</summary>
    public long DeskLate;

    /// <summary>Requests that waited for what other cells have counted.</summary>
    public long SharedAsked;

    /// <summary>Of them, those that were decided with it.</summary>
    public long SharedTold;

    /// <summary>Answers of other cells that nobody waited for any more.</summary>
    public long SharedLate;

    /// <summary>Requests that the HSM had no room for.</summary>
    public long DeskFull;

    /// <summary>Requests, or parts of answers, that the HSM failed at or was late with.</summary>
    public long DeskFailed;

    /// <summary>Attempts that a limit on attempts, declines or different cards turned away.</summary>
    public long TurnedAway;

    /// <summary>Refused with 96 because a table is at its limit.</summary>
    public long TableFull;

    /// <summary>Refused with 96 because no journal segment could be prepared.</summary>
    public long JournalFull;

    /// <summary>Replies whose connection was gone.</summary>
    public long Undeliverable;

    /// <summary>Counts one answer. An MTI or code beyond the table's limit counts under the last row.</summary>
    public void CountAnswer(int link, ushort mti, ResponseCode code) =>
        _answers[(((link * MtisMax) + IndexOf(_mtis, mti)) * CodesMax) + IndexOf(_codes, code.Packed)]++;

    /// <summary>All counts that are not zero.</summary>
    public IEnumerable<AnswerCount> Answers()
    {
        for (var index = 0; index < _answers.Length; index++)
        {
            var count = Volatile.Read(ref _answers[index]);
            if (count == 0) continue;
            var mti = _mtis[index / CodesMax % MtisMax];
            yield return new(index / (MtisMax * CodesMax), mti, new ResponseCode(_codes[index % CodesMax]), count);
        }
    }

    private static int IndexOf(ushort[] known, ushort value)
    {
        for (var index = 0; index < known.Length - 1; index++)
        {
            if (known[index] == value) return index;
            if (known[index] != 0) continue;
            known[index] = value;
            return index;
        }

        return known.Length - 1;
    }
}

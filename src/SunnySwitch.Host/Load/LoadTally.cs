using HdrHistogram;

namespace SunnySwitch.Host.Load;

/// <summary>Counts and times of one generator thread; that thread alone writes them, others may look.</summary>
internal sealed class LoadTally
{
    private const long LatencyNanosMax = 3_600_000_000_000;

    /// <summary>Answers by code: index is both characters, seven bits each.</summary>
    public readonly long[] ByCode = new long[1 << 14];

    /// <summary>Times from the intended send to the answer, nanoseconds; measured part of the run only.</summary>
    public readonly LongHistogram Latency = new(LatencyNanosMax, 3);

    /// <summary>Open loop: how late sends were, nanoseconds; without those that waited for a window.</summary>
    public readonly LongHistogram Lateness = new(LatencyNanosMax, 3);

    /// <summary>Times for the live line; cheap to read from another thread.</summary>
    public readonly LiveHistogram Live = new();

    /// <summary>Requests handed to a socket's buffer.</summary>
    public long Sent;

    /// <summary>Requests that got their answer, right or wrong.</summary>
    public long Answered;

    /// <summary>Answered within the measured part.</summary>
    public long AnsweredMeasured;

    /// <summary>Answered with 00; in echo mode, returned unchanged.</summary>
    public long Approved;

    /// <summary>Answers to nothing that was ever asked on this connection, and messages that are no answers.</summary>
    public long Unmatched;

    /// <summary>Second answers.</summary>
    public long Duplicate;

    /// <summary>Requests without an answer at the end, or when their connection closed.</summary>
    public long Missing;

    /// <summary>Answers that repeat a field of the request wrongly, or not at all.</summary>
    public long EchoMismatch;

    /// <summary>Frames that the decoder or the framing refuses.</summary>
    public long Undecodable;

    /// <summary>Connections that the peer closed before the end.</summary>
    public long ClosedByPeer;

    /// <summary>Open loop: sends later than the bound.</summary>
    public long LateSends;

    /// <summary>Open loop: sends that waited because every window was full: the peer's time, not ours.</summary>
    public long HeldSends;

    /// <summary>Open loop: requests that were due and never went out, because no window opened in time.</summary>
    public long Unsent;

    /// <summary>Bytes that the thread allocated in the measured part.</summary>
    public long AllocatedBytes;

    /// <summary>Compiles what only the measured part calls: the runtime's own tables may grow with it, once, on this thread.</summary>
    public LoadTally()
    {
        foreach (var histogram in (ReadOnlySpan<LongHistogram>)[Latency, Lateness])
        {
            histogram.RecordValue(1);
            histogram.Reset();
        }
    }

    /// <summary>How often something was not as it must be.</summary>
    public long Flaws => Unmatched + Duplicate + Missing + EchoMismatch + Undecodable + ClosedByPeer + Unsent;

    /// <summary>Counts an answered request of the measured part.</summary>
    public void Record(long latencyNanos)
    {
        Latency.RecordValue(Math.Clamp(latencyNanos, 1, LatencyNanosMax));
    }

    /// <summary>Counts a send of the open loop.</summary>
    public void RecordLateness(long latenessNanos, long lateNanosMax)
    {
        if (latenessNanos > lateNanosMax) LateSends++;
        Lateness.RecordValue(Math.Clamp(latenessNanos, 1, LatencyNanosMax));
    }

    /// <summary>Adds another thread's figures; only after that thread has ended.</summary>
    public void Add(LoadTally other)
    {
        for (var code = 0; code < ByCode.Length; code++) ByCode[code] += other.ByCode[code];
        Latency.Add(other.Latency);
        Lateness.Add(other.Lateness);
        Sent += other.Sent;
        Answered += other.Answered;
        AnsweredMeasured += other.AnsweredMeasured;
        Approved += other.Approved;
        Unmatched += other.Unmatched;
        Duplicate += other.Duplicate;
        Missing += other.Missing;
        EchoMismatch += other.EchoMismatch;
        Undecodable += other.Undecodable;
        ClosedByPeer += other.ClosedByPeer;
        LateSends += other.LateSends;
        HeldSends += other.HeldSends;
        Unsent += other.Unsent;
        AllocatedBytes += other.AllocatedBytes;
    }
}

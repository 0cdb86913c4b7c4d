using System.Diagnostics;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Hsm.Desk;

/// <summary>One module, or one token, that a <see cref="QueuedDesk"/> asks, and whether it is fit to be asked: three failures in a row, and it is not until
/// a probe succeeds.</summary>
/// <param name="name">What operators see.</param>
/// <param name="desks">One for each thread that asks it; none is shared.</param>
/// <param name="probe">Whether it works, found out by using it; brings it back where that can be done. One call at a time.</param>
public sealed class DeskToken(string name, IReadOnlyList<IHsmDesk> desks, Func<bool> probe)
{
    private const int FailuresMax = 3;
    private int _failuresInARow;
    private long _failures;

    /// <summary>What operators see.</summary>
    public string Name => name;

    /// <summary>False while nothing is asked of it.</summary>
    public bool IsFit => Volatile.Read(ref _failuresInARow) < FailuresMax;

    /// <summary>Requests that it failed at, or was too late with, and probes that failed.</summary>
    public long Failures => Volatile.Read(ref _failures);

    internal IReadOnlyList<IHsmDesk> Desks => desks;

    /// <summary>When it was used last, in ticks of the stopwatch.</summary>
    internal long UsedAt { get; set; }

    /// <summary>Not to be asked before a probe finds it well; for one that is not there at the start.</summary>
    public void Rest() => Volatile.Write(ref _failuresInARow, FailuresMax);

    internal void Succeeded() => Volatile.Write(ref _failuresInARow, 0);

    internal void Failed()
    {
        Interlocked.Increment(ref _failures);
        Interlocked.Increment(ref _failuresInARow);
    }

    /// <summary>Asks it for nothing in particular. One that is too slow for requests is not well, though it answers.</summary>
    /// <param name="deadline">In ticks of the stopwatch.</param>
    internal void Probe(long deadline)
    {
        var began = Stopwatch.GetTimestamp();
        if (probe() && Stopwatch.GetTimestamp() - began <= deadline) Succeeded();
        else Failed();
    }
}

/// <summary>Sizes and times of a <see cref="QueuedDesk"/>.</summary>
/// <param name="Slots">Most requests that wait or are at a module.</param>
/// <param name="SignedBytesMax">Longest message with a MAC.</param>
/// <param name="Deadline">A request that is not answered by then is answered as late; a module that takes longer has failed.</param>
/// <param name="ProbeEvery">How often a module that is not asked for anything is probed, fit or not.</param>
public sealed record QueueTerms(int Slots, int SignedBytesMax, TimeSpan Deadline, TimeSpan ProbeEvery);

using System.Diagnostics;

namespace SunnySwitch;

/// <summary>
/// A place where a process may be killed, to hit each gap between two effects for sure and not by luck. Only a build
/// with <c>-p:Mutants=true</c> has them.
/// </summary>
public enum CrashPoint
{
#pragma warning disable CS1591
    None = 0, FrameAppended, FrameApplied, BatchSealed, BatchWritten, BatchFlushed, FirstReplySent, RepliesSent,
    SpareMade, SegmentHeaderWritten, SegmentHeaderFlushed, SegmentRenamed, SegmentNamed, SegmentChanged,
    RecoverySettled, RecoveryFolded, StartRecorded, StartDurable,
    SnapshotBegun, SnapshotWritten, SnapshotFlushed, SnapshotNamed, SegmentArchiving, SegmentArchived, SnapshotDropped, SegmentDropped,
    KeyFileWritten, KeyFileNamed, PanSealed, KeyNoted,
#pragma warning restore CS1591
}

/// <summary>Which of them is armed.</summary>
public static class CrashPoints
{
    private static CrashPoint _armed;
    private static int _left;
    private static Action<CrashPoint>? _crash;

    /// <summary>Calls <paramref name="crash"/> on the thread that passes the point for that time, counted from 1.</summary>
    public static void Arm(CrashPoint point, int pass, Action<CrashPoint> crash) => (_armed, _left, _crash) = (point, pass, crash);

    /// <summary>The place. Compiled out of every build without mutants.</summary>
    [Conditional("MUTANTS")]
    public static void Pass(CrashPoint point)
    {
        if (point == _armed && Interlocked.Decrement(ref _left) == 0) _crash!(point);
    }
}

using System.Diagnostics;

namespace SunnySwitch.Ledger.Projection;

/// <summary>What the projection is doing.</summary>
public enum ProjectionState
{
    /// <summary>Not begun.</summary>
    Waiting,

    /// <summary>It follows the journal.</summary>
    Running,

    /// <summary>The database does not answer, or not now: it is tried again and again.</summary>
    Retrying,

    /// <summary>Somebody has to do something; the cause says what. Looked at again once a minute.</summary>
    Stopped,
}

/// <summary>How far the projection is; written by its thread, read by any.</summary>
public sealed class ProjectionStatus
{
    private long _sequence;
    private long _timeNanos;
    private long _rows;
    private long _batches;
    private long _failures;
    private long _levelAt;
    private int _state;
    private string? _cause;

    /// <summary>Last frame taken.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>Time of that frame.</summary>
    public Instant Time => new(Volatile.Read(ref _timeNanos));

    /// <summary>Decisions written since the start.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Transactions of the database since the start.</summary>
    public long Batches => Volatile.Read(ref _batches);

    /// <summary>Attempts that failed since the start.</summary>
    public long FailedAttempts => Volatile.Read(ref _failures);

    /// <summary>What it is doing.</summary>
    public ProjectionState State => (ProjectionState)Volatile.Read(ref _state);

    /// <summary>Why it is retrying or stopped; else null.</summary>
    public string? Cause => Volatile.Read(ref _cause);

    /// <summary>How long the oldest frame that is not there yet has waited, at most; zero when all are there.</summary>
    /// <param name="durable">Newest durable frame.</param>
    /// <param name="utcNow">The time that frames carry.</param>
    public TimeSpan Lag(long durable, DateTime utcNow)
    {
        if (durable <= Sequence) return TimeSpan.Zero;
        var sinceFrame = utcNow - DateTime.UnixEpoch.AddTicks(Time.UnixNanos / 100);
        var level = Volatile.Read(ref _levelAt);
        var sinceLevel = level == 0 ? TimeSpan.MaxValue : Stopwatch.GetElapsedTime(level);
        return sinceFrame < sinceLevel ? sinceFrame : sinceLevel;
    }

    /// <summary>All that is durable is there.</summary>
    internal void Level() => Volatile.Write(ref _levelAt, Stopwatch.GetTimestamp());

    internal void Taken(in Checkpoint checkpoint, int rows)
    {
        Volatile.Write(ref _timeNanos, checkpoint.TimeNanos);
        Volatile.Write(ref _sequence, checkpoint.Sequence);
        Volatile.Write(ref _rows, _rows + rows);
        Volatile.Write(ref _batches, _batches + 1);
        Set(ProjectionState.Running, null);
    }

    internal void At(in Checkpoint checkpoint)
    {
        Volatile.Write(ref _timeNanos, checkpoint.TimeNanos);
        Volatile.Write(ref _sequence, checkpoint.Sequence);
        Set(ProjectionState.Running, null);
    }

    internal void Failed(ProjectionState state, string cause)
    {
        Volatile.Write(ref _failures, _failures + 1);
        Set(state, cause);
    }

    private void Set(ProjectionState state, string? cause)
    {
        Volatile.Write(ref _cause, cause);
        Volatile.Write(ref _state, (int)state);
    }
}

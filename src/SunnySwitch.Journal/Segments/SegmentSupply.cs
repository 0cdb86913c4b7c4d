namespace SunnySwitch.Journal.Segments;

/// <summary>
/// Makes the next segment's file ahead of need, on whatever thread the host uses, and hands it to the writer.
/// </summary>
/// <remarks>
/// One spare at a time. States: wanted, making, ready, failed. Only the thread that moved it to making may leave that
/// state; only the writer moves it from ready back to wanted. The file is published by the volatile write of the state.
/// </remarks>
public sealed class SegmentSupply
{
    private const int Wanted = 0, Making = 1, Ready = 2, Failed = 3;
    private const string AheadName = "spare" + SegmentName.UnfinishedSuffix;
    private const string AtOnceName = "spare-at-once" + SegmentName.UnfinishedSuffix;

    private readonly IDisk _disk;
    private readonly long _segmentBytes;
    private int _state;
    private IDiskFile? _ahead;     // Meant in state ready.
    private IDiskFile? _atOnce;    // The writer's own, made when the other thread was too late.
    private string? _failure;

    internal SegmentSupply(IDisk disk, long segmentBytes) => (_disk, _segmentBytes) = (disk, segmentBytes);

    /// <summary>True when <see cref="PrepareNext"/> has something to do. Any thread.</summary>
    public bool NeedsSegment => Volatile.Read(ref _state) is Wanted or Failed;

    /// <summary>Why the last attempt failed; null when it did not. Any thread.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>
    /// Makes the next file if one is needed: writes and flushes a whole segment of zeros. Any thread; never throws
    /// for a full disk.
    /// </summary>
    /// <returns>False when it failed; see <see cref="Failure"/>. May be called again, at the caller's pace.</returns>
    public bool PrepareNext()
    {
        var seen = Volatile.Read(ref _state);
        if (seen is not (Wanted or Failed) || Interlocked.CompareExchange(ref _state, Making, seen) != seen)
            return true;
        _ahead = TryCreate(AheadName);
        Volatile.Write(ref _state, _ahead is null ? Failed : Ready);
        return _ahead is not null;
    }

    /// <summary>Writer only: true when a file can be taken now.</summary>
    internal bool IsReady => _atOnce is not null || Volatile.Read(ref _state) == Ready;

    /// <summary>Writer only: true when nobody has tried yet to make a file.</summary>
    internal bool IsUntried => _atOnce is null && Volatile.Read(ref _state) == Wanted;

    /// <summary>
    /// Writer only: has a file now, making it here if need be; false when the disk will not give one.
    /// </summary>
    /// <remarks>
    /// After a failure it does not try again: that is <see cref="PrepareNext"/>'s, or every request would fill the
    /// disk anew.
    /// </remarks>
    internal bool TryReadyAtOnce()
    {
        if (IsReady) return true;
        if (Failure is not null) return false;
        if (!PrepareNext()) return false;
        // Another thread is making one: the kernel does not wait for it.
        if (!IsReady) _atOnce = TryCreate(AtOnceName);
        return IsReady;
    }

    /// <summary>
    /// Writer only: the file that is ready. It stays until <see cref="Taken"/>, since its name is in use until then.
    /// </summary>
    internal IDiskFile Peek()
    {
        Must.Hold(IsReady);
        return _atOnce ?? _ahead!;
    }

    /// <summary>Writer only: the file has its final name; another may be made.</summary>
    internal void Taken()
    {
        if (_atOnce is not null)
        {
            _atOnce = null;
            return;
        }
        _ahead = null;
        Volatile.Write(ref _state, Wanted);
    }

    private IDiskFile? TryCreate(string name)
    {
        try
        {
            var file = _disk.Create(name, _segmentBytes);
            CrashPoints.Pass(CrashPoint.SpareMade);
            Volatile.Write(ref _failure, null);
            return file;
        }
        catch (IOException failure)
        {
            Volatile.Write(ref _failure, failure.Message);
            return null;
        }
    }
}

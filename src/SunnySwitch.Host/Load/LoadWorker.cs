namespace SunnySwitch.Host.Load;

/// <summary>When a run begins, is measured and ends; nanoseconds of <see cref="Clock"/>.</summary>
internal readonly record struct LoadSchedule(long StartAt, long MeasureFrom, long SendUntil, long DrainUntil)
{
    /// <summary>The schedule of a run that starts at <paramref name="startAt"/>.</summary>
    public static LoadSchedule Of(LoadOptions options, long startAt)
    {
        var measureFrom = startAt + Clock.FromSeconds(options.WarmupSeconds);
        var sendUntil = measureFrom + Clock.FromSeconds(options.Seconds);
        return new LoadSchedule(startAt, measureFrom, sendUntil, sendUntil + Clock.FromSeconds(options.DrainSeconds));
    }
}

/// <summary>One generator thread: its connections, its clock, its counts.</summary>
internal sealed class LoadWorker
{
    // Sends closer together than this go out as one: at 100,000/s a send each 10 us would be all the thread did, on
    // cores that the switch needs. What that costs in lateness is in the latency, which counts from the intended time.
    private const long TickNanos = 100_000;
    private const long IdleNanosMax = 20_000_000;
    private const long LogFlushNanos = 20_000_000;

    private readonly LoadShared _shared;
    private readonly LoadConnection[] _connections;
    private readonly SocketPoller _poller;
    private readonly LoadSchedule _schedule;
    private readonly double _intervalNanos;
    private readonly long _unixNanosAtZero;
    private int _open;
    private int _next;
    private long _paced;
    private long _pacedFrom;
    private long _nextTickAt;
    private long _heldUntil = -1;
    private long _logFlushedAt;

    /// <summary>A worker over open connections; <paramref name="share"/> of the whole rate, 0 to 1.</summary>
    public LoadWorker(
        LoadShared shared, LoadConnection[] connections, SocketPoller poller, LoadSchedule schedule, double share)
    {
        _shared = shared;
        _connections = connections;
        _poller = poller;
        _schedule = schedule;
        _open = connections.Length;
        _intervalNanos = shared.Options.IsOpenLoop ? 1e9 / (shared.Options.RatePerSecond * share) : 0;
        _pacedFrom = schedule.StartAt;
        _unixNanosAtZero = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100 - Clock.Nanos;
    }

    /// <summary>Counts and times so far.</summary>
    public LoadTally Tally => _shared.Tally;

    /// <summary>Set by others to end the run early: nothing more is sent, what is out is awaited.</summary>
    public volatile bool Stop;

    /// <summary>When sending really ended; for the rate.</summary>
    public long SentUntil { get; private set; }

    /// <summary>Runs to the end of the schedule, or until all connections are closed. On a thread of its own.</summary>
    public void Run()
    {
        SocketPoller.SharpenTimers();
        _shared.MeasureFrom = _schedule.MeasureFrom;
        _shared.MeasureTo = _schedule.SendUntil;
        Send();
        var allocatedFrom = -1L;
        SentUntil = _schedule.SendUntil;
        for (var now = Clock.Nanos; _open > 0; now = Clock.Nanos)
        {
            if (allocatedFrom < 0 && now >= _schedule.MeasureFrom)
                allocatedFrom = GC.GetAllocatedBytesForCurrentThread();
            if (Stop || now >= _schedule.SendUntil) break;
            if (_shared.Options.IsOpenLoop && now >= _nextTickAt) Pace(now, DueBy(now));
            TakeReady(WaitNanos(now), sending: true);
        }

        if (allocatedFrom >= 0) Tally.AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocatedFrom;
        SentUntil = Math.Min(Clock.Nanos, _schedule.SendUntil);
        _shared.MeasureTo = SentUntil;
        Drain();
    }

    /// <summary>Awaits what is out; in open loop also sends what was due before the end and had to wait.</summary>
    private void Drain()
    {
        var due = _shared.Options.IsOpenLoop ? DueBy(SentUntil - 1) : 0;
        var giveUpAt = Clock.Nanos + Clock.FromSeconds(_shared.Options.DrainSeconds);
        for (var now = Clock.Nanos; _open > 0 && now < giveUpAt; now = Clock.Nanos)
        {
            if (_paced < due) Pace(now, due);
            else if (Outstanding() == 0) break;
            TakeReady(_paced < due ? TickNanos : IdleNanosMax, sending: false);
        }

        Tally.Unsent = Math.Max(0, due - _paced);
        foreach (var connection in _connections) connection.CountMissing();
        _shared.Log?.Flush();
    }

    private int Outstanding()
    {
        var outstanding = 0;
        foreach (var connection in _connections) outstanding += connection.Outstanding;
        return outstanding;
    }

    /// <summary>Closed loop: fills all windows for the first time.</summary>
    private void Send()
    {
        if (_shared.Options.IsOpenLoop) return;
        for (var index = 0; index < _connections.Length; index++) TopUp(index, Clock.Nanos);
    }

    private void TakeReady(long waitNanos, bool sending)
    {
        var ready = _poller.Wait(waitNanos);
        for (var index = 0; index < _connections.Length && ready > 0; index++)
        {
            if (!_poller.IsReady(index)) continue;
            ready--;
            var connection = _connections[index];
            connection.Receive();
            if (sending && !_shared.Options.IsOpenLoop) TopUp(index, Clock.Nanos);
            else Push(index);
            if (connection.IsClosed) Leave(index);
        }

        if (_heldUntil >= 0) _nextTickAt = 0;   // Windows may have opened: what was held goes at once.
        FlushLog();
    }

    private void TopUp(int index, long now)
    {
        var connection = _connections[index];
        var second = UnixSecond(now);
        for (var room = connection.Room; room > 0; room--) connection.Append(now, second);
        Push(index);
    }

    private void Push(int index)
    {
        var connection = _connections[index];
        var hadUnsent = connection.HasUnsent;
        connection.Flush();
        if (hadUnsent || connection.HasUnsent) _poller.WantWrite(index, connection.HasUnsent && !connection.IsClosed);
    }

    private void Leave(int index)
    {
        _poller.Watch(index, null);
        _open--;
    }

    /// <summary>
    /// Open loop: sends all that is due by now, however late; no intended time is ever skipped. What is due in one tick
    /// goes out on one connection, the next tick on the next, so that a tick costs one send.
    /// </summary>
    private void Pace(long now, long due)
    {
        var second = UnixSecond(now);
        var wasHeldUntil = _heldUntil;
        _heldUntil = -1;
        for (var tried = 0; tried < _connections.Length && _paced < due; tried++)
        {
            var index = _next;
            _next = _next + 1 == _connections.Length ? 0 : _next + 1;
            var connection = _connections[index];
            if (connection.Room == 0) continue;
            for (var room = connection.Room; room > 0 && _paced < due; room--)
            {
                var intendedAt = IntendedAt(_paced++);
                if (intendedAt <= wasHeldUntil) Tally.HeldSends++;
                else if (intendedAt >= _schedule.MeasureFrom)
                    Tally.RecordLateness(now - intendedAt, _shared.Options.LateNanosMax);
                connection.Append(intendedAt, second);
            }

            Push(index);
            if (connection.IsClosed) Leave(index);
        }

        if (_paced < due) _heldUntil = now;
        var nextAt = IntendedAt(_paced);
        _nextTickAt = _intervalNanos >= TickNanos ? nextAt : Math.Max(nextAt, now + TickNanos);
    }

    private long IntendedAt(long number) => _pacedFrom + (long)(number * _intervalNanos);

    private long DueBy(long now) => now < _pacedFrom ? 0 : (long)((now - _pacedFrom) / _intervalNanos) + 1;

    private long WaitNanos(long now)
    {
        var until = _shared.Options.IsOpenLoop ? _nextTickAt : now + IdleNanosMax;
        return Math.Min(Math.Min(until, _schedule.SendUntil) - now, IdleNanosMax);
    }

    private long UnixSecond(long now) => (now + _unixNanosAtZero) / 1_000_000_000;

    private void FlushLog()
    {
        if (_shared.Log is null) return;
        var now = Clock.Nanos;
        if (now - _logFlushedAt < LogFlushNanos) return;
        _logFlushedAt = now;
        _shared.Log.Flush();
    }
}

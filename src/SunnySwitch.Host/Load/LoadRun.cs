using System.Net.Sockets;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Host.Load;

/// <summary>One second of a run, for the live line.</summary>
/// <param name="RatePerSecond">Answers.</param>
/// <param name="P50Nanos">Median time of these answers.</param>
/// <param name="P99Nanos">99 of 100 were faster.</param>
/// <param name="Flaws">Everything wrong since the start.</param>
/// <param name="NotApproved">Other codes than 00 since the start.</param>
internal readonly record struct LiveSecond(
    double RatePerSecond, long P50Nanos, long P99Nanos, long Flaws, long NotApproved);

/// <summary>A whole run: connects, rehearses, loads, waits for the last answers, adds up.</summary>
internal sealed class LoadRun
{
    private const int FrameBytesMax = 8_192;
    private const long LiveNanos = 1_000_000_000;

    private readonly LoadOptions _options;
    private readonly Dialect _dialect;
    private readonly Framing _framing;
    private readonly List<LoadWorker> _workers = [];
    private volatile bool _stop;

    /// <summary>A run of <paramref name="options"/>, which must have no problems.</summary>
    public LoadRun(LoadOptions options, Dialect dialect)
    {
        _options = options;
        _dialect = dialect;
        _framing = Framing.Of(options.Framing, FrameBytesMax);
    }

    /// <summary>Ends sending; answers that are out are still awaited. From any thread, at any time.</summary>
    public void Stop()
    {
        _stop = true;
        lock (_workers) _workers.ForEach(static worker => worker.Stop = true);
    }

    /// <summary>Runs to the end. Throws <see cref="LoadException"/> when the peer cannot be reached.</summary>
    public LoadReport Execute(Action<LiveSecond>? onSecond = null)
    {
        using var log = _options.LogFile is null ? null : AnswerLog.Create(_options.LogFile);
        var startSecond = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var security = _options.KeyFile is null ? null : new LoadSecurity(_options.KeyFile, _options.MacKey, _options.Cards);
        var groups = Connect(startSecond, log, security);
        try
        {
            // The clock starts just after the last connection, so that no thread is late before it began.
            var schedule = LoadSchedule.Of(_options, Clock.Nanos + 2_000_000);
            var threads = groups.ConvertAll(group => Start(group, schedule));
            var cpu = Watch(threads, schedule, onSecond);
            return Report(schedule, cpu);
        }
        finally
        {
            foreach (var group in groups)
                foreach (var connection in group.Connections) connection.Dispose();
        }
    }

    private List<Group> Connect(long startSecond, FileStream? log, LoadSecurity? security)
    {
        var groups = new List<Group>();
        for (var thread = 0; thread < _options.Threads; thread++)
        {
            var first = _options.Connections * thread / _options.Threads;
            var end = _options.Connections * (thread + 1) / _options.Threads;
            var shared = new LoadShared(
                _options, _dialect, _framing, new LoadTally(), log is null ? null : new AnswerLog(log), security);
            var poller = new SocketPoller(end - first);
            var connections = new LoadConnection[end - first];
            for (var index = first; index < end; index++)
            {
                var socket = Peer.Connect(_options.Host, _options.Port);
                if (_options.SignOn) Peer.SignOn(new NetworkStream(socket, ownsSocket: false), _dialect, _framing, _options.Acquirer, index);
                socket.Blocking = false;
                var terminal = PurchaseShape.TerminalOf(index, startSecond);
                connections[index - first] = new LoadConnection(shared, socket, terminal, index);
                if (security is not null) connections[index - first].Prepare(_options.Prepared / _options.Connections, startSecond);
                poller.Watch(index - first, socket);
            }

            groups.Add(new Group(shared, connections, poller));
        }

        return groups;
    }

    private Thread Start(Group group, LoadSchedule schedule)
    {
        var share = group.Connections.Length / (double)_options.Connections;
        var worker = new LoadWorker(group.Shared, group.Connections, group.Poller, schedule, share);
        lock (_workers)
        {
            _workers.Add(worker);
            worker.Stop = _stop;   // Stop may have been called before this worker was there to be told.
        }

        var thread = new Thread(worker.Run) { Name = $"load {_workers.Count}" };
        thread.Start();
        return thread;
    }

    /// <summary>Waits for the threads, reporting each second; returns the CPU time of the measured part.</summary>
    private TimeSpan Watch(List<Thread> threads, LoadSchedule schedule, Action<LiveSecond>? onSecond)
    {
        var cpuFrom = Environment.CpuUsage.TotalTime;
        var measuring = false;
        var cpu = TimeSpan.Zero;
        var live = new LiveReader(_workers);
        var nextAt = schedule.StartAt + LiveNanos;
        for (var now = Clock.Nanos; threads.Exists(static thread => thread.IsAlive); now = Clock.Nanos)
        {
            if (!measuring && now >= schedule.MeasureFrom)
                (measuring, cpuFrom) = (true, Environment.CpuUsage.TotalTime);
            if (now < schedule.SendUntil) cpu = Environment.CpuUsage.TotalTime - cpuFrom;
            if (now >= nextAt)
            {
                onSecond?.Invoke(live.Next(now));
                nextAt += LiveNanos;
            }

            var until = measuring || nextAt < schedule.MeasureFrom ? nextAt : schedule.MeasureFrom;
            var milliseconds = (int)Math.Clamp((Math.Min(until, NextEdge(schedule, now)) - now) / 1_000_000, 1, 1_000);
            threads.Find(static thread => thread.IsAlive)?.Join(milliseconds);
        }

        return cpu;
    }

    private static long NextEdge(LoadSchedule schedule, long now) =>
        now < schedule.SendUntil - 2_000_000 ? schedule.SendUntil - 1_000_000 : long.MaxValue;

    private LoadReport Report(LoadSchedule schedule, TimeSpan cpu)
    {
        var total = new LoadTally();
        var sentUntil = schedule.MeasureFrom;
        foreach (var worker in _workers)
        {
            total.Add(worker.Tally);
            sentUntil = Math.Max(sentUntil, worker.SentUntil);
        }

        return new LoadReport(_options, total, (sentUntil - schedule.MeasureFrom) / 1e9, cpu);
    }

    private sealed record Group(LoadShared Shared, LoadConnection[] Connections, SocketPoller Poller);

    /// <summary>Differences of the threads' growing counts.</summary>
    private sealed class LiveReader(List<LoadWorker> workers)
    {
        private readonly long[] _before = new long[workers[0].Tally.Live.Buckets];
        private readonly long[] _counts = new long[workers[0].Tally.Live.Buckets];
        private long _answeredBefore;
        private long _lastAt = Clock.Nanos;

        public LiveSecond Next(long now)
        {
            Array.Clear(_counts);
            long answered = 0, flaws = 0, approved = 0;
            foreach (var worker in workers)
            {
                var tally = worker.Tally;
                tally.Live.AddTo(_counts);
                answered += Volatile.Read(ref tally.Answered);
                approved += Volatile.Read(ref tally.Approved);
                flaws += tally.Flaws;
            }

            var seconds = (now - _lastAt) / 1e9;
            for (var index = 0; index < _counts.Length; index++)
                (_before[index], _counts[index]) = (_counts[index], _counts[index] - _before[index]);
            var second = new LiveSecond(
                (answered - _answeredBefore) / seconds, LiveHistogram.Quantile(_counts, 0.5),
                LiveHistogram.Quantile(_counts, 0.99), flaws, Math.Max(0, answered - approved));
            (_answeredBefore, _lastAt) = (answered, now);
            return second;
        }
    }
}

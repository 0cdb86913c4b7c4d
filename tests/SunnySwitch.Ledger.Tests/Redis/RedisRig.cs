using SunnySwitch.Ledger.Redis;

namespace SunnySwitch.Ledger.Tests.Redis;

/// <summary>A cell, and its feed on a thread of its own, as a switch has it.</summary>
internal sealed class RedisRig(string servers, string cell = "one", string? passwordFile = null) : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private CancellationTokenSource? _stop;
    private Thread? _thread;

    public TestCell Cell { get; } = new();

    public RedisOptions Options { get; } = new() { Servers = servers, Cell = cell, PasswordFile = passwordFile, AnswerMilliseconds = 200 };

    public RedisFeed Feed { get; private set; } = null!;

    public RedisStatus Status => Feed.Status;

    public List<string> Said { get; } = [];

    public void Start()
    {
        Feed = new RedisFeed(Options, Cell.Disk, () => Cell.Durable, Cell.NewState, line =>
        {
            lock (Said) Said.Add(line);
        })
        {
            LookAgain = TimeSpan.FromMilliseconds(100),
        };
        _stop = new CancellationTokenSource();
        _thread = new Thread(() => Feed.Run(_stop.Token)) { IsBackground = true };
        _thread.Start();
    }

    public void Stop()
    {
        _stop!.Cancel();
        Assert.True(_thread!.Join(_patience), "the feed does not stop");
        Feed.Dispose();
        _stop.Dispose();
        _thread = null;
    }

    public void CatchesUp() => Until(
        () => Status.State == RedisState.Following && Status.Sequence == Cell.Durable && Cell.Durable > 0, $"sequence {Cell.Durable}");

    public void Is(RedisState state, string because) =>
        Until(() => Status.State == state && Status.Cause?.Contains(because, StringComparison.Ordinal) == true, $"{state}: {because}");

    public void Until(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(condition, _patience), $"never: {what}; is: {Status}; said: {string.Join(" | ", Said)}");

    public (RedisReport Report, List<RedisDifference> Found) Reconcile()
    {
        var found = new List<RedisDifference>();
        return (new RedisReconciler(Options, Cell.Disk, Cell.NewState).Run(found.Add), found);
    }

    /// <summary>Redis has what the fold of the journal has, to its end.</summary>
    public RedisReport EndsClean()
    {
        CatchesUp();
        var (report, found) = Reconcile();
        Assert.True(found.Count == 0, string.Join('\n', found.Take(20)));
        Assert.Equal(Cell.Durable, report.Sequence);
        return report;
    }

    public void Dispose()
    {
        if (_thread is not null) Stop();
        Cell.Dispose();
    }
}

using SunnySwitch.Admin;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Disk;
using SunnySwitch.Host.Options;
using SunnySwitch.Ledger;
using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Host.Serving;

/// <summary>The projection to PostgreSQL on a thread of its own, behind everybody else: it reads what is durable, and nobody waits for it.</summary>
internal sealed class LedgerThread : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stop = new();
    private readonly LedgerSource _source;
    private readonly Projector _projector;
    private readonly Func<long> _durable;
    private readonly Thread _thread;

    private LedgerThread(LedgerOptions options, IPanTokens tokens, Func<Journal.IDisk> journal, Func<long> durable, Action<string> say)
    {
        _source = options.Open();
        _durable = durable;
        _projector = new Projector(_source, journal(), durable, tokens, say) { RowsMax = options.TransactionRowsMax };
        _thread = new Thread(Run) { Name = "ledger", IsBackground = true };
    }

    /// <summary>How far it is.</summary>
    public ProjectionStatus Status => _projector.Status;

    /// <summary>Null when none is configured. The database need not be there.</summary>
    public static LedgerThread? Open(SwitchOptions options, string dataFolder, Store store, Action<string> say) => options.Ledger is not { } ledger
        ? null
        : new LedgerThread(
            ledger, store.NewTokens(),
            () => JournalAndArchive.Open(Path.Combine(dataFolder, "journal"), Commands.KeepCommands.ArchiveFolder(options, dataFolder)),
            () => store.Journal.DurableSequence, say);

    public void Start() => _thread.Start();

    public void AddMetrics(MetricsPage page)
    {
        page.Gauge("sunny_ledger_sequence", "Last frame that is in PostgreSQL.", () => Status.Sequence);
        page.Gauge("sunny_ledger_lag_frames", "Durable frames that are not in PostgreSQL yet.", () => Math.Max(0, _durable() - Status.Sequence));
        page.Gauge("sunny_ledger_lag_seconds", "How long the oldest of them has waited, at most.", () => Status.Lag(_durable(), DateTime.UtcNow).TotalSeconds);
        page.Counter("sunny_ledger_rows_total", "Decisions written to PostgreSQL since the start.", () => Status.Rows);
        page.Counter("sunny_ledger_transactions_total", "Transactions of the database since the start.", () => Status.Batches);
        page.Counter("sunny_ledger_failures_total", "Attempts that failed since the start.", () => Status.FailedAttempts);
        page.Gauge(
            "sunny_ledger_state", "1 for what the projection is doing, with the cause. Alarm: Stopped.", ["state", "cause"],
            () => [new Measured([Status.State.ToString(), Status.Cause ?? ""], 1)]);
    }

    /// <summary>Ends after the transaction that is under way, or leaves it to the database to forget it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        var hasEnded = (_thread.ThreadState & ThreadState.Unstarted) != 0 || _thread.Join(_patience);
        if (!hasEnded) return;
        _source.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        LibC.StepBack();
        try
        {
            _projector.Run(_stop.Token);
        }
        catch (StopToProtectDataException stop)
        {
            ProtectData.Stop(stop.Message);
        }
    }
}

using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Reconciliation;

namespace SunnySwitch.Ledger.Tests;

/// <summary>A journal of the simulator's and a database of its own.</summary>
internal sealed class Rig : IDisposable
{
    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly string? _passwordFile;
    private long _durable;

    public Rig(string database, ulong seed = 4, int transactions = 1_500)
        : this(database, NewJournal(seed, transactions))
    {
    }

    public Rig(string database, IDisk journal, string? passwordFile = null)
    {
        (Database, Journal, _passwordFile) = (database, journal, passwordFile);
        Source = new LedgerSource(database, passwordFile);
        using var reader = new JournalReader(journal);
        while (reader.TryRead(out _, out _)) { }
        Durable = End = reader.LastSequence;
    }

    public static IDisk NewJournal(ulong seed = 4, int transactions = 1_500) => Simulation.Simulation.Leave(seed, transactions).Whole;

    public string Database { get; }

    public IDisk Journal { get; }

    public LedgerSource Source { get; }

    /// <summary>Last sequence of the journal.</summary>
    public long End { get; }

    /// <summary>What the projector is told to be durable.</summary>
    public long Durable
    {
        get => Volatile.Read(ref _durable);
        set => Volatile.Write(ref _durable, value);
    }

    public List<string> Said { get; } = [];

    public Projector Projector(int rowsMax = 50_000) => new(Source, Journal, () => Volatile.Read(ref _durable), _tokens, line =>
    {
        lock (Said) Said.Add(line);
    })
    {
        RowsMax = rowsMax,
        LookAgain = TimeSpan.FromMilliseconds(50),
        SummarizeAfter = TimeSpan.FromMilliseconds(100),
    };

    public (ReconcileReport Report, List<Difference> Found) Reconcile(long from = 1, long to = long.MaxValue, string? database = null)
    {
        var found = new List<Difference>();
        var state = new SwitchState(new StateOptions(200, 200, 20_000, 65_536, 4_096, 64) { TouchMemory = false }, _tokens);
        // Connections of its own: those of the projector may have been cut.
        using var source = new LedgerSource(database ?? Database, _passwordFile);
        // Many windows, as of a large journal.
        return (new Reconciler(source, Journal, state) { WindowRows = 60 }.Run(from, to, found.Add), found);
    }

    public void AssertClean()
    {
        var (report, found) = Reconcile();
        Assert.True(found.Count == 0, string.Join('\n', found.Take(20)));
        Assert.Equal(Durable, report.Sequence);
    }

    public void Dispose()
    {
        Source.Dispose();
        _tokens.Dispose();
    }
}

using System.Diagnostics;
using Npgsql;

namespace SunnySwitch.Ledger.Projection;

/// <summary>
/// Tells the block range indexes of the rows that came, beside the transactions that follow and on a connection of its own: a search reads every
/// row that they were not told of.
/// </summary>
internal sealed class IndexSummaries(NpgsqlDataSource primary)
{
    /// <summary>So many rows are told of without waiting for more.</summary>
    public const int RowsMany = 50_000;

    private readonly HashSet<int> _untold = [];              // Business dates.
    private int[] _asked = [];
    private Task<int[]>? _telling;                           // Dates that are left to another time.
    private long _rows, _askedAt;

    /// <summary>How long rows may be untold of, where few come.</summary>
    public TimeSpan After { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>True when <see cref="TellSome"/> has something to do.</summary>
    public bool IsDue
    {
        get
        {
            if (_telling is { } telling) return telling.IsCompleted;
            var isMore = _rows > 0 || _untold.Count > 1;     // A date that is over gets no more rows.
            return _rows >= RowsMany || isMore && Stopwatch.GetElapsedTime(_askedAt) > After;
        }
    }

    /// <summary>Rows of these business dates are in the database.</summary>
    public void Wrote(IEnumerable<int> days, int rows)
    {
        _untold.UnionWith(days);
        _rows += rows;
    }

    /// <summary>Begins to tell if it is time; what failed since is thrown.</summary>
    public void TellSome()
    {
        if (!IsDue) return;
        End();
        if (IsDue) Begin();
    }

    /// <summary>Tells of all there is, and waits until it is done.</summary>
    public void TellAll()
    {
        End();
        Begin();
        End();
    }

    /// <summary>Waits for what was begun, however it ends; its dates are told of again.</summary>
    public void Leave()
    {
        if (_telling is not { } telling) return;
        Task.WaitAny(telling);
        _telling = null;
        _untold.UnionWith(_asked);
    }

    private void Begin()
    {
        int[] days = [.. _untold];
        (_asked, _rows, _askedAt) = (days, 0, Stopwatch.GetTimestamp());
        _untold.Clear();
        _telling = Task.Factory.StartNew(
            () => Array.FindAll(days, day => !Tell(day)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void End()
    {
        if (_telling is not { } telling) return;
        _untold.UnionWith(telling.GetAwaiter().GetResult());
        _telling = null;
    }

    // Ranges that are finished only. False where a vacuum has the table.
    private bool Tell(int day)
    {
        using var connection = primary.OpenConnection();
        using var transaction = connection.BeginTransaction();
        using var command = new NpgsqlCommand(
            "set local lock_timeout = '1s'; "
            + "select count(brin_summarize_new_values(i.indexrelid)) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam "
            + $"where a.amname = 'brin' and i.indrelid = to_regclass('{LedgerWriter.Partition(day)}')", connection);
        try
        {
            command.ExecuteNonQuery();
            transaction.Commit();
            return true;
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }
}

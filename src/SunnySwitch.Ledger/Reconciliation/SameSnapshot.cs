using System.Data;
using Npgsql;

namespace SunnySwitch.Ledger.Reconciliation;

/// <summary>Connections that all see the database as it was at one moment. Each is one thread's at a time.</summary>
internal sealed class SameSnapshot(NpgsqlDataSource source) : IDisposable
{
    // Some rows of a table by an index that knows their order, whatever is known of a table so new that nobody counted it.
    private const string Hints = "set local enable_seqscan = off; set local enable_sort = off; set local jit = off; "
        + "set local max_parallel_workers_per_gather = 0";

    private readonly List<NpgsqlConnection> _connections = [];
    private string? _snapshot;

    /// <summary>Another connection; a transaction that nothing is written in is open.</summary>
    public NpgsqlConnection Open()
    {
        var connection = source.OpenConnection();
        _connections.Add(connection);
        connection.BeginTransaction(IsolationLevel.RepeatableRead);
        using var command = new NpgsqlCommand(_snapshot is null ? "select pg_export_snapshot()" : $"set transaction snapshot '{_snapshot}'", connection);
        if (command.ExecuteScalar() is string snapshot) _snapshot = snapshot;
        using var hint = new NpgsqlCommand(Hints, connection);
        hint.ExecuteNonQuery();
        return connection;
    }

    public void Dispose()
    {
        // The first, which keeps the snapshot, last.
        for (var index = _connections.Count - 1; index >= 0; index--) _connections[index].Dispose();
    }
}

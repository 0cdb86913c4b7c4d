using System.Buffers.Binary;
using Npgsql;
using SunnySwitch.Core.Domain;
using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Schema;

namespace SunnySwitch.Ledger.Queries;

/// <summary>Looks for transactions in the database: a replica's, where there is one.</summary>
public static class DatabaseSearch
{
    /// <summary>What the indexes of keys call sequences, so that the planner has no other index to choose.</summary>
    internal const string SequenceBesideKeys = "sequence + 0";

    private const long FirstWindow = 20_000;
    private const int GrowthMin = 2, GrowthMax = 64;
    private const string Columns =
        "sequence, decided_at, business_date, acquirer, mti, stan, rrn, response_code, result, approval_code, amount, currency, held_delta, ledger_delta, "
        + "pan_masked, card_token, terminal, merchant";

    /// <summary>The newest that fit.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    /// <exception cref="LedgerException">It has no ledger of this version.</exception>
    public static List<FoundTransaction> Find(LedgerSource source, TransactionQuery query)
    {
        using var connection = source.Replica.OpenConnection();
        using var transaction = connection.BeginTransaction();
        Migrations.Check(connection);
        // The filters of block ranges are worth more than the planner knows; a search is over before others would have begun to help; where it has
        // to read from the disk, it knows beforehand what.
        const string Hints = "set local enable_seqscan = off; set local jit = off; set local max_parallel_workers_per_gather = 0; "
            + "set local effective_io_concurrency = 64";
        using (var hint = new NpgsqlCommand(Hints, connection)) hint.ExecuteNonQuery();
        var found = new List<FoundTransaction>();
        // From the newest backwards, in growing pieces: who asks for what is frequent does not read all of it.
        var (high, size) = (CheckpointTable.Read(connection)?.Sequence ?? 0, FirstWindow);
        while (high > 0 && found.Count < query.Limit)
        {
            var low = Math.Max(0, high - size);
            var before = found.Count;
            Read(connection, query, low, high, found);
            (high, size) = (low, size * Growth(query.Limit - found.Count, found.Count - before));
        }

        return found;
    }

    /// <summary>The next piece is as large as to hold twice what is missing, if it is as rare there.</summary>
    private static long Growth(int missing, int found) => Math.Clamp(2L * missing / Math.Max(1, found), GrowthMin, GrowthMax);

    private static void Read(NpgsqlConnection connection, TransactionQuery query, long low, long high, List<FoundTransaction> found)
    {
        using var command = new NpgsqlCommand { Connection = connection };
        var sequence = query.HasKey ? SequenceBesideKeys : "sequence";
        var where = $"{sequence} > @low and {sequence} <= @high";
        command.Parameters.AddWithValue("low", low);
        command.Parameters.AddWithValue("high", high);
        Add("rrn", query.Rrn);
        Add("stan", query.Stan);
        Add("business_date", query.Date);
        Add("card_token", query.Token is { } token ? LedgerWriter.TokenOf(token) : null);
        Add("approval_code", query.ApprovalCode);
        Add("merchant", query.Merchant);
        Add("terminal", query.Terminal);
        Add("amount", query.AmountMinor);
        command.CommandText = $"select {Columns} from sunny.decision where {where} order by sequence desc limit {query.Limit - found.Count}";
        using var reader = command.ExecuteReader();
        while (reader.Read()) found.Add(Row(reader));

        void Add(string column, object? value)
        {
            if (value is null) return;
            where += $" and {column} = @{column}";
            command.Parameters.AddWithValue(column, value);
        }
    }

    private static FoundTransaction Row(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetDateTime(1), reader.GetFieldValue<DateOnly>(2), reader.GetString(3), reader.GetInt16(4), reader.GetInt64(5),
        reader.GetString(6), reader.GetString(7), (InternalResult)reader.GetInt16(8), reader.IsDBNull(9) ? null : reader.GetString(9),
        reader.IsDBNull(10) ? null : reader.GetInt64(10), reader.IsDBNull(11) ? null : reader.GetInt16(11), reader.GetInt64(12), reader.GetInt64(13),
        reader.GetString(14), reader.IsDBNull(15) ? default : TokenOf(reader.GetGuid(15)), reader.GetString(16), reader.GetString(17));

    private static PanToken TokenOf(Guid guid)
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        return new PanToken(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }
}

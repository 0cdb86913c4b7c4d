using System.Buffers.Binary;
using System.Globalization;
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

    private const string Columns =
        "sequence, decided_at, business_date, acquirer, mti, stan, rrn, response_code, result, approval_code, amount, currency, held_delta, ledger_delta, "
        + "pan_masked, card_token, terminal, merchant";
    private const int CountColumn = 18;

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
        if (CheckpointTable.Read(connection) is not { BusinessDay: > 0 } newest) return found;
        foreach (var dates in Spans(connection, query, DateOf(newest.BusinessDay)))
        {
            if (found.Count == query.Limit) break;
            Find(connection, query, dates, new SearchPieces(newest.Sequence, isWhole: dates.To != DateOf(newest.BusinessDay)), found);
        }

        return found;
    }

    /// <summary>
    /// Business dates from the newest backwards, each span four times as long as the last: they only ever go forward, and of a date that is not asked for
    /// no index is read.
    /// </summary>
    private static IEnumerable<(DateOnly From, DateOnly To)> Spans(NpgsqlConnection connection, TransactionQuery query, DateOnly newest)
    {
        yield return query.Date is { } date ? (date, date) : (newest, newest);
        if (query.Date is not null) yield break;
        var (oldest, to) = (Oldest(connection), newest.AddDays(-1));
        for (var days = 4; to >= oldest; days *= 4)
        {
            var from = to.AddDays(1 - days);
            yield return (from, to);
            to = from.AddDays(-1);
        }
    }

    // Where the first partition begins, whatever its name.
    private static DateOnly Oldest(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            @"select min(substring(pg_get_expr(c.relpartbound, c.oid) from '\d{4}-\d\d-\d\d')) from pg_inherits i join pg_class c on c.oid = i.inhrelid "
            + "where i.inhparent = 'sunny.decision'::regclass", connection);
        return command.ExecuteScalar() is string from ? DateOnly.ParseExact(from, "yyyy-MM-dd", CultureInfo.InvariantCulture) : DateOnly.MaxValue;
    }

    private static DateOnly DateOf(int day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day);

    private static void Find(
        NpgsqlConnection connection, TransactionQuery query, (DateOnly From, DateOnly To) dates, SearchPieces pieces, List<FoundTransaction> found)
    {
        var isFrequent = query.MayBeFrequent;
        while (pieces.High > 0 && found.Count < query.Limit)
        {
            if (isFrequent && pieces.IsToBeSampled) pieces.Sampled(NewestOfSample(connection, query, dates, pieces));
            var missing = query.Limit - found.Count;
            var piece = Read(connection, query, dates, pieces, missing, out var rows);
            if (rows > SearchPieces.Most(missing) && pieces.TryShrink(piece[0].Sequence))
            {
                isFrequent = true;
                continue;
            }

            found.AddRange(piece);
            pieces.Next(piece.Count, query.Limit - found.Count);
        }
    }

    // Of each 250th page, always the same ones.
    private static long? NewestOfSample(
        NpgsqlConnection connection, TransactionQuery query, (DateOnly From, DateOnly To) dates, SearchPieces pieces)
    {
        using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = $"select max(sequence) from sunny.decision tablesample system (0.4) repeatable (1) where {Where(command, query, dates, pieces)}";
        return command.ExecuteScalar() as long?;
    }

    /// <summary>The newest of a piece that are missing; <paramref name="rows"/> gets how many there are, one more than most at most.</summary>
    private static List<FoundTransaction> Read(
        NpgsqlConnection connection, TransactionQuery query, (DateOnly From, DateOnly To) dates, SearchPieces pieces, int missing, out long rows)
    {
        using var command = new NpgsqlCommand { Connection = connection };
        // Not sorted before they are counted: whatever is too much is left as it stands.
        command.CommandText = $"select {Columns}, count(*) over () from (select {Columns} from sunny.decision where {Where(command, query, dates, pieces)} "
            + $"limit {SearchPieces.Most(missing) + 1}) piece order by sequence desc limit {missing}";
        using var reader = command.ExecuteReader();
        var found = new List<FoundTransaction>();
        for (rows = 0; reader.Read(); rows = reader.GetInt64(CountColumn)) found.Add(Row(reader));
        return found;
    }

    private static string Where(NpgsqlCommand command, TransactionQuery query, (DateOnly From, DateOnly To) dates, SearchPieces pieces)
    {
        var sequence = query.HasKey ? SequenceBesideKeys : "sequence";
        var where = $"{sequence} > @low and {sequence} <= @high and business_date between @from and @to";
        command.Parameters.AddWithValue("from", dates.From);
        command.Parameters.AddWithValue("to", dates.To);
        command.Parameters.AddWithValue("low", pieces.Low);
        command.Parameters.AddWithValue("high", pieces.High);
        Add("rrn", query.Rrn);
        Add("stan", query.Stan);
        Add("card_token", query.Token is { } token ? LedgerWriter.TokenOf(token) : null);
        Add("approval_code", query.ApprovalCode);
        Add("merchant", query.Merchant);
        Add("terminal", query.Terminal);
        Add("amount", query.AmountMinor);
        return where;

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

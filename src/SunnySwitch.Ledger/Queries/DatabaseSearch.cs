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
            var pieces = new SearchPieces(newest.Sequence, isWhole: dates.To != DateOf(newest.BusinessDay));
            pieces.Find(new DatedRows(connection, query, dates.From, dates.To), query.MayBeFrequent, query.Limit, found);
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

    /// <summary>Rows of a span of business dates.</summary>
    private sealed class DatedRows(NpgsqlConnection connection, TransactionQuery query, DateOnly from, DateOnly to) : ISearchedRows<FoundTransaction>
    {
        // Of each 250th page, always the same ones.
        public long? NewestOfSample(long after, long upTo)
        {
            using var command = new NpgsqlCommand { Connection = connection };
            command.CommandText = $"select max(sequence) from sunny.decision tablesample system (0.4) repeatable (1) where {Where(command, after, upTo)}";
            return command.ExecuteScalar() as long?;
        }

        public (List<FoundTransaction> Newest, long Rows) Read(long after, long upTo, int most, int missing)
        {
            using var command = new NpgsqlCommand { Connection = connection };
            // Not sorted before they are counted: whatever is too much is left as it stands.
            command.CommandText = $"select {Columns}, count(*) over () from (select {Columns} from sunny.decision where {Where(command, after, upTo)} "
                + $"limit {most + 1}) piece order by sequence desc limit {missing}";
            using var reader = command.ExecuteReader();
            var (newest, rows) = (new List<FoundTransaction>(), 0L);
            for (; reader.Read(); rows = reader.GetInt64(CountColumn)) newest.Add(Row(reader));
            return (newest, rows);
        }

        public long SequenceOf(FoundTransaction row) => row.Sequence;

        private string Where(NpgsqlCommand command, long after, long upTo)
        {
            var sequence = query.HasKey ? SequenceBesideKeys : "sequence";
            var where = $"{sequence} > @after and {sequence} <= @upto and business_date between @from and @to";
            command.Parameters.AddWithValue("from", from);
            command.Parameters.AddWithValue("to", to);
            command.Parameters.AddWithValue("after", after);
            command.Parameters.AddWithValue("upto", upTo);
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
    }
}

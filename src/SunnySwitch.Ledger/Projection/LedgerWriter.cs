using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using SunnySwitch.Core.Domain;
using SunnySwitch.Ledger.Schema;

namespace SunnySwitch.Ledger.Projection;

/// <summary>Somebody else moved the checkpoint, or an older state of the database came back: begin again from what is there.</summary>
internal sealed class CheckpointMovedException() : Exception("the checkpoint is not where it was left");

/// <summary>Writes batches: rows, changed tables and checkpoint in one transaction of the database, or nothing.</summary>
internal sealed class LedgerWriter(NpgsqlDataSource primary)
{
    private const int DaysAhead = 3;
    private const int PieceBytes = 1 << 16, PieceAccounts = 1_000; // A millisecond or two of the database's.
    private const int NewestBusinessDay = 47_482;            // The kernel's own bound.
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(1);
    private readonly HashSet<int> _partitions = [];
    private readonly List<int> _ids = [], _keys = [], _cards = [], _accounts = [], _expires = [], _ended = [];
    private readonly List<long> _first = [], _second = [], _third = [], _fourth = [], _fifth = [];
    private readonly List<short> _status = [];
    private readonly CopyBuffer _newHolds = new();
    private CancellationToken? _rests;                       // Null: in a hurry.

    /// <summary>What is there; makes or moves the tables first.</summary>
    public Checkpoint Open()
    {
        Migrations.Apply(primary);
        _partitions.Clear();
        using var connection = primary.OpenConnection();
        return CheckpointTable.Read(connection) ?? default;
    }

    /// <summary>
    /// Writes a batch that goes on from <paramref name="before"/>. Until <paramref name="rests"/> ends it rests between pieces, so that the database
    /// does not keep a processor from payments for long; null: it does not.
    /// </summary>
    public void Write(FrameBatch batch, in Checkpoint before, in Checkpoint after, CancellationToken? rests)
    {
        _rests = rests;
        using var connection = primary.OpenConnection();
        EnsurePartitions(connection, batch);
        using var transaction = connection.BeginTransaction();
        CheckpointTable.Take(connection, before.Sequence);
        // A batch changes a few rows of a large table, by their keys: never worth reading all of it.
        Run(connection, "set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off");
        foreach (var (day, rows) in batch.Decisions) Copy(connection, Partition(day), TableRows.Decision, rows);
        Copy(connection, TableRows.Account.Name, TableRows.Account, batch.NewAccounts);
        Copy(connection, TableRows.Card.Name, TableRows.Card, batch.NewCards);
        MoveAccounts(connection, batch.Moves);
        WriteHolds(connection, batch.Holds, before.HoldSlots);
        foreach (var (pan, news) in batch.Cards) ChangeCard(connection, pan, news);
        CheckpointTable.Move(connection, in after);
        transaction.Commit();
    }

    /// <summary>The partition of a business date.</summary>
    public static string Partition(int day) => $"sunny.decision_{DateOf(day):yyyyMMdd}";

    private static DateOnly DateOf(int day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day);

    // Those that the batch has rows of, and some ahead. Each in a transaction of its own: it locks out who reads, and must not for long.
    private void EnsurePartitions(NpgsqlConnection connection, FrameBatch batch)
    {
        foreach (var day in batch.Decisions.Keys) EnsurePartition(connection, day);
        foreach (var opened in batch.OpenedDays)
        {
            for (var day = opened; day <= Math.Min(opened + DaysAhead, NewestBusinessDay); day++) EnsurePartition(connection, day);
        }
    }

    private void EnsurePartition(NpgsqlConnection connection, int day)
    {
        if (_partitions.Contains(day)) return;
        if (day == 0) throw new LedgerException("the journal has decisions before its first business date: no version of the switch writes that");
        var (from, to) = (DateOf(day), DateOf(day + 1));
        var values = string.Create(CultureInfo.InvariantCulture, $"from ('{from:yyyy-MM-dd}') to ('{to:yyyy-MM-dd}')");
        using var create = new NpgsqlCommand($"create table if not exists {Partition(day)} partition of sunny.decision for values {values}", connection);
        create.ExecuteNonQuery();
        _partitions.Add(day);
    }

    private static void Run(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private void Copy(NpgsqlConnection connection, string table, TableRows layout, CopyBuffer rows)
    {
        if (rows.Rows == 0) return;
        using var stream = connection.BeginRawBinaryCopy($"copy {table} ({layout.Columns}) from stdin (format binary)");
        for (var left = rows.Written; left.Length > 0;)
        {
            var piece = left[..Math.Min(left.Length, PieceBytes)];
            stream.Write(piece);
            left = left[piece.Length..];
            Breathe();
        }

        stream.Write([0xFF, 0xFF]);                          // The end of the format.
    }

    private void Breathe() => _rests?.WaitHandle.WaitOne(_rest);

    private void MoveAccounts(NpgsqlConnection connection, Dictionary<int, (long Ledger, long Held)> moves)
    {
        // In the order of the index and of the table, most likely: a fifth less work for the database.
        _keys.Clear();
        _keys.AddRange(moves.Keys);
        _keys.Sort();
        var most = _rests is null ? _keys.Count : PieceAccounts;
        for (var first = 0; first < _keys.Count; first += most)
        {
            ClearLists();
            foreach (var account in CollectionsMarshal.AsSpan(_keys).Slice(first, Math.Min(most, _keys.Count - first)))
            {
                var (ledger, held) = moves[account];
                _ids.Add(account);
                _first.Add(ledger);
                _second.Add(held);
            }

            MoveSome(connection);
            Breathe();
        }
    }

    private void MoveSome(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            "update sunny.account a set ledger = a.ledger + m.ledger, held = a.held + m.held "
            + "from unnest(@ids, @ledger, @held) m(number, ledger, held) where a.number = m.number", connection);
        Add(command, "ids", _ids);
        Add(command, "ledger", _first);
        Add(command, "held", _second);
        Expect(command.ExecuteNonQuery(), _ids.Count, "accounts");
    }

    private void WriteHolds(NpgsqlConnection connection, HoldFold holds, int slotsBefore)
    {
        ReadHolds(connection, holds);
        holds.Fold();
        if (holds.Rows.Count == 0) return;
        ClearLists();
        _newHolds.Clear();
        _keys.Clear();
        _keys.AddRange(holds.Rows.Keys);
        _keys.Sort();
        foreach (var slot in _keys)
        {
            var row = holds.Rows[slot];
            if (slot >= slotsBefore) TableRows.WriteHold(_newHolds, slot, in row);
            else AddChanged(slot, in row);
        }

        Copy(connection, TableRows.Hold.Name, TableRows.Hold, _newHolds);
        if (_ids.Count == 0) return;
        using var command = new NpgsqlCommand(
            "update sunny.hold h set card = m.card, account = m.account, opened = m.opened, completed = m.completed, authorized = m.authorized, "
            + "held = m.held, captured = m.captured, expires_on = date '1970-01-01' + nullif(m.expires, 0), "
            + "ended_on = date '1970-01-01' + nullif(m.ended, 0), status = m.status "
            + "from unnest(@ids, @cards, @accounts, @opened, @completed, @authorized, @held, @captured, @expires, @ended, @status) "
            + "m(slot, card, account, opened, completed, authorized, held, captured, expires, ended, status) where h.slot = m.slot", connection);
        Add(command, "ids", _ids);
        Add(command, "cards", _cards);
        Add(command, "accounts", _accounts);
        Add(command, "opened", _first);
        Add(command, "completed", _second);
        Add(command, "authorized", _third);
        Add(command, "held", _fourth);
        Add(command, "captured", _fifth);
        Add(command, "expires", _expires);
        Add(command, "ended", _ended);
        Add(command, "status", _status);
        Expect(command.ExecuteNonQuery(), _ids.Count, "holds");
    }

    private void ReadHolds(NpgsqlConnection connection, HoldFold holds)
    {
        if (holds.Needed.Count == 0) return;
        ClearLists();
        _ids.AddRange(holds.Needed);
        using var command = new NpgsqlCommand(
            "select slot, card, account, opened, completed, authorized, held, captured, coalesce(expires_on - date '1970-01-01', 0), "
            + "coalesce(ended_on - date '1970-01-01', 0), status from sunny.hold where slot = any(@ids)", connection);
        Add(command, "ids", _ids);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            holds.Before(reader.GetInt32(0), new HoldRow(
                reader.GetInt32(1), reader.GetInt32(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6),
                reader.GetInt64(7), reader.GetInt32(8), reader.GetInt32(9), (byte)reader.GetInt16(10)));
        }
    }

    private void AddChanged(int slot, in HoldRow row)
    {
        _ids.Add(slot);
        _cards.Add(row.Card);
        _accounts.Add(row.Account);
        _first.Add(row.Opened);
        _second.Add(row.Completed);
        _third.Add(row.Authorized);
        _fourth.Add(row.Held);
        _fifth.Add(row.Captured);
        _expires.Add(row.Expires);
        _ended.Add(row.EndedOn);
        _status.Add(row.Status);
    }

    private static void ChangeCard(NpgsqlConnection connection, PanToken pan, CardNews news)
    {
        using var command = new NpgsqlCommand { Connection = connection };
        var sets = new List<string>();
        if (news.Change is { } change)
        {
            sets.Add("status = @status, hot = @hot, hot_from = @from, hot_to = @to, hot_region = @region");
            command.Parameters.AddWithValue("status", (short)change.Status);
            command.Parameters.AddWithValue("hot", (short)change.Hot);
            command.Parameters.AddWithValue("from", NpgsqlDbType.Date, change.HotFrom == 0 ? DBNull.Value : DateOf(change.HotFrom));
            command.Parameters.AddWithValue("to", NpgsqlDbType.Date, change.HotTo == 0 ? DBNull.Value : DateOf(change.HotTo));
            command.Parameters.AddWithValue("region", (short)change.HotRegion);
        }

        if (news.PinMethod is { } method) sets.Add($"pin_method = {(int)method}");
        if (news.PinTries >= 0) sets.Add($"pin_tries = {news.PinTries}");
        if (news.HasAddress is { } hasAddress) sets.Add($"has_address = {(hasAddress ? "true" : "false")}");
        command.CommandText = $"update sunny.card set {string.Join(", ", sets)} where token = @token";
        command.Parameters.AddWithValue("token", TokenOf(pan));
        Expect(command.ExecuteNonQuery(), 1, "cards");
    }

    /// <summary>A token as a uuid.</summary>
    public static Guid TokenOf(PanToken pan)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, pan.High);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], pan.Low);
        return new Guid(bytes, bigEndian: true);
    }

    private void ClearLists()
    {
        foreach (var list in (ReadOnlySpan<List<int>>)[_ids, _cards, _accounts, _expires, _ended]) list.Clear();
        foreach (var list in (ReadOnlySpan<List<long>>)[_first, _second, _third, _fourth, _fifth]) list.Clear();
        _status.Clear();
    }

    private static void Add<T>(NpgsqlCommand command, string name, List<T> values) =>
        command.Parameters.Add(new NpgsqlParameter<List<T>>(name, values));

    private static void Expect(int changed, int expected, string what)
    {
        if (changed == expected) return;
        throw new LedgerException(
            $"{changed} of {expected} {what} that the journal changes are in the database: rows were deleted there. "
            + "See what differs with sunny reconcile; sunny ledger rebuild makes the tables anew");
    }
}

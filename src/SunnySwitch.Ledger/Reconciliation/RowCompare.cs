using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Npgsql;
using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Ledger.Reconciliation;

/// <summary>
/// A window of rows that the journal asks for beside those of the database, as the bytes of the COPY format: one that is the same costs one
/// comparison of memory. It is filled, compared on another thread, and used again.
/// </summary>
internal sealed class RowCompare(NpgsqlConnection connection)
{
    private const int EndBytes = 2;
    private readonly List<Difference> _found = [];
    private byte[] _theirs = new byte[1 << 20];
    private Task? _comparing;

    /// <summary>What the journal asks for. Not to be touched from <see cref="Begin"/> to <see cref="Finish"/>.</summary>
    public CopyBuffer Ours { get; } = new();

    /// <summary>Rows of the journal whose keys are from <paramref name="first"/> to <paramref name="last"/>, beside all that the database has there.</summary>
    public void Begin(TableRows table, long first, long last) => _comparing = Task.Factory.StartNew(
        () => Compare(table, first, last), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>What differs in the window that was begun, in order of the keys; then it is empty.</summary>
    public IReadOnlyList<Difference> Finish()
    {
        if (_comparing is not { } comparing) return [];
        _comparing = null;
        comparing.GetAwaiter().GetResult();
        Ours.Clear();
        return _found;
    }

    /// <summary>Waits until nothing is compared any more; what came of it does not matter.</summary>
    public void Abandon()
    {
        if (_comparing is { } comparing) Task.WaitAny(comparing);
        _comparing = null;
    }

    private void Compare(TableRows table, long first, long last)
    {
        _found.Clear();
        var key = table.Names[0];
        var select = $"select {table.Columns} from {table.Name} where {key} between {first} and {last}";
        var mine = Ours.Written[CopyBuffer.HeadBytes..];
        // Rows that were only ever appended stand in order, and sorting them would cost more than all else.
        if (table.IsAppended && mine.SequenceEqual(Read(select))) return;
        var theirs = Read($"{select} order by {key}");
        if (!mine.SequenceEqual(theirs)) Walk(table, mine, theirs);
    }

    private Span<byte> Read(string select)
    {
        using var stream = connection.BeginRawBinaryCopy($"copy ({select}) to stdout (format binary)");
        var used = 0;
        while (true)
        {
            if (used == _theirs.Length) Array.Resize(ref _theirs, 2 * used);
            var read = stream.Read(_theirs.AsSpan(used));
            if (read == 0) return _theirs.AsSpan(CopyBuffer.HeadBytes, used - CopyBuffer.HeadBytes - EndBytes);
            used += read;
        }
    }

    private void Walk(TableRows table, ReadOnlySpan<byte> mine, ReadOnlySpan<byte> theirs)
    {
        while (!mine.IsEmpty || !theirs.IsEmpty)
        {
            var (my, their) = (KeyOf(mine), KeyOf(theirs));
            var (myRow, theirRow) = (RowBytes(mine), RowBytes(theirs));
            if (my == their)
            {
                if (!mine[..myRow].SequenceEqual(theirs[..theirRow])) Note(table, my, Columns(table, mine[..myRow], theirs[..theirRow]));
                mine = mine[myRow..];
                theirs = theirs[theirRow..];
            }
            else if (my < their)
            {
                Note(table, my, "missing in the database");
                mine = mine[myRow..];
            }
            else
            {
                Note(table, their, "extra in the database");
                theirs = theirs[theirRow..];
            }
        }
    }

    private void Note(TableRows table, long key, string what) => _found.Add(new Difference(table.Name, key, what));

    // After the last row comes nothing smaller.
    private static long KeyOf(ReadOnlySpan<byte> rows)
    {
        if (rows.IsEmpty) return long.MaxValue;
        return BinaryPrimitives.ReadInt32BigEndian(rows[2..]) == 8
            ? BinaryPrimitives.ReadInt64BigEndian(rows[6..]) : BinaryPrimitives.ReadInt32BigEndian(rows[6..]);
    }

    private static int RowBytes(ReadOnlySpan<byte> rows)
    {
        if (rows.IsEmpty) return 0;
        var used = 2;
        for (var field = BinaryPrimitives.ReadInt16BigEndian(rows); field > 0; field--) Take(rows, ref used, out _);
        return used;
    }

    private static bool Take(ReadOnlySpan<byte> row, ref int used, out ReadOnlySpan<byte> value)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(row[used..]);
        value = length < 0 ? default : row.Slice(used + 4, length);
        used += 4 + Math.Max(0, length);
        return length >= 0;
    }

    private static string Columns(TableRows table, ReadOnlySpan<byte> mine, ReadOnlySpan<byte> theirs)
    {
        var text = new StringBuilder();
        int my = 2, their = 2;
        for (var column = 0; column < table.Names.Length; column++)
        {
            var isMine = Take(mine, ref my, out var one);
            var isTheirs = Take(theirs, ref their, out var other);
            if (isMine == isTheirs && one.SequenceEqual(other)) continue;
            if (text.Length > 0) text.Append("; ");
            var kind = table.Kinds[column];
            text.Append(CultureInfo.InvariantCulture, $"{table.Names[column]}: journal {Show(kind, isMine, one)}, database {Show(kind, isTheirs, other)}");
        }

        return text.ToString();
    }

    private static string Show(ColumnKind kind, bool isThere, ReadOnlySpan<byte> value)
    {
        if (!isThere) return "null";
        var number = value.Length switch
        {
            8 => BinaryPrimitives.ReadInt64BigEndian(value),
            4 => BinaryPrimitives.ReadInt32BigEndian(value),
            2 => BinaryPrimitives.ReadInt16BigEndian(value),
            _ => 0L,
        };
        return kind switch
        {
            ColumnKind.Number => number.ToString(CultureInfo.InvariantCulture),
            ColumnKind.Date => new DateOnly(2000, 1, 1).AddDays((int)number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ColumnKind.Time => new DateTime(2000, 1, 1).AddMicroseconds(number).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ColumnKind.Text => $"\"{Encoding.UTF8.GetString(value)}\"",
            ColumnKind.Flag => value is [0] ? "false" : "true",
            ColumnKind.Token => Convert.ToHexString(value),
            _ => "another",                                  // What stands where a masked number belongs may be a whole one.
        };
    }
}

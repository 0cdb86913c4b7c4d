using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Npgsql;
using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Ledger.Reconciliation;

/// <summary>
/// Compares rows that the journal asks for with those of the database, as the bytes of the COPY format: a window that is the same costs one
/// comparison of memory.
/// </summary>
internal sealed class RowCompare(NpgsqlConnection connection, Action<Difference> found)
{
    private const int EndBytes = 2;
    private byte[] _theirs = new byte[1 << 20];

    /// <summary>Rows that differ.</summary>
    public long Differences { get; private set; }

    /// <summary>Rows of the journal whose keys are from <paramref name="first"/> to <paramref name="last"/>, beside all that the database has there.</summary>
    public void Compare(TableRows table, CopyBuffer ours, long first, long last)
    {
        var key = table.Names[0];
        var bytes = Read($"copy (select {table.Columns} from {table.Name} where {key} between {first} and {last} order by {key}) to stdout (format binary)");
        var mine = ours.Written[CopyBuffer.HeadBytes..];
        var theirs = _theirs.AsSpan(CopyBuffer.HeadBytes, bytes - CopyBuffer.HeadBytes - EndBytes);
        if (!mine.SequenceEqual(theirs)) Walk(table, mine, theirs);
    }

    private int Read(string sql)
    {
        using var stream = connection.BeginRawBinaryCopy(sql);
        var used = 0;
        while (true)
        {
            if (used == _theirs.Length) Array.Resize(ref _theirs, 2 * used);
            var read = stream.Read(_theirs.AsSpan(used));
            if (read == 0) return used;
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

    private void Note(TableRows table, long key, string what)
    {
        Differences++;
        found(new Difference(table.Name, key, what));
    }

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

using Npgsql;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Ledger.Schema;

namespace SunnySwitch.Ledger.Projection;

/// <summary>The row of <c>sunny.checkpoint</c>.</summary>
internal static class CheckpointTable
{
    private const int Cell = 0;

    /// <summary>What is there; null before the first batch.</summary>
    public static Checkpoint? Read(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            "select segment_first, batch_offset, batch_first, epoch_before, chain_before, sequence, chain, decisions, hold_slots, cards, "
            + "coalesce(business_date - date '1970-01-01', 0), (extract(epoch from frame_time) * 1000000)::bigint "
            + "from sunny.checkpoint where cell = 0", connection);
        using var reader = command.ExecuteReader();
        if (!reader.Read() || reader.GetInt64(5) == 0) return null;
        var at = new JournalPosition(
            reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), (ulong)reader.GetInt64(3), Checkpoint.Chain(reader.GetFieldValue<byte[]>(4)),
            reader.GetInt64(5), Checkpoint.Chain(reader.GetFieldValue<byte[]>(6)));
        return new Checkpoint(at, reader.GetInt64(7), reader.GetInt32(8), reader.GetInt32(9), reader.GetInt32(10), reader.GetInt64(11) * 1_000);
    }

    /// <summary>Locks the row until the transaction ends; it has to be where it was left, and the tables those of this version.</summary>
    public static void Take(NpgsqlConnection connection, long sequence)
    {
        using var command = new NpgsqlCommand(
            "select (select max(version) from sunny.schema_version), (select sequence from sunny.checkpoint where cell = 0 for update)", connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        var (version, found) = (reader.GetInt32(0), reader.IsDBNull(1) ? -1 : reader.GetInt64(1));
        reader.Close();
        if (version != Migrations.Newest) Migrations.Check(connection);
        if (found != sequence) throw new CheckpointMovedException();
    }

    /// <summary>Moves it, in the transaction that took it.</summary>
    public static void Move(NpgsqlConnection connection, in Checkpoint after)
    {
        var at = after.At!.Value;
        using var command = new NpgsqlCommand(
            "update sunny.checkpoint set sequence = @sequence, chain = @chain, segment_first = @segment, batch_offset = @offset, "
                + "batch_first = @first, epoch_before = @epoch, chain_before = @before, decisions = @decisions, hold_slots = @slots, "
                + "cards = @cards, business_date = date '1970-01-01' + nullif(@day, 0), frame_time = @time, moved_at = now() where cell = @cell",
            connection);
        command.Parameters.AddWithValue("cell", (short)Cell);
        command.Parameters.AddWithValue("sequence", at.LastSequence);
        command.Parameters.AddWithValue("chain", Checkpoint.Bytes(at.ChainAfter));
        command.Parameters.AddWithValue("segment", at.SegmentFirst);
        command.Parameters.AddWithValue("offset", at.BatchOffset);
        command.Parameters.AddWithValue("first", at.BatchFirst);
        command.Parameters.AddWithValue("epoch", (long)at.EpochBefore);
        command.Parameters.AddWithValue("before", Checkpoint.Bytes(at.ChainBefore));
        command.Parameters.AddWithValue("decisions", after.Decisions);
        command.Parameters.AddWithValue("slots", after.HoldSlots);
        command.Parameters.AddWithValue("cards", after.Cards);
        command.Parameters.AddWithValue("day", after.BusinessDay);
        command.Parameters.AddWithValue("time", DateTime.UnixEpoch.AddTicks(after.TimeNanos / 100));
        Must.Hold(command.ExecuteNonQuery() == 1);           // It is locked.
    }
}

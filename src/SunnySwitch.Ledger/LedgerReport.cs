using Npgsql;
using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Schema;

namespace SunnySwitch.Ledger;

/// <summary>What the database says of the projection.</summary>
/// <param name="SchemaVersion">Version of the tables.</param>
/// <param name="At">Where it is.</param>
/// <param name="MovedAt">When it moved last.</param>
/// <param name="Partitions">Business dates that have tables.</param>
/// <param name="Bytes">Size of all its tables and indexes.</param>
public sealed record LedgerReport(int SchemaVersion, Checkpoint At, DateTime MovedAt, long Partitions, long Bytes)
{
    /// <summary>Reads it, from a replica where there is one.</summary>
    public static LedgerReport Read(LedgerSource source)
    {
        using var connection = source.Replica.OpenConnection();
        Migrations.Check(connection);
        var at = CheckpointTable.Read(connection) ?? default;
        using var command = new NpgsqlCommand(
            "select (select moved_at from sunny.checkpoint where cell = 0), "
            + "(select count(*) from pg_inherits where inhparent = 'sunny.decision'::regclass), "
            + "(select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c "
            + "where c.relnamespace = 'sunny'::regnamespace and c.relkind = 'r')", connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        return new LedgerReport(Migrations.Newest, at, reader.GetDateTime(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}

/// <summary>Errors of the database, for people.</summary>
public static class LedgerErrors
{
    /// <summary>In a line; nothing of a row's values.</summary>
    public static string Words(Exception failure) => Failures.Words(failure);
}

using System.Globalization;
using System.Reflection;
using Npgsql;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Ledger.Schema;

/// <summary>
/// The tables in PostgreSQL and how they become those of this version: forward only, all steps in one transaction, one program at a time.
/// </summary>
/// <remarks>Nothing here lives longer than a transaction, so that a pooler may stand between.</remarks>
public static class Migrations
{
    private const long LockKey = 0x53_55_4E_4E_59;           // "SUNNY"

    private static readonly (int Version, string Name)[] _steps =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (int.Parse(name.AsSpan(0, 3), CultureInfo.InvariantCulture), name)),
    ];

    /// <summary>The version of the tables that this program works with.</summary>
    public static int Newest => _steps[^1].Version;

    /// <summary>Brings the tables to <see cref="Newest"/>, and what <c>outcome</c> says to what this version says. Returns the version found.</summary>
    /// <exception cref="LedgerException">The tables are of a newer version.</exception>
    public static int Apply(NpgsqlDataSource primary) => Apply(primary, Newest);

    internal static int Apply(NpgsqlDataSource primary, int target)
    {
        using var connection = primary.OpenConnection();
        using var transaction = connection.BeginTransaction();
        var found = Read(connection, forWriting: true);
        if (found >= target) return found;                   // Others need not wait for us, nor we for them.

        Run(connection, $"select pg_advisory_xact_lock({LockKey})");
        Run(connection, "create schema if not exists sunny");
        Run(connection, "create table if not exists sunny.schema_version "
            + "(version integer primary key, name text not null, applied_at timestamptz not null default now())");
        found = Read(connection, forWriting: true);
        foreach (var (version, name) in _steps.Where(step => step.Version > found && step.Version <= target))
        {
            Run(connection, Text(name));
            Run(connection, $"insert into sunny.schema_version (version, name) values ({version}, '{name}')");
        }

        FillOutcomes(connection);
        transaction.Commit();
        return found;
    }

    /// <summary>The tables are those of this version, or else the reason is thrown.</summary>
    public static void Check(NpgsqlConnection connection)
    {
        var found = Read(connection, forWriting: false);
        if (found == Newest) return;
        throw new LedgerException(found == 0
            ? $"the database {connection.Database} has no ledger yet: start a switch with ledger.postgres, or run sunny ledger rebuild"
            : $"the ledger's tables are of version {found}, this program works with {Newest}: the switch brings them there when it starts");
    }

    private static int Read(NpgsqlConnection connection, bool forWriting)
    {
        using var exists = new NpgsqlCommand("select to_regclass('sunny.schema_version') is not null", connection);
        if (!(bool)exists.ExecuteScalar()!) return 0;
        using var newest = new NpgsqlCommand("select coalesce(max(version), 0) from sunny.schema_version", connection);
        var found = (int)newest.ExecuteScalar()!;
        if (found <= Newest) return found;
        var verb = forWriting ? "writes" : "reads";
        throw new LedgerException(
            $"the ledger's tables in {connection.Database} are of version {found}, this program {verb} up to {Newest}: "
            + "start the newer version of SunnySwitch that made them, or name another database");
    }

    private static void FillOutcomes(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            "insert into sunny.outcome select * from unnest(@results, @names, @codes, @checks, @meanings) "
            + "on conflict (result) do update set name = excluded.name, response_code = excluded.response_code, "
            + "decided_by = excluded.decided_by, meaning = excluded.meaning", connection);
        var all = Outcomes.All;
        command.Parameters.AddWithValue("results", all.Select(each => (short)each.Result).ToArray());
        command.Parameters.AddWithValue("names", all.Select(each => each.Result.ToString()).ToArray());
        command.Parameters.AddWithValue("codes", all.Select(each => each.Code.ToString()).ToArray());
        command.Parameters.AddWithValue("checks", all.Select(each => each.Check.ToString()).ToArray());
        command.Parameters.AddWithValue("meanings", all.Select(each => each.Meaning).ToArray());
        command.ExecuteNonQuery();
    }

    private static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void Run(NpgsqlConnection connection, string sql)
    {
        // Indexes of tables that have rows take their time.
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }
}

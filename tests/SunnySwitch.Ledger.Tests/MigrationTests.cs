using SunnySwitch.Ledger.Queries;
using SunnySwitch.Ledger.Schema;

namespace SunnySwitch.Ledger.Tests;

public sealed class MigrationTests(PostgresServer server)
{
    [Fact]
    public void An_empty_database_gets_the_tables_and_keeps_them()
    {
        var database = server.NewDatabase();
        using var source = new LedgerSource(database, null);
        Assert.Equal(0, Migrations.Apply(source.Primary));
        Assert.Equal(Migrations.Newest, Migrations.Apply(source.Primary));
        Assert.Equal(Migrations.Newest, PostgresServer.Ask<int>(database, "select max(version) from sunny.schema_version"));
        Assert.Equal("51", PostgresServer.Ask<string>(database, "select response_code from sunny.outcome where name = 'InsufficientFunds'"));
    }

    [Fact]
    public void Tables_of_the_first_version_are_brought_to_this_one_with_the_rows_that_are_in_them()
    {
        var database = server.NewDatabase();
        using var source = new LedgerSource(database, null);
        Assert.Equal(0, Migrations.Apply(source.Primary, target: 1));
        PostgresServer.Execute(database, """
            create table sunny.decision_20260101 partition of sunny.decision for values from ('2026-01-01') to ('2026-01-02');
            insert into sunny.decision (sequence, number, decided_at, stan, held_delta, ledger_delta, business_date, link, processing_code, trace_time, mti,
                result, effect, origin, category, entry_mode, response_code, acquirer, pan_masked, rrn, terminal, merchant)
            select n, n, now(), n, 0, 0, '2026-01-01', 0, 0, 0, 100, 0, 0, 0, 0, 0, '00', '1', '*', 'r' || n, 't', 'm' from generate_series(1, 3000) n;
            update sunny.checkpoint set sequence = 3000, business_date = '2026-01-01'
            """);
        Assert.Equal(1, Migrations.Apply(source.Primary));
        Assert.Equal(1_234, Assert.Single(DatabaseSearch.Find(source, new TransactionQuery { Rrn = "r1234" })).Sequence);
        Assert.Equal(2, Assert.Single(DatabaseSearch.Find(source, new TransactionQuery { Stan = 2 })).Sequence);
    }

    [Fact]
    public async Task Several_programs_that_start_at_once_make_the_tables_once()
    {
        using var source = new LedgerSource(server.NewDatabase(), null);
        var found = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Migrations.Apply(source.Primary))));
        Assert.Single(found, 0);
    }

    [Fact]
    public void A_newer_schema_is_refused_with_what_to_do()
    {
        var database = server.NewDatabase();
        using var source = new LedgerSource(database, null);
        Migrations.Apply(source.Primary);
        PostgresServer.Execute(database, $"insert into sunny.schema_version values ({Migrations.Newest + 1}, 'later')");
        var refusal = Assert.Throws<LedgerException>(() => Migrations.Apply(source.Primary));
        Assert.Contains($"of version {Migrations.Newest + 1}, this program writes up to {Migrations.Newest}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("start the newer version", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=a;Database=b;Username=c;Password=d", "no password in the configuration")]
    [InlineData("Database=b", "Host is missing")]
    [InlineData("nonsense", "not a connection string")]
    [InlineData("Hots=a", "not a connection string")]
    public void A_wrong_connection_string_is_refused_in_words(string connection, string says) =>
        Assert.Contains(says, LedgerSource.Problem(connection), StringComparison.Ordinal);

    [Fact]
    public void Several_hosts_and_target_session_attributes_are_taken() =>
        Assert.Null(LedgerSource.Problem("Host=a,b:5433;Database=c;Username=d;Target Session Attributes=primary"));
}

using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Reconciliation;

namespace SunnySwitch.Ledger.Tests;

/// <summary>The control of every other test here: what is changed in the database is found, and named.</summary>
public sealed class ReconcileTests(PostgresServer server, ReconcileTests.Projected projected) : IClassFixture<ReconcileTests.Projected>
{
    [Fact]
    public void A_piece_of_a_table_that_nobody_counted_is_read_by_its_index()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        using var connections = new SameSnapshot(rig.Source.Replica);
        foreach (var (table, key) in new[] { ("decision", "sequence"), ("account", "number"), ("card", "number"), ("hold", "slot") })
        {
            var order = table == "decision" ? "" : $" order by {key}";
            var plan = PostgresServer.Plan(connections.Open(), $"select * from sunny.{table} where {key} between 1 and 50{order}");
            Assert.Contains("Index Scan", plan, StringComparison.Ordinal);
            foreach (var slow in new[] { "Seq Scan", "Sort", "Gather" }) Assert.DoesNotContain(slow, plan, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("update sunny.decision set amount = amount + 1 where sequence = {0}", "sunny.decision", "amount: journal ")]
    [InlineData("update sunny.decision set merchant = 'another' where sequence = {0}", "sunny.decision", "database \"another\"")]
    [InlineData("update sunny.decision set decided_at = decided_at + interval '1us' where sequence = {0}", "sunny.decision", "decided_at: journal 20")]
    [InlineData("delete from sunny.decision where sequence = {0}", "sunny.decision", "missing in the database")]
    [InlineData("insert into sunny.decision select * from sunny.decision where sequence = {0}", "sunny.decision", "extra in the database")]
    [InlineData(
        "insert into sunny.decision select (jsonb_populate_record(d, '{{\"sequence\": 999999999}}')).* from sunny.decision d where sequence = {0}",
        "sunny.decision", "extra in the database")]
    [InlineData("update sunny.account set held = held + 1 where number = 0", "sunny.account", "held: journal ")]
    [InlineData("update sunny.account set ledger = ledger - 1 where number = 0", "sunny.account", "ledger: journal ")]
    [InlineData("delete from sunny.account where number = 0", "sunny.account", "missing in the database")]
    [InlineData("insert into sunny.account values (1000000, 840, 1, 0, 0)", "sunny.account", "extra in the database")]
    [InlineData("update sunny.card set status = 4, hot_from = '2026-01-01' where number = 0", "sunny.card", "hot_from: journal null, database 2026-01-01")]
    [InlineData("update sunny.card set pan_masked = '4111111111111111' where number = 0", "sunny.card", "pan_masked: journal another, database another")]
    [InlineData("update sunny.hold set captured = captured + 5 where slot = 0", "sunny.hold", "captured: journal ")]
    [InlineData("delete from sunny.hold where slot = 0", "sunny.hold", "missing in the database")]
    public void A_planted_difference_is_found_and_named(string change, string table, string says)
    {
        var database = projected.Rig.Database;
        var sequence = PostgresServer.Ask<long>(
            database, "select sequence from sunny.decision where amount is not null order by sequence offset 100 limit 1");
        PostgresServer.Execute(database, string.Format(System.Globalization.CultureInfo.InvariantCulture, change, sequence));

        var (report, found) = projected.Rig.Reconcile();
        projected.PutBack(table);
        var difference = Assert.Single(found);
        Assert.Equal(table, difference.Table);
        Assert.Contains(says, difference.What, StringComparison.Ordinal);
        Assert.DoesNotContain("4111111111111111", difference.What, StringComparison.Ordinal);
        Assert.Equal(1, report.Differences);
        if (table == "sunny.decision") Assert.Contains(difference.Key, new[] { sequence, 999_999_999 });
    }

    /// <summary>Every column of every table that is compared, one at a time.</summary>
    [Fact]
    public void A_difference_in_any_column_is_found_and_named()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        var sequence = PostgresServer.Ask<long>(rig.Database, "select sequence from sunny.decision order by sequence offset 200 limit 1");
        foreach (var (table, key) in new[]
        {
            (TableRows.Decision, sequence), (TableRows.Account, 0L), (TableRows.Card, 0L), (TableRows.ComparedHold, 0L),
        })
        {
            // With another key it would be another row. Another business date is in another partition.
            foreach (var column in table.Names.Skip(1))
            {
                var change = table.Kinds[Array.IndexOf(table.Names, column)] switch
                {
                    ColumnKind.Number => $"coalesce({column}, 0) + 1",
                    ColumnKind.Text => $"coalesce({column}, '') || 'x'",
                    ColumnKind.Masked => $"left({column}, -1) || 'x'",
                    ColumnKind.Date => $"coalesce({column}, '2026-01-01') + 1",
                    ColumnKind.Time => $"{column} + interval '1us'",
                    ColumnKind.Flag => $"not {column}",
                    _ => "gen_random_uuid()",
                };
                var row = $"{table.Name} where {table.Names[0]} = {key}";
                PostgresServer.Execute(rig.Database, $"create table saved as select * from {row}; update {table.Name} set {column} = {change} "
                    + $"where {table.Names[0]} = {key}");
                var found = rig.Reconcile().Found;
                Assert.True(found.Count == 1, $"{table.Name}.{column}: {found.Count} differences");
                var difference = found[0];
                Assert.Equal((table.Name, key), (difference.Table, difference.Key));
                Assert.StartsWith($"{column}: journal ", difference.What, StringComparison.Ordinal);
                Assert.DoesNotContain(';', difference.What);
                PostgresServer.Execute(rig.Database, $"delete from {row}; insert into {table.Name} select * from saved; drop table saved");
            }
        }

        // Rows that were put back stand elsewhere: they are the same for all that.
        rig.AssertClean();
    }

    [Fact]
    public void A_range_leaves_out_what_is_outside_but_balances_are_compared_always()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        PostgresServer.Execute(rig.Database, "update sunny.decision set stan = stan + 1 where number in (10, 200, 390)");
        var changed = PostgresServer.Ask<long[]>(
            rig.Database, "select array_agg(sequence order by sequence) from sunny.decision where number in (10, 200, 390)");
        Assert.Equal(changed, rig.Reconcile().Found.ConvertAll(each => each.Key));
        Assert.Equal([changed[1]], rig.Reconcile(changed[0] + 1, changed[2] - 1).Found.ConvertAll(each => each.Key));
        Assert.Empty(rig.Reconcile(changed[2] + 1).Found);
        PostgresServer.Execute(rig.Database, "update sunny.account set held = held + 1 where number = 0");
        Assert.Equal("sunny.account", Assert.Single(rig.Reconcile(changed[2] + 1).Found).Table);
    }

    [Fact]
    public void Nothing_projected_is_said_and_not_compared()
    {
        using var rig = new Rig(server.NewDatabase());
        Assert.Contains("no ledger yet", Assert.Throws<LedgerException>(() => rig.Reconcile()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_journal_has_beyond_the_projection_is_no_difference()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Durable = rig.End / 2;
        rig.Projector().RunToEnd();
        var (report, found) = rig.Reconcile();
        Assert.Empty(found);
        Assert.InRange(report.Sequence, 1, rig.End / 2);
    }

    /// <summary>A projection that is clean, of which each table can be had again as it was.</summary>
    public sealed class Projected : IDisposable
    {
        public Projected(PostgresServer server)
        {
            Rig = new Rig(server.NewDatabase());
            Rig.Projector().RunToEnd();
            Rig.AssertClean();
            PostgresServer.Execute(Rig.Database, "create schema kept; create table kept.decision as table sunny.decision; "
                + "create table kept.account as table sunny.account; create table kept.card as table sunny.card; create table kept.hold as table sunny.hold");
        }

        internal Rig Rig { get; }

        public void PutBack(string table) => PostgresServer.Execute(
            Rig.Database, $"truncate {table}; insert into {table} select * from {table.Replace("sunny.", "kept.", StringComparison.Ordinal)} order by 1");

        public void Dispose() => Rig.Dispose();
    }
}

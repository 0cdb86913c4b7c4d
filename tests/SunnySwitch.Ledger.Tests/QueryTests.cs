using System.Text.RegularExpressions;
using Npgsql;
using SunnySwitch.Ledger.Queries;
using SunnySwitch.Ledger.Tests.Redis;

namespace SunnySwitch.Ledger.Tests;

public sealed class QueryTests(PostgresServer server)
{
    [Fact]
    public void Each_key_finds_the_same_in_the_database_and_in_the_journal()
    {
        using var rig = new Rig(server.NewDatabase());
        AssertSame(rig, every: 40);
    }

    [Fact]
    public void On_whatever_date_it_was_the_same_is_found_in_the_database_and_in_the_journal()
    {
        using var cell = new TestCell();
        // The first and last dates of spans of 1, 4, 16, 64 and 256 before the newest, and some between.
        foreach (var after in new[] { 0, 1, 2, 21, 59, 60, 315, 316, 350, 379, 380, 395, 396, 399, 400 })
        {
            if (after > 0) cell.OpenDay(TestCell.Day + after);
            cell.Trade(60, merchants: 3, first: after % 4);
        }

        using var rig = new Rig(server.NewDatabase(), cell.Disk);
        AssertSame(rig, every: 29);
        var (day, none) = (new TransactionQuery { Date = Date(21), Limit = 1_000 }, new TransactionQuery { Date = Date(20) });
        Assert.Equal(72, DatabaseSearch.Find(rig.Source, day).Count);
        Assert.Equal(JournalSearch.Find(rig.Journal, day), DatabaseSearch.Find(rig.Source, day));
        Assert.Empty(DatabaseSearch.Find(rig.Source, none));
    }

    private static DateOnly Date(int after) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(TestCell.Day + after);

    private static void AssertSame(Rig rig, int every)
    {
        rig.Projector().RunToEnd();
        var all = JournalSearch.Find(rig.Journal, new TransactionQuery { Limit = 100_000 });
        Assert.True(all.Count > 300);
        Assert.Equal(all, DatabaseSearch.Find(rig.Source, new TransactionQuery { Limit = 100_000 }));
        foreach (var one in all.Where((_, index) => index % every == 0))
        {
            TransactionQuery[] queries =
            [
                new() { Rrn = one.Rrn }, new() { Stan = one.Stan, Date = one.BusinessDate }, new() { Token = one.Token, Limit = 7 },
                new() { Merchant = one.Merchant, Limit = 5 }, new() { Terminal = one.Terminal, Limit = 5 }, new() { AmountMinor = one.AmountMinor ?? -1 },
                new() { Terminal = one.Terminal, Limit = 250 }, new() { ApprovalCode = one.ApprovalCode ?? "ZZZZZZ" },
            ];
            foreach (var query in queries)
            {
                var found = DatabaseSearch.Find(rig.Source, query);
                Assert.Equal(all.Where(query.Fits).Take(query.Limit), found);
                Assert.Equal(JournalSearch.Find(rig.Journal, query), found);
            }
        }
    }

    /// <summary>Whatever the planner knows of the table, a key is found by the one index that has it.</summary>
    [Fact]
    public void Each_key_is_looked_for_in_its_own_index()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        foreach (var (key, index) in new[]
        {
            ("rrn = 'r'", "rrn_stan"), ("stan = 1::bigint", "rrn_stan"), ("card_token = '00000000-0000-0000-0000-000000000001'", "card_token_approval_code"),
            ("approval_code = 'a'", "card_token_approval_code"), ("merchant = 'm'", "merchant_terminal_amount"), ("terminal = 't'", "merchant_terminal_amount"),
            ("amount = 1::bigint", "merchant_terminal_amount"),
        })
        {
            var plan = PostgresServer.Ask<string>(rig.Database, "set enable_seqscan = off; explain (format json) select 1 from sunny.decision "
                + $"where {DatabaseSearch.SequenceBesideKeys} > 0 and {DatabaseSearch.SequenceBesideKeys} <= 1000 and {key}");
            Assert.Contains($"_expr_{index}_idx", plan, StringComparison.Ordinal);
            var condition = $"(((sequence + 0) > 0) AND ((sequence + 0) <= 1000) AND ({key.Split(' ')[0]} = ";
            Assert.Contains($"\"Index Cond\": \"{condition}", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("sequence_number_idx", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rows_that_no_others_follow_are_in_the_indexes_soon()
    {
        using var cell = new TestCell();
        cell.Trade(6_000);
        using var rig = new Rig(server.NewDatabase(), cell.Disk);
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End);
        // A range that an index knows has nothing of it; one that it was not told of is read.
        using var connection = rig.Source.Primary.OpenConnection();
        using var byIndex = new NpgsqlCommand("set enable_seqscan = off", connection);
        byIndex.ExecuteNonQuery();
        Assert.True(SpinWait.SpinUntil(() => ReadInVain(connection) < 1_300, TimeSpan.FromSeconds(20)), $"{ReadInVain(connection)} rows read");
    }

    private static int ReadInVain(NpgsqlConnection connection)
    {
        var plan = PostgresServer.Plan(
            connection, $"(analyze) select 1 from sunny.decision where {DatabaseSearch.SequenceBesideKeys} > 0 and rrn = 'none'");
        return Regex.Matches(plan, @"Rows Removed by Index Recheck: (\d+)").Sum(each => int.Parse(each.Groups[1].Value));
    }

    [Fact]
    public void What_is_not_there_is_not_found()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        var query = new TransactionQuery { Rrn = "no such one" };
        Assert.Empty(DatabaseSearch.Find(rig.Source, query));
        Assert.Empty(JournalSearch.Find(rig.Journal, query));
    }
}

using SunnySwitch.Ledger.Queries;

namespace SunnySwitch.Ledger.Tests;

public sealed class QueryTests(PostgresServer server)
{
    [Fact]
    public void Each_key_finds_the_same_in_the_database_and_in_the_journal()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        var all = JournalSearch.Find(rig.Journal, new TransactionQuery { Limit = 100_000 });
        Assert.True(all.Count > 300);
        Assert.Equal(all, DatabaseSearch.Find(rig.Source, new TransactionQuery { Limit = 100_000 }));
        foreach (var one in all.Where((_, index) => index % 40 == 0))
        {
            TransactionQuery[] queries =
            [
                new() { Rrn = one.Rrn }, new() { Stan = one.Stan, Date = one.BusinessDate }, new() { Token = one.Token, Limit = 7 },
                new() { Merchant = one.Merchant, Limit = 5 }, new() { Terminal = one.Terminal, Limit = 5 }, new() { AmountMinor = one.AmountMinor ?? -1 },
                new() { ApprovalCode = one.ApprovalCode ?? "ZZZZZZ" },
            ];
            foreach (var query in queries)
            {
                var found = DatabaseSearch.Find(rig.Source, query);
                Assert.Equal(all.Where(query.Fits).Take(query.Limit), found);
                Assert.Equal(JournalSearch.Find(rig.Journal, query), found);
            }
        }
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

using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Queries;

namespace SunnySwitch.Ledger.Tests;

/// <summary>What stands between the switch and the database, and databases that take another's place.</summary>
public sealed class TopologyTests(PostgresServer shared)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_pooler_in_transaction_mode_may_stand_between()
    {
        var direct = shared.NewDatabase();
        using var pooler = new PgBouncer(shared, connections: 4);
        using var rig = new Rig(direct.Replace($"Port={shared.Port}", $"Port={pooler.Port}", StringComparison.Ordinal));
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(1);
        rig.Durable = rig.End;
        // Others ask meanwhile: transactions of one take turns with those of others on the same four connections.
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            var times = 0;
            for (; running.Projector.Status.Sequence < rig.End; times++) DatabaseSearch.Find(rig.Source, new TransactionQuery { Limit = 20 });
            return times;
        })));
        Assert.True(asked.Sum() > 8);
        running.EndsClean();
        Assert.Equal(0, running.Projector.Status.FailedAttempts);
        var query = new TransactionQuery { Limit = 50 };
        Assert.Equal(JournalSearch.Find(rig.Journal, query), DatabaseSearch.Find(rig.Source, query));
        const string Others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
            + "and backend_type = 'client backend'";
        Assert.InRange(PostgresServer.Ask<long>(direct, Others), 1, 4);
    }

    /// <summary>The primary is killed in the middle of the work. The replica has all of it, or lacks the last: then the journal gives that again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_replica_is_asked_and_when_it_is_promoted_the_projection_goes_on_there(bool lacksTheLast)
    {
        using var primary = new PostgresServer();
        var onPrimary = primary.NewDatabase();
        using var replica = PostgresServer.ReplicaOf(primary);
        var onReplica = onPrimary.Replace($"Port={primary.Port}", $"Port={replica.Port}", StringComparison.Ordinal);
        using var rig = new Rig($"{PostgresServer.Connection("ledger1", replica, primary)};Target Session Attributes=primary");
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End / 3);
        using (var reading = rig.Source.Replica.OpenConnection())
        using (var writing = rig.Source.Primary.OpenConnection())
        {
            Assert.Equal((replica.Port, primary.Port), (reading.Port, writing.Port));
        }

        replica.Follow(primary);
        Assert.Equal(20, DatabaseSearch.Find(rig.Source, new TransactionQuery { Limit = 20 }).Count);
        if (lacksTheLast) replica.Stop();
        var had = running.Projector.Status.Sequence;
        rig.Durable = rig.End * 3 / 4;
        running.Reaches(lacksTheLast ? rig.End * 2 / 3 : had + 1);
        primary.Kill();
        rig.Durable = rig.End;
        if (lacksTheLast) replica.Start();
        running.Is(ProjectionState.Retrying, "");
        replica.Promote();
        running.EndsClean();
        Assert.Equal(rig.End, PostgresServer.Ask<long>(onReplica, "select sequence from sunny.checkpoint"));
        Assert.Contains(rig.Said, line => line.Contains(", on from sequence", StringComparison.Ordinal));
    }

    /// <summary>Nobody kept the old one away: whichever is written to has its own checkpoint, and neither is wrong.</summary>
    [Fact]
    public void An_old_primary_that_comes_back_is_right_for_itself()
    {
        using var old = new PostgresServer();
        var onOld = old.NewDatabase();
        using var promoted = PostgresServer.ReplicaOf(old);
        using var rig = new Rig(PostgresServer.Connection("ledger1", promoted, old));
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End / 3);
        promoted.Follow(old);
        old.Kill();
        promoted.Promote();
        rig.Durable = rig.End * 3 / 4;
        running.Reaches(rig.End * 2 / 3);
        old.Start();
        promoted.Kill();
        rig.Durable = rig.End;
        running.EndsClean();
        promoted.Start();
        var (report, found) = rig.Reconcile(database: onOld.Replace($"Port={old.Port}", $"Port={promoted.Port}", StringComparison.Ordinal));
        Assert.Empty(found);
        Assert.InRange(report.Sequence, rig.End * 2 / 3, rig.End * 3 / 4);
    }

    [Fact]
    public void Searches_are_balanced_over_replicas_and_a_reconciliation_asks_one_of_them()
    {
        using var primary = new PostgresServer();
        primary.NewDatabase();
        using var replica = PostgresServer.ReplicaOf(primary);
        using var other = PostgresServer.ReplicaOf(primary);
        using var rig = new Rig($"{PostgresServer.Connection("ledger1", replica, other, primary)};Load Balance Hosts=true");
        rig.Projector().RunToEnd();
        replica.Follow(primary);
        other.Follow(primary);
        var asked = Enumerable.Range(0, 4).Select(_ => rig.Source.Replica.OpenConnection()).ToList();
        Assert.Equal(new[] { replica.Port, other.Port }.Order(), asked.Select(each => each.Port).Distinct().Order());
        asked.ForEach(each => each.Dispose());
        for (var time = 0; time < 3; time++) rig.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_database_restored_to_an_earlier_point_gets_from_the_journal_what_it_lacks(bool byTime)
    {
        using var server = PostgresServer.Archiving();
        using var rig = new Rig(server.NewDatabase());
        rig.Durable = rig.End / 4;
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End / 5);
        rig.Durable = rig.End / 2;
        var backup = Path.Combine(server.Folder, "backup");
        server.BaseBackup(backup);
        running.Reaches(rig.End / 3);
        PostgresServer.Execute(rig.Database, "select pg_create_restore_point('before')");
        var time = PostgresServer.Ask<string>(rig.Database, "select clock_timestamp()::text");
        var before = running.Projector.Status.Sequence;
        rig.Durable = rig.End * 3 / 4;
        running.Reaches(rig.End * 2 / 3);
        PostgresServer.Execute(rig.Database, "truncate sunny.decision, sunny.hold");
        var last = PostgresServer.Ask<string>(rig.Database, "select pg_walfile_name(pg_switch_wal())");
        Assert.True(SpinWait.SpinUntil(
            () => PostgresServer.Ask<bool>(rig.Database, $"select coalesce(last_archived_wal >= '{last}', false) from pg_stat_archiver"), _patience));
        server.Stop();
        using var restored = PostgresServer.Restored(server, backup, byTime ? $"recovery_target_time = '{time}'" : "recovery_target_name = 'before'");
        rig.Durable = rig.End;
        running.EndsClean();
        var wentOn = rig.Said.Last(line => line.Contains(", on from sequence ", StringComparison.Ordinal)).Split(' ')[^1];
        Assert.InRange(long.Parse(wentOn), rig.End / 5, before + (rig.End / 10));
    }
}

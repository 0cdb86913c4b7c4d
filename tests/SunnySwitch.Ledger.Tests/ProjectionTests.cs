using SunnySwitch.Ledger.Projection;

namespace SunnySwitch.Ledger.Tests;

public sealed class ProjectionTests(PostgresServer server)
{
    /// <summary>Increments, completions, refunds, reversals of each, expiries, fees, rates, cards that change, restarts: in every order.</summary>
    [Fact]
    public void The_projection_of_a_journal_with_everything_in_it_is_its_fold()
    {
        var seeds = int.Parse(Environment.GetEnvironmentVariable("SUNNY_LEDGER_SEEDS") ?? "9");
        var effects = new HashSet<short>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            using var rig = new Rig(server.NewDatabase(), (ulong)seed);
            // In one transaction, and in many.
            var projector = rig.Projector((seed % 3) switch { 0 => 10, 1 => 60, _ => 50_000 });
            projector.RunToEnd();
            rig.AssertClean();
            Assert.Equal(PostgresServer.Ask<long>(rig.Database, "select count(*) from sunny.decision"), projector.Status.Rows);
            effects.UnionWith(PostgresServer.Ask<short[]>(rig.Database, "select array_agg(distinct effect) from sunny.decision"));
        }

        var missing = Enumerable.Range(0, 10).Select(effect => (short)effect).Except(effects);
        Assert.Equal("", string.Join(' ', missing));
    }

    [Fact]
    public void What_is_not_durable_yet_is_not_there_and_comes_when_it_is()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Durable = 0;
        rig.Projector().RunToEnd();
        Assert.Equal(0, PostgresServer.Ask<long>(rig.Database, "select count(*) from sunny.checkpoint where sequence > 0"));

        var projector = rig.Projector(rowsMax: 1);
        for (var durable = rig.End / 3; durable < rig.End; durable += 97)
        {
            rig.Durable = durable;
            // Batches of the journal that reach beyond it wait.
            projector.RunToEnd();
            Assert.InRange(projector.Status.Sequence, 1, durable);
        }

        rig.Durable = rig.End;
        projector.RunToEnd();
        rig.AssertClean();
    }

    [Fact]
    public void Another_journal_is_refused()
    {
        var database = server.NewDatabase();
        using (var rig = new Rig(database, seed: 2)) rig.Projector().RunToEnd();
        using var other = new Rig(database, seed: 3);
        var refusal = Assert.Throws<LedgerException>(() => other.Projector().RunToEnd());
        Assert.Contains("another journal", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("another journal", Assert.Throws<LedgerException>(() => other.Reconcile()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_at_once_write_each_row_once()
    {
        using var rig = new Rig(server.NewDatabase());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        var projectors = Enumerable.Range(0, 2).Select(_ => rig.Projector(rowsMax: 20)).ToList();
        var runs = projectors.Select(each => Task.Run(() => each.Run(stop.Token))).ToList();
        Assert.True(SpinWait.SpinUntil(() => projectors.TrueForAll(each => each.Status.Sequence == rig.End), TimeSpan.FromSeconds(60)));
        await stop.CancelAsync();
        await Task.WhenAll(runs);
        rig.AssertClean();
    }

    [Fact]
    public void Partitions_are_there_ahead_of_their_day()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        var last = PostgresServer.Ask<DateOnly>(rig.Database, "select max(business_date) from sunny.decision");
        for (var ahead = 0; ahead <= 3; ahead++)
        {
            var name = $"sunny.decision_{last.AddDays(ahead):yyyyMMdd}";
            Assert.True(PostgresServer.Ask<bool>(rig.Database, $"select to_regclass('{name}') is not null"), name);
        }
    }

    [Fact]
    public void No_whole_card_number_is_in_any_table()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Projector().RunToEnd();
        var whole = PostgresServer.Ask<long>(
            rig.Database, "select (select count(*) from sunny.decision d where d::text ~ '[0-9]{13,}' and pan_masked !~ '^([0-9]{6}[*]+[0-9]{4}|[*]*)$') "
                + "+ (select count(*) from sunny.card where pan_masked !~ '^([0-9]{6}[*]+[0-9]{4}|[*]*)$')");
        Assert.Equal(0, whole);
    }

    [Fact]
    public void A_table_without_the_rows_that_the_journal_changes_stops_it_with_words()
    {
        using var rig = new Rig(server.NewDatabase());
        rig.Durable = rig.End / 2;
        var projector = rig.Projector();
        projector.RunToEnd();
        PostgresServer.Execute(rig.Database, "delete from sunny.account");
        rig.Durable = rig.End;
        Assert.Contains("rows were deleted there", Assert.Throws<LedgerException>(projector.RunToEnd).Message, StringComparison.Ordinal);
        Assert.Equal(ProjectionState.Running, projector.Status.State);
    }
}

using System.Security.Cryptography.X509Certificates;
using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Schema;
using SunnySwitch.SystemTests;

namespace SunnySwitch.Ledger.Tests;

/// <summary>Whatever happens to the database, nothing is lost and nothing is there twice: the reconciliation is clean afterwards.</summary>
public sealed class FaultTests : IClassFixture<PostgresServer>
{
    // This class' own: others would notice.
    private readonly PostgresServer _server;

    public FaultTests(PostgresServer server)
    {
        _server = server;
        if (!server.IsUp) server.Start();
    }

    [Fact]
    public void A_server_that_stops_and_starts_again_is_waited_for()
    {
        using var rig = new Rig(_server.NewDatabase());
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End / 3);
        _server.Stop();
        rig.Durable = rig.End;
        running.Is(ProjectionState.Retrying, "");
        _server.Start();
        running.EndsClean();
        Assert.True(running.Projector.Status.FailedAttempts > 0);
        Assert.Single(rig.Said, line => line.Contains("waits at sequence", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_that_is_not_there_yet_is_waited_for()
    {
        using var rig = new Rig(_server.NewDatabase());
        _server.Stop();
        using var running = new RunningProjector(rig);
        running.Is(ProjectionState.Retrying, "refused");
        _server.Start();
        running.EndsClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_killed_in_the_middle_of_a_copy_loses_and_doubles_nothing(bool killTheServer)
    {
        using var rig = new Rig(_server.NewDatabase());
        using (var source = new LedgerSource(rig.Database, null)) Migrations.Apply(source.Primary);
        // The copy stands still at a row in its middle: whoever sees a row of that number waits for a lock that the test has.
        PostgresServer.Execute(rig.Database, """
            create function sunny.wait() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(42); return new; end $$;
            create trigger wait before insert on sunny.decision for each row when (new.number = 150) execute function sunny.wait();
            """);
        using var holder = Npgsql.NpgsqlDataSource.Create(rig.Database + ";Pooling=false;Application Name=test");
        using var held = holder.OpenConnection();
        using (var take = new Npgsql.NpgsqlCommand("select pg_advisory_lock(42)", held)) take.ExecuteNonQuery();

        using var running = new RunningProjector(rig, rowsMax: 50_000);
        const string Waiting = "select coalesce(max(pid), 0) from pg_stat_activity where wait_event = 'advisory' "
            + "and query like 'copy%' and datname = current_database()";
        var copying = 0;
        Assert.True(SpinWait.SpinUntil(() => (copying = PostgresServer.Ask<int>(rig.Database, Waiting)) > 0, TimeSpan.FromSeconds(30)));
        Assert.Equal(0, PostgresServer.Ask<long>(rig.Database, "select count(*) from sunny.decision"));
        if (killTheServer)
        {
            _server.Kill();
            _server.Start();
        }
        else
        {
            PostgresServer.KillProcess(copying);
        }

        running.EndsClean();
        Assert.True(running.Projector.Status.FailedAttempts > 0);
    }

    [Fact]
    public void Connections_that_are_cut_again_and_again_lose_and_double_nothing()
    {
        using var rig = new Rig(_server.NewDatabase());
        using var running = new RunningProjector(rig, rowsMax: 5);
        for (var sequence = rig.End / 12; sequence < rig.End; sequence += rig.End / 12)
        {
            running.Reaches(sequence);
            PostgresServer.Execute(rig.Database, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sunny'");
        }

        running.EndsClean();
    }

    [Fact]
    public void A_row_that_violates_a_constraint_stops_the_projection_and_says_which_until_the_cause_is_gone()
    {
        using var rig = new Rig(_server.NewDatabase());
        using (var source = new LedgerSource(rig.Database, null)) Migrations.Apply(source.Primary);
        PostgresServer.Execute(rig.Database, "alter table sunny.decision add constraint nobody_wants_this check (number <> 120)");
        using var running = new RunningProjector(rig);
        running.Is(ProjectionState.Stopped, "constraint nobody_wants_this");
        Assert.InRange(PostgresServer.Ask<long>(rig.Database, "select count(*) from sunny.decision"), 1, 119);
        PostgresServer.Execute(rig.Database, "alter table sunny.decision drop constraint nobody_wants_this");
        running.EndsClean();
    }

    [Fact]
    public void A_newer_schema_stops_the_projection_also_while_it_runs()
    {
        using var rig = new Rig(_server.NewDatabase());
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(1);
        PostgresServer.Execute(rig.Database, "insert into sunny.schema_version values (99, 'later')");
        rig.Durable = rig.End;
        running.Is(ProjectionState.Stopped, "of version 99");
        PostgresServer.Execute(rig.Database, "delete from sunny.schema_version where version = 99");
        running.EndsClean();
    }

    [Fact]
    public void A_wrong_password_stops_the_projection_and_the_right_one_in_the_file_lets_it_go_on()
    {
        var database = _server.NewDatabase();
        PostgresServer.Execute(database, "create role projector login superuser password 'right'");
        _server.AskForPassword("projector", "all");
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "wrong\n");
            using var rig = new Rig(database.Replace("Username=postgres", "Username=projector", StringComparison.Ordinal), Rig.NewJournal(), file);
            using var running = new RunningProjector(rig);
            running.Is(ProjectionState.Stopped, "password authentication failed");
            Assert.DoesNotContain("wrong", running.Projector.Status.Cause, StringComparison.Ordinal);
            File.WriteAllText(file, "right\n");
            running.EndsClean();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_wrong_certificate_stops_the_projection_and_a_right_one_lets_it_go_on()
    {
        using var ours = new TestAuthority("Ours");
        using var others = new TestAuthority("Others");
        var file = Path.GetTempFileName();
        try
        {
            Certify(ours, "elsewhere.example");
            File.WriteAllText(file, others.Pem);
            var database = _server.NewDatabase().Replace("Host=127.0.0.1", "Host=localhost", StringComparison.Ordinal);
            using var rig = new Rig($"{database};SSL Mode=VerifyFull;Root Certificate={file}");
            using var running = new RunningProjector(rig);
            running.Is(ProjectionState.Stopped, "Root Certificate");
            // Of the right authority now, but not of that host.
            File.WriteAllText(file, ours.Pem);
            running.FailsAgain();
            running.Is(ProjectionState.Stopped, "Root Certificate");
            Certify(ours, "localhost");
            running.EndsClean();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Tables_dropped_under_a_running_projection_are_made_anew_from_the_first_frame()
    {
        using var rig = new Rig(_server.NewDatabase());
        rig.Durable = rig.End / 2;
        using var running = new RunningProjector(rig);
        running.Reaches(rig.End / 3);
        PostgresServer.Execute(rig.Database, "drop schema sunny cascade");
        rig.Durable = rig.End;
        running.EndsClean();
    }

    private void Certify(TestAuthority authority, string name)
    {
        var certificate = authority.Server(name);
        using var key = certificate.GetECDsaPrivateKey()!;
        _server.Certify(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}

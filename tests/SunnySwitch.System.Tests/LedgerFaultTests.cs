using System.Security.Cryptography.X509Certificates;
using SunnySwitch.Ledger.Tests;
using SunnySwitch.Ledger.Tests.Redis;

namespace SunnySwitch.SystemTests;

/// <summary>The switch while PostgreSQL refuses it or becomes another, and with a guarded Redis: payments go on, nothing is lost or there twice.</summary>
public sealed class LedgerFaultTests
{
    private static readonly TimeSpan _slow = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task The_primary_may_be_lost_under_load_and_its_replica_promoted()
    {
        using var primary = new PostgresServer();
        primary.NewDatabase();
        using var replica = PostgresServer.ReplicaOf(primary);
        using var test = new TestSwitch();
        string[] settings = ["rehearse=false", $"ledger.postgres={PostgresServer.Connection("ledger1", primary, replica)};Target Session Attributes=primary"];
        using var running = await test.Start(settings);
        int approved;
        using (var payments = new Payments(running.Port(0)))
        {
            payments.More(100);
            Watch.Until(running, () => Watch.Metric(running, "sunny_ledger_sequence") > 50);
            replica.Follow(primary);
            primary.Kill();
            payments.More(50);
            Watch.Says(running, "sunny_ledger_state{state=\"Retrying\",cause=\"");
            // What is asked for comes from the replica meanwhile.
            var (exitCode, output, errors) = SwitchProcess.Run(["tx", "find", "--rrn", "000000000001", "--data", test.Data, .. LedgerCommand.Set(settings)]);
            Assert.Equal((0, ""), (exitCode, errors));
            Assert.Contains("000000000001", output, StringComparison.Ordinal);
            replica.Promote();
            Watch.Until(running, () => Watch.Metric(running, "sunny_ledger_lag_seconds") < 2);
            payments.More(50);
            approved = payments.Approved;
            Assert.True(payments.Slowest < _slow, $"{payments.Slowest}");
        }

        Watch.Level(running);
        Assert.Equal(0, running.Terminate());
        Assert.True(LedgerCommand.Reconciled(test, settings) >= approved);
    }

    [Fact]
    public async Task What_stops_the_projection_stops_no_payment_and_is_said()
    {
        using var server = new PostgresServer();
        using var ours = new TestAuthority("Ours");
        using var others = new TestAuthority("Others");
        using var test = new TestSwitch();
        var database = server.NewDatabase();
        var (password, root) = (Path.Combine(test.Folder, "password"), Path.Combine(test.Folder, "root.pem"));
        File.WriteAllText(password, "wrong\n");
        File.WriteAllText(root, others.Pem);
        PostgresServer.Execute(database, "create role projector login password 'right'");
        server.AskForPassword("projector", "all");
        var certificate = ours.Server("localhost");
        using (var key = certificate.GetECDsaPrivateKey()!) server.Certify(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());

        var asProjector = database.Replace("Username=postgres", "Username=projector", StringComparison.Ordinal);
        await Stops(test, 1, "password authentication failed", $"ledger.postgres={asProjector}", $"ledger.passwordFile={password}");
        var byName = database.Replace("Host=127.0.0.1", "Host=localhost", StringComparison.Ordinal);
        await Stops(test, 1, "Root Certificate", $"ledger.postgres={byName};SSL Mode=VerifyFull;Root Certificate={root}");
        File.WriteAllText(root, ours.Pem);
        string[] right = ["rehearse=false", $"ledger.postgres={byName};SSL Mode=VerifyFull;Root Certificate={root}"];
        using (var running = await test.Start(right))
        {
            Watch.Level(running);
            Assert.Equal(0, running.Terminate());
        }

        PostgresServer.Execute(database, "insert into sunny.schema_version values (99, 'later')");
        await Stops(test, 1, "of version 99", right[1]);
        PostgresServer.Execute(database, "delete from sunny.schema_version where version = 99; "
            + "alter table sunny.decision add constraint nobody_wants_this check (number <> 70)");
        await Stops(test, 0, "constraint nobody_wants_this", right[1]);
        PostgresServer.Execute(database, "alter table sunny.decision drop constraint nobody_wants_this");
        using (var running = await test.Start(right))
        {
            Watch.Level(running);
            Assert.Equal(0, running.Terminate());
        }

        Assert.Equal(80, LedgerCommand.Reconciled(test, right));
    }

    [Fact]
    public async Task Redis_with_TLS_and_a_user_of_its_own_is_fed()
    {
        using var authority = new TestAuthority("Ours");
        using var test = new TestSwitch();
        var (certificate, root, password) = (authority.Server("localhost"), Path.Combine(test.Folder, "root.pem"), Path.Combine(test.Folder, "password"));
        var (file, keyFile, port) = (Path.Combine(test.Folder, "redis.pem"), Path.Combine(test.Folder, "redis.key"), FreePorts.Next());
        File.WriteAllText(root, authority.Pem);
        File.WriteAllText(password, "hard-to-guess\n");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        using (var key = certificate.GetECDsaPrivateKey()!) File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        using var redis = new RedisProcess(
            "--tls-port", $"{port}", "--tls-cert-file", file, "--tls-key-file", keyFile, "--tls-ca-cert-file", root, "--tls-auth-clients", "no",
            "--user", "sunny", "on", ">hard-to-guess", "~sunny:*", "+@read", "+@write", "+@connection", "+@transaction", "+info", "+cluster");
        string[] settings = ["rehearse=false", "redis.cell=east", "redis.user=sunny", $"redis.passwordFile={password}"];
        string[] secure = [.. settings, $"redis.servers=localhost:{port}", "redis.tls=true"];
        // Without the authority: named, and payments go on.
        using (var running = await test.Start(secure))
        {
            LedgerCommand.CountByMerchant(test, running);
            using (var payments = new Payments(running.Port(0))) payments.More(20);
            Watch.Says(running, "sunny_redis_state{state=\"Waiting\",cause=\"no connection to Redis");
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await SwitchProcess.StartUnder(["env", $"SSL_CERT_FILE={root}"], test.ConfigFile, test.Data, secure))
        {
            Watch.Says(running, "state=\"Following\"");
            using (var payments = new Payments(running.Port(0), first: 1_000)) payments.More(20);
            Watch.Until(running, () => Watch.Metric(running, "sunny_redis_lag_frames") == 0);
            Assert.Equal(0, running.Terminate());
        }

        // The same user without TLS sees all that the reconciliation needs.
        var (exitCode, output, errors) = LedgerCommand.ReconcileRedis(test, [.. settings, $"redis.servers={redis.Address}"]);
        Assert.True(exitCode == 0 && output.Contains(": 0 differ", StringComparison.Ordinal), output + errors);
    }

    /// <summary>Twenty payments with a projection that cannot go on, and what is said of it.</summary>
    private static async Task Stops(TestSwitch test, int exits, string says, params string[] settings)
    {
        using var running = await test.Start(["rehearse=false", .. settings]);
        var first = (int)Watch.Metric(running, "sunny_journal_sequence");
        using (var client = new AcquirerClient(running.Port(0)))
        {
            for (var number = first; number < first + 20; number++)
            {
                Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(1, number))));
            }
        }

        Watch.Says(running, "sunny_ledger_state{state=\"Stopped\",cause=\"");
        var line = Watch.Page(running).Split('\n').Single(each => each.StartsWith("sunny_ledger_state{", StringComparison.Ordinal));
        Assert.Contains(says, line, StringComparison.Ordinal);
        Assert.True(Watch.Metric(running, "sunny_ledger_lag_frames") > 0 && Watch.Metric(running, "sunny_ledger_lag_seconds") > 0);
        var (exitCode, output, errors) = LedgerCommand.Status(test, running, settings);
        Assert.True(exitCode == exits, output + errors);
        Assert.Contains("the switch says: Stopped: ", output, StringComparison.Ordinal);
        Assert.Contains(says, exits == 0 ? output : errors, StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
    }
}

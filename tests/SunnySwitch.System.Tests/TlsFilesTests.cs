namespace SunnySwitch.SystemTests;

/// <summary>The files of TLS: read anew while links are open, and told when they are wrong; and where production lets a link listen.</summary>
public sealed class TlsFilesTests
{
    [Fact]
    public async Task Under_load_new_connections_get_a_new_certificate_and_open_ones_go_on()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start();
        using var old = tls.Connect(running, tls.Good);
        TlsSwitch.AssertServes(old, 1);
        var (number, isOver) = (1, false);
        var load = Beside.Start(() =>
        {
            for (; !Volatile.Read(ref isOver); number++) TlsSwitch.AssertServes(old, number);
        });
        var next = tls.Authority.Server(TlsSwitch.SwitchName, days: 600);
        tls.WriteServer(next);
        var serial = "";
        SpinWait.SpinUntil(
            () =>
            {
                using var client = tls.Connect(running, tls.Good, seen => serial = seen.GetSerialNumberString());
                TlsSwitch.AssertServes(client, 900_000);
                return serial == next.SerialNumber;
            },
            20_000);
        var before = Volatile.Read(ref number);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref number) > before + 10, 20_000), "the open connection is not served any more");
        Volatile.Write(ref isOver, true);
        await load;
        Assert.Equal(next.SerialNumber, serial);
        Watch.Says(running, "sunny_tls_reloads_total{link=\"open\"} 1\n");
        var ends = new DateTimeOffset(next.NotAfter.ToUniversalTime()).ToUnixTimeSeconds();
        Watch.Says(running, $"sunny_tls_certificate_expires_seconds{{link=\"open\"}} {ends}\n");
        Watch.Logs(running, $"link open: new connections get certificate \"CN={TlsSwitch.SwitchName}\", serial {next.SerialNumber}, valid from ");
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Broken_new_files_keep_the_old_ones_and_are_told_once()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start();
        void StillGetsTheOld() => tls.Connect(running, tls.Good, TlsSwitch.Sees(tls.Server)).Dispose();

        tls.Write("server.pem", "this is no certificate");
        Watch.Says(running, "sunny_tls_files_broken{link=\"open\"} 1\n");
        const string Told = "tls: link open: not reloaded, the former files still count: certificate: ";
        Watch.Logs(running, Told);
        StillGetsTheOld();
        tls.Write("server.pem", tls.Authority.Server(TlsSwitch.SwitchName).ExportCertificatePem());
        Watch.Logs(running, "still count: key: ");         // Another's key.
        tls.WriteServer(tls.Authority.Server(TlsSwitch.SwitchName, days: 0));
        Watch.Logs(running, "which is not now");
        StillGetsTheOld();
        var next = tls.Authority.Server(TlsSwitch.SwitchName);
        tls.WriteServer(next);
        Watch.Says(running, "sunny_tls_files_broken{link=\"open\"} 0\n");
        using var client = tls.Connect(running, tls.Good, TlsSwitch.Sees(next));
        TlsSwitch.AssertServes(client, 1);
        Assert.Equal(2, running.Output.Split("there is no certificate (PEM)").Length);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_new_revocation_list_counts_for_new_connections_and_one_that_is_over_lets_nobody_in()
    {
        using var tls = new TlsSwitch();
        tls.Write("crl.pem", tls.Authority.Crl(10));
        using var running = await tls.Start(""","revocation":"crl.pem" """);
        using var open = tls.Connect(running, tls.Good);
        TlsSwitch.AssertServes(open, 1);
        tls.Write("crl.pem", tls.Authority.Crl(10, tls.Good));
        Watch.Says(running, "sunny_tls_reloads_total{link=\"open\"} 1\n");
        tls.AssertRefused(running, tls.Good);
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"revoked\"} 1\n");
        var other = tls.Authority.Client("other.example");
        using (var client = tls.Connect(running, other)) TlsSwitch.AssertServes(client, 2);
        tls.Write("crl.pem", tls.Authority.Crl(-1));
        Watch.Says(running, "sunny_tls_reloads_total{link=\"open\"} 2\n");
        tls.AssertRefused(running, other);
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"no_crl\"} 1\n");
        using var foreign = new TestAuthority("authority");
        tls.Write("crl.pem", foreign.Crl(10));
        Watch.Logs(running, "no certificate of clientCa signed the list of CN=authority");
        TlsSwitch.AssertServes(open, 3);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_certificate_that_is_over_is_told_at_the_start_and_can_be_replaced_without_another()
    {
        using var tls = new TlsSwitch(serverDays: 0);
        using var running = await tls.Start();
        Assert.Contains("(NOT VALID NOW)\n", running.Output, StringComparison.Ordinal);
        tls.WriteServer(tls.Authority.Server(TlsSwitch.SwitchName));
        Watch.Says(running, "sunny_tls_reloads_total{link=\"open\"} 1\n");
        using var client = tls.Connect(running, tls.Good);
        TlsSwitch.AssertServes(client, 1);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public void Wrong_files_are_told_before_anything_starts()
    {
        using var tls = new TlsSwitch();
        TlsSwitch.SetMode(tls.Path("server.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        AssertProblem(tls, "", "open.tls.key: ", "readable by others than its owner; chmod 600");
        tls.WriteServer(tls.Server);
        AssertProblem(tls, ""","revocation":"nowhere.pem" """, "open.tls.revocation: ", "nowhere.pem");
        AssertProblem(tls, ""","ciphers":["TLS_RSA_WITH_RC4_128_MD5"]""", "open.tls.ciphers: ", "is none of TLS_AES_256_GCM_SHA384, ");
        AssertProblem(tls, ""","colour":"red" """, "links.0.tls.colour: no such key");
        tls.Write("clients.pem", tls.Server.ExportCertificatePem());
        AssertProblem(tls, "", "open.tls.clientCa: ", "no root");
    }

    [Fact]
    public void In_production_every_link_off_loopback_speaks_TLS()
    {
        using var tls = new TlsSwitch();
        const string Missing = "signed.tls: missing: in production, a link that listens off loopback (0.0.0.0) speaks TLS";
        AssertProblem(tls, "", Missing, "mode=production", "listen=0.0.0.0");
        // With TLS on both nothing is wrong but what holds the keys.
        var second = TlsSwitch.Settings()[1].Replace("links.0", "links.1", StringComparison.Ordinal);
        AssertProblem(tls, "", "sunny: 2 problems", second, "mode=production", "listen=0.0.0.0", "no secure device", "the master key is the file");
    }

    private static void AssertProblem(TlsSwitch tls, string more, string first, params string[] expected)
    {
        var settings = expected.Where(each => each.Contains('=', StringComparison.Ordinal)).ToArray();
        var all = TlsSwitch.Settings(more).Concat(settings).SelectMany(each => new[] { "--set", each });
        var (exitCode, _, errors) = SwitchProcess.Run(["serve", "--config", tls.Test.ConfigFile, "--data", tls.Test.Data, .. all]);
        Assert.Equal(2, exitCode);
        Assert.Contains(first, errors, StringComparison.Ordinal);
        Assert.All(expected.Except(settings), each => Assert.Contains(each, errors, StringComparison.Ordinal));
    }
}

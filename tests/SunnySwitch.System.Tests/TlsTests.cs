using System.Buffers.Binary;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.SystemTests;

/// <summary>Links under TLS: who comes in, who does not, and that nobody is hurt by those who do not.</summary>
public sealed class TlsTests
{
    [Theory]
    [InlineData(SslProtocols.Tls13)]
    [InlineData(SslProtocols.Tls12)]
    public async Task A_client_of_the_authority_is_served(SslProtocols protocol)
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start($$""","names":["other.example","{{TlsSwitch.AcquirerName.ToUpperInvariant()}}"],"revocation":null""");
        var until = $"{tls.Server.NotAfter.ToUniversalTime():yyyy-MM-dd}";
        Assert.Contains($", no sign-on needed, TLS, certificate until {until}\n", running.Output, StringComparison.Ordinal);
        using (var client = tls.Connect(running, tls.Good, TlsSwitch.Sees(tls.Server), protocol))
        {
            for (var number = 1; number <= 20; number++) TlsSwitch.AssertServes(client, number);
        }

        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"ok\"} 1\n");
        Watch.Says(running, "sunny_connections_closed_total{link=\"open\",reason=\"PeerClosed\"} 1\n");
        var ends = new DateTimeOffset(tls.Server.NotAfter.ToUniversalTime()).ToUnixTimeSeconds();
        Watch.Says(running, $"sunny_tls_certificate_expires_seconds{{link=\"open\"}} {ends}\n");
        Watch.Says(running, $"sunny_tls_ca_expires_seconds{{link=\"open\"}} {tls.Authority.Ends.ToUnixTimeSeconds()}\n");
        Watch.Logs(running, $"is certificate \"CN={TlsSwitch.AcquirerName}\", serial {tls.Good.SerialNumber}; {protocol}, TLS_");
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Whoever_may_not_come_in_is_refused_and_counted_while_others_are_served()
    {
        using var tls = new TlsSwitch();
        using var foreign = new TestAuthority("authority");          // The same name, another key.
        var revoked = tls.Authority.Client(TlsSwitch.AcquirerName);
        tls.Write("crl.pem", tls.Authority.Crl(10, revoked));
        using var running = await tls.Start($$""","names":["{{TlsSwitch.AcquirerName}}"],"revocation":"crl.pem" """);
        using var good = tls.Connect(running, tls.Good);
        var number = 0;
        void Refuses(string result, int count, X509Certificate2? shown, SslProtocols protocols = SslProtocols.None)
        {
            tls.AssertRefused(running, shown, protocols);
            Watch.Says(running, $"sunny_tls_handshakes_total{{link=\"open\",result=\"{result}\"}} {count}\n");
            TlsSwitch.AssertServes(good, ++number);
        }

        Refuses("no_certificate", 1, null, SslProtocols.Tls12);
        Refuses("no_certificate", 2, null, SslProtocols.Tls13);
        Refuses("unknown_ca", 1, foreign.Client(TlsSwitch.AcquirerName));
        Refuses("unknown_ca", 2, foreign.Client(TlsSwitch.AcquirerName, from: -20, days: -10), SslProtocols.Tls12);
        Refuses("expired", 1, tls.Authority.Client(TlsSwitch.AcquirerName, from: -20, days: -10));
        Refuses("expired", 2, tls.Authority.Client(TlsSwitch.AcquirerName, from: 10, days: 20));
        Refuses("wrong_usage", 1, tls.Authority.Server(TlsSwitch.AcquirerName));
        Refuses("wrong_name", 1, tls.Authority.Client("other.example", dns: "other.example"));
        Refuses("revoked", 1, revoked);
        using (var named = tls.Connect(running, tls.Authority.Client("branch 7", dns: TlsSwitch.AcquirerName)))
        {
            TlsSwitch.AssertServes(named, ++number);
        }

        Watch.Logs(running, $"failed: revoked; certificate \"CN={TlsSwitch.AcquirerName}\", serial {revoked.SerialNumber}");
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"ok\"} 2\n");
        Watch.Says(running, "sunny_tls_crl_expires_seconds{link=\"open\"} ");
        Assert.DoesNotContain("   at ", running.Output, StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_client_whose_issuer_is_between_it_and_the_root_comes_in_with_both_and_both_can_be_revoked()
    {
        using var tls = new TlsSwitch();
        using var between = new TestAuthority("between", tls.Authority);
        using var other = new TestAuthority("other", tls.Authority);
        var (client, stranger) = (between.Client("client"), other.Client("client"));
        tls.Write("clients.pem", $"{tls.Authority.Pem}\n{between.Pem}\n{other.Pem}\n");
        tls.Write("crl.pem", $"{tls.Authority.Crl(10, other.Own)}\n{between.Crl(10)}\n{other.Crl(10)}\n");
        using var running = await tls.Start(""","revocation":"crl.pem","ciphers":["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]""");
        using (var both = tls.Connect(running, client, between: between.Own)) TlsSwitch.AssertServes(both, 1);
        using (var alone = tls.Connect(running, client)) TlsSwitch.AssertServes(alone, 2);
        Watch.Logs(running, "Tls12, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
        tls.AssertRefused(running, stranger);
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"revoked\"} 1\n");
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task What_is_no_TLS_or_an_old_one_is_refused_and_counted()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start();
        using var good = tls.Connect(running, tls.Good);
        using (var plain = new AcquirerClient(running.Port(0)))
        {
            plain.Send(AcquirerClient.Purchase(1, 1));
            Assert.Null(plain.Receive());
        }

        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"protocol\"} 1\n");
        using (var old = new AcquirerClient(running.Port(0)))
        {
            old.SendRaw(HelloOfTls11());
            var alert = new byte[7];
            Assert.Equal(7, old.Socket.Receive(alert));
            Assert.Equal((0x15, 2, 70), (alert[0], alert[5], alert[6]));   // A fatal alert: protocol_version.
        }

        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"protocol\"} 2\n");
        Watch.Logs(running, "SSL routines::unsupported protocol");
        using (new AcquirerClient(running.Port(0)))
        {
        }

        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"closed\"} 1\n");
        TlsSwitch.AssertServes(good, 1);
        Assert.DoesNotContain("   at ", running.Output, StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Who_says_nothing_is_cut_after_ten_seconds_and_those_who_wait_are_bounded()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start();
        var silent = Enumerable.Range(0, 9).Select(_ => new AcquirerClient(running.Port(0))).ToList();
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"too_many\"} 1\n");
        Assert.All(silent, each => Assert.Null(each.Receive()));
        silent.ForEach(static each => each.Dispose());
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"timeout\"} 8\n");
        using var good = tls.Connect(running, tls.Good);
        TlsSwitch.AssertServes(good, 1);
        using var half = new AcquirerClient(running.Port(0));        // A drain does not wait for it.
        half.SendRaw([0x16, 0x03]);
        TlsSwitch.AssertServes(good, 2);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Under_load_every_message_is_answered_in_order_and_a_peer_that_never_reads_is_cut()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start("", "unreadKilobytesMax=64");
        using (var flood = tls.Connect(running, tls.Good))
        {
            const int Messages = 5_000;
            var sender = Beside.Start(() =>
            {
                for (var number = 0; number < Messages; number++) flood.Send(AcquirerClient.Purchase(1, number));
            });
            for (var number = 0; number < Messages; number++)
            {
                var answer = flood.Receive() ?? throw new InvalidOperationException(running.Output);
                Assert.Equal(("00", $"{number:D12}"), (AcquirerClient.Code(answer), AcquirerClient.Field(answer, 37)));
            }

            await sender;
        }

        using (var deaf = tls.Connect(running, tls.Good))
        {
            deaf.Socket.ReceiveBufferSize = 4096;
            Assert.ThrowsAny<IOException>(() =>
            {
                for (var number = 0; number < 300_000; number++) deaf.Send(AcquirerClient.Purchase(1, number, terminal: "DEAF0001"));
            });
        }

        Watch.Says(running, "reason=\"SlowReader\"");
        using var good = tls.Connect(running, tls.Good);
        TlsSwitch.AssertServes(good, 400_000);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_broken_frame_under_TLS_closes_the_link_after_the_answers_before_it()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start();
        using var client = tls.Connect(running, tls.Good);
        client.Send(AcquirerClient.Purchase(1, 1));
        client.SendRaw([0xFF, 0xFF]);
        Assert.Equal("00", AcquirerClient.Code(client.Receive()!));
        Assert.Null(client.Receive());
        Watch.Says(running, "sunny_connections_closed_total{link=\"open\",reason=\"FrameTooLong\"} 1\n");
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Play_speaks_to_a_link_under_TLS_and_trusts_no_other_switch()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start("", "links.0.signOnRequired=true");
        tls.Write("client.pem", tls.Good.ExportCertificatePem());
        tls.Write("client.key", TlsSwitch.KeyOf(tls.Good));
        tls.Write("session.json", """
            {
              "schema": "sunny-session/1", "dialect": "iso87-ascii", "steps": [
                { "name": "sign-on", "fields": { "0": "0800", "7": "1122165100", "11": "000001", "70": "001" }, "expect": "00" },
                { "name": "purchase", "fields": {
                    "0": "0100", "2": "4000000000000010", "3": "000000", "4": "000000000100", "7": "1122165047", "11": "000002", "12": "165047", "13": "1122",
                    "32": "400001", "37": "632616123456", "41": "TERM0001", "42": "MERCHANT0000001", "49": "840" }, "expect": "00" }
              ]
            }
            """.Replace("4000000000000010", AcquirerClient.Pan(1), StringComparison.Ordinal));
        string[] play =
        [
            "play", $"127.0.0.1:{running.Port(0)}", tls.Path("session.json"), "--acquirer", "400001",
            "--tls-ca", tls.Path("clients.pem"), "--tls-cert", tls.Path("client.pem"), "--tls-key", tls.Path("client.key"),
        ];
        var (exitCode, output, errors) = SwitchProcess.Run([.. play, "--tls-name", TlsSwitch.SwitchName]);
        Assert.True(exitCode == 0, output + errors);
        (exitCode, _, errors) = SwitchProcess.Run(play);
        Assert.Equal(1, exitCode);
        Assert.Contains("RemoteCertificateNameMismatch", errors, StringComparison.Ordinal);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Load_goes_over_TLS_and_every_answer_is_checked()
    {
        using var tls = new TlsSwitch();
        using var running = await tls.Start();
        tls.Write("client.pem", tls.Good.ExportCertificatePem());
        tls.Write("client.key", TlsSwitch.KeyOf(tls.Good));
        string[] load =
        [
            "load", $"127.0.0.1:{running.Port(0)}", "--acquirer", "400001", "--conns", "4", "--window", "4", "--cards", "1000", "--seconds", "0.5",
            "--warmup", "0.1", "--tls-ca", tls.Path("clients.pem"), "--tls-name", TlsSwitch.SwitchName, "--tls-cert", tls.Path("client.pem"),
        ];
        var (exitCode, output, errors) = SwitchProcess.Run([.. load, "--tls-key", tls.Path("client.key")]);
        Assert.True(exitCode == 0, output + errors);
        Watch.Says(running, "sunny_tls_handshakes_total{link=\"open\",result=\"ok\"} 5\n");   // One to try it.
        Assert.Equal(1, SwitchProcess.Run(load).ExitCode);            // Without its key.
        Assert.Equal(0, running.Terminate());
    }

    /// <summary>Offers TLS 1.1 at most, with suites that everybody had then.</summary>
    private static byte[] HelloOfTls11()
    {
        byte[] suites = [0xC0, 0x09, 0xC0, 0x0A, 0xC0, 0x13, 0xC0, 0x14, 0x00, 0x2F, 0x00, 0x35];
        byte[] body = [0x03, 0x02, .. Enumerable.Repeat((byte)7, 32), 0, 0, (byte)suites.Length, .. suites, 1, 0];
        byte[] hello = [1, 0, 0, (byte)body.Length, .. body];
        byte[] record = [0x16, 0x03, 0x01, 0, 0, .. hello];
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(3), (ushort)hello.Length);
        return record;
    }
}

using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.SystemTests;

/// <summary>A configuration whose first link speaks TLS, with an authority made for this test and its files.</summary>
internal sealed class TlsSwitch : IDisposable
{
    public const string AcquirerName = "acquirer.example";
    public const string SwitchName = "switch.example";

    public TlsSwitch(int serverDays = 300)
    {
        Server = Authority.Server(SwitchName, serverDays);
        Good = Authority.Client(AcquirerName);
        Write("clients.pem", Authority.Pem);
        WriteServer(Server);
    }

    public TestSwitch Test { get; } = new();

    public TestAuthority Authority { get; } = new("authority");

    public X509Certificate2 Server { get; }

    /// <summary>A client that may come in.</summary>
    public X509Certificate2 Good { get; }

    /// <summary>Starts with TLS on the first link; <paramref name="more"/> goes into it, <c>,"names":["a"]</c>.</summary>
    public Task<SwitchProcess> Start(string more = "", params string[] settings) => Test.Start([.. Settings(more), .. settings]);

    public static string[] Settings(string more = "") =>
        ["rehearse=false", $$"""links.0.tls={"certificate":"server.pem","key":"server.key","clientCa":"clients.pem"{{more}}}"""];

    public string Path(string name) => System.IO.Path.Combine(Test.Folder, name);

    /// <summary>A new file in place of the old: never half of one.</summary>
    public void Write(string name, string text)
    {
        File.WriteAllText(Path($"{name}.new"), text);
        if (name.EndsWith(".key", StringComparison.Ordinal)) SetMode(Path($"{name}.new"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(Path($"{name}.new"), Path(name), overwrite: true);
    }

    public void WriteServer(X509Certificate2 certificate)
    {
        Write("server.key", KeyOf(certificate));
        Write("server.pem", certificate.ExportCertificatePem());
    }

    public static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }

    public static string KeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>A client that shows a certificate, or none; the server's is seen in <paramref name="seen"/>.</summary>
    public AcquirerClient Connect(
        SwitchProcess running, X509Certificate2? shown, Action<X509Certificate>? seen = null, SslProtocols protocols = SslProtocols.None,
        X509Certificate2? between = null) =>
        new(running.Port(0), plain =>
        {
            var stream = new SslStream(plain);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(Authority.Pem);
            stream.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = SwitchName,
                EnabledSslProtocols = protocols,
                ClientCertificateContext = shown is null ? null : SslStreamCertificateContext.Create(shown, between is null ? null : [between], offline: true),
                CertificateChainPolicy = policy,
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                {
                    seen?.Invoke(certificate!);
                    return errors == SslPolicyErrors.None;
                },
            });
            Assert.True(protocols == SslProtocols.None || stream.SslProtocol == protocols);
            return stream;
        });

    /// <summary>Checks which certificate the switch shows.</summary>
    public static Action<X509Certificate> Sees(X509Certificate2 expected) =>
        seen => Assert.Equal(expected.SerialNumber, seen.GetSerialNumberString());

    /// <summary>A purchase of the thousand cards, approved.</summary>
    public static void AssertServes(AcquirerClient client, int number) =>
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(number % 1000, number))));

    /// <summary>TLS 1.3 has its say about a client after the client thinks that it is in: then its first message is not answered.</summary>
    public void AssertRefused(SwitchProcess running, X509Certificate2? shown, SslProtocols protocols = SslProtocols.None)
    {
        try
        {
            using var client = Connect(running, shown, protocols: protocols);
            client.Send(AcquirerClient.Purchase(1, 1));
            Assert.Null(client.Receive());
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
        }
    }

    public void Dispose()
    {
        Authority.Dispose();
        Test.Dispose();
    }
}

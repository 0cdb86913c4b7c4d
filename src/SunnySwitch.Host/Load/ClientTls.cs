using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.Host.Load;

/// <summary>How a client of ours speaks TLS: whom it trusts, and what it shows.</summary>
/// <param name="CaFile">PEM: the only authorities that are trusted.</param>
/// <param name="CertificateFile">PEM: the client's certificate, then those that lead to its root; null: none is shown.</param>
/// <param name="KeyFile">PEM: its private key; null: it is in the certificate's file.</param>
/// <param name="Name">Name that the server's certificate must have; null: the host's.</param>
internal sealed record ClientTls(string CaFile, string? CertificateFile, string? KeyFile, string? Name)
{
    private const int HandshakeMillisecondsMax = 10_000;

    /// <summary>Shakes hands over <paramref name="plain"/>, which it owns from then on. Throws <see cref="LoadException"/>.</summary>
    public SslStream Secure(Stream plain, string host)
    {
        plain.ReadTimeout = plain.WriteTimeout = HandshakeMillisecondsMax;
        var stream = new SslStream(plain);
        try
        {
            stream.AuthenticateAsClient(Options(host));
            return stream;
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or CryptographicException or ArgumentException
            or UnauthorizedAccessException)
        {
            stream.Dispose();
            throw new LoadException($"no TLS with {host}: {failed.Message} {failed.InnerException?.Message}".TrimEnd(), failed);
        }
    }

    private SslClientAuthenticationOptions Options(string host)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.ImportFromPemFile(CaFile);
        return new SslClientAuthenticationOptions
        {
            TargetHost = Name ?? host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = policy,
            ClientCertificateContext = Shown(),
        };
    }

    private SslStreamCertificateContext? Shown()
    {
        if (CertificateFile is null) return null;
        var others = new X509Certificate2Collection();
        others.ImportFromPemFile(CertificateFile);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile), others, offline: true);
    }
}

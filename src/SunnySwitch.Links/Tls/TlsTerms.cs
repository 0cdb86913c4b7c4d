using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.Links.Tls;

/// <summary>What the files said when they were read: new connections are served by it, and keep it when there is a newer one.</summary>
public sealed class TlsTerms
{
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TlsSettings _settings;
    private readonly SslStreamCertificateContext _context;
    private readonly X509Certificate2Collection _authorities;

    private TlsTerms(
        TlsSettings settings, X509Certificate2Collection chain, X509Certificate2 certificate, X509Certificate2Collection authorities,
        IReadOnlyList<RevocationList>? revocation)
    {
        _settings = settings;
        _authorities = authorities;
        Certificate = certificate;
        Revocation = revocation;
        // Offline: nothing is asked from the net, neither missing certificates nor their state.
        _context = SslStreamCertificateContext.Create(
            certificate, chain, offline: true, SslCertificateTrust.CreateForX509Collection(authorities, sendTrustInHandshake: true));
    }

    /// <summary>The server's certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>When the first of the authorities ends.</summary>
    public DateTimeOffset AuthoritiesEnd => _authorities.Min(each => new DateTimeOffset(each.NotAfter.ToUniversalTime()));

    /// <summary>When the server's certificate ends.</summary>
    public DateTimeOffset CertificateEnds => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>When the first of the revocation lists is due to be replaced; null: never, or there is none.</summary>
    public DateTimeOffset? RevocationEnds => Revocation?.Min(each => each.Ends);

    internal IReadOnlyList<RevocationList>? Revocation { get; }

    internal IReadOnlyList<string> Names => _settings.Names;

    /// <summary>True if the server's certificate counts at that time.</summary>
    public bool IsCurrent(DateTimeOffset now) => now >= Certificate.NotBefore.ToUniversalTime() && now <= CertificateEnds;

    /// <summary>Reads all files.</summary>
    /// <exception cref="InvalidDataException">One is not there or wrong; the words say which and why.</exception>
    public static TlsTerms Read(TlsSettings settings)
    {
        var chain = Certificates("certificate", settings.Certificate);
        var authorities = Certificates("clientCa", settings.ClientCa);
        if (!authorities.Any(IsRoot))
        {
            throw new InvalidDataException($"clientCa: {settings.ClientCa}: no root (a certificate that names itself as issuer) is in it");
        }

        var certificate = WithKey(settings);
        chain.RemoveAt(0);
        var lists = Lists(settings, authorities);
        try
        {
            return new TlsTerms(settings, chain, certificate, authorities, lists);
        }
        catch (CryptographicException broken)
        {
            throw new InvalidDataException($"certificate: {settings.Certificate}: {broken.Message}");
        }
    }

    /// <summary>Options of one handshake; <paramref name="judge"/> decides on the client.</summary>
    internal SslServerAuthenticationOptions Options(RemoteCertificateValidationCallback judge) => new()
    {
        ServerCertificateContext = _context,
        EnabledSslProtocols = Protocols(),
        CipherSuitesPolicy = OperatingSystem.IsWindows() || OperatingSystem.IsAndroid() ? null : new CipherSuitesPolicy(_settings.Suites),
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = judge,
        AllowRenegotiation = false,
        // A resumed session would show no certificate anew: one that was revoked since would still be let in.
        AllowTlsResume = false,
    };

    /// <summary>A version without a suite would be agreed on, and then fail.</summary>
    private SslProtocols Protocols()
    {
        var ofOld = _settings.Suites.Count(static suite => suite.ToString().Contains("_WITH_", StringComparison.Ordinal));
        return (ofOld > 0 ? SslProtocols.Tls12 : SslProtocols.None) | (ofOld < _settings.Suites.Count ? SslProtocols.Tls13 : SslProtocols.None);
    }

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,           // By the list that was read, in the judgement.
            DisableCertificateDownloads = true,
            VerificationFlags = X509VerificationFlags.NoFlag,
        };
        policy.ApplicationPolicy.Add(new Oid(ClientUsage));
        foreach (var authority in _authorities) (IsRoot(authority) ? policy.CustomTrustStore : policy.ExtraStore).Add(authority);
        return policy;
    }

    private static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static X509Certificate2Collection Certificates(string key, string path)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(Text(key, path));
        }
        catch (CryptographicException broken)
        {
            throw new InvalidDataException($"{key}: {path}: {broken.Message}");
        }

        return all.Count > 0 ? all : throw new InvalidDataException($"{key}: {path}: there is no certificate (PEM) in it");
    }

    private static IReadOnlyList<RevocationList>? Lists(TlsSettings settings, X509Certificate2Collection authorities)
    {
        if (settings.Revocation is null) return null;
        var text = Text("revocation", settings.Revocation);
        try
        {
            return RevocationList.ReadAll(text, authorities);
        }
        catch (InvalidDataException broken)
        {
            throw new InvalidDataException($"revocation: {settings.Revocation}: {broken.Message}");
        }
    }

    private static X509Certificate2 WithKey(TlsSettings settings)
    {
        var key = Text("key", settings.Key);
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(settings.Key) & ~OwnerOnly) != 0)
            {
                throw new InvalidDataException($"key: {settings.Key}: readable by others than its owner; chmod 600");
            }

            return X509Certificate2.CreateFromPem(Text("certificate", settings.Certificate), key);
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"key: {settings.Key}: no key (PEM, not encrypted) of the certificate: {broken.Message}");
        }
        finally
        {
            Array.Clear(key);
        }
    }

    // An array, so that a key can be wiped; a string cannot.
    private static char[] Text(string key, string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var text = System.Text.Encoding.ASCII.GetChars(bytes);
            CryptographicOperations.ZeroMemory(bytes);
            return text;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{key}: {missing.Message}");
        }
    }
}

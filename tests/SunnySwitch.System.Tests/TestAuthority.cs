using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.SystemTests;

/// <summary>A certificate authority for one test: its root, what it issues, and its revocation lists.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    private readonly List<IDisposable> _made = [];
    private readonly X509Certificate2 _own;

    /// <summary>A root, or one that <paramref name="above"/> vouches for.</summary>
    public TestAuthority(string name, TestAuthority? above = null)
    {
        var request = Request($"CN={name}");
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, above is null ? 1 : 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var (from, to) = (DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(1));
        _own = Kept(above is null ? request.CreateSelfSigned(from.AddYears(-1), to.AddYears(1)) : Signed(request, above._own, from, to));
    }

    public string Pem => _own.ExportCertificatePem();

    /// <summary>Its certificate.</summary>
    public X509Certificate2 Own => _own;

    public DateTimeOffset Ends => new(_own.NotAfter.ToUniversalTime());

    public X509Certificate2 Server(string name, int days = 300) => Issue(name, [name], ForServers, -1, days);

    public X509Certificate2 Client(string name, string? dns = null, int from = -1, int days = 300) =>
        Issue(name, dns is null ? [] : [dns], ForClients, from, days);

    /// <summary>A list that ends so many days from now.</summary>
    public string Crl(int days, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var each in revoked) list.AddEntry(each);
        var bytes = list.Build(_own, 1, DateTimeOffset.UtcNow.AddDays(days), HashAlgorithmName.SHA256, thisUpdate: DateTimeOffset.UtcNow.AddDays(-30));
        return PemEncoding.WriteString("X509 CRL", bytes);
    }

    public void Dispose() => _made.ForEach(static each => each.Dispose());

    private X509Certificate2 Issue(string name, string[] dns, string usage, int from, int days)
    {
        var request = Request($"CN={name}");
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (dns.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var each in dns) names.AddDnsName(each);
            request.CertificateExtensions.Add(names.Build());
        }

        return Kept(Signed(request, _own, DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(days)));
    }

    private X509Certificate2 Signed(CertificateRequest request, X509Certificate2 issuer, DateTimeOffset from, DateTimeOffset to)
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        using var issued = request.Create(issuer, from, to, serial);
        return issued.CopyWithPrivateKey((ECDsa)_made[^1]);
    }

    private CertificateRequest Request(string subject)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _made.Add(key);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
    }

    private X509Certificate2 Kept(X509Certificate2 certificate)
    {
        _made.Add(certificate);
        return certificate;
    }
}

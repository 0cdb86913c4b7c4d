using System.Net.Security;

namespace SunnySwitch.Links.Tls;

/// <summary>Where a link's certificates lie, and what it asks of its clients.</summary>
/// <param name="Certificate">PEM: the server's certificate, then those that lead to its root.</param>
/// <param name="Key">PEM: its private key, readable by its owner only.</param>
/// <param name="ClientCa">PEM: the only authorities whose clients are let in.</param>
/// <param name="Revocation">PEM: revocation lists of these authorities; null: none is asked.</param>
/// <param name="Names">A client has one of these as DNS name or common name; empty: any client of the authorities.</param>
/// <param name="Suites">Cipher suites, the preferred first.</param>
public sealed record TlsSettings(
    string Certificate, string Key, string ClientCa, string? Revocation, IReadOnlyList<string> Names, IReadOnlyList<TlsCipherSuite> Suites)
{
    /// <summary>All that a link may speak: forward secrecy and authenticated encryption, in TLS 1.3 and 1.2.</summary>
    public static readonly IReadOnlyList<TlsCipherSuite> StrongSuites =
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    internal IEnumerable<string> Files => Revocation is null ? [Certificate, Key, ClientCa] : [Certificate, Key, ClientCa, Revocation];
}

namespace SunnySwitch.Links.Tls;

/// <summary>How a handshake ended; the names are labels of <c>sunny_tls_handshakes_total</c>.</summary>
public enum TlsResult : byte
{
    /// <summary>The client is let in.</summary>
    Ok,

    /// <summary>The client showed no certificate.</summary>
    NoCertificate,

    /// <summary>Its certificate does not lead to an authority of the link, or is no sound one.</summary>
    UnknownCa,

    /// <summary>Its certificate, or one on the way to the authority, is over or not yet valid.</summary>
    Expired,

    /// <summary>Its certificate is not for clients.</summary>
    WrongUsage,

    /// <summary>Its certificate has none of the link's names.</summary>
    WrongName,

    /// <summary>Its certificate, or one on the way to the authority, is on the revocation list.</summary>
    Revoked,

    /// <summary>Nobody can say: there is no revocation list of its issuer, or the list is over.</summary>
    NoCrl,

    /// <summary>What came is no TLS 1.2 or 1.3, has no common cipher suite, or the client refused our certificate.</summary>
    Protocol,

    /// <summary>It took too long.</summary>
    Timeout,

    /// <summary>The client left before the end.</summary>
    Closed,

    /// <summary>As many handshakes are under way as the link may have connections.</summary>
    TooMany,
}

/// <summary>What the results are called in metrics and the log.</summary>
public static class TlsResults
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<TlsResult> All { get; } = Enum.GetValues<TlsResult>();

    /// <summary>Its label.</summary>
    public static string Label(this TlsResult result) => result switch
    {
        TlsResult.Ok => "ok",
        TlsResult.NoCertificate => "no_certificate",
        TlsResult.UnknownCa => "unknown_ca",
        TlsResult.Expired => "expired",
        TlsResult.WrongUsage => "wrong_usage",
        TlsResult.WrongName => "wrong_name",
        TlsResult.Revoked => "revoked",
        TlsResult.NoCrl => "no_crl",
        TlsResult.Protocol => "protocol",
        TlsResult.Timeout => "timeout",
        TlsResult.Closed => "closed",
        TlsResult.TooMany => "too_many",
        _ => throw new ArgumentOutOfRangeException(nameof(result)),
    };
}

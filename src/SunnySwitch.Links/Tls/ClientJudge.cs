using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.Links.Tls;

/// <summary>Decides whether a client is let in: by its chain, as built from the link's authorities alone, its names and the revocation lists.</summary>
internal static class ClientJudge
{
    private const string CommonName = "2.5.4.3";
    private const int ShownMax = 120;

    private const X509ChainStatusFlags WrongUsage =
        X509ChainStatusFlags.NotValidForUsage | X509ChainStatusFlags.InvalidPolicyConstraints | X509ChainStatusFlags.CtlNotValidForUsage;

    /// <summary>Judges; <paramref name="why"/> is for the log.</summary>
    public static TlsResult Judge(TlsTerms terms, X509Certificate2? client, X509Chain? chain, DateTimeOffset now, out string why)
    {
        why = "the client showed none";
        if (client is null) return TlsResult.NoCertificate;
        why = Shown(client);
        if (chain is null) return TlsResult.UnknownCa;
        var result = OfChain(chain, client, out var status);
        if (result == TlsResult.Ok && terms.Names.Count > 0 && !NamesOf(client).Any(name => terms.Names.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            result = TlsResult.WrongName;
        }

        if (result == TlsResult.Ok && terms.Revocation is { } lists) result = OfLists(lists, chain, now);
        if (status.Length > 0) why = $"{why}: {status}";
        return result;
    }

    /// <summary>Subject and serial number; what strangers wrote into it cannot break the line.</summary>
    public static string Shown(X509Certificate2 certificate)
    {
        var subject = new string([.. certificate.Subject.Select(each => char.IsControl(each) || each > 126 ? '?' : each).Take(ShownMax)]);
        return $"certificate \"{subject}\", serial {certificate.SerialNumber[..Math.Min(certificate.SerialNumber.Length, 64)]}";
    }

    private static TlsResult OfChain(X509Chain chain, X509Certificate2 client, out string status)
    {
        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, each) => all | each.Status);
        status = flags == X509ChainStatusFlags.NoError ? "" : flags.ToString();
        // Whoever is nobody's client is that first, whatever else is wrong.
        if ((flags & ~(X509ChainStatusFlags.NotTimeValid | WrongUsage)) != 0) return TlsResult.UnknownCa;
        if ((flags & X509ChainStatusFlags.NotTimeValid) != 0) return TlsResult.Expired;
        if ((flags & WrongUsage) != 0) return TlsResult.WrongUsage;
        var usage = client.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault()?.KeyUsages;
        return usage is { } given && (given & X509KeyUsageFlags.DigitalSignature) == 0 ? TlsResult.WrongUsage : TlsResult.Ok;
    }

    private static TlsResult OfLists(IReadOnlyList<RevocationList> lists, X509Chain chain, DateTimeOffset now)
    {
        for (var index = 0; index < chain.ChainElements.Count - 1; index++)
        {
            var issuer = chain.ChainElements[index + 1].Certificate;
            var ofIssuer = lists.Where(list => list.IsOf(issuer)).ToList();
            if (ofIssuer.Any(list => list.Has(chain.ChainElements[index].Certificate))) return TlsResult.Revoked;
            if (!ofIssuer.Any(list => list.Ends is not { } ends || ends > now)) return TlsResult.NoCrl;
        }

        return TlsResult.Ok;
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 client) =>
        client.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static each => each.EnumerateDnsNames())
            .Concat(client.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(static part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
                .Select(static part => part.GetSingleElementValue()).OfType<string>());
}

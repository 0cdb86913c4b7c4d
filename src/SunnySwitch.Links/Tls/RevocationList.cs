using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SunnySwitch.Links.Tls;

/// <summary>
/// A certificate revocation list (RFC 5280, 5.1), whose signature was verified. Read here, because the chain engine takes lists from the
/// net or from a store of the machine's user only.
/// </summary>
internal sealed class RevocationList
{
    private readonly X509Certificate2 _authority;
    private readonly HashSet<BigInteger> _serials;

    private RevocationList(X509Certificate2 authority, HashSet<BigInteger> serials, DateTimeOffset? ends) =>
        (_authority, _serials, Ends) = (authority, serials, ends);

    /// <summary>When a newer list is due; null: never.</summary>
    public DateTimeOffset? Ends { get; }

    /// <summary>True if certificates of that issuer are revoked by this list.</summary>
    public bool IsOf(X509Certificate2 issuer) =>
        issuer.SubjectName.RawData.AsSpan().SequenceEqual(_authority.SubjectName.RawData)
        && issuer.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(_authority.PublicKey.ExportSubjectPublicKeyInfo());

    public bool Has(X509Certificate2 certificate) => _serials.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isBigEndian: true));

    /// <summary>Reads all lists of a PEM text.</summary>
    /// <exception cref="InvalidDataException">No list, one that is broken, or one that no authority signed.</exception>
    public static IReadOnlyList<RevocationList> ReadAll(ReadOnlySpan<char> pem, IEnumerable<X509Certificate2> authorities)
    {
        var lists = new List<RevocationList>();
        while (PemEncoding.TryFind(pem, out var found))
        {
            if (pem[found.Label].SequenceEqual("X509 CRL"))
            {
                var bytes = Convert.FromBase64String(pem[found.Base64Data].ToString());
                try
                {
                    lists.Add(Read(bytes, authorities));
                }
                catch (Exception broken) when (broken is AsnContentException or CryptographicException)
                {
                    throw new InvalidDataException($"the list is broken: {broken.Message}");
                }
            }

            pem = pem[found.Location.End..];
        }

        return lists.Count > 0 ? lists : throw new InvalidDataException("there is no revocation list (X509 CRL) in it");
    }

    private static RevocationList Read(byte[] bytes, IEnumerable<X509Certificate2> authorities)
    {
        var outer = new AsnReader(bytes, AsnEncodingRules.DER);
        var whole = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var signed = whole.PeekEncodedValue();
        var list = whole.ReadSequence();
        var algorithm = whole.ReadSequence().ReadObjectIdentifier();
        var signature = whole.ReadBitString(out _);
        whole.ThrowIfNotEmpty();

        if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) list.ReadInteger();
        list.ReadSequence();
        var issuer = list.ReadEncodedValue();
        ReadTime(list);
        DateTimeOffset? ends = list.HasData && IsTime(list.PeekTag()) ? ReadTime(list) : null;
        var serials = new HashSet<BigInteger>();
        if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) ReadSerials(list.ReadSequence(), serials);
        var extensions = new Asn1Tag(TagClass.ContextSpecific, 0);
        if (list.HasData && list.PeekTag().HasSameClassAndValue(extensions)) RefuseCritical(list.ReadSequence(extensions).ReadSequence());

        var authority = authorities.FirstOrDefault(each =>
            each.SubjectName.RawData.AsSpan().SequenceEqual(issuer.Span) && IsSigned(each, algorithm, signed.Span, signature));
        if (authority is not null) return new RevocationList(authority, serials, ends);
        throw new InvalidDataException($"no certificate of clientCa signed the list of {new X500DistinguishedName(issuer.Span).Name}");
    }

    private static void ReadSerials(AsnReader entries, HashSet<BigInteger> serials)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            serials.Add(entry.ReadInteger());
            ReadTime(entry);
            if (entry.HasData) RefuseCritical(entry.ReadSequence());
        }
    }

    /// <summary>What is critical changes what the list means: lists by others, by differences, or of some certificates only.</summary>
    private static void RefuseCritical(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var id = extension.ReadObjectIdentifier();
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean())
            {
                throw new InvalidDataException($"the list has a critical extension ({id}), which is not understood: a full list by its authority is needed");
            }
        }
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static bool IsSigned(X509Certificate2 authority, string algorithm, ReadOnlySpan<byte> signed, byte[] signature)
    {
        HashAlgorithmName? hash = algorithm switch
        {
            "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" => HashAlgorithmName.SHA256,
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" => HashAlgorithmName.SHA384,
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (hash is not { } known) throw new InvalidDataException($"the list is signed by algorithm {algorithm}: RSA (PKCS 1) or ECDSA with SHA-2 is needed");
        if (algorithm.StartsWith("1.2.840.10045", StringComparison.Ordinal))
        {
            using var curve = authority.GetECDsaPublicKey();
            return curve?.VerifyData(signed, signature, known, DSASignatureFormat.Rfc3279DerSequence) == true;
        }

        using var rsa = authority.GetRSAPublicKey();
        return rsa?.VerifyData(signed, signature, known, RSASignaturePadding.Pkcs1) == true;
    }
}

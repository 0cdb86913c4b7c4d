using System.Net.Security;
using SunnySwitch.Links.Tls;

namespace SunnySwitch.Host.Options;

/// <summary>TLS of a link: files beside the configuration, and who may come in.</summary>
internal sealed record LinkTlsOptions
{
    public string Certificate { get; init; } = "";
    public string Key { get; init; } = "";

    /// <summary>The authorities whose clients are let in; no other is trusted, neither the system's.</summary>
    public string ClientCa { get; init; } = "";

    /// <summary>DNS names or common names, one of which a client must have; empty: any client of the authorities.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Revocation lists of the authorities.</summary>
    public string? Revocation { get; init; }

    /// <summary>Cipher suites by their IANA names; without it, all strong ones.</summary>
    public IReadOnlyList<string>? Ciphers { get; init; }

    public IEnumerable<string> Problems(string name)
    {
        foreach (var (key, file) in ((string, string?)[])[("certificate", Certificate), ("key", Key), ("clientCa", ClientCa), ("revocation", Revocation)])
        {
            if (file?.Length == 0) yield return $"{name}.tls.{key}: a file is expected";
        }

        if (Names.Count > 64 || Names.Any(each => each.Length is 0 or > 253)) yield return $"{name}.tls.names: at most 64 names of 1 to 253 characters";
        if (Ciphers?.Count == 0) yield return $"{name}.tls.ciphers: empty";
        foreach (var suite in (Ciphers ?? []).Where(each => !TlsSettings.StrongSuites.Any(strong => strong.ToString() == each)))
        {
            yield return $"{name}.tls.ciphers: \"{suite}\" is none of {string.Join(", ", TlsSettings.StrongSuites)}";
        }
    }

    /// <summary>With the files where they lie.</summary>
    public TlsSettings Settings(string folder) => new(
        Path.Combine(folder, Certificate), Path.Combine(folder, Key), Path.Combine(folder, ClientCa),
        Revocation is null ? null : Path.Combine(folder, Revocation), Names,
        Ciphers is null ? TlsSettings.StrongSuites : [.. Ciphers.Select(Enum.Parse<TlsCipherSuite>)]);
}

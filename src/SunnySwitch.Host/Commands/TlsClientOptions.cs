using System.CommandLine;
using SunnySwitch.Host.Load;

namespace SunnySwitch.Host.Commands;

/// <summary>How <c>sunny play</c> and <c>sunny load</c> speak TLS.</summary>
internal static class TlsClientOptions
{
    private static readonly Option<string?> Ca = new("--tls-ca") { Description = "Speak TLS, and trust the authorities of this file (PEM) alone." };
    private static readonly Option<string?> Cert = new("--tls-cert") { Description = "Certificate to show (PEM)." };
    private static readonly Option<string?> Key = new("--tls-key") { Description = "Its private key (PEM); default: in --tls-cert." };
    private static readonly Option<string?> Name = new("--tls-name") { Description = "Name that the peer's certificate must have; default: HOST." };

    /// <summary>Adds them to a command.</summary>
    public static Command WithTls(this Command command)
    {
        foreach (var option in (Option[])[Ca, Cert, Key, Name]) command.Add(option);
        return command;
    }

    /// <summary>What was asked for; null: plain TCP. Throws <see cref="LoadException"/>.</summary>
    public static ClientTls? Read(ParseResult parsed)
    {
        var (cert, key, name) = (parsed.GetValue(Cert), parsed.GetValue(Key), parsed.GetValue(Name));
        if (parsed.GetValue(Ca) is { } authorities) return new ClientTls(authorities, cert, key, name);
        return (cert ?? key ?? name) is null ? null : throw new LoadException("--tls-ca: missing, but there are other options of TLS");
    }
}

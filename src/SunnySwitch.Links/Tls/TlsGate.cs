using System.Collections.Concurrent;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace SunnySwitch.Links.Tls;

/// <summary>Where a link's clients show who they are. Its certificates are read again when their files change; open connections keep theirs.</summary>
public sealed class TlsGate
{
    private const int HandshakeSecondsMax = 10;

    private readonly TlsSettings _settings;
    private readonly long[] _results = new long[TlsResults.All.Count];
    private readonly ConcurrentDictionary<ConnectionContext, bool> _shaking = new();
    private volatile TlsTerms _terms;
    private volatile string? _problem;
    private int _shakingNow;
    private long _reloads;
    private string _served;
    private string _seen;

    /// <summary>Reads the files for the first time.</summary>
    /// <exception cref="InvalidDataException">One is not there or wrong.</exception>
    public TlsGate(Link link, TlsSettings settings)
    {
        Link = link;
        _settings = settings;
        _served = _seen = Stamp();
        _terms = TlsTerms.Read(settings);
    }

    /// <summary>The link.</summary>
    public Link Link { get; }

    /// <summary>What new connections are served by.</summary>
    public TlsTerms Terms => _terms;

    /// <summary>True while the files on disk cannot be used, and older ones still count.</summary>
    public bool IsBroken => _problem is not null;

    /// <summary>How often newer files came into use.</summary>
    public long Reloads => Volatile.Read(ref _reloads);

    /// <summary>Handshakes that ended so.</summary>
    public long Count(TlsResult result) => Volatile.Read(ref _results[(int)result]);

    /// <summary>Serves a connection, if its client may come in.</summary>
    internal async Task Serve(ConnectionContext context, ILogger logger, Func<Link, ConnectionContext, Task> serve)
    {
        var peer = context.RemoteEndPoint?.ToString() ?? "unknown";
        if (Interlocked.Increment(ref _shakingNow) > Link.Limits.ConnectionsMax)
        {
            Interlocked.Decrement(ref _shakingNow);
            Note(logger, peer, TlsResult.TooMany, $"{Link.Limits.ConnectionsMax} are under way already");
            context.Abort();
            return;
        }

        var wire = context.Transport;
        var duplex = new TlsDuplex(context);
        await using (duplex.ConfigureAwait(false))
        {
            if (!await TryShake(duplex, context, logger, peer).ConfigureAwait(false)) return;
            context.Transport = duplex;
            try
            {
                await serve(Link, context).ConfigureAwait(false);
            }
            finally
            {
                context.Transport = wire;
            }
        }
    }

    /// <summary>Handshakes that are under way are given up.</summary>
    public void Drain()
    {
        foreach (var (context, _) in _shaking) context.Abort();
    }

    /// <summary>Looks whether files have changed, and takes them if they are good; what there is to say, if anything. By one thread.</summary>
    public string? Refresh(DateTimeOffset now)
    {
        var stamp = Stamp();
        if (stamp == _served)
        {
            var wasBroken = IsBroken;
            _problem = null;
            return wasBroken ? "the files are as they were" : null;
        }

        // Certificate and key are two files: they are read when nothing has changed since the last look.
        if (stamp != _seen)
        {
            _seen = stamp;
            return null;
        }

        try
        {
            var fresh = TlsTerms.Read(_settings);
            if (!fresh.IsCurrent(now)) throw new InvalidDataException($"certificate: {_settings.Certificate}: {Validity(fresh)}, which is not now");
            (_terms, _served, _problem) = (fresh, stamp, null);
            Interlocked.Increment(ref _reloads);
            return $"new connections get {ClientJudge.Shown(fresh.Certificate)}, {Validity(fresh)}";
        }
        catch (Exception broken) when (broken is not OutOfMemoryException)
        {
            // Whatever is wrong with new files, the old ones go on, and so does the looking.
            if (broken.Message == _problem) return null;
            _problem = broken.Message;
            return $"not reloaded, the former files still count: {broken.Message}";
        }
    }

    private async Task<bool> TryShake(TlsDuplex duplex, ConnectionContext context, ILogger logger, string peer)
    {
        // From here on by the pool: the transport's thread has others to serve.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var terms = _terms;
        var (verdict, why) = (TlsResult.Protocol, "");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(HandshakeSecondsMax));
        _shaking[context] = true;
        try
        {
            var options = terms.Options((_, certificate, chain, _) =>
            {
                verdict = ClientJudge.Judge(terms, certificate as X509Certificate2, chain, DateTimeOffset.UtcNow, out why);
                return verdict == TlsResult.Ok;
            });
            await duplex.Shake(options, patience.Token).ConfigureAwait(false);
            Interlocked.Increment(ref _results[(int)TlsResult.Ok]);
            LinkLog.Shaken(logger, Link.Name, peer, why, duplex.Tls.SslProtocol, duplex.Tls.NegotiatedCipherSuite);
            return true;
        }
        catch (OperationCanceledException)
        {
            Note(logger, peer, TlsResult.Timeout, $"it was not over in {HandshakeSecondsMax} s");
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            if (failed is not AuthenticationException && verdict is TlsResult.Protocol or TlsResult.Ok) verdict = TlsResult.Closed;
            else if (verdict == TlsResult.Ok) verdict = TlsResult.Protocol;
            if (verdict is TlsResult.Protocol or TlsResult.Closed) why = Words(failed);
            Note(logger, peer, verdict, why);
        }
        finally
        {
            _shaking.TryRemove(context, out _);
            Interlocked.Decrement(ref _shakingNow);
        }

        return false;
    }

    private void Note(ILogger logger, string peer, TlsResult result, string why)
    {
        Interlocked.Increment(ref _results[(int)result]);
        LinkLog.NotShaken(logger, Link.Name, peer, result.Label(), why);
    }

    /// <summary>The innermost words, which say most, on one line.</summary>
    private static string Words(Exception failed)
    {
        while (failed.InnerException is { } inner) failed = inner;
        return failed.Message.ReplaceLineEndings(" ");
    }

    private static string Validity(TlsTerms terms) =>
        $"valid from {terms.Certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} to {terms.CertificateEnds:yyyy-MM-dd HH:mm} UTC";

    /// <summary>What tells one state of the files from another. A link to a file counts as the file that it leads to.</summary>
    private string Stamp() => string.Join('|', _settings.Files.Select(static path =>
    {
        try
        {
            var file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
            return file.Exists ? $"{file.FullName} {file.LastWriteTimeUtc.Ticks} {file.Length}" : "";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }));
}

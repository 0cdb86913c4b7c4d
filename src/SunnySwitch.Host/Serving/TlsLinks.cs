using SunnySwitch.Admin;
using SunnySwitch.Host.Options;
using SunnySwitch.Links;
using SunnySwitch.Links.Tls;

namespace SunnySwitch.Host.Serving;

/// <summary>The links that speak TLS: their gates, opened at start, looked after once a second.</summary>
internal sealed class TlsLinks
{
    private readonly List<TlsGate> _gates = [];
    private readonly Action<string> _say;

    private TlsLinks(Action<string> say) => _say = say;

    /// <exception cref="OptionsException">A file is not there or wrong: every link that has one.</exception>
    public static TlsLinks Open(SwitchOptions options, IReadOnlyList<Link> links, string? config, Action<string> say)
    {
        var made = new TlsLinks(say);
        var folder = config is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(config))!;
        var problems = new List<string>();
        foreach (var (link, option) in links.Zip(options.Links))
        {
            if (option.Tls is not { } tls) continue;
            try
            {
                made._gates.Add(new TlsGate(link, tls.Settings(folder)));
            }
            catch (InvalidDataException wrong)
            {
                problems.Add($"{link.Name}.tls.{wrong.Message}");
            }
        }

        return problems.Count == 0 ? made : throw new OptionsException(problems);
    }

    /// <summary>Null where the link is plain TCP.</summary>
    public TlsGate? Of(Link link) => _gates.Find(gate => gate.Link == link);

    /// <summary>For the link's line at the start.</summary>
    public string Describe(Link link)
    {
        if (Of(link) is not { } gate) return "plain TCP";
        var isOver = gate.Terms.IsCurrent(DateTimeOffset.UtcNow) ? "" : " (NOT VALID NOW)";
        return $"TLS, certificate until {gate.Terms.CertificateEnds:yyyy-MM-dd}{isOver}";
    }

    /// <summary>Gives up handshakes that are under way.</summary>
    public void Drain() => _gates.ForEach(static gate => gate.Drain());

    /// <summary>Looks after the files once a second.</summary>
    public async Task Watch(Func<PeriodicTimer, Task<bool>> next)
    {
        if (_gates.Count == 0) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await next(timer).ConfigureAwait(false))
        {
            foreach (var gate in _gates)
            {
                if (gate.Refresh(DateTimeOffset.UtcNow) is { } news) _say($"tls: link {gate.Link.Name}: {news}");
            }
        }
    }

    /// <summary>Ends of certificates, handshakes, reloads.</summary>
    public void AddMetrics(MetricsPage page)
    {
        if (_gates.Count == 0) return;
        page.Gauge(
            "sunny_tls_certificate_expires_seconds", "When the link's certificate ends, as Unix time.", ["link"],
            ByLink(gate => gate.Terms.CertificateEnds.ToUnixTimeSeconds()));
        page.Gauge(
            "sunny_tls_ca_expires_seconds", "When the first of the authorities of the link's clients ends, as Unix time.", ["link"],
            ByLink(gate => gate.Terms.AuthoritiesEnd.ToUnixTimeSeconds()));
        page.Gauge(
            "sunny_tls_crl_expires_seconds", "When the first of the link's revocation lists ends, as Unix time; then its clients are refused.", ["link"],
            () => _gates.Where(gate => gate.Terms.RevocationEnds is not null)
                .Select(gate => new Measured([gate.Link.Name], gate.Terms.RevocationEnds!.Value.ToUnixTimeSeconds())));
        page.Gauge(
            "sunny_tls_files_broken", "Alarm: 1 while the link's files on disk cannot be used, and the former ones still count.", ["link"],
            ByLink(gate => gate.IsBroken ? 1 : 0));
        page.Counter("sunny_tls_reloads_total", "Newer certificates that came into use.", ["link"], ByLink(gate => gate.Reloads));
        page.Counter("sunny_tls_handshakes_total", "Handshakes, by how they ended.", ["link", "result"], () =>
            from gate in _gates
            from result in TlsResults.All
            let count = gate.Count(result)
            where count > 0
            select new Measured([gate.Link.Name, result.Label()], count));
    }

    private Func<IEnumerable<Measured>> ByLink(Func<TlsGate, double> read) =>
        () => _gates.Select(gate => new Measured([gate.Link.Name], read(gate)));
}

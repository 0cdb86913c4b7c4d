
namespace SunnySwitch.Host.Load;

/// <summary>What one load run does. Immutable; <see cref="Problems"/> lists everything wrong with it at once.</summary>
internal sealed record LoadOptions
{
    /// <summary>Peer's name or address.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Peer's TCP port.</summary>
    public int Port { get; init; }

    /// <summary>Name of a dialect under <c>config/dialects</c>, or a file.</summary>
    public string Dialect { get; init; } = "iso87-ascii";

    /// <summary>Length header of each frame.</summary>
    public string Framing { get; init; } = "be16";

    /// <summary>Connections, opened before the first message.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>Messages outstanding on one connection: so many in closed loop, at most so many in open loop.</summary>
    public int Window { get; init; } = 64;

    /// <summary>Messages a second over all connections; 0 is closed loop.</summary>
    public double RatePerSecond { get; init; }

    /// <summary>Seconds measured.</summary>
    public double Seconds { get; init; } = 10;

    /// <summary>Seconds of the same load before them, checked but not measured.</summary>
    public double WarmupSeconds { get; init; } = 3;

    /// <summary>Seconds to wait at the end for answers that are still out; after that they are missing.</summary>
    public double DrainSeconds { get; init; } = 5;

    /// <summary>Cards used, from the first of the bench's 100,000.</summary>
    public int Cards { get; init; } = 100_000;

    /// <summary>Adds track 2 and chip data (DE35, DE55): 19 fields.</summary>
    public bool Chip { get; init; }

    /// <summary>File of test keys: adds PIN, CVV and MAC to every message; null: none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Label of the key of the MACs.</summary>
    public string MacKey { get; init; } = "mak";

    /// <summary>Messages made before the clock starts, over all connections; with keys.</summary>
    public int Prepared { get; init; } = 1_000_000;

    /// <summary>DE32: at most 11 digits.</summary>
    public string Acquirer { get; init; } = "400001";

    /// <summary>Sends an 0800 sign-on on each connection first.</summary>
    public bool SignOn { get; init; }

    /// <summary>The peer is an echo: each answer must be the request, byte for byte.</summary>
    public bool Echo { get; init; }

    /// <summary>Threads of the generator; more than one only pays where cores are free.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Open loop: a send later than this is late; too many, and there are no figures.</summary>
    public long LateNanosMax { get; init; } = 1_000_000;

    /// <summary>Share of late sends above which the generator refuses to report.</summary>
    public double LateShareMax { get; init; } = 0.05;

    /// <summary>File of answered transactions, one line each; null for none.</summary>
    public string? LogFile { get; init; }

    /// <summary>True for open loop.</summary>
    public bool IsOpenLoop => RatePerSecond > 0;

    /// <summary>Every problem, in words for people; empty when the run can start.</summary>
    public IEnumerable<string> Problems()
    {
        if (Port is < 1 or > 65_535) yield return $"HOST:PORT: port 1 to 65535, is {Port}";
        if (Connections is < 1 or > 10_000) yield return $"--conns: 1 to 10000, is {Connections}";
        if (Window is < 1 or > 65_536) yield return $"--window: 1 to 65536, is {Window}";
        if ((long)Connections * Window > 4_194_304) yield return "--conns times --window: at most 4194304 outstanding";
        if (RatePerSecond is < 0 or > 10_000_000)
            yield return $"--rate: 0 (closed loop) to 10000000, is {RatePerSecond}";
        if (Seconds is < 0.1 or > 86_400) yield return $"--seconds: 0.1 to 86400, is {Seconds}";
        if (WarmupSeconds is < 0 or > 3_600) yield return $"--warmup: 0 to 3600, is {WarmupSeconds}";
        if (Cards is < 1 or > 100_000) yield return $"--cards: 1 to 100000, is {Cards}";
        if (Threads < 1 || Threads > Connections) yield return $"--threads: 1 to --conns, is {Threads}";
        if (Acquirer.Length is 0 or > 11 || Acquirer.AsSpan().ContainsAnyExceptInRange('0', '9'))
            yield return $"--acquirer: 1 to 11 digits, is {Acquirer}";
    }
}

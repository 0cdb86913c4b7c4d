using SunnySwitch.Ledger.Redis;
using SunnySwitch.Links;

namespace SunnySwitch.Host.Options;

/// <summary>All that can be set of a switch. Names are the keys of <c>switch.json</c>, in camel case.</summary>
internal sealed record SwitchOptions
{
    /// <summary><c>development</c> or <c>production</c>.</summary>
    public string Mode { get; init; } = "development";

    /// <summary>IP address that links listen on.</summary>
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>Where HTTP listens: it has neither TLS nor passwords, and stays on loopback in production.</summary>
    public System.Net.IPAddress HttpListen
    {
        get
        {
            var address = System.Net.IPAddress.Parse(Listen);
            if (Mode != "production" || System.Net.IPAddress.IsLoopback(address)) return address;
            var isSix = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
            return isSix ? System.Net.IPAddress.IPv6Loopback : System.Net.IPAddress.Loopback;
        }
    }

    /// <summary>Port of the operators' API, metrics and health; 0 lets the system choose.</summary>
    public int HttpPort { get; init; } = 8580;

    /// <summary>The links.</summary>
    public IReadOnlyList<LinkOptions> Links { get; init; } = [];

    /// <summary>Sizes of the state's tables.</summary>
    public TableOptions Tables { get; init; } = new();

    /// <summary>The ring.</summary>
    public RingOptions Ring { get; init; } = new();

    /// <summary>The journal.</summary>
    public JournalFileOptions Journal { get; init; } = new();

    /// <summary>Redis; none by default.</summary>
    public RedisOptions? Redis { get; init; }

    /// <summary>Cards made at the first start, for load tests; none by default.</summary>
    public GeneratedCardOptions? GeneratedCards { get; init; }

    /// <summary>The HSM; none by default.</summary>
    public HsmOptions? Hsm { get; init; }

    /// <summary>The ledger in PostgreSQL; none by default.</summary>
    public LedgerOptions? Ledger { get; init; }

    /// <summary>Run purchases through a scratch cell before the ports open, so that the first ones are not slow.</summary>
    public bool Rehearse { get; init; } = true;

    /// <summary>Answers that a peer may leave unread on one connection before it is closed.</summary>
    public int UnreadKilobytesMax { get; init; } = 1024;

    /// <summary>Every wrong value, in words.</summary>
    public IEnumerable<string> Problems()
    {
        if (Mode is not ("development" or "production")) yield return $"mode: development or production, is \"{Mode}\"";
        if (!System.Net.IPAddress.TryParse(Listen, out var address)) yield return $"listen: an IP address, is \"{Listen}\"";
        else if (Mode == "production" && !System.Net.IPAddress.IsLoopback(address))
        {
            foreach (var plain in Links.Where(link => link.Tls is null))
            {
                yield return $"{plain.Name}.tls: missing: in production, a link that listens off loopback ({Listen}) speaks TLS";
            }
        }

        if (HttpPort is < 0 or > 65_535) yield return $"httpPort: 0 to 65535, is {HttpPort}";
        if (UnreadKilobytesMax is < 16 or > 65_536) yield return $"unreadKilobytesMax: 16 to 65536, is {UnreadKilobytesMax}";
        if (Links.Count is 0 or > 256) yield return $"links: 1 to 256, are {Links.Count}";
        foreach (var problem in Links.SelectMany(link => link.Problems())) yield return problem;
        var connections = Links.Sum(link => (long)link.Limits.ConnectionsMax);
        if (connections > 1_000_000) yield return $"links: limits.connectionsMax: at most 1000000 over all links, are {connections}";
        foreach (var twice in Links.GroupBy(link => link.Name).Where(group => group.Count() > 1))
        {
            yield return $"links: the name \"{twice.Key}\" is used {twice.Count()} times";
        }

        var ports = Links.Select(link => link.Port).Append(HttpPort).Where(port => port != 0);
        foreach (var twice in ports.GroupBy(port => port).Where(group => group.Count() > 1))
        {
            yield return $"ports: {twice.Key} is used {twice.Count()} times";
        }

        foreach (var problem in Tables.Problems().Concat(Ring.Problems()).Concat(Journal.Problems())) yield return problem;
        foreach (var problem in Hsm?.Problems(Mode) ?? []) yield return problem;
        foreach (var problem in Ledger?.Problems() ?? []) yield return problem;
        if (Hsm is null && Links.Any(link => link.Security is not null)) yield return "hsm: missing, but links have keys";
        foreach (var problem in GeneratedCards?.Problems(Tables.Cards) ?? []) yield return problem;
        foreach (var problem in Redis?.Problems(Mode == "production") ?? []) yield return problem;
    }
}

/// <summary>One link: <c>config/links/*.json</c>.</summary>
internal sealed record LinkOptions
{
    public string Name { get; init; } = "";
    public int Port { get; init; }
    public IReadOnlyList<string> Acquirers { get; init; } = [];
    public string Dialect { get; init; } = "";
    /// <summary>Null: what the dialect says, or be16.</summary>
    public string? Framing { get; init; }

    /// <summary>refuse, answer or ignore; null: what the dialect says, or refuse.</summary>
    public string? KeepAlive { get; init; }
    public bool SignOnRequired { get; init; } = true;
    public LinkLimits Limits { get; init; } = new();

    /// <summary>Keys of its PINs and MACs; none by default.</summary>
    public LinkSecurityOptions? Security { get; init; }

    /// <summary>TLS with certificates on both sides; plain TCP by default.</summary>
    public LinkTlsOptions? Tls { get; init; }

    public IEnumerable<string> Problems()
    {
        var name = Name.Length is > 0 and <= 32 ? Name : $"\"{Name}\"";
        if (Name.Length is 0 or > 32) yield return $"links: name: 1 to 32 characters, is \"{Name}\"";
        if (Port is < 0 or > 65_535) yield return $"{name}.port: 0 to 65535, is {Port}";
        if (Acquirers.Count is 0 or > 64) yield return $"{name}.acquirers: 1 to 64 acquirer ids (DE32), are {Acquirers.Count}";
        foreach (var id in Acquirers.Where(id => id.Length is 0 or > 11 || !id.All(char.IsAsciiDigit)))
        {
            yield return $"{name}.acquirers: \"{id}\" is not 1 to 11 digits";
        }

        if (Dialect.Length == 0) yield return $"{name}.dialect: the name of a dialect is missing";
        var wrong = "";
        if (Framing is not null && Protocol.Framing.Framing.TryParse(Framing, 8_192, out wrong) is null) yield return $"{name}.framing: {wrong}";
        if (KeepAlive is not (null or "refuse" or "answer" or "ignore")) yield return $"{name}.keepAlive: refuse, answer or ignore, is \"{KeepAlive}\"";
        foreach (var problem in Limits.Problems(name).Concat(Security?.Problems(name) ?? []).Concat(Tls?.Problems(name) ?? [])) yield return problem;
    }
}

/// <summary>Entries of each table; memory is taken and touched at start. At a limit the answer is 96.</summary>
internal sealed record TableOptions
{
    public int Cards { get; init; } = 1_000_000;
    public int Accounts { get; init; } = 1_000_000;
    public int Holds { get; init; } = 1_000_000;
    public int DuplicateKeys { get; init; } = 1_000_000;
    public int Tombstones { get; init; } = 65_536;

    /// <summary>Without a value: an eighth of the duplicate keys, 1,024 at least.</summary>
    public int? Balances { get; init; }

    /// <summary>Without a value: a quarter of the duplicate keys, as for day counters and receipts; a sixteenth for sliding counters.</summary>
    public int? Steps { get; init; }
    public int? Charges { get; init; }

    /// <summary>Without a value: 4,096.</summary>
    public int? ContraAccounts { get; init; }
    public int? DayCounters { get; init; }
    public int? SlidingCounters { get; init; }
    public int? Receipts { get; init; }

    /// <summary>Without a value: a sixty-fourth of the duplicate keys, 1,024 at least.</summary>
    public int? MonthCounters { get; init; }
    public int? LifeCounters { get; init; }

    /// <summary>Without a value: 4,096.</summary>
    public int? Acceptors { get; init; }
    public int? Stops { get; init; }

    /// <summary>Without a value: 1,024.</summary>
    public int? KeyNotes { get; init; }

    /// <summary>Without a value: an eighth of the cards, 1,024 at least.</summary>
    public int? ChipCounters { get; init; }

    /// <summary>Terminals whose PINs come under keys of their own (DUKPT).</summary>
    public int Devices { get; init; } = 65_536;

    public IEnumerable<string> Problems()
    {
        var entries = new[]
        {
            ("cards", Cards), ("accounts", Accounts), ("holds", Holds), ("duplicateKeys", DuplicateKeys),
            ("tombstones", Tombstones), ("balances", Balances ?? 1_024), ("dayCounters", DayCounters ?? 1_024),
            ("slidingCounters", SlidingCounters ?? 1_024), ("receipts", Receipts ?? 1_024), ("steps", Steps ?? 1_024),
            ("charges", Charges ?? 1_024), ("monthCounters", MonthCounters ?? 1_024), ("lifeCounters", LifeCounters ?? 1_024),
        };
        foreach (var (name, value) in entries)
        {
            if (value is < 16 or > 200_000_000) yield return $"tables.{name}: 16 to 200000000, is {value}";
        }

        // Registers keep twice the room, so that half as many are the most.
        var registers = new[]
        {
            ("acceptors", Acceptors), ("stops", Stops), ("keyNotes", KeyNotes), ("chipCounters", ChipCounters), ("devices", Devices),
        };
        foreach (var (name, value) in registers)
        {
            if (value is < 16 or > 100_000_000) yield return $"tables.{name}: 16 to 100000000, is {value}";
        }

        if (ContraAccounts is < 16 or > 1_000_000) yield return $"tables.contraAccounts: 16 to 1000000, is {ContraAccounts}";
    }
}

/// <summary>The ring between the links and the kernel.</summary>
internal sealed record RingOptions
{
    /// <summary>A power of two.</summary>
    public int Slots { get; init; } = 4096;

    /// <summary>Microseconds that the kernel thread spins before it parks.</summary>
    public int SpinMicroseconds { get; init; } = 20;

    public IEnumerable<string> Problems()
    {
        if (Slots is < 256 or > 65_536 || !System.Numerics.BitOperations.IsPow2(Slots))
        {
            yield return $"ring.slots: a power of two from 256 to 65536, is {Slots}";
        }

        if (SpinMicroseconds is < 0 or > 1_000_000) yield return $"ring.spinMicroseconds: 0 to 1000000, is {SpinMicroseconds}";
    }
}

/// <summary>The journal's files, in <c>DATA/journal</c>.</summary>
internal sealed record JournalFileOptions
{
    public int SegmentMegabytes { get; init; } = 256;

    /// <summary><c>file</c>, or <c>held</c>: writes stay in memory until the flush, for torture tests.</summary>
    public string Disk { get; init; } = "file";

    /// <summary>Snapshots are made, and finished segments archived and dropped, by a process beside the switch.</summary>
    public bool Keeper { get; init; } = true;

    /// <summary>Where finished segments are copied to: a folder, taken from the data folder if relative; <c>none</c>: nowhere.</summary>
    public string Archive { get; init; } = "archive";

    /// <summary>Finished segments stay in the journal as long as all fit into this; then the oldest go, once they may.</summary>
    public int KeepMegabytes { get; init; } = 10_240;

    /// <summary>A snapshot is made when so much journal was finished since the last: what a start has to fold, at most.</summary>
    public int SnapshotMegabytes { get; init; } = 1_024;

    /// <summary>How often everything on disk is read and checked.</summary>
    public int ScrubHours { get; init; } = 24;

    public IEnumerable<string> Problems()
    {
        if (Archive.Length == 0) yield return "journal.archive: a folder, or none";
        if (KeepMegabytes is < 1 or > 100_000_000) yield return $"journal.keepMegabytes: 1 to 100000000, is {KeepMegabytes}";
        if (SnapshotMegabytes is < 1 or > 1_000_000) yield return $"journal.snapshotMegabytes: 1 to 1000000, is {SnapshotMegabytes}";
        if (ScrubHours is < 1 or > 8_760) yield return $"journal.scrubHours: 1 to 8760, is {ScrubHours}";
        if (SegmentMegabytes is < 1 or > 4_096) yield return $"journal.segmentMegabytes: 1 to 4096, is {SegmentMegabytes}";
        if (Disk is not ("file" or "held")) yield return $"journal.disk: file or held, is \"{Disk}\"";
    }
}

/// <summary>A range of cards: PAN = BIN, nine-digit index, Luhn digit.</summary>
internal sealed record GeneratedCardOptions
{
    public string Bin { get; init; } = "400000";
    public int Count { get; init; } = 100_000;
    public string Expiry { get; init; } = "3012";
    public int Currency { get; init; } = 840;
    public long BalanceMinor { get; init; } = 1_000_000_000_000_000;

    public IEnumerable<string> Problems(int cardsMax)
    {
        if (Bin.Length != 6 || !Bin.All(char.IsAsciiDigit)) yield return $"generatedCards.bin: six digits, is \"{Bin}\"";
        if (Count < 1 || Count > cardsMax) yield return $"generatedCards.count: 1 to tables.cards ({cardsMax}), is {Count}";
        if (Expiry.Length != 4 || !Expiry.All(char.IsAsciiDigit)) yield return $"generatedCards.expiry: YYMM, is \"{Expiry}\"";
        if (Currency is < 1 or > 999) yield return $"generatedCards.currency: ISO 4217 number, is {Currency}";
        if (BalanceMinor < 0) yield return $"generatedCards.balanceMinor: not negative, is {BalanceMinor}";
    }
}

namespace SunnySwitch.Simulation;

/// <summary>
/// One seed's options: sizes drawn small, so that wrapping round and being full happen in every run, and most faults off,
/// so that those which are on meet in ever other company. Rates are per mille of the happenings they belong to.
/// </summary>
internal sealed record Swarm(
    int RingSlots,
    int SegmentKilobytes,
    int BatchKilobytes,
    int Connections,
    int Cards,
    long BalanceMinor,
    int DuplicateKeysMax,
    int HoldsMax,
    int TombstonesPerLinkMax,
    bool SignOnRequired)
{
    public int Repeats { get; init; }

    public int OtherBodies { get; init; }

    public int Reversals { get; init; }

    /// <summary>Completions of an authorization sent earlier.</summary>
    public int Completions { get; init; }

    /// <summary>Increments of one.</summary>
    public int Increments { get; init; }

    /// <summary>Refunds of something sent earlier.</summary>
    public int Refunds { get; init; }

    public int Voids { get; init; }

    public int EarlyReversals { get; init; }

    /// <summary>0120, 0220 instead of 0100, 0200.</summary>
    public int Advices { get; init; }

    /// <summary>Cash, unlinked refunds, balances, account verification, what is no function of ours.</summary>
    public int OtherFunctions { get; init; }

    /// <summary>DE28.</summary>
    public int Fees { get; init; }

    /// <summary>In another currency than most cards have.</summary>
    public int Foreign { get; init; }

    /// <summary>Amounts of a few minor units, where all of rounding shows.</summary>
    public int SmallAmounts { get; init; }

    /// <summary>What is followed up is among the last so many.</summary>
    public int LateOnes { get; init; }

    /// <summary>Rules come into force, at once or from a date, and are taken back.</summary>
    public int RuleChanges { get; init; }

    /// <summary>Likewise rates.</summary>
    public int RateChanges { get; init; }

    /// <summary>Minutes in which nothing happens, for windows to slide.</summary>
    public int Pauses { get; init; }

    /// <summary>Steps, charges, balances told, receipts and counters, each.</summary>
    public int SideTablesMax { get; init; }

    public int Networks { get; init; }

    public int Broken { get; init; }

    public int CardChanges { get; init; }

    public int DayChanges { get; init; }

    public int ConnectionCuts { get; init; }

    public int PowerCuts { get; init; }

    public int DiskErrors { get; init; }

    public int FullDisks { get; init; }

    public int Stalls { get; init; }

    /// <summary>Of starts: a bit of a finished segment has turned.</summary>
    public int Rot { get; init; }

    /// <summary>Snapshots are made, segments archived and dropped.</summary>
    public bool Snapshots { get; init; }

    /// <summary>Segments kept when they are.</summary>
    public int SegmentsKept { get; init; }

    /// <summary>Somebody looks at PINs, codes, cryptograms.</summary>
    public bool HasDesk { get; init; }

    /// <summary>And at MACs, which every message has then, both ways.</summary>
    public bool HasMac { get; init; }

    /// <summary>Requests that can wait for the desk at once.</summary>
    public int ParkingMax { get; init; } = 1;

    /// <summary>Of what it is asked it answers later.</summary>
    public int DeskSlow { get; init; }

    /// <summary>And then after so long, on the average.</summary>
    public int DeskMicros { get; init; }

    /// <summary>And sometimes never, or as late as that.</summary>
    public int DeskSilences { get; init; }

    /// <summary>It fails, or is late, each.</summary>
    public int DeskFails { get; init; }

    public int DeskFulls { get; init; }

    /// <summary>Of new requests.</summary>
    public int Pins { get; init; }

    /// <summary>Of PINs, codes, cryptograms and MACs: not right.</summary>
    public int WrongProofs { get; init; }

    /// <summary>Tracks, printed codes, chips, each.</summary>
    public int CardProofs { get; init; }

    /// <summary>Operators forget wrong PINs.</summary>
    public int PinResets { get; init; }

    /// <summary>What operators do to keys.</summary>
    public int KeyNotes { get; init; }

    /// <summary>Some limits are shared with other cells.</summary>
    public bool HasShared { get; init; }

    /// <summary>Of what others are asked they answer later.</summary>
    public int SharedSlow { get; init; }

    /// <summary>And then after so long, on the average.</summary>
    public int SharedMicros { get; init; }

    /// <summary>And sometimes never.</summary>
    public int SharedSilences { get; init; }

    /// <summary>Nobody can tell, or too many ask, each.</summary>
    public int SharedFails { get; init; }

    /// <summary>With what came later, from generators of its own: a seed without a desk, or without others, is what it was before there were any.</summary>
    public static Swarm Draw(Prng prng, Prng ofDesk, Prng ofOthers) => Draw(prng).WithDesk(ofDesk).WithOthers(ofOthers);

    private Swarm WithOthers(Prng prng)
    {
        if (RuleChanges == 0 || !prng.Chance(600)) return this;
        return this with
        {
            HasShared = true,
            ParkingMax = HasDesk ? ParkingMax : prng.Between(1, 60),
            SharedSlow = prng.Chance(800) ? prng.Between(100, 1_000) : 0,
            SharedMicros = prng.Chance(500) ? prng.Between(20, 2_000) : prng.Between(2_000, 40_000),
            SharedSilences = prng.Chance(500) ? prng.Between(1, 100) : 0,
            SharedFails = prng.Chance(500) ? prng.Between(1, 200) : 0,
        };
    }

    private Swarm WithDesk(Prng prng)
    {
        int Seldom(int low, int high) => prng.Chance(400) ? prng.Between(low, high) : 0;
        var keys = Seldom(5, 40);
        if (!prng.Chance(600)) return this with { KeyNotes = keys };
        return this with
        {
            KeyNotes = keys,
            HasDesk = true,
            HasMac = prng.Chance(300),
            ParkingMax = prng.Chance(300) ? prng.Between(1, 6) : prng.Between(7, 100),
            DeskSlow = prng.Chance(800) ? prng.Between(100, 1_000) : 0,
            DeskMicros = prng.Chance(500) ? prng.Between(20, 300) : prng.Between(300, 20_000),
            DeskSilences = Seldom(1, 30),
            DeskFails = Seldom(2, 60),
            DeskFulls = Seldom(2, 60),
            Pins = prng.Between(50, 900),
            WrongProofs = prng.Between(20, 500),
            CardProofs = Seldom(20, 200),
            PinResets = Seldom(2, 30),
        };
    }

    private static Swarm Draw(Prng prng)
    {
        int Often(int low, int high) => prng.Chance(750) ? prng.Between(low, high) : 0;
        int Seldom(int low, int high) => prng.Chance(400) ? prng.Between(low, high) : 0;
        var isTight = prng.Chance(250);
        var hasRules = prng.Chance(400);
        var isForeign = prng.Chance(500);
        return new Swarm(
            RingSlots: 128 << prng.Below(2),
            SegmentKilobytes: 32 << prng.Below(3),
            BatchKilobytes: (hasRules ? 8 : 4) << prng.Below(hasRules ? 3 : 4),
            Connections: prng.Between(1, 6),
            Cards: prng.Between(1, 6),
            BalanceMinor: prng.Chance(300) ? prng.Between(1_000, 20_000) : 50_000_000,
            DuplicateKeysMax: isTight ? prng.Between(20, 300) : 4_096,
            HoldsMax: isTight ? prng.Between(10, 200) : 4_096,
            TombstonesPerLinkMax: isTight ? prng.Between(1, 20) : 1_000,
            SignOnRequired: prng.Chance(300))
        {
            Repeats = Often(50, 400),
            OtherBodies = Seldom(10, 60),
            Reversals = Often(50, 300),
            Completions = Often(20, 200),
            Increments = Often(20, 200),
            Refunds = Often(20, 200),
            Voids = Often(20, 100),
            EarlyReversals = Seldom(10, 80),
            Advices = Seldom(20, 200),
            OtherFunctions = Seldom(20, 200),
            Fees = Often(50, 500),
            Foreign = isForeign ? prng.Between(50, 500) : 0,
            SmallAmounts = Seldom(50, 900),
            LateOnes = prng.Between(1, 12),
            RuleChanges = hasRules ? prng.Between(2, 20) : 0,
            RateChanges = isForeign ? prng.Between(3, 20) : 0,
            Pauses = Seldom(1, 10),
            SideTablesMax = prng.Chance(150) ? prng.Between(10, 200) : 2_048,
            Networks = Seldom(10, 60),
            Broken = Seldom(5, 40),
            CardChanges = Seldom(2, 20),
            DayChanges = prng.Chance(600) ? prng.Between(1, 6) : 0,
            ConnectionCuts = Seldom(2, 20),
            PowerCuts = Often(2, 15),
            DiskErrors = Seldom(1, 5),
            FullDisks = Seldom(2, 15),
            Stalls = Seldom(5, 40),
            Rot = Seldom(50, 400),
            Snapshots = prng.Chance(700),
            SegmentsKept = prng.Between(1, 6),
        };
    }
}

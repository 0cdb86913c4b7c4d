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

    public int EarlyReversals { get; init; }

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

    public static Swarm Draw(Prng prng)
    {
        int Often(int low, int high) => prng.Chance(750) ? prng.Between(low, high) : 0;
        int Seldom(int low, int high) => prng.Chance(400) ? prng.Between(low, high) : 0;
        var isTight = prng.Chance(250);
        return new Swarm(
            RingSlots: 128 << prng.Below(2),
            SegmentKilobytes: 32 << prng.Below(3),
            BatchKilobytes: 4 << prng.Below(4),
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
            EarlyReversals = Seldom(10, 80),
            Networks = Seldom(10, 60),
            Broken = Seldom(5, 40),
            CardChanges = Seldom(2, 20),
            DayChanges = Seldom(1, 4),
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

using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Disruptor;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Snapshots;

namespace SunnySwitch.Simulation;

/// <summary>
/// One life of the switch: the production kernel on a disk of the simulation. A restart is a new object, so that nothing
/// outlives a crash but the disk.
/// </summary>
internal sealed class SimNode : IClock, IDisposable
{
    public const long DeadlineNanos = 10 * Instant.NanosPerSecond;
    public const int ConnectionsMax = 8;
    private const uint LinkNumber = 1;

    private readonly CmacPanTokens _tokens = new(new byte[16]);
    private readonly Func<Instant> _now;
    private readonly BatchConsumer<Input, Cell.Cell> _consumer;

    /// <summary>
    /// Recovers from the disk: <paramref name="began"/> is told what the snapshot holds, <paramref name="seen"/> gets the
    /// frames after it. May end by a power cut, as everything here may.
    /// </summary>
    public SimNode(SimDisk disk, Swarm swarm, Wire wire, ILinkDesk desk, Func<Instant> now, IPanVault vault, Action<long> began,
        FrameSink seen, IHsmDesk? hsm, ISharedDesk? shared)
    {
        _now = now;
        Disk = disk;
        var signedBytesMax = swarm.HasMac ? Intake.SignedBytesMax : 0;
        Intake = new Intake(_tokens, signedBytesMax);
        State = NewState(swarm, _tokens);
        Profile = new LinkProfile(
            new LinkTerms(LinkNumber, "sim", swarm.SignOnRequired, [InstitutionId.Of(400001, 6)], swarm.HasMac),
            wire.Dialect, wire.Framing, DeadlineNanos, IsVerified: swarm.HasDesk);
        Snapshot = SnapshotReader.LoadNewest(disk, State, _ => { });
        began(Snapshot?.LastSequence ?? 0);
        Journal = SunnySwitch.Journal.Journal.Open(disk, JournalOptionsOf(swarm), Fold, () => State.Hash, out _, Snapshot);
        Ring = RingBuffer<Input>.CreateMultiProducer(() => new Input(signedBytesMax), swarm.RingSlots, new BusySpinWaitStrategy());
        Cell = new Cell.Cell(State, Journal, [Profile], desk, this, vault, ConnectionsMax, swarm.RingSlots / 2, hsm, swarm.ParkingMax, shared);
        _consumer = new BatchConsumer<Input, Cell.Cell>(Ring, Ring.NewBarrier(), Cell);
        Ring.AddGatingSequences(_consumer.Sequence);

        void Fold(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
        {
            State.Apply(kind, version, sequence, time, payload);
            seen(kind, version, sequence, time, payload);
        }
    }

    public SimDisk Disk { get; }

    /// <summary>What the state began with; null: with nothing.</summary>
    public SnapshotHeader? Snapshot { get; }

    public Intake Intake { get; }

    public SwitchState State { get; }

    public LinkProfile Profile { get; }

    public Journal.Journal Journal { get; }

    public RingBuffer<Input> Ring { get; }

    public Cell.Cell Cell { get; }

    public Instant Now => _now();

    /// <summary>An empty state of that seed's sizes.</summary>
    public static SwitchState NewState(Swarm swarm, IPanTokens tokens) => new(
        new StateOptions(64, 64, swarm.HoldsMax, swarm.DuplicateKeysMax, 1_024, ConnectionsMax)
        {
            TombstonesPerLinkMax = swarm.TombstonesPerLinkMax,
            StepsMax = swarm.SideTablesMax,
            ChargesMax = swarm.SideTablesMax,
            BalancesMax = swarm.SideTablesMax,
            ReceiptsMax = swarm.SideTablesMax,
            DayCountersMax = swarm.SideTablesMax,
            SlidingCountersMax = swarm.SideTablesMax,
        },
        tokens);

    /// <summary>What a start would find on a disk, without the rest of a node; <paramref name="seen"/> gets the frames that it reads.</summary>
    public static (long Sequence, UInt128 Hash) StateOf(SimDisk disk, Swarm swarm, FrameSink? seen = null)
    {
        using var tokens = new CmacPanTokens(new byte[16]);
        var state = NewState(swarm, tokens);
        var snapshot = SnapshotReader.LoadNewest(disk, state, _ => { });
        FrameSink sink = seen is null ? state.Apply : state.Apply + seen;
        using var journal = SunnySwitch.Journal.Journal.Open(disk, JournalOptionsOf(swarm), sink, () => state.Hash, out _, snapshot);
        return (state.Sequence, state.HashFromScratch());
    }

    /// <summary>Opens the epoch and the business date.</summary>
    public void Start(int dayNumber) => Cell.Start(State.Epoch + 1, _tokens.KeyCheck, dayNumber);

    /// <summary>One batch, if there is any.</summary>
    public bool Step() => _consumer.Step();

    public PanToken Token(string pan) => Wire.Token(_tokens, pan);

    /// <summary>The state's hash from scratch, and whether it is the rolling one.</summary>
    public bool IsHashTrue(out UInt128 hash)
    {
        hash = State.HashFromScratch();
        return hash == State.Hash;
    }

    private static JournalOptions JournalOptionsOf(Swarm swarm) => new(swarm.SegmentKilobytes * 1024L, swarm.BatchKilobytes * 1024);

    public void Dispose()
    {
        Journal.Dispose();
        _tokens.Dispose();
    }
}

using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.Simulation;

/// <summary>
/// One seed: chaos until so many transactions were sent, then peace, in which everything has to be answered and to add up.
/// One thread, virtual time, no randomness but the seed's.
/// </summary>
public sealed partial class Simulation : IDisposable, IAnswerCourse, IDeskCourse
{
    private const long Micro = 1_000;
    private const long Milli = 1_000_000;
    private const int FirstDay = 20_780;
    private const long PeaceSecondsMax = 60;
    private const int LastRepeats = 40;
    private const int WindowMax = 16;

    // The third has marks, the code that is printed on cards, and key serial numbers of terminals.
    private static readonly Dialect[] _dialects =
    [
        Dialect.BuiltIn("iso87-ascii")!, Dialect.BuiltIn("iso87-bcd")!,
        Dialect.Parse(
            """{"dialect": "sim-host", "description": "pos-host with printed codes", "inherits": "pos-host", "security": """u8
            + """ {"ksn": {"field": 62, "at": 1, "length": 20}, "printed_code": {"field": 61, "at": 1, "length": 4}}}"""u8),
    ];

    private const string SegmentSuffix = ".seg";
    private const string SnapshotSuffix = ".snap";

    private readonly ulong _seed;
    private readonly int _transactions;
    private readonly PriorityQueue<Action, (long AtNanos, long Tie)> _queue = new();
    private readonly Prng _prng;
    private readonly Prng _ofDesk;
    private readonly Swarm _swarm;
    private readonly Wire _wire;
    private readonly Traffic _traffic;
    private readonly Ledger _ledger;
    private readonly SimLinks _links;
    private readonly History _history = new();
    private readonly MemoryDisk _platter = new();
    private readonly SimKeeper _keeper;
    private readonly SimOperators _operators;
    private readonly SimRules _rules;
    private readonly Queue<Published> _published = new();
    private readonly InHand _inHand;
    private readonly SimKeys _keys;
    private readonly SimDesk? _desk;
    private readonly SimOthers? _others;
    private long _refusals;
    private long _fullUntilNanos;
    private readonly uint[] _generations = new uint[SimNode.ConnectionsMax];
    private long _pausedNanos;
    private long _nowNanos = 1_795_000_000L * Instant.NanosPerSecond;
    private long _tie;
    private SimNode? _node;
    private SimDisk? _disk;
    private int _restarts = -1;
    private int _day = FirstDay;
    private int _disturbedAt;
    private bool _isPeace;

    private Simulation(ulong seed, int transactions)
    {
        (_seed, _transactions) = (seed, transactions);
        _prng = new Prng(seed);
        var ofDesk = new Prng(~seed);
        var ofOthers = new Prng(seed ^ 0x5555_5555_5555_5555);
        _swarm = Swarm.Draw(_prng.Fork(), ofDesk.Fork(), ofOthers.Fork());
        _wire = new Wire(_dialects[_prng.Below(_dialects.Length)], _swarm.HasMac);
        _traffic = new Traffic(_swarm, _wire, _prng.Fork(), ofDesk.Fork(), new Prng(ulong.RotateLeft(~seed, 32)));
        _ledger = new Ledger(_swarm);
        _keeper = new SimKeeper(_swarm, _prng.Fork(), what => _history.Add(_nowNanos, "keeper", what));
        _operators = new SimOperators(_swarm, _prng, _ledger, Command);
        _rules = new SimRules(_swarm, _prng, ofDesk.Fork(), ofOthers.Fork(), Command);
        _inHand = new InHand(_swarm.ParkingMax, () => _nowNanos, NoteCommand, _ledger.Note);
        _links = new SimLinks(_wire, _ledger, _history, () => _nowNanos, this, _traffic.Learn);
        _desk = _swarm.HasDesk ? new SimDesk(_swarm, ofDesk.Fork(), this, _ledger.Note) : null;
        _others = _swarm.HasShared ? new SimOthers(_swarm, ofOthers.Fork(), this) : null;
        _keys = new SimKeys(ofDesk.Fork(), Command);
        _ofDesk = ofDesk;
    }

    /// <summary>Runs one seed to its end.</summary>
    public static Outcome Run(ulong seed, int transactions)
    {
        using var simulation = new Simulation(seed, transactions);
        var began = simulation._nowNanos;
        string? invariant = null, what = null;
        try
        {
            simulation.RunToTheEnd();
        }
        catch (InvariantBrokenException broken)
        {
            (invariant, what) = (broken.Invariant, broken.Message);
        }
        catch (StopToProtectDataException stop)
        {
            (invariant, what) = ("assert", stop.Message);
        }
        catch (JournalCorruptException corrupt)
        {
            (invariant, what) = ("I7", corrupt.Message);
        }
        catch (Exception unknown) when (unknown is not OutOfMemoryException)
        {
            (invariant, what) = ("error", $"{unknown.GetType().Name}: {unknown.Message}");
        }

        var seconds = (simulation._nowNanos - began) / (double)Instant.NanosPerSecond;
        var lines = invariant is null ? [] : simulation.Lines(began);
        return new Outcome(
            seed, simulation._traffic.Count, simulation._links.Approvals, simulation._links.Repeats, Math.Max(0, simulation._restarts),
            seconds, invariant, what, string.Join('\n', simulation._ledger.Did.Select(each => $"{each.Key} {each.Value}")), lines);
    }

    /// <summary>What a seed leaves on its disk, and its whole journal with what was archived: for golden files, and for who reads journals.</summary>
    public static (MemoryDisk Platter, MemoryDisk Whole) Leave(ulong seed, int transactions)
    {
        using var simulation = new Simulation(seed, transactions);
        simulation.RunToTheEnd();
        return (simulation._platter.Copy(), simulation._keeper.WholeJournal(simulation._platter));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _node?.Dispose();
        _keeper.Dispose();
        _operators.Dispose();
    }

    private void RunToTheEnd()
    {
        Restart();
        _operators.AddCards(_node!);
        if (_swarm.RuleChanges > 0) _rules.ChangeRules(_node!, _day);
        if (_swarm.RateChanges > 0) _rules.ChangeRates(_node!, _day);
        for (var slot = 0; slot < _swarm.Connections; slot++) Connect(slot);
        After(Millis(5), PrepareSegment);
        After(Millis(20), Disturb);
        if (_swarm.Snapshots) After(Millis(150), MakeSnapshot);
        if (_swarm.HasDesk || _swarm.HasShared) After(Milli, TendDesk);
        while (_traffic.Count < _transactions) Next();
        _isPeace = true;
        _history.Add(_nowNanos, "peace");
        MakeRoom();
        AwaitQuiet();
        AskAgain();
        AwaitQuiet();
        ResealAll();
        ExpireAll();
        TakeStock();
    }

    private void Next()
    {
        Ledger.Check(_queue.TryDequeue(out var happening, out var when), "I8", "nothing happens any more");
        Must.Hold(when.AtNanos + _pausedNanos >= _nowNanos);
        _nowNanos = when.AtNanos + _pausedNanos;
        happening!();
    }

    /// <summary>Time without pauses: in a pause nothing happens, and what waits for its time waits on.</summary>
    private long BusyNanos => _nowNanos - _pausedNanos;

    private void After(long nanos, Action happening) => _queue.Enqueue(happening, (BusyNanos + nanos, _tie++));

    private long Millis(long mean) => 1 + _prng.Exponential(mean * Milli);

    // The node's lives.

    private void Restart()
    {
        if (_node is not null) return;
        _restarts++;
        if (!_isPeace && _prng.Chance(_swarm.Rot) && IsRotNoticed()) _history.Add(_nowNanos, "rot", "noticed, and mended");
        var disk = _disk = new SimDisk(_platter, _prng.Fork());
        if (!_isPeace && _restarts > 0 && _prng.Chance(_swarm.PowerCuts * 10)) disk.CutWithin(20);
        if (_swarm.Snapshots && !_isPeace && _restarts > 0) disk.Meanwhile = () => _keeper.LookInAtFlush(disk);
        try
        {
            _history.Add(_nowNanos, "start", number: _restarts);
            _node = new SimNode(disk, _swarm, _wire, _links, () => new Instant(_nowNanos), _operators.Vault, _keeper.Forget, _keeper.Note, _desk, _others);
            _ledger.Survive(_keeper.SeenInOrder);
            if (_node.State.BusinessDay < _day) _ledger.Add(new LogEntry(JournalKind.BusinessDateOpened) { Day = _day });
            _node.Start(_day);
            CheckBalances();
            CheckBooks(_node);
            CheckSecurity(_node);
            if (!_isPeace && _restarts > 0 && _prng.Chance(500)) _operators.Reseal(_node);
            Turn(_node);
        }
        catch (PowerCutException)
        {
            Crash("power cut while starting", losesCache: true);
        }
        catch (StopToProtectDataException stop) when (_platter.IsFull && stop.Message.Contains("disk is full", StringComparison.Ordinal))
        {
            Crash("no room to start in", losesCache: false);
        }
    }

    /// <summary>
    /// Turns one bit of a copy of what was finished. A start refuses it; if a snapshot spares it the reading, the scrub finds
    /// it; and of a snapshot, the state is none the worse. False when nothing is finished yet.
    /// </summary>
    private bool IsRotNoticed()
    {
        List<string> segments = [.. _platter.List().Where(name => name.EndsWith(SegmentSuffix, StringComparison.Ordinal)).SkipLast(1)];
        List<string> snapshots = [.. _platter.List().Where(name => name.EndsWith(SnapshotSuffix, StringComparison.Ordinal))];
        if (segments.Count == 0) return false;
        var name = _prng.Chance(800) || snapshots.Count == 0 ? segments[_prng.Below(segments.Count)] : snapshots[_prng.Below(snapshots.Count)];
        var at = _prng.Below(_platter.Cached(name).Length);
        var rotten = _platter.Copy();
        rotten.Cached(name)[at] ^= (byte)(1 << _prng.Below(8));
        rotten.Settle();
        try
        {
            var (sequence, hash) = StateOf(rotten);
            if (name.EndsWith(SnapshotSuffix, StringComparison.Ordinal)) return (sequence, hash) == StateOf(_platter.Copy());
            using var scrub = new JournalReader(rotten);
            while (scrub.TryRead(out var header, out _)) Must.Hold(header.Sequence > 0);
            Ledger.Check(scrub.Problem is not null, "I7", $"a turned bit at byte {at} of {name} was not noticed");
        }
        catch (JournalCorruptException)
        {
            return true;
        }

        return true;
    }

    private (long Sequence, UInt128 Hash) StateOf(MemoryDisk platter) => SimNode.StateOf(new SimDisk(platter, _prng.Fork()), _swarm);

    private void Crash(string why, bool losesCache)
    {
        _history.Add(_nowNanos, why);
        var keep = _prng.Below(3);
        if (losesCache)
        {
            _platter.Crash((_, _) => keep == 0 || (keep == 1 && _prng.Chance(500)));
            _disk?.ForgetRenames();
        }

        _inHand.Current();                                   // Commands that were obeyed before it.
        _node?.Dispose();
        _node = null;
        _refusals = 0;
        _published.Clear();
        _inHand.Clear();
        for (var slot = 0; slot < SimNode.ConnectionsMax; slot++)
        {
            if (_links[slot] is null) continue;
            _links[slot] = null;
            var again = slot;
            After(Millis(50), () => Connect(again));
        }

        After(Millis(20), Restart);
    }

    private void Guard(SimNode node, Action act)
    {
        try
        {
            act();
        }
        catch (PowerCutException)
        {
            Crash("power cut", losesCache: true);
        }
        catch (StopToProtectDataException) when (node.Disk.HasFailed)
        {
            Crash("stopped after an error of the disk", losesCache: _prng.Chance(500));
        }
    }

    private void Turn(SimNode node)
    {
        if (node != _node) return;
        Guard(node, () =>
        {
            var batch = Math.Min(_published.Count, node.Cell.MaxBatchSize);
            for (var index = 0; index < batch; index++) _inHand.Take(_published.Dequeue());
            node.Step();
            Ledger.Check(_inHand.IsDone(), "I8", $"{_inHand.Current()?.Sent.Message}: taken and not decided");
            CheckBalances();
        });
        if (node != _node) return;
        WakeStarved();
        var isStalled = !_isPeace && _prng.Chance(_swarm.Stalls);
        After(isStalled ? Millis(4_000) : 20 * Micro + _prng.Exponential(100 * Micro), () => Turn(node));
    }

    private void WakeStarved()
    {
        for (var slot = 0; slot < _swarm.Connections; slot++)
        {
            if (_links[slot] is not { IsStarved: true } connection) continue;
            connection.IsStarved = false;
            if (connection.IsCut) PublishEnd(connection);
            else Take(connection);
        }
    }

    private void PrepareSegment()
    {
        if (_node is { } node) Guard(node, () => node.Journal.Supply.PrepareNext());
        After(Millis(10), PrepareSegment);
    }

    /// <summary>What a process beside the switch does; its failures are no concern of the switch.</summary>
    private void MakeSnapshot()
    {
        if (_node is { } node)
        {
            Guard(node, () =>
            {
                _keeper.MakeSnapshot(node.Disk);
                if (_prng.Chance(500)) _keeper.KeepToSize(node.Disk);
            });
        }

        After(Millis(150), MakeSnapshot);
    }

    private void Disturb()
    {
        if (_isPeace) return;
        After(_prng.Exponential(400 * Micro), Disturb);
        if (_traffic.Count == _disturbedAt) return;          // Trouble goes by what happens, not by time: a stall is quiet.
        _disturbedAt = _traffic.Count;
        if (_node is { } node)
        {
            if (_prng.Chance(_swarm.PowerCuts)) node.Disk.CutWithin(12);
            if (_prng.Chance(_swarm.DiskErrors)) node.Disk.FailsNext = true;
            if (_prng.Chance(_swarm.FullDisks)) FillDisk();
            if (_prng.Chance(_swarm.CardChanges)) _operators.ChangeCard(node);
            if (_prng.Chance(_swarm.DayChanges)) _operators.OpenDay(node, _day += _prng.Chance(300) ? 4 : 1);
            if (_prng.Chance(_swarm.DayChanges * 4)) _operators.ExpireHolds(node);
            if (_prng.Chance(_swarm.CardChanges)) _operators.Reseal(node);
            if (_prng.Chance(_swarm.RuleChanges)) _rules.ChangeRules(node, _day);
            if (_prng.Chance(_swarm.RateChanges)) _rules.ChangeRates(node, _day);
            if (_prng.Chance(_swarm.Pauses)) Pause();
            TendSecurity(node);
        }

        for (var slot = 0; slot < _swarm.Connections; slot++)
        {
            if (_links[slot] is { IsCut: false } connection && _prng.Chance(_swarm.ConnectionCuts)) Cut(connection);
        }
    }

    private void Pause()
    {
        var nanos = _prng.Exponential(5 * 60 * Instant.NanosPerSecond);
        _history.Add(_nowNanos, "pause", number: nanos / Instant.NanosPerSecond);
        (_pausedNanos, _nowNanos) = (_pausedNanos + nanos, _nowNanos + nanos);
    }

    private void FillDisk()
    {
        if (_platter.IsFull) return;
        _history.Add(_nowNanos, "disk full");
        _platter.IsFull = true;
        After(Millis(30), MakeRoom);
    }

    private void MakeRoom()
    {
        if (!_platter.IsFull) return;
        _history.Add(_nowNanos, "room again");
        _platter.IsFull = false;
        _fullUntilNanos = BusyNanos + Instant.NanosPerSecond; // Until the next segment is made, at the latest.
    }

    // What operators do.

    private void Command(SimNode node, OperatorCommand command, LogEntry? entry = null)
    {
        if (!node.Ring.TryNext(1, out var sequence)) return;
        var slot = node.Ring[sequence];
        (slot.Kind, slot.Command, slot.ArrivedAt) = (InputKind.Command, command, new Instant(_nowNanos));
        node.Ring.Publish(sequence);
        if (entry is not null) _published.Enqueue(new Published(null, null, entry, command, _nowNanos));
    }

    // What acquirers do.

    private void Connect(int slot)
    {
        if (_links[slot] is { IsCut: false }) return;
        if (_node is null || _links[slot] is not null)
        {
            After(Millis(20), () => Connect(slot));
            return;
        }

        var connection = new SimConnection(slot, ++_generations[slot]) { LastArrivalNanos = BusyNanos };
        _links[slot] = connection;
        After(Millis(1), () => Talk(connection));
    }

    private void Talk(SimConnection connection)
    {
        if (_isPeace || connection.IsCut || connection != _links[connection.Slot]) return;
        var isWindowFull = connection.InHand + connection.Awaited.Count + connection.OnTheWay.Count >= WindowMax;
        if (!isWindowFull) Send(connection, _traffic.Next(connection));
        After(isWindowFull ? 2 * Milli : 20 * Micro + _prng.Exponential(200 * Micro), () => Talk(connection));
    }

    private void Send(SimConnection connection, Sent sent)
    {
        _history.Add(_nowNanos, "send", (object?)sent.Message ?? sent.Network ?? "cut short", sent.Stan);
        connection.OnTheWay.Enqueue(sent);
        var rest = sent.Frame.AsMemory();
        while (!rest.IsEmpty)
        {
            var piece = rest[..(_prng.Chance(800) ? rest.Length : _prng.Between(1, rest.Length))];
            rest = rest[piece.Length..];
            connection.LastArrivalNanos = Math.Max(connection.LastArrivalNanos, BusyNanos) + _prng.Exponential(50 * Micro);
            After(connection.LastArrivalNanos - BusyNanos, () => Arrive(connection, piece));
        }
    }

    private void Arrive(SimConnection connection, ReadOnlyMemory<byte> piece)
    {
        if (connection.IsCut || connection != _links[connection.Slot]) return;
        connection.Received.AddRange(piece.Span);
        if (!connection.IsStarved) Take(connection);
    }

    private void Take(SimConnection connection)
    {
        if (_node is not { } node || connection != _links[connection.Slot] || connection.IsEndPublished) return;
        var staged = node.Intake.Stage(node.Profile, connection.Received.ToArray());
        Ledger.Check(staged.Status is FrameStatus.NeedMore or FrameStatus.Complete && staged.Unanswerable == 0, "I8", $"intake: {staged}");
        if (staged.Frames == 0) return;
        if (!node.Ring.TryNext(staged.Frames, out var highest))
        {
            connection.IsStarved = true;                     // The turn that makes room tries again.
            return;
        }

        for (var index = 0; index < staged.Frames; index++)
        {
            var slot = node.Ring[highest - staged.Frames + 1 + index];
            node.Intake.Fill(index, slot);
            slot.ArrivedAt = new Instant(_nowNanos);
            (slot.Transaction.Connection, slot.Transaction.Generation, slot.Transaction.LinkIndex) = (connection.Slot, connection.Generation, 0);
            _published.Enqueue(new Published(connection, connection.OnTheWay.Dequeue(), null, null, _nowNanos));
            connection.InHand++;
        }

        node.Ring.Publish(highest - staged.Frames + 1, highest);
        connection.Received.RemoveRange(0, staged.ConsumedBytes);
    }

    private void Cut(SimConnection connection)
    {
        _history.Add(_nowNanos, "cut", number: connection.Slot);
        connection.IsCut = true;
        PublishEnd(connection);
        After(Millis(20), () => Connect(connection.Slot));
    }

    private void PublishEnd(SimConnection connection)
    {
        if (_node is not { } node || connection != _links[connection.Slot] || connection.IsEndPublished) return;
        if (!node.Ring.TryNext(1, out var sequence))
        {
            connection.IsStarved = true;
            return;
        }

        var slot = node.Ring[sequence];
        (slot.Kind, slot.ArrivedAt) = (InputKind.ConnectionEnded, new Instant(_nowNanos));
        (slot.Transaction.Connection, slot.Transaction.Generation, slot.Transaction.LinkIndex) = (connection.Slot, connection.Generation, 0);
        connection.IsEndPublished = true;
        node.Ring.Publish(sequence);
        _published.Enqueue(new Published(connection, null, null, null, _nowNanos));
    }

    private void CheckBalances()
    {
        if (_node is not { } node) return;
        var (counts, reference) = (node.State.Counts, _ledger.Reference);
        Ledger.Check(
            counts.HeldMinor == reference.HeldMinor && counts.Holds == reference.Holds, "I4",
            $"held {counts.HeldMinor} in {counts.Holds} holds; the reference has {reference.HeldMinor} in {reference.Holds}");
    }

    // Peace.

    private void AwaitQuiet()
    {
        var until = _nowNanos + PeaceSecondsMax * Instant.NanosPerSecond;
        while (!IsQuiet())
        {
            Ledger.Check(_nowNanos < until, "I8", $"not everything was answered within {PeaceSecondsMax} s of peace");
            Next();
        }
    }

    private bool IsQuiet()
    {
        if (_node is null || _published.Count + _inHand.Waiting > 0) return false;
        for (var slot = 0; slot < _swarm.Connections; slot++)
        {
            if (_links[slot] is not { IsCut: false } connection) return false;
            if (connection.Awaited.Count + connection.OnTheWay.Count > 0) return false;
        }

        return true;
    }
}

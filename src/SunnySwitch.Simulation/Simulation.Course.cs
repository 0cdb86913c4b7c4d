using SunnySwitch.Cell;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Simulation;

/// <content>What the node is at, call by call, and what the reference says of it.</content>
public sealed partial class Simulation
{
    bool IDeskCourse.IsFull => _inHand.IsFull;

    bool IDeskCourse.IsHalfFull => _inHand.IsHalfFull;

    bool IDeskCourse.IsPeace => _isPeace;

    Work IDeskCourse.Now => _inHand.Current() ?? throw new InvariantBrokenException("I8", "others are asked while the node is at nothing");

    IReadOnlyList<LimitRule> IDeskCourse.OthersOf(Work work) =>
        IsRefusedAtTheDoor(work) is { } code ? throw new InvariantBrokenException("I2", $"{work.Sent.Message}: others are asked, is {code}")
            : _ledger.Reference.OthersOf(work.Sent.Message);

    (int Rules, int Date) IDeskCourse.Under => _ledger.Reference.Under;

    bool IAnswerCourse.MayAnswer(SimConnection connection)
    {
        var work = _inHand.Current();
        Ledger.Check(work?.Connection == connection, "I8", $"connection {connection.Slot} gets an answer that nothing asked for");
        if (work!.Expected is null) Judge(work);
        var isOwed = work is { Expected.Key: not 0, IsChipAsked: false, Sent.Message.Proof.Chip: not Proven.Nothing } && _swarm.HasDesk;
        Ledger.Check(!isOwed, "I3", $"{work.Sent.Message}: nobody was asked for the chip's part");
        if (!connection.IsCut) return true;
        _inHand.Finish();
        return false;
    }

    Expected IAnswerCourse.Answered(SimConnection connection)
    {
        var work = _inHand.Current();
        Ledger.Check(work?.Connection == connection && work.Expected is not null, "I8", $"connection {connection.Slot} gets an answer to something else");
        _inHand.Finish();
        return work!.Expected!.Value;
    }

    Work IDeskCourse.At(int connection, uint generation, ulong stan)
    {
        var work = _inHand.Current();
        var isIt = work is not null && work.Connection.Slot == connection && work.Connection.Generation == generation && work.Sent.Stan == stan;
        Ledger.Check(isIt, "I8", $"the desk is asked for STAN {stan} of connection {connection}, the node is at {work?.Sent.Message}");
        return work!;
    }

    Looks IDeskCourse.MayAsk(Work work) =>
        IsRefusedAtTheDoor(work) is { } code ? throw new InvariantBrokenException("I2", $"{work.Sent.Message}: asked of the desk, is {code}")
            : _ledger.Reference.MayAsk(work.Sent.Message);

    void IDeskCourse.Judge(Work work) => Judge(work);

    void IDeskCourse.Wait(long ticket, Awaited what) => _inHand.Wait(ticket, what);

    void IDeskCourse.Finish() => _inHand.Finish();

    void IDeskCourse.Later(long nanos, DeskAnswered answered, bool isAgain)
    {
        var node = _node!;
        After(nanos, () => Bring(node, answered, isAgain));
    }

    void IDeskCourse.Later(long nanos, DeskAnswered answered, in SharedCounts written, Others told)
    {
        var (node, counts) = (_node!, written);
        After(nanos, () => Bring(node, answered, counts, told));
    }

    private void Bring(SimNode node, DeskAnswered answered, SharedCounts counts, Others told)
    {
        if (node != _node) return;
        if (!TryPublish(node, InputKind.SharedAnswer, answered, counts, told)) After(100 * Micro, () => Bring(node, answered, counts, told));
    }

    private void Bring(SimNode node, DeskAnswered answered, bool isAgain)
    {
        if (node != _node || (isAgain && _inHand.Waits(answered.Ticket))) return;      // Of another life: its desk is gone with it.
        if (!TryPublish(node, InputKind.DeskAnswer, answered)) After(100 * Micro, () => Bring(node, answered, isAgain));
    }

    /// <summary>What waits for ever is let go by whatever comes next: there has to be something.</summary>
    private void TendDesk()
    {
        After(200 * Milli, TendDesk);
        if (_node is { } node && _inHand.Waiting > 0) TryPublish(node, InputKind.None, default);
    }

    /// <summary>What operators do about PINs and keys.</summary>
    private void TendSecurity(SimNode node)
    {
        if (_ofDesk.Chance(_swarm.PinResets)) _operators.ResetPin(node, Traffic.Cards[_ofDesk.Below(_swarm.Cards)]);
        if (_ofDesk.Chance(_swarm.KeyNotes)) _keys.Note(node, _ledger.Reference.Keys);
    }

    /// <summary>Wrong PINs and keys are as they were told.</summary>
    private void CheckSecurity(SimNode node)
    {
        SimKeys.Check(node, _ledger.Reference.Keys);
        foreach (var pan in Traffic.Cards.AsSpan(0, _swarm.Cards))
        {
            if (!node.State.TryFindCard(node.Token(pan), out var view)) continue;      // In the first life, before they were added.
            var tries = _ledger.Reference.Accounts.GetValueOrDefault(pan)?.PinTries ?? 0;
            Ledger.Check(view.PinTries == tries, "I2", $"card ..{pan[^4..]}: {view.PinTries} wrong PINs, the reference has {tries}");
        }
    }

    /// <summary>No file has anything that was verified, as it was sent or as text.</summary>
    private static void CheckNothingIsKept(Journal.Disks.MemoryDisk disk)
    {
        byte[][] planted =
        [
            Convert.FromHexString(Proof.PinBlock), Convert.FromHexString(Proof.Cryptogram), Convert.FromHexString("0" + Proof.Track),
            Convert.FromHexString(Proof.Track + "0")[..^1], System.Text.Encoding.ASCII.GetBytes(Proof.PinBlock),
            System.Text.Encoding.ASCII.GetBytes(Proof.Cryptogram), System.Text.Encoding.ASCII.GetBytes(Proof.Track),
        ];
        foreach (var name in disk.List())
        {
            var bytes = disk.Durable(name);
            foreach (var each in planted) Ledger.Check(bytes.IndexOf(each) < 0, "I6", $"{name} holds something that was verified");
        }
    }

    private bool TryPublish(SimNode node, InputKind kind, DeskAnswered answered, in SharedCounts counts = default, Others? told = null)
    {
        if (!node.Ring.TryNext(1, out var sequence)) return false;
        var slot = node.Ring[sequence];
        (slot.Kind, slot.Answered, slot.ArrivedAt) = (kind, answered, new Instant(_nowNanos));
        slot.Transaction.Shared = counts;
        node.Ring.Publish(sequence);
        _published.Enqueue(new Published(null, null, null, null, _nowNanos, kind == InputKind.None ? null : answered, told));
        return true;
    }

    // What the reference says.

    /// <summary>The node has decided; now the reference does.</summary>
    private void Judge(Work work)
    {
        var (code, key, told) = IsRefusedForSpace() ? ("96", 0, "") : CodeFor(work);
        work.Expected = new Expected(work.Sent, code, key, told, _ledger.Count);
    }

    /// <summary>The node says when its journal has no room; that may be so only while the disk is full.</summary>
    private bool IsRefusedForSpace()
    {
        var refusals = _node!.Cell.Counters.JournalFull;
        if (refusals == _refusals) return false;
        _refusals = refusals;
        Ledger.Check(_platter.IsFull || BusyNanos < _fullUntilNanos, "I8", "96 for want of space on a disk that has some");
        return true;
    }

    /// <summary>Refused ones change nothing.</summary>
    private void NoteCommand(Published input)
    {
        var command = input.Command!;
        Ledger.Check(command.Outcome != CommandOutcome.PanUnreadable, "I12", "a sealed PAN cannot be opened");
        if (command.Kind is CommandKind.RulesUndo or CommandKind.RatesUndo) SimRules.CheckUndo(command, _ledger.Reference);
        if (command.Kind == CommandKind.KeyNote) SimKeys.CheckNote(command, input.Entry!.Key!, _ledger.Reference.Keys);
        if (command.Outcome == CommandOutcome.Done) NoteDone(command, input.Entry!);
    }

    private void NoteDone(OperatorCommand command, LogEntry entry)
    {
        if (command.Kind == CommandKind.ResealPans) return;
        if (command.Kind is CommandKind.CardPin or CommandKind.KeyNote) _ledger.Note(entry.Key is { } told ? $"key {told.Act}" : "PIN tries forgotten");
        if (command.Kind != CommandKind.ExpireHolds) _ledger.Add(entry);
        else if (command.Expired.Count > 0)
        {
            ReadOnlySpan<Core.State.ExpiredHold> items = command.Expired.Items;
            _ledger.Add(entry with { Expired = items[..command.Expired.Count].ToArray() });
        }
    }

    /// <summary>Not a message, or of somebody who is not signed on, or without a MAC where it needs one; null: none of these.</summary>
    private string? IsRefusedAtTheDoor(Work work)
    {
        var sent = work.Sent;
        if (sent is { Message: null, Network: null }) return "30";
        if (sent.Message is not null && _swarm.SignOnRequired && !work.Connection.IsSignedOn) return "31";
        return _swarm.HasMac && sent.Mac == Proven.Nothing ? "63" : null;
    }

    private (string Code, long Key, string Told) CodeFor(Work work)
    {
        if (IsRefusedAtTheDoor(work) is { } refused) return (refused, 0, "");
        if (work.Said is null)
        {
            var looks = _ledger.Reference.MayAsk(work.Sent.Message);
            Ledger.Check(!_swarm.HasDesk || looks == Looks.Nothing, "I2", $"{work.Sent.Message}: decided without asking for {looks}");
        }
        else if (Undecided(work) is { } problem) return (problem, 0, "");

        if (work.Sent.Network is { } network)
        {
            if (network is "001" or "002") work.Connection.IsSignedOn = network == "001";
            return (network == "999" ? "12" : "00", 0, "");
        }

        var judgement = _ledger.Judge(work.Sent.Message!, (int)(_nowNanos / (60 * Instant.NanosPerSecond)), work.Said ?? default, OthersFor(work));
        return (judgement.Code, judgement.Key, judgement.Told);
    }

    /// <summary>What it is decided with of other cells; null: nothing, and the frame says nothing of them.</summary>
    private Others? OthersFor(Work work)
    {
        var others = Known(work);
        if (others is not null) _ledger.Note($"others {others.Source}");
        return others;
    }

    private Others? Known(Work work)
    {
        if (work.Others is { } others)
        {
            if (!_ledger.Reference.Limits.IsAnyShared) return null;
            if (work.Under == _ledger.Reference.Under) return others;
            _ledger.Note("others asked under other rules");
            return Others.Without(SharedSource.Late);
        }

        Ledger.Check(_ledger.Reference.OthersOf(work.Sent.Message).Count == 0, "I2", $"{work.Sent.Message}: decided without asking others");
        return null;
    }

    /// <summary>What the desk did not do, or a wrong MAC: nothing is decided, and nothing is left of it.</summary>
    private string? Undecided(Work work)
    {
        var (code, why) = work.Desk switch
        {
            Core.Stages.DeskAnswer.Full => ("96", "desk full"),
            Core.Stages.DeskAnswer.Failed => ("96", "desk failed"),
            Core.Stages.DeskAnswer.Late => ("91", "desk late"),
            _ when work.Said!.Value.Mac == Proven.Wrong => ("63", "MAC wrong"),
            _ => (null, ""),
        };
        if (code is not null) _ledger.Note(why);
        return code;
    }
}

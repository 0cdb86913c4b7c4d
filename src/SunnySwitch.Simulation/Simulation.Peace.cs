using SunnySwitch.Cell;
using SunnySwitch.Core.State;

namespace SunnySwitch.Simulation;

/// <content>After the trouble: what was left undone is done, and everything is compared.</content>
public sealed partial class Simulation
{
    private void AskAgain()
    {
        var connection = _links[0]!;
        if (_swarm.SignOnRequired) return;
        for (var count = 0; count < LastRepeats && _traffic.HasPast; count++) Send(connection, _traffic.Repeat());
    }

    /// <summary>Again after a refusal for want of space, and after trouble that was still to come when peace began.</summary>
    private void ResealAll()
    {
        var until = _nowNanos + PeaceSecondsMax * Instant.NanosPerSecond;
        while (true)
        {
            var node = _node!;
            var command = _operators.ResealAll(node);
            AwaitQuiet();
            if (node == _node && command is { Outcome: CommandOutcome.Done, Cursor: -1 }) return;
            Ledger.Check(_nowNanos < until, "I8", $"sealing anew ends with {command.Outcome}");
        }
    }

    /// <summary>In peace every hold whose time is over ends, whatever crash came between.</summary>
    private void ExpireAll()
    {
        var until = _nowNanos + PeaceSecondsMax * Instant.NanosPerSecond;
        while (true)
        {
            var node = _node!;
            var command = _operators.ExpireHolds(node);
            AwaitQuiet();
            if (node == _node && command is { Outcome: CommandOutcome.Done, Cursor: -1, Expired.Count: 0 }) break;
            Ledger.Check(_nowNanos < until, "I8", $"ending holds ends with {command.Outcome}");
        }

        Ledger.Check(!_ledger.Reference.HasOverdue, "I4", "a hold is there whose time is over");
    }

    /// <summary>The node stops; what is flushed alone has to give the same state.</summary>
    private void TakeStock()
    {
        var node = _node!;
        foreach (var pan in Traffic.Cards.AsSpan(0, _swarm.Cards))
        {
            Must.Hold(node.State.TryFindCard(node.Token(pan), out var view));
            var account = _ledger.Reference.Accounts[pan];
            Ledger.Check(
                view.HeldMinor == account.Held && view.LedgerMinor == account.Ledger, "I4",
                $"card ..{pan[^4..]}: held {view.HeldMinor}, ledger {view.LedgerMinor}; the reference has {account.Held}, {account.Ledger}");
        }

        _operators.CheckSealedPans(node);
        CheckBooks(node);
        CheckSecurity(node);
        Ledger.Check(node.IsHashTrue(out var living), "I13", "the rolling hash is not the hash from scratch");
        _platter.Crash((_, _) => false);
        Ledger.Check(StateOf(_platter.Copy()) == (node.State.Sequence, living), "I13", "a start would find another state");
        _keeper.Forget(after: 0);
        var journal = _keeper.WholeJournal(_platter);
        var whole = SimNode.StateOf(new SimDisk(journal, _prng.Fork()), _swarm, _keeper.Note);
        Ledger.Check(whole == (node.State.Sequence, living), "I13", "the fold of the whole journal is another state");
        Ledger.Check(_keeper.SeenInOrder.Count == _ledger.Count, "I1", $"{_keeper.SeenInOrder.Count} frames are there of {_ledger.Count} that were decided");
        _ledger.Survive(_keeper.SeenInOrder);
        CheckNothingIsKept(_platter);
        CheckNothingIsKept(journal);
    }

    /// <summary>The other side of what moved: each contra-account as the reference has it, and each currency sums to zero.</summary>
    private void CheckBooks(SimNode node)
    {
        var books = new SortedDictionary<(ContraKind Kind, string Currency), long>();
        foreach (var (kind, _, currency, minor) in node.State.ContraBalances)
        {
            if (minor != 0) books.Add((kind, $"{currency:D3}"), (long)minor);
        }

        foreach (var (account, minor) in _ledger.Reference.Books)
        {
            var found = books.GetValueOrDefault(account);
            Ledger.Check(found == minor, "I5", $"{account.Kind} in {account.Currency} is {found}; the reference has {minor}");
            books.Remove(account);
        }

        Ledger.Check(books.Count == 0, "I5", $"{books.Keys.FirstOrDefault()} is not in the reference's books");
        Ledger.Check(node.State.LedgerSums().Values.All(sum => sum == 0), "I5", "a currency does not sum to zero");
    }

    private List<string> Lines(long began) =>
    [
        .. _history.Last().Select(each =>
            $"{(each.AtNanos - began) / 1e6,12:F3} ms  {each.What,-10} {(each.Number == 0 ? "" : each.Number),7}  {each.Detail}"),
    ];
}

using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal;
using SunnySwitch.Journal.Reading;
using SunnySwitch.Journal.Snapshots;
using SunnySwitch.Ledger.Projection;
using SunnySwitch.Ledger.Schema;

namespace SunnySwitch.Ledger.Reconciliation;

/// <summary>
/// Proves that the projection at sequence n is the fold of the journal to n (invariant I14), with the fold that the switch itself uses:
/// every decision of a range, and all balances, cards and holds as they are at n.
/// </summary>
/// <param name="source">The database; a replica, where there is one.</param>
/// <param name="journal">The journal's directory, for reading.</param>
/// <param name="state">A state to which nothing was applied, large enough.</param>
public sealed class Reconciler(LedgerSource source, IDisk journal, SwitchState state)
{
    private const int Windows = 3;                           // One is filled while others are compared.
    private readonly Queue<RowCompare> _windows = [];
    private Action<Difference> _found = _ => { };
    private long _decisions, _differences;

    /// <summary>Rows that are compared at once.</summary>
    public int WindowRows { get; init; } = 50_000;

    /// <summary>Compares; <paramref name="found"/> gets each difference.</summary>
    /// <param name="from">First sequence whose decisions are compared.</param>
    /// <param name="to">Last one; beyond the projection: up to it.</param>
    /// <param name="found">Gets them in order of the tables.</param>
    /// <exception cref="LedgerException">They cannot be compared: no ledger, another journal's, or the journal lacks what is needed.</exception>
    public ReconcileReport Run(long from, long to, Action<Difference> found)
    {
        _found = found;
        using var connections = new SameSnapshot(source.OneReplica);
        var connection = connections.Open();
        Migrations.Check(connection);
        var checkpoint = CheckpointTable.Read(connection) ?? throw new LedgerException("nothing was projected yet");
        CheckSameJournal(checkpoint);
        _windows.Enqueue(new RowCompare(connection));
        while (_windows.Count < Windows) _windows.Enqueue(new RowCompare(connections.Open()));
        try
        {
            Fold(checkpoint.Sequence, from, to);
            CompareAccounts();
            var cards = CompareCards();
            CompareHolds();
            foreach (var window in _windows) Tell(window);
            return new ReconcileReport(checkpoint.Sequence, _decisions, state.AccountCount, cards, state.HoldSlots, _differences);
        }
        finally
        {
            foreach (var window in _windows) window.Abandon();
        }
    }

    private CopyBuffer Rows => _windows.Peek().Ours;

    /// <summary>The window that was filled is compared, while the next is filled, which was compared before.</summary>
    private void Compare(TableRows table, long first, long last)
    {
        var filled = _windows.Dequeue();
        filled.Begin(table, first, last);
        _windows.Enqueue(filled);
        Tell(_windows.Peek());
    }

    private void Tell(RowCompare window)
    {
        foreach (var difference in window.Finish())
        {
            _differences++;
            _found(difference);
        }
    }

    private void CheckSameJournal(in Checkpoint checkpoint)
    {
        using var reader = new JournalReader(journal, checkpoint.At!.Value);
        reader.TryRead(out _, out _);
        if (reader.Problem is { } problem) throw new LedgerException($"the ledger is of another journal: {problem}");
    }

    private void Fold(long last, long from, long to)
    {
        SnapshotReader.LoadBefore(journal, Math.Min(from, last + 1), state);
        using var reader = new JournalReader(journal);
        // What stands before the first frame, and after the projection's end, is extra.
        var first = from <= 1 ? -long.MaxValue : from;
        while (state.Sequence < last && reader.TryRead(out var header, out var payload) && header.Sequence <= last)
        {
            if (header.Sequence <= state.Sequence) continue;
            if (state.Sequence == 0 && header.Sequence != 1)
            {
                throw new LedgerException($"the journal begins at sequence {header.Sequence} and there is no snapshot before {from}: take a later --from");
            }

            if (header.Kind == JournalKind.Decided && header.Sequence >= from && header.Sequence <= to) Expect(in header, payload);
            state.Apply(header.Kind, (ushort)header.KindVersion, header.Sequence, header.Time, payload);
            if (Rows.Rows < WindowRows) continue;
            Compare(TableRows.Decision, first, header.Sequence);
            first = header.Sequence + 1;
        }

        if (reader.Problem is { } problem) throw new LedgerException($"the journal cannot be read: {problem}");
        if (state.Sequence != last)
        {
            throw new LedgerException($"the journal ends at sequence {state.Sequence}, the projection is at {last}: another journal, or an old one");
        }

        Compare(TableRows.Decision, first, to >= last ? long.MaxValue : to);
    }

    private void Expect(in Journal.Frames.FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!Decided.TryRead(header.KindVersion, payload, out var decided, out var original, out var charges))
        {
            throw new LedgerException($"sequence {header.Sequence}: Decided version {header.KindVersion} is not known to this program");
        }

        DecisionRow.Write(Rows, in header, in decided, in original, in charges, state.DecisionCount + 1, state.BusinessDay);
        _decisions++;
    }

    private void CompareAccounts() =>
        CompareNumbered(TableRows.Account, state.AccountCount, (rows, number) => TableRows.WriteAccount(rows, number, state.AccountAt(number)));

    private int CompareCards()
    {
        var cards = state.AllCards().ToArray();
        Array.Sort(cards, (one, other) => one.Number.CompareTo(other.Number));
        CompareNumbered(
            TableRows.Card, cards.Length,
            (rows, index) => TableRows.WriteCard(rows, cards[index].Pan, cards[index].Number, cards[index].Account, cards[index].View));
        return cards.Length;
    }

    private void CompareHolds() =>
        CompareNumbered(TableRows.ComparedHold, state.HoldSlots, (rows, slot) =>
        {
            var hold = state.HoldAt(slot);
            TableRows.WriteComparedHold(rows, slot, new HoldRow(
                hold.Card, hold.Account, hold.Key, 0, hold.AuthorizedMinor, hold.HeldMinor, hold.CapturedMinor, hold.Expires, hold.EndedOn,
                hold.Status));
        });

    private void CompareNumbered(TableRows table, int count, Action<CopyBuffer, int> write)
    {
        var first = int.MinValue;
        for (var number = 0; number < count; number++)
        {
            write(Rows, number);
            if (Rows.Rows < WindowRows) continue;
            Compare(table, first, number);
            first = number + 1;
        }

        Compare(table, first, int.MaxValue);
    }
}

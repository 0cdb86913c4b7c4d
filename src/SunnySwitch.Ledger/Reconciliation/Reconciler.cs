using System.Data;
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
    private const int WindowRows = 50_000;
    private readonly CopyBuffer _rows = new();
    private long _decisions;

    /// <summary>Compares; <paramref name="found"/> gets each difference.</summary>
    /// <param name="from">First sequence whose decisions are compared.</param>
    /// <param name="to">Last one; beyond the projection: up to it.</param>
    /// <param name="found">Gets them in order of the tables.</param>
    /// <exception cref="LedgerException">They cannot be compared: no ledger, another journal's, or the journal lacks what is needed.</exception>
    public ReconcileReport Run(long from, long to, Action<Difference> found)
    {
        using var connection = source.Replica.OpenConnection();
        using var transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);
        Migrations.Check(connection);
        var checkpoint = CheckpointTable.Read(connection) ?? throw new LedgerException("nothing was projected yet");
        CheckSameJournal(checkpoint);
        var compare = new RowCompare(connection, found);
        Fold(compare, checkpoint.Sequence, from, to);
        CompareAccounts(compare);
        var cards = CompareCards(compare);
        CompareHolds(compare);
        return new ReconcileReport(checkpoint.Sequence, _decisions, state.AccountCount, cards, state.HoldSlots, compare.Differences);
    }

    private void CheckSameJournal(in Checkpoint checkpoint)
    {
        using var reader = new JournalReader(journal, checkpoint.At!.Value);
        reader.TryRead(out _, out _);
        if (reader.Problem is { } problem) throw new LedgerException($"the ledger is of another journal: {problem}");
    }

    private void Fold(RowCompare compare, long last, long from, long to)
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
            if (_rows.Rows < WindowRows) continue;
            compare.Compare(TableRows.Decision, _rows, first, header.Sequence);
            first = header.Sequence + 1;
            _rows.Clear();
        }

        if (reader.Problem is { } problem) throw new LedgerException($"the journal cannot be read: {problem}");
        if (state.Sequence != last)
        {
            throw new LedgerException($"the journal ends at sequence {state.Sequence}, the projection is at {last}: another journal, or an old one");
        }

        compare.Compare(TableRows.Decision, _rows, first, to >= last ? long.MaxValue : to);
    }

    private void Expect(in Journal.Frames.FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!Decided.TryRead(header.KindVersion, payload, out var decided, out var original, out var charges))
        {
            throw new LedgerException($"sequence {header.Sequence}: Decided version {header.KindVersion} is not known to this program");
        }

        DecisionRow.Write(_rows, in header, in decided, in original, in charges, state.DecisionCount + 1, state.BusinessDay);
        _decisions++;
    }

    private void CompareAccounts(RowCompare compare) =>
        CompareNumbered(compare, TableRows.Account, state.AccountCount, (rows, number) => TableRows.WriteAccount(rows, number, state.AccountAt(number)));

    private int CompareCards(RowCompare compare)
    {
        var cards = state.AllCards().ToArray();
        Array.Sort(cards, (one, other) => one.Number.CompareTo(other.Number));
        CompareNumbered(
            compare, TableRows.Card, cards.Length,
            (rows, index) => TableRows.WriteCard(rows, cards[index].Pan, cards[index].Number, cards[index].Account, cards[index].View));
        return cards.Length;
    }

    private void CompareHolds(RowCompare compare) =>
        CompareNumbered(compare, TableRows.ComparedHold, state.HoldSlots, (rows, slot) =>
        {
            var hold = state.HoldAt(slot);
            TableRows.WriteComparedHold(rows, slot, new HoldRow(
                hold.Card, hold.Account, hold.Key, 0, hold.AuthorizedMinor, hold.HeldMinor, hold.CapturedMinor, hold.Expires, hold.EndedOn,
                hold.Status));
        });

    private void CompareNumbered(RowCompare compare, TableRows table, int count, Action<CopyBuffer, int> write)
    {
        var first = int.MinValue;
        _rows.Clear();
        for (var number = 0; number < count; number++)
        {
            write(_rows, number);
            if (_rows.Rows < WindowRows) continue;
            compare.Compare(table, _rows, first, number);
            first = number + 1;
            _rows.Clear();
        }

        compare.Compare(table, _rows, first, int.MaxValue);
    }
}

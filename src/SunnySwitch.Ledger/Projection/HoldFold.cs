using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Ledger.Projection;

/// <summary>A row of <c>sunny.hold</c>; all zero but for its slot when the slot is free.</summary>
internal record struct HoldRow(
    int Card, int Account, long Opened, long Completed, long Authorized, long Held, long Captured, int Expires, int EndedOn, byte Status)
{
    public const byte Free = 0, Open = 1, Ended = 2;
}

/// <summary>
/// What a batch's frames do to holds, from the numbers in them and the rows that were there before. Frames that open a hold need none, and
/// those are most.
/// </summary>
internal sealed class HoldFold
{
    private enum Act : byte { Open, Raise, Capture, Refund, Undo, Release, Expire }

    private readonly record struct Event(
        Act Act, bool Flag, int Slot, int Card, int Account, int Day, int Expires, long Number, long Original, long Held, long Ledger);

    private readonly List<Event> _events = [];
    private readonly HashSet<int> _opened = [];
    private readonly Dictionary<int, HoldRow> _rows = [];

    /// <summary>Slots whose rows are needed before <see cref="Fold"/>.</summary>
    public HashSet<int> Needed { get; } = [];

    /// <summary>After <see cref="Fold"/>: the rows as they are then.</summary>
    public Dictionary<int, HoldRow> Rows => _rows;

    public void Clear()
    {
        _events.Clear();
        _opened.Clear();
        _rows.Clear();
        Needed.Clear();
    }

    public void Add(in Decided decided, in OriginalData original, long number, int day)
    {
        if (decided.Hold < 0) return;
        var isWhole = (decided.Request.Has & RequestHas.Replacement) == 0 || original.ReplacementMinor == 0;
        var isFinal = (decided.Request.Has & RequestHas.MoreFollow) == 0;
        (Act Act, bool Flag) what;
        switch (decided.Effect)
        {
            case EffectKind.HoldOpened: what = (Act.Open, false); break;
            case EffectKind.Increased: what = (Act.Raise, false); break;
            case EffectKind.Completed: what = (Act.Capture, isFinal); break;
            case EffectKind.Refunded: what = (Act.Refund, false); break;
            case EffectKind.Reversed: what = (Act.Undo, isWhole); break;
            case EffectKind.Released: what = (Act.Release, true); break;
            default: return;
        }

        var expires = decided.HoldDays == 0 ? 0 : day + decided.HoldDays;
        Add(new Event(
            what.Act, what.Flag, decided.Hold, decided.Card, decided.Account, day, expires, number, decided.OriginalKey, decided.HeldDelta,
            decided.LedgerDelta));
    }

    public void AddExpired(int slot, int day) => Add(new Event(Act.Expire, true, slot, 0, 0, day, 0, 0, 0, 0, 0));

    /// <summary>The rows that were there; a slot that is not among them was free.</summary>
    public void Before(int slot, in HoldRow row) => _rows[slot] = row;

    public void Fold()
    {
        foreach (ref readonly var each in CollectionsMarshal.AsSpan(_events))
        {
            ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, each.Slot, out _);
            Apply(ref row, in each);
        }
    }

    private void Add(in Event each)
    {
        if (each.Act == Act.Open) _opened.Add(each.Slot);
        else if (!_opened.Contains(each.Slot)) Needed.Add(each.Slot);
        _events.Add(each);
    }

    private static void Apply(ref HoldRow row, in Event each)
    {
        switch (each.Act)
        {
            case Act.Open:
                row = new HoldRow(each.Card, each.Account, each.Number, 0, each.Held, each.Held, 0, each.Expires, 0, HoldRow.Open);
                break;
            case Act.Raise:
                (row.Held, row.Authorized) = (row.Held + each.Held, row.Authorized + each.Held);
                row.Expires = Math.Max(row.Expires, each.Expires);
                break;
            case Act.Capture:
                (row.Captured, row.Held) = (row.Captured - each.Ledger, row.Held + each.Held);
                if (each.Flag) (row.Status, row.EndedOn, row.Completed) = (HoldRow.Ended, each.Day, each.Number);
                break;
            case Act.Refund:
                row.Captured -= each.Ledger;
                break;
            case Act.Undo:
                Undo(ref row, in each);
                break;
            case Act.Release:
                Lower(ref row, in each, ends: true);
                break;
            default:
                row.Held = 0;
                if (row.Status == HoldRow.Ended) row = default;
                else EndIfOver(ref row, ends: true, each.Day);
                break;
        }
    }

    private static void Undo(ref HoldRow row, in Event each)
    {
        if ((each.Held | each.Ledger) == 0 || row.Status == HoldRow.Free) return;
        if (each.Ledger == 0)
        {
            // Of the authorization itself, or of an increment.
            Lower(ref row, in each, ends: each.Original == row.Opened);
        }
        else if (each.Ledger < 0)
        {
            // Of a refund, whose authorization may be over: then another may have the slot by now.
            if (row.Opened < each.Original) row.Captured -= each.Ledger;
        }
        else
        {
            (row.Captured, row.Held) = (row.Captured - each.Ledger, row.Held + each.Held);
            if (each.Flag && each.Original == row.Completed) (row.Status, row.EndedOn, row.Completed) = (HoldRow.Open, 0, 0);
        }
    }

    private static void Lower(ref HoldRow row, in Event each, bool ends)
    {
        (row.Held, row.Authorized) = (row.Held + each.Held, row.Authorized + each.Held);
        if (row.Held == 0) EndIfOver(ref row, ends, each.Day);
    }

    private static void EndIfOver(ref HoldRow row, bool ends, int day)
    {
        if (row.Captured == 0) row = default;
        else if (ends) (row.Status, row.EndedOn) = (HoldRow.Ended, day);
    }
}

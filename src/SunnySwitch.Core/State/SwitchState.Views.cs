using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <content>What others compare themselves with: accounts, cards and holds as numbers.</content>
public sealed partial class SwitchState
{
    /// <summary>Decisions that were ever applied.</summary>
    public long DecisionCount => Keys.Entries.NextNumber - 1;

    /// <summary>Accounts, by number from 0.</summary>
    public int AccountCount => Accounts.Count;

    /// <summary>Slots of holds that were ever used.</summary>
    public int HoldSlots => Holds.SlotsUsed;

    /// <summary>The account of that number.</summary>
    public AccountView AccountAt(int number)
    {
        ref readonly var entry = ref Accounts[number];
        return new AccountView(entry.Currency, entry.LedgerMinor, entry.HeldMinor, entry.CreditLineMinor);
    }

    /// <summary>What is in a slot of the table of holds; all zero when it is free.</summary>
    public HoldView HoldAt(int slot)
    {
        ref readonly var entry = ref Holds[slot];
        return entry.Status == HoldStatus.Free ? default : new HoldView(
            entry.Card, entry.Account, entry.Key, entry.AuthorizedMinor, entry.AmountMinor, entry.CapturedMinor, entry.Expires, entry.EndedOn,
            (byte)entry.Status);
    }

    /// <summary>All cards, in no particular order.</summary>
    public IEnumerable<(PanToken Pan, int Number, int Account, CardView View)> AllCards()
    {
        for (var slot = 0; slot < Cards.Slots; slot++)
        {
            var card = Cards[slot];
            if (card.Status != 0 && TryFindCard(card.Pan, out var view)) yield return (card.Pan, card.Number, card.Account, view);
        }
    }
}

/// <summary>An account's balances, minor units.</summary>
/// <param name="Currency">ISO 4217 numeric.</param>
/// <param name="LedgerMinor">Booked.</param>
/// <param name="HeldMinor">Reserved.</param>
/// <param name="CreditLineMinor">May be overdrawn by.</param>
public readonly record struct AccountView(ushort Currency, long LedgerMinor, long HeldMinor, long CreditLineMinor);

/// <summary>An authorization and what it holds, minor units.</summary>
/// <param name="Card">Number of the card.</param>
/// <param name="Account">Number of the account.</param>
/// <param name="Key">The how manieth decision of the journal opened it.</param>
/// <param name="AuthorizedMinor">Authorized.</param>
/// <param name="HeldMinor">Still held.</param>
/// <param name="CapturedMinor">Captured, net of refunds.</param>
/// <param name="Expires">Over from this business date on; 0: with its answer.</param>
/// <param name="EndedOn">Business date of its end; 0: it is open.</param>
/// <param name="Status">0 free, 1 open, 2 completed.</param>
public readonly record struct HoldView(
    int Card, int Account, long Key, long AuthorizedMinor, long HeldMinor, long CapturedMinor, ushort Expires, ushort EndedOn, byte Status);

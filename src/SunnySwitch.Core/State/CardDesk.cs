using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Why the card desk refused.</summary>
public enum CardRefusal : byte
{
#pragma warning disable CS1591
    None = 0, AlreadyKnown = 1, Unknown = 2, TableFull = 3, BadTerms = 4,
#pragma warning restore CS1591
}

/// <summary>What an operator says of a new card.</summary>
/// <param name="Pan">Token.</param>
/// <param name="TruncatedPan">What may be shown.</param>
/// <param name="Expiry">YYMM.</param>
/// <param name="Currency">ISO 4217 numeric, 1 to 999.</param>
/// <param name="LedgerMinor">Opening balance.</param>
/// <param name="CreditLineMinor">Credit line, not negative.</param>
/// <param name="Status">Status.</param>
/// <param name="Hot">Hot-list entry.</param>
public readonly record struct CardTerms(
    PanToken Pan, TruncatedPan TruncatedPan, ushort Expiry, ushort Currency, long LedgerMinor, long CreditLineMinor,
    CardStatus Status = CardStatus.Active, HotReason Hot = HotReason.None);

/// <summary>
/// Makes the payloads by which cards enter and change: judges against the state, changes nothing; the caller journals the
/// payload and applies it. Kernel thread only.
/// </summary>
public sealed class CardDesk(SwitchState state)
{
    // Opening figures stay a thousand times below the bound of balances, so that no sum of postings reaches it.
    internal const long OpeningMinorMax = AccountTable.BalanceMinorMax / 1000;

    /// <summary>A new card with a new account. A card that is known already is refused, never updated.</summary>
    public bool TryAdd(in CardTerms terms, out CardAdded payload, out CardRefusal refusal)
    {
        payload = new CardAdded
        {
            Pan = terms.Pan,
            TruncatedPan = terms.TruncatedPan,
            LedgerMinor = terms.LedgerMinor,
            CreditLineMinor = terms.CreditLineMinor,
            Expiry = terms.Expiry,
            Currency = terms.Currency,
            Status = terms.Status,
            Hot = terms.Hot,
            Card = state.Cards.Count,
            Account = state.Accounts.Count,
        };
        refusal = CardRefusal.None;
        if (terms.Pan.IsNone || !Known(terms.Status, terms.Hot)
            || !Good(terms.Expiry, terms.Currency, terms.LedgerMinor, terms.CreditLineMinor))
        {
            refusal = CardRefusal.BadTerms;
        }
        else if (state.Cards.Find(terms.Pan) >= 0) refusal = CardRefusal.AlreadyKnown;
        else if (!HasRoom(1)) refusal = CardRefusal.TableFull;
        return refusal == CardRefusal.None;
    }

    /// <summary>A range of generated cards under a BIN of 6 to 9 digits; refused whole if any of them is known.</summary>
    public bool TryGenerate(
        ulong bin, int binDigits, int count, ushort expiry, ushort currency, long ledgerMinor, long creditLineMinor,
        out CardsGenerated payload, out CardRefusal refusal)
    {
        payload = new CardsGenerated
        {
            Bin = bin,
            BinDigits = binDigits,
            Count = count,
            LedgerMinor = ledgerMinor,
            CreditLineMinor = creditLineMinor,
            Expiry = expiry,
            Currency = currency,
            FirstCard = state.Cards.Count,
            FirstAccount = state.Accounts.Count,
        };
        refusal = CardRefusal.None;
        var look = new LookFirst(state);
        if (binDigits is < 6 or > 9 || bin >= (ulong)Math.Pow(10, binDigits) || count is < 1 or > 1_000_000_000
            || !Good(expiry, currency, ledgerMinor, creditLineMinor))
        {
            refusal = CardRefusal.BadTerms;
        }
        else if (!HasRoom(count)) refusal = CardRefusal.TableFull;
        else if (state.Cards.Count > 0 && !new GeneratedCards(state.Tokens).ForEach(in payload, ref look))
        {
            refusal = CardRefusal.AlreadyKnown;
        }

        return refusal == CardRefusal.None;
    }

    /// <summary>Another status or hot-list entry for a known card.</summary>
    public bool TryChange(in CardChanged wanted, out CardChanged payload, out CardRefusal refusal)
    {
        payload = wanted;
        var isGood = Known(wanted.Status, wanted.Hot) && (wanted.HotTo == 0 || wanted.HotFrom <= wanted.HotTo)
            && (wanted.HotRegion == 0 || Regions.IsKnown(wanted.HotRegion));
        refusal = !isGood ? CardRefusal.BadTerms
            : state.Cards.Find(wanted.Pan) < 0 ? CardRefusal.Unknown
            : CardRefusal.None;
        return refusal == CardRefusal.None;
    }

    private bool HasRoom(int count) =>
        state.Cards.Max - state.Cards.Count >= count && state.Accounts.Max - state.Accounts.Count >= count;

    private static bool Known(CardStatus status, HotReason hot) =>
        status is >= CardStatus.Active and <= CardStatus.Blocked && hot <= HotReason.Restricted;

    private static bool Good(ushort expiry, ushort currency, long ledgerMinor, long creditLineMinor) =>
        expiry <= 9912 && expiry % 100 is >= 1 and <= 12 && currency is >= 1 and <= 999
        && ledgerMinor is >= -OpeningMinorMax and <= OpeningMinorMax && creditLineMinor is >= 0 and <= OpeningMinorMax;

    private readonly struct LookFirst(SwitchState state) : ICardVisitor
    {
        public bool Visit(int index, PanToken pan, TruncatedPan truncatedPan) => state.Cards.Find(pan) < 0;
    }
}

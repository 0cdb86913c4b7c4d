using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Frames;

namespace SunnySwitch.Ledger.Projection;

/// <summary>What a card's frames say of it that is new; null: nothing.</summary>
internal struct CardNews
{
    public CardChanged? Change;
    public PinMethod? PinMethod;
    public int PinTries;
    public bool? HasAddress;
}

/// <summary>
/// Frames as what they do to the tables: rows to append, and sums and last values for those that change. Cleared and used again: it takes
/// the memory of the largest batch.
/// </summary>
/// <param name="tokens">For generated cards.</param>
internal sealed class FrameBatch(IPanTokens tokens)
{
    private readonly GeneratedCards _generated = new(tokens);
    private readonly Dictionary<int, CopyBuffer> _decisions = [];
    private readonly List<CopyBuffer> _spare = [];
    private CopyBuffer? _today;

    /// <summary>The checkpoint after it, but for the place in the journal.</summary>
    public Checkpoint After { get; private set; }

    /// <summary>Rows of decisions by business date.</summary>
    public Dictionary<int, CopyBuffer> Decisions => _decisions;

    public CopyBuffer NewAccounts { get; } = new();

    public CopyBuffer NewCards { get; } = new();

    /// <summary>Ledger and held delta by account.</summary>
    public Dictionary<int, (long Ledger, long Held)> Moves { get; } = [];

    public Dictionary<PanToken, CardNews> Cards { get; } = [];

    public HoldFold Holds { get; } = new();

    /// <summary>Decisions in it.</summary>
    public int Rows { get; private set; }

    public long Bytes => _decisions.Values.Sum(each => (long)each.Bytes);

    /// <summary>Business dates that were opened in it.</summary>
    public List<int> OpenedDays { get; } = [];

    public void Begin(in Checkpoint from)
    {
        After = from;
        Rows = 0;
        _today = null;
        foreach (var rows in _decisions.Values) _spare.Add(rows);
        _decisions.Clear();
        NewAccounts.Clear();
        NewCards.Clear();
        Moves.Clear();
        Cards.Clear();
        Holds.Clear();
        OpenedDays.Clear();
    }

    public void Add(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        After = After with { TimeNanos = header.TimeNanos };
        switch (header.Kind)
        {
            case JournalKind.Decided: AddDecision(in header, payload); break;
            case JournalKind.BusinessDateOpened: Open(MemoryMarshal.Read<BusinessDateOpened>(payload).DayNumber); break;
            case JournalKind.CardAdded: AddCard(in MemoryMarshal.AsRef<CardAdded>(payload)); break;
            case JournalKind.CardsGenerated: AddGenerated(in MemoryMarshal.AsRef<CardsGenerated>(payload)); break;
            case JournalKind.CardChanged: Change(header.KindVersion, payload); break;
            case JournalKind.CardPinSet:
                ref readonly var pin = ref MemoryMarshal.AsRef<CardPinSet>(payload);
                ref var news = ref NewsOf(pin.Pan);
                (news.PinMethod, news.PinTries) = (pin.Method, 0);
                break;
            case JournalKind.CardAddressed:
                ref readonly var addressed = ref MemoryMarshal.AsRef<CardAddressed>(payload);
                NewsOf(addressed.Pan).HasAddress = addressed.Address.Packed != 0;
                break;
            case JournalKind.HoldsExpired: Expire(in MemoryMarshal.AsRef<HoldsExpired>(payload)); break;
            default: break;                                  // Nothing that is in a table.
        }
    }

    private void AddDecision(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!Decided.TryRead(header.KindVersion, payload, out var decided, out var original, out var charges))
        {
            throw new LedgerException(
                $"sequence {header.Sequence}: Decided version {header.KindVersion} is not known to this program: use the one that wrote the journal");
        }

        var number = After.Decisions + 1;
        _today ??= RowsOf(After.BusinessDay);
        DecisionRow.Write(_today, in header, in decided, in original, in charges, number, After.BusinessDay);
        Rows++;
        if (decided.Account >= 0 && (decided.HeldDelta | decided.LedgerDelta) != 0) Move(decided.Account, decided.LedgerDelta, decided.HeldDelta);
        Holds.Add(in decided, in original, number, After.BusinessDay);
        After = After with { Decisions = number, HoldSlots = Math.Max(After.HoldSlots, HoldSlotsAfter(in decided)) };
        if (decided.Request.PinTries >= 0) NewsOf(decided.Request.Pan).PinTries = decided.Request.PinTries;
    }

    private static int HoldSlotsAfter(in Decided decided) => decided.Effect == EffectKind.HoldOpened ? decided.Hold + 1 : 0;

    private CopyBuffer RowsOf(int day)
    {
        if (_decisions.TryGetValue(day, out var rows)) return rows;
        if (_spare.Count == 0) _spare.Add(new CopyBuffer());
        rows = _spare[^1];
        _spare.RemoveAt(_spare.Count - 1);
        rows.Clear();
        return _decisions[day] = rows;
    }

    private void Open(int day)
    {
        After = After with { BusinessDay = day };
        _today = null;
        OpenedDays.Add(day);
    }

    private void Move(int account, long ledger, long held)
    {
        ref var sums = ref CollectionsMarshal.GetValueRefOrAddDefault(Moves, account, out _);
        sums = (sums.Ledger + ledger, sums.Held + held);
    }

    private void Expire(in HoldsExpired over)
    {
        foreach (ref readonly var item in ((ReadOnlySpan<ExpiredHold>)over.Items)[..over.Count])
        {
            Holds.AddExpired(item.Hold, After.BusinessDay);
            if (item.AmountMinor != 0) Move(item.Account, 0, -item.AmountMinor);
        }
    }

    private ref CardNews NewsOf(PanToken pan)
    {
        ref var news = ref CollectionsMarshal.GetValueRefOrAddDefault(Cards, pan, out var isKnown);
        if (!isKnown) news.PinTries = -1;
        return ref news;
    }

    private void Change(uint version, ReadOnlySpan<byte> payload)
    {
        var change = default(CardChanged);
        payload.CopyTo(MemoryMarshal.AsBytes(new Span<CardChanged>(ref change)));
        if (version == PayloadVersion.One) change.HotRegion = 0;
        NewsOf(change.Pan).Change = change;
    }

    private void AddCard(in CardAdded added)
    {
        TableRows.WriteAccount(NewAccounts, added.Account, new AccountView(added.Currency, added.LedgerMinor, 0, added.CreditLineMinor));
        var view = new CardView(added.TruncatedPan, added.Expiry, added.Status, added.Hot, 0, 0, 0, added.Currency, 0, 0, 0, false);
        TableRows.WriteCard(NewCards, added.Pan, added.Card, added.Account, in view);
        After = After with { Cards = After.Cards + 1 };
    }

    private void AddGenerated(in CardsGenerated range)
    {
        var visitor = new Enter(this, range);
        _generated.ForEach(in range, ref visitor);
    }

    private readonly struct Enter(FrameBatch batch, CardsGenerated range) : ICardVisitor
    {
        public bool Visit(int index, PanToken pan, TruncatedPan truncatedPan)
        {
            batch.AddCard(range.CardOf(index, pan, truncatedPan));
            return true;
        }
    }
}

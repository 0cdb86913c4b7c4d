using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// All that the switch knows. Owned by the kernel's thread; changes only in <see cref="Apply"/>, which is the same for live
/// traffic, recovery, standby and replay. Memory is taken and touched when it is made.
/// </summary>
public sealed partial class SwitchState
{
    /// <summary>Business dates that an authorization holds, and one with an estimate, where the rules do not say.</summary>
    public const int HoldDaysUsual = 7, PreAuthorizationDaysUsual = 30;

    /// <summary>Wrong PINs after which none is looked at, where the rules do not say.</summary>
    public const int PinTriesUsual = 3;

    private const ulong PartDomain = 0x5012, AddressDomain = 0x5013;

    private static readonly OriginalData _noOriginal;
    private static readonly Charges _noCharges;
    private readonly GeneratedCards _generated;
    private int _day;
    private int _previousDay;
    private ulong _epoch;
    private uint _tokenKeyCheck;
    private ulong _touched;

    // From the first decision of version 2 on, movements name their other side, and it is in the hash.
    private bool _hasContra;

    internal readonly CardTable Cards;
    internal readonly AccountTable Accounts;
    internal readonly HoldTable Holds;
    internal readonly KeyTable Keys;
    internal readonly TombstoneTable Tombstones;
    internal readonly SessionTable Sessions;
    internal readonly SealedPanTable SealedPans;
    internal readonly FifoHash<BalanceEntry> Balances;
    internal readonly Velocity Velocity;
    internal readonly FifoHash<StepEntry> Steps;
    internal readonly FifoHash<ChargeEntry> Charges;
    internal readonly ContraAccounts Contra;
    internal readonly Registers Registers;
    internal readonly Register<ChipCounterEntry> ChipCounters;
    internal readonly Versions<RateSet> RateVersions = new(StateTable.Rates);

    /// <summary>Takes the memory. Options with problems are refused by an <see cref="ArgumentException"/>.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="tokens">For <see cref="JournalKind.CardsGenerated"/> frames; used by the kernel's thread only.</param>
    public SwitchState(StateOptions options, IPanTokens tokens)
    {
        var problems = string.Join("; ", options.Problems());
        if (problems.Length > 0) throw new ArgumentException(problems, nameof(options));
        Options = options;
        Tokens = tokens;
        _generated = new GeneratedCards(tokens);
        var touch = options.TouchMemory;
        Cards = new CardTable(options.CardsMax, touch);
        Accounts = new AccountTable(options.AccountsMax, touch);
        Holds = new HoldTable(options.HoldsMax, touch);
        Keys = new KeyTable(options.DuplicateKeysMax, touch);
        Tombstones = new TombstoneTable(options.TombstonesMax, options.TombstonesPerLinkMax, touch);
        Sessions = new SessionTable(options.ConnectionsMax, touch);
        SealedPans = new SealedPanTable(options.CardsMax, touch);
        Balances = new FifoHash<BalanceEntry>("tables.balances", options.BalancesMax, touch);
        Velocity = new Velocity(options, touch);
        Steps = new FifoHash<StepEntry>("tables.steps", options.StepsMax, touch);
        Charges = new FifoHash<ChargeEntry>("tables.charges", options.ChargesMax, touch);
        Contra = new ContraAccounts(options.ContraAccountsMax);
        Registers = new Registers(options);
        ChipCounters = new Register<ChipCounterEntry>("tables.chipCounters", options.ChipCountersMax, touch);
    }

    /// <summary>The sizes it was made with.</summary>
    public StateOptions Options { get; }

    internal IPanTokens Tokens { get; }

    /// <summary>What the rules in force say of an authorization.</summary>
    internal Terms Terms => new(Velocity, Registers);

    /// <summary>Sequence of the last frame applied; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Open business date, days since 1970-01-01; 0 when none was opened yet.</summary>
    public int BusinessDay => _day;

    /// <summary>The business date before, likewise.</summary>
    internal int PreviousDay => _previousDay;

    /// <summary>The rules in force, before, and to come.</summary>
    public (RuleSet Active, RuleSet Previous, RuleSet Pending) Rules => (Velocity.Rules.Active, Velocity.Rules.Previous, Velocity.Rules.Pending);

    /// <summary>The rates in force, before, and to come.</summary>
    public (RateSet Active, RateSet Previous, RateSet Pending) Rates => (RateVersions.Active, RateVersions.Previous, RateVersions.Pending);

    /// <summary>Year and month of the open business date as YYMM: expiry is judged against it, never against a clock.</summary>
    public int BusinessYearMonth { get; private set; }

    /// <summary>Epoch of the last start; 0 before the first.</summary>
    public ulong Epoch => _epoch;

    /// <summary>Which token key the journal's tokens were made with; 0 when no start is recorded yet.</summary>
    public uint TokenKeyCheck => _tokenKeyCheck;

    /// <summary>Balances on the other side of the accounts; with them, each currency sums to zero.</summary>
    public IEnumerable<(ContraKind Kind, ulong Acquirer, ushort Currency, Int128 Minor)> ContraBalances =>
        Contra.All.Select(entry => (entry.Kind, entry.Acquirer, entry.Currency, entry.Minor));

    /// <summary>Accounts and contra-accounts by currency: all have to be zero (invariant I5). Takes about a nanosecond an account.</summary>
    public IReadOnlyDictionary<ushort, Int128> LedgerSums()
    {
        var sums = new Dictionary<ushort, Int128>();
        for (var account = 0; account < Accounts.Count; account++)
        {
            ref readonly var entry = ref Accounts[account];
            sums[entry.Currency] = sums.GetValueOrDefault(entry.Currency) + entry.LedgerMinor;
        }

        foreach (var entry in Contra.All) sums[entry.Currency] = sums.GetValueOrDefault(entry.Currency) + entry.Minor;
        return sums;
    }

    /// <summary>How full each table is, by the name that the configuration has for it; read from any thread, and never far off.</summary>
    public IEnumerable<(string Table, long Used, long Max)> Fills =>
    [
        ("cards", Cards.Count, Options.CardsMax), ("accounts", Accounts.Count, Options.AccountsMax), ("holds", Holds.Count, Options.HoldsMax),
        ("duplicateKeys", Keys.Entries.Live, Options.DuplicateKeysMax), ("tombstones", Tombstones.Entries.Live, Options.TombstonesMax),
        ("balances", Balances.Live, Options.BalancesMax), ("dayCounters", Velocity.Days.Live, Options.DayCountersMax),
        ("slidingCounters", Velocity.Slidings.Live, Options.SlidingCountersMax), ("receipts", Velocity.Receipts.Live, Options.ReceiptsMax),
        ("steps", Steps.Live, Options.StepsMax), ("charges", Charges.Live, Options.ChargesMax),
        ("contraAccounts", Contra.Count, Options.ContraAccountsMax), ("monthCounters", Velocity.Months.Live, Options.MonthCountersMax),
        ("lifeCounters", Velocity.Lives.Live, Options.LifeCountersMax), ("acceptors", Registers.Acceptors.Count, Options.AcceptorsMax),
        ("stops", Registers.Stops.Count, Options.StopsMax), ("keyNotes", Registers.KeyNotes.Count, Options.KeyNotesMax),
        ("chipCounters", ChipCounters.Count, Options.ChipCountersMax),
    ];

    /// <summary>Entries in use, for metrics.</summary>
    public StateCounts Counts => new(
        Cards.Count, Accounts.Count, Holds.Count, Keys.Entries.Live, Tombstones.Entries.Live, Accounts.HeldMinorTotal);

    /// <summary>The rolling state hash; see <c>docs/journal-format.md</c> for how it is made.</summary>
    public UInt128 Hash => Combine(
    [
        Cards.Sum, Accounts.Sum, Holds.Sum, Keys.Entries.Sum, Tombstones.Entries.Sum, Sessions.Sum, DaySum(), EpochSum(), SealedPans.Sum,
        Balances.Sum, Velocity.Rules.Sum, Velocity.Days.Sum, Velocity.Slidings.Sum, Velocity.Receipts.Sum, Steps.Sum,
        _hasContra ? Contra.Sum : 0, RateVersions.Sum, Charges.Sum,
        Velocity.Months.Sum, Velocity.Lives.Sum, Registers.Acceptors.Sum, Registers.Stops.Sum, Registers.KeyNotes.Sum, ChipCounters.Sum,
    ]);

    /// <summary>The same hash computed anew from every entry: what start-up compares. Takes about 10 ns per entry.</summary>
    public UInt128 HashFromScratch() => Combine(
    [
        Cards.SumFromScratch(), Accounts.SumFromScratch(), Holds.SumFromScratch(), Keys.Entries.SumFromScratch(),
        Tombstones.Entries.SumFromScratch(), Sessions.SumFromScratch(), DaySum(), EpochSum(), SealedPans.SumFromScratch(),
        Balances.SumFromScratch(), Velocity.Rules.Sum, Velocity.Days.SumFromScratch(), Velocity.Slidings.SumFromScratch(),
        Velocity.Receipts.SumFromScratch(), Steps.SumFromScratch(), _hasContra ? Contra.SumFromScratch() : 0, RateVersions.Sum,
        Charges.SumFromScratch(), Velocity.Months.SumFromScratch(), Velocity.Lives.SumFromScratch(),
        Registers.Acceptors.SumFromScratch(), Registers.Stops.SumFromScratch(), Registers.KeyNotes.SumFromScratch(),
        ChipCounters.SumFromScratch(),
    ]);

    /// <summary>What the operator sees of a card; false when the token is unknown.</summary>
    public bool TryFindCard(PanToken pan, out CardView card)
    {
        card = default;
        var slot = Cards.Find(pan);
        if (slot < 0) return false;
        ref readonly var entry = ref Cards[slot];
        ref readonly var account = ref Accounts[entry.Account];
        card = new CardView(
            entry.TruncatedPan, entry.Expiry, entry.Status, entry.Hot, entry.HotFrom, entry.HotTo, entry.HotRegion, account.Currency, account.LedgerMinor,
            account.HeldMinor, account.AvailableMinor, entry.Address.Packed != 0, entry.PinMethod, entry.PinTries);
        return true;
    }

    /// <summary>What is known of keys, by label and version.</summary>
    public IReadOnlyList<KeyNote> KeyNotes() =>
        [.. Registers.KeyNotes.All().Select(entry => entry.View).OrderBy(note => note.Label, StringComparer.Ordinal).ThenBy(note => note.Version)];

    /// <summary>Tokens of the cards whose PAN is sealed, in no particular order.</summary>
    public IEnumerable<PanToken> SealedCards()
    {
        for (var slot = 0; slot < Cards.Slots; slot++)
        {
            var card = Cards[slot];
            if (card.Status != 0 && SealedPans[card.Number].DataKey != 0) yield return card.Pan;
        }
    }

    /// <summary>Cards whose PAN is sealed.</summary>
    public int SealedPanCount => SealedPans.Count;

    /// <summary>The ciphertext of a card's PAN; false when the card is unknown or has none.</summary>
    public bool TryFindSealedPan(PanToken pan, out SealedPan sealedPan)
    {
        var slot = Cards.Find(pan);
        sealedPan = slot < 0 ? default : SealedPans[Cards[slot].Number];
        return sealedPan.DataKey != 0;
    }

    /// <summary>
    /// Looks for a card whose PAN is sealed under an older data key than <paramref name="dataKey"/>.
    /// </summary>
    /// <param name="dataKey">The key that all should have.</param>
    /// <param name="cursor">Where to begin, 0 at first; where to go on afterwards, or -1 at the end.</param>
    /// <param name="looksMax">Most entries to look at.</param>
    /// <param name="pan">The card.</param>
    /// <param name="sealedPan">Its ciphertext.</param>
    public bool TryFindStalePan(uint dataKey, ref int cursor, int looksMax, out PanToken pan, out SealedPan sealedPan)
    {
        (pan, sealedPan) = (default, default);
        for (; looksMax > 0; looksMax--)
        {
            if (cursor >= Cards.Slots)
            {
                cursor = -1;
                return false;
            }

            ref readonly var card = ref Cards[cursor++];
            if (card.Status == 0) continue;
            ref readonly var found = ref SealedPans[card.Number];
            if (found.DataKey == 0 || found.DataKey >= dataKey) continue;
            (pan, sealedPan) = (card.Pan, found);
            return true;
        }

        return false;
    }

    /// <summary>Sign-on state of a connection, as the frames have it.</summary>
    public SessionState SessionOf(int connection, uint generation) => Sessions.StateOf(connection, generation);

    /// <summary>Passes of <see cref="Prefetch"/> that are worth it with the rules in force.</summary>
    public int PrefetchPasses => Velocity.Active.Count > 0 ? 4 : 1;

    /// <summary>
    /// Reads the memory that deciding this request will need. Called for every request of a batch before the first is decided, a pass after
    /// the other, so that the cache misses of the whole batch overlap: a pass reads where the one before found to look. Changes nothing
    /// and may be left out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(in Request request, int pass)
    {
        if (pass > 1)
        {
            _touched += Velocity.Touch(request.KeyPrimary, isEntry: pass == 3);
            return;
        }

        var slot = Cards.Find(request.Pan);
        if (pass == 0)
        {
            _touched += Keys.Touch(request.KeyPrimary);
            if (slot >= 0) _touched += (ulong)Accounts[Cards[slot].Account].HeldMinor;
        }
        else if (slot >= 0)
        {
            Velocity.Prepare(in request, Cards[slot].Account, _day);
        }
    }

    /// <summary>
    /// Applies one frame; every effect is a number in it. An unknown kind or version, a payload of the wrong size, or an effect
    /// that does not fit this state stops the process (<see cref="StopToProtectDataException"/>).
    /// </summary>
    /// <param name="kind">What the frame means.</param>
    /// <param name="version">Version of the payload's layout.</param>
    /// <param name="sequence">The frame's number; rises.</param>
    /// <param name="time">When it was decided; sliding windows count by it.</param>
    /// <param name="payload">The layout of the kind.</param>
    public void Apply(JournalKind kind, ushort version, long sequence, Instant time, ReadOnlySpan<byte> payload)
    {
        Must.Hold(sequence > Sequence);                      // A frame is applied once, in order.
        if (kind == JournalKind.Decided) ApplyDecided(version, time, payload);
        else ApplyRare(kind, version, sequence, payload);
        Sequence = sequence;
    }

    /// <summary>
    /// Applies a decision of today's version that was just journalled: the same as <see cref="Apply"/>
    /// with its payload, without reading that back.
    /// </summary>
    public void ApplyDecision(in Decided decided, in OriginalData original, in Charges charges, long sequence, Instant time)
    {
        Must.Hold(sequence > Sequence && (decided.Explanation.RulesVersion != 0 || (decided.Explanation.Counted | decided.Explanation.Breached) == 0));
        _hasContra = true;
        // What is not in the payload is not there.
        ref readonly var named = ref (decided.Request.Has & RequestHas.Names) != 0 ? ref original : ref _noOriginal;
        ref readonly var charged = ref (decided.Request.Has & RequestHas.Charges) != 0 ? ref charges : ref _noCharges;
        ApplyDecided(in decided, in named, in charged, time);
        Sequence = sequence;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ApplyRare(JournalKind kind, ushort version, long sequence, ReadOnlySpan<byte> payload)
    {
        if (kind is JournalKind.HashAt or JournalKind.BatchChain or JournalKind.Truncated) return;   // About the journal itself.
        var newest = kind switch
        {
            JournalKind.CardChanged => PayloadVersion.Two,
            JournalKind.RulesActivated => PayloadVersion.Four,
            _ => PayloadVersion.One,
        };
        if (version == 0 || version > newest) Unknown(kind, version);
        switch (kind)
        {
            case JournalKind.EpochStarted: ApplyEpoch(in Read<EpochStarted>(payload)); break;
            case JournalKind.CardAdded: ApplyCard(in Read<CardAdded>(payload)); break;
            case JournalKind.CardsGenerated: ApplyGenerated(in Read<CardsGenerated>(payload)); break;
            case JournalKind.SessionChanged:
                ref readonly var session = ref Read<SessionChanged>(payload);
                Sessions.Set(session.Connection, session.Generation, session.Link, session.State);
                break;
            case JournalKind.BusinessDateOpened: ApplyDay(Read<BusinessDateOpened>(payload).DayNumber); break;
            case JournalKind.CardChanged: ApplyChange(version, payload); break;
            case JournalKind.CardPinSet: Cards.SetPin(in Read<CardPinSet>(payload)); break;
            case JournalKind.CardAddressed: Cards.Address(in Read<CardAddressed>(payload)); break;
            case JournalKind.AcceptorSet: ApplyAcceptor(in Read<AcceptorSet>(payload)); break;
            case JournalKind.PaymentStopped: ApplyStop(in Read<PaymentStopped>(payload)); break;
            case JournalKind.KeyNoted: ApplyKey(in Read<KeyNoted>(payload)); break;
            case JournalKind.HoldsExpired: ApplyExpired(in Read<HoldsExpired>(payload)); break;
            case JournalKind.RulesActivated: ApplyRules(in Read<RuleSet>(payload)); break;
            case JournalKind.RatesActivated: ApplyRates(in Read<RateSet>(payload)); break;
            case JournalKind.PanSealed: ApplySealed(in Read<PanSealed>(payload), sequence); break;
            default: Unknown(kind, version); break;
        }
    }

    private void ApplyChange(ushort version, ReadOnlySpan<byte> payload)
    {
        Must.Hold(payload.Length == (version == PayloadVersion.One ? CardChanged.BytesV1 : CardChanged.Bytes));
        var change = default(CardChanged);
        payload.CopyTo(MemoryMarshal.AsBytes(new Span<CardChanged>(ref change)));
        if (version == PayloadVersion.One) change.HotRegion = 0;          // Was unused.
        Cards.Change(in change);
    }

    private void ApplyAcceptor(in AcceptorSet said) => Registers.Acceptors.Set(new AcceptorEntry
    {
        Acquirer = said.Acquirer,
        Merchant = AcceptorEntry.IdOf(in said.Merchant),
        Terminal = AcceptorEntry.IdOf(in said.Terminal),
        Category = said.Category,
        Status = said.Status,
    });

    private void ApplyStop(in PaymentStopped order) => Registers.Stops.Set(new StopEntry
    {
        Pan = order.Pan,
        Acquirer = order.Acquirer,
        Merchant = AcceptorEntry.IdOf(in order.Merchant),
        From = order.From,
        To = order.To,
        Kind = order.Kind,
    });

    private void ApplyKey(in KeyNoted noted)
    {
        var key = new KeyNoteEntry { Label = AcceptorEntry.IdOf(in noted.Label), Version = noted.Version };
        if (noted.Replaced != 0)
        {
            var before = Registers.KeyNotes.Find(key with { Version = noted.Replaced });
            Must.Hold(before.State == KeyState.Current);
            if (!Mutant.Is(Mutation.ReplacedKeyStaysCurrent)) (before.State, before.Since) = (KeyState.Previous, (ushort)_day);
            Registers.KeyNotes.Set(in before);
        }

        var entry = Registers.KeyNotes.Find(in key);
        if (entry.IsUsed)
        {
            Must.Hold(entry.CheckValue == noted.CheckValue && entry.Algorithm == noted.Algorithm);     // A version is one key for ever.
        }
        else
        {
            entry = key with
            {
                CheckValue = noted.CheckValue,
                Usage = noted.Usage,
                Bits = noted.Bits,
                Algorithm = noted.Algorithm,
                Mode = noted.Mode,
                Exportability = noted.Exportability,
                Expires = noted.Expires,
                Made = (ushort)_day,
                First = AcceptorEntry.IdOf(in noted.Operator),
                Second = AcceptorEntry.IdOf(in noted.SecondOperator),
                Third = AcceptorEntry.IdOf(in noted.ThirdOperator),
            };
        }

        if (entry.State != noted.State) (entry.State, entry.Since) = (noted.State, (ushort)_day);
        Registers.KeyNotes.Set(in entry);
    }

    private void ApplyRules(in RuleSet rules)
    {
        Must.Hold(rules.Count is >= 0 and <= RuleSet.LimitsMax && rules.CategoryCount <= RuleSet.CategoriesMax);
        Must.Hold(rules.ProductCount <= RuleSet.ProductsMax && rules.CountryCount <= RuleSet.CountriesMax);
        Must.Hold(rules.HotCount <= RuleSet.HotMax);
        Velocity.Rules.Activate(in rules, _day);
    }

    private void ApplyRates(in RateSet rates)
    {
        Must.Hold(rates.Count is >= 0 and <= RateSet.RatesMax);
        RateVersions.Activate(in rates, _day);
    }

    private void ApplyEpoch(in EpochStarted started)
    {
        Must.Hold(started.Epoch > _epoch);

        // Tokens key the state: under another key every card would be unknown and every repeat new.
        Must.Hold(_epoch == 0 || started.TokenKeyCheck == _tokenKeyCheck);
        _epoch = started.Epoch;
        _tokenKeyCheck = started.TokenKeyCheck;
        Sessions.Clear();
    }

    private void ApplySealed(in PanSealed pan, long sequence)
    {
        var slot = Cards.Find(pan.Pan);

        // The nonce is this frame's and no other's.
        Must.Hold(pan.Sealed.Sequence == sequence && (pan.Sealed.Epoch == (uint)_epoch || Mutant.Is(Mutation.NonceWithoutEpoch)));
        Must.Hold(slot >= 0);
        SealedPans.Set(Cards[slot].Number, in pan.Sealed);
    }

    private void ApplyDay(int day)
    {
        Must.Hold(day > _day && day < 47_482);               // Up to 2099: years have two digits on the wire.
        _previousDay = _day;
        _day = day;
        Keys.Entries.OpenDay();
        Tombstones.OpenDay();
        Balances.OpenDay();
        Velocity.OpenDay(day, _previousDay);
        Steps.OpenDay();
        Charges.OpenDay();
        RateVersions.OpenDay(day);
        NameDay();
    }

    private void NameDay()
    {
        var date = DateOnly.FromDayNumber(DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber + _day);
        BusinessYearMonth = date.Year % 100 * 100 + date.Month;
    }

    private void ApplyCard(in CardAdded added)
    {
        Contra.Add(ContraKind.Funding, default, added.Currency, -added.LedgerMinor);
        Accounts.Add(added.Account, new AccountEntry
        {
            LedgerMinor = added.LedgerMinor,
            CreditLineMinor = added.CreditLineMinor,
            Currency = added.Currency,
        });
        Cards.Add(new CardEntry
        {
            Pan = added.Pan,
            TruncatedPan = added.TruncatedPan,
            Number = added.Card,
            Account = added.Account,
            Expiry = added.Expiry,
            Status = added.Status,
            Hot = added.Hot,
        });
    }

    private void ApplyGenerated(in CardsGenerated range)
    {
        Must.Hold(range.BinDigits is >= 6 and <= 9 && range.Count is > 0 and <= 1_000_000_000);
        var visitor = new Enter(this, range);
        _generated.ForEach(in range, ref visitor);
    }

    // By the tables' numbers, from 1.
    private static UInt128 Combine(ReadOnlySpan<UInt128> sums)
    {
        var whole = UInt128.Zero;
        for (var table = 0; table < sums.Length; table++) whole += StateHash.OfTable((StateTable)(table + 1), sums[table]);
        return whole;
    }

    private UInt128 DaySum()
    {
        if (_day == 0) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.BusinessDate);
        mix.Add((ulong)_day, (ulong)_previousDay);
        mix.Add((ulong)Keys.Entries.TodayFirst, (ulong)Keys.Entries.LiveFirst);
        mix.Add((ulong)Tombstones.Entries.TodayFirst, (ulong)Tombstones.Entries.LiveFirst);
        // What joined later counts from its first entry on, so that old hashes stay.
        if (Balances.NextNumber > 1) mix.Add((ulong)Balances.TodayFirst, (ulong)Balances.LiveFirst);
        if (Velocity.Receipts.NextNumber > 1)
        {
            mix.Add((ulong)Velocity.Receipts.TodayFirst, (ulong)Velocity.Receipts.LiveFirst);
            mix.Add((ulong)Velocity.LatestMinute, 0);
        }

        if (Velocity.Months.NextNumber > 1) mix.Add((ulong)Velocity.Months.TodayFirst, (ulong)Velocity.Months.LiveFirst);
        if (Charges.NextNumber > 1) mix.Add((ulong)Charges.TodayFirst, (ulong)Charges.LiveFirst);
        if (Steps.NextNumber > 1) mix.Add((ulong)Steps.TodayFirst, (ulong)Steps.LiveFirst);

        return mix.Finish();
    }

    private UInt128 EpochSum()
    {
        if (_epoch == 0) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.Epoch);
        mix.Add(_epoch, _tokenKeyCheck);
        return mix.Finish();
    }

    private static ref readonly T Read<T>(ReadOnlySpan<byte> payload) where T : struct
    {
        Must.Hold(payload.Length == Unsafe.SizeOf<T>());
        return ref MemoryMarshal.AsRef<T>(payload);
    }

    [DoesNotReturn]
    private static void Unknown(JournalKind kind, ushort version) =>
        throw new StopToProtectDataException($"journal: frame kind {(int)kind} version {version} is not known to this version");

    private readonly struct Enter(SwitchState state, CardsGenerated range) : ICardVisitor
    {
        public bool Visit(int index, PanToken pan, TruncatedPan truncatedPan)
        {
            state.ApplyCard(range.CardOf(index, pan, truncatedPan));
            return true;
        }
    }
}

/// <summary>How full the tables are.</summary>
/// <param name="Cards">Cards.</param>
/// <param name="Accounts">Accounts.</param>
/// <param name="Holds">Open holds.</param>
/// <param name="DuplicateKeys">Answers remembered.</param>
/// <param name="Tombstones">Reversals without original.</param>
/// <param name="HeldMinor">Held in all accounts, over all currencies: a check figure, not a balance.</param>
public readonly record struct StateCounts(
    int Cards, int Accounts, int Holds, int DuplicateKeys, int Tombstones, long HeldMinor);

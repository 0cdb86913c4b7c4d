using SunnySwitch.Core.State;

namespace SunnySwitch.Simulation;

/// <summary>
/// The rules of the architecture, section 6, and of docs/authorization.md once more, with lists and strings and no thought for speed:
/// what the switch is compared with. Knows no hashes, slots or frames.
/// </summary>
internal sealed partial class ReferenceSwitch(Swarm swarm)
{
    private readonly Dictionary<Key, Answered> _remembered = [];
    private readonly Dictionary<Name, List<Answered>> _byName = [];
    private readonly Queue<Answered> _inOrder = new();
    private readonly Dictionary<Name, int> _tombstones = [];
    private readonly Queue<Name> _tombstonesInOrder = new();
    private readonly Dictionary<long, Authorization> _authorizations = [];
    private readonly TwoDays _steps = new();
    private readonly TwoDays _charges = new();
    private readonly TwoDays _balances = new();
    private readonly ReferenceVersions<RateTable> _rates = new(
        RateTable.Empty, (one, other) => one.Rates.Count == other.Rates.Count && !one.Rates.Except(other.Rates).Any());
    private int _day;
    private int _date;
    private long _answers;

    /// <summary>By PAN; looked up only.</summary>
    public Dictionary<string, Account> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>The other side of what moved, by kind and currency.</summary>
    public SortedDictionary<(ContraKind Kind, string Currency), long> Books { get; } = [];

    public ReferenceLimits Limits { get; } = new(swarm);

    /// <summary>Held in all accounts.</summary>
    public long HeldMinor { get; private set; }

    public int Holds => _authorizations.Count;

    public bool CanUndoRates => _rates.CanUndo;

    public void AddCard(string pan, string currency, long balanceMinor)
    {
        Accounts.Add(pan, new Account { Currency = currency, Ledger = balanceMinor });
        Add(ContraKind.Funding, currency, -balanceMinor);
    }

    public void ChangeCard(string pan, CardStatus status, HotReason hot) =>
        (Accounts[pan].Status, Accounts[pan].Hot) = (status, hot);

    /// <summary>From that business date on; null takes the last activation back.</summary>
    public void ChangeRules(RuleFile? file, int from)
    {
        if (file is not null) Limits.Activate(file, from, _date);
        else Limits.Undo();
    }

    /// <summary>Likewise for rates.</summary>
    public void ChangeRates(RateTable? rates, int from)
    {
        if (rates is not null) _rates.Activate(rates, from, _date);
        else _rates.Undo();
    }

    /// <summary>Holds that the switch has ended: each has to be one that is over, with what is left of it.</summary>
    public void Expire(IReadOnlyList<ExpiredHold> holds)
    {
        foreach (var hold in holds)
        {
            var isThere = _authorizations.TryGetValue(hold.Key, out var found) && found!.Held == hold.AmountMinor;
            Ledger.Check(isThere, "I4", $"answer {hold.Key} ends a hold of {hold.AmountMinor}, held is {found?.Held ?? 0}");
            Ledger.Check(IsOver(found!), "I4", $"answer {hold.Key} ends on {_date}, its time is {found!.Expires}");
            Free(found!, found!.Held);
            found.Held = 0;
            if (found.CompletedOn is null) End(found, isByItself: true);
            else Remove(found);
        }
    }

    /// <summary>True while a hold is there whose time is over.</summary>
    public bool HasOverdue => _authorizations.Values.Any(IsOver);

    // What was completed can be named as long as its completion is remembered.
    private bool IsOver(Authorization authorization) =>
        authorization.CompletedOn is { } day ? day < _day - 1 : authorization.Expires <= _date;

    public void OpenDay(int date)
    {
        _date = date;
        _day++;
        while (_inOrder.TryPeek(out var oldest) && oldest.Day < _day - 1)
        {
            _inOrder.Dequeue();
            oldest.IsForgotten = true;
            _remembered.Remove(oldest.Key);
            _byName[oldest.Key.Name].Remove(oldest);
        }

        while (_tombstonesInOrder.TryPeek(out var name) && _tombstones[name] < _day - 1)
        {
            _tombstonesInOrder.Dequeue();
            _tombstones.Remove(name);
        }

        _steps.OpenDay();
        _charges.OpenDay();
        _balances.OpenDay();
        Limits.OpenDay(date);
        _rates.OpenDay(date);
    }

    /// <param name="message">What was sent.</param>
    /// <param name="minute">When it is decided.</param>
    /// <param name="said">What the desk said of what it brought.</param>
    /// <param name="others">What other cells had counted, if they were asked.</param>
    public Judgement Judge(Message message, int minute, Said said, Others? others = null)
    {
        var key = KeyOf(message);
        var name = key.Name;
        if (_remembered.TryGetValue(key, out var known))
        {
            return known.Message.HasBodyOf(message) ? new(known.Code, false, known.Number, default, known.Told, "") : Refused("94");
        }

        // A declined advice would come again for ever.
        var isReversed = _tombstones.ContainsKey(name);
        if (isReversed && (!message.Advice || _inOrder.Count >= swarm.DuplicateKeysMax)) return Refused("94");
        if (_inOrder.Count >= swarm.DuplicateKeysMax) return Refused("96");
        var answer = new Answered { Key = key, Message = message, Day = _day, Said = said };
        Accounts.TryGetValue(message.Pan, out var account);
        answer.Account = account;
        answer.Code = isReversed ? "00" : Decide(answer, minute, others);
        return answer.Code == "96" ? Refused("96") : Remember(answer);
    }

    private Judgement Remember(Answered answer)
    {
        answer.Number = ++_answers;
        _remembered.Add(answer.Key, answer);
        if (!_byName.TryGetValue(answer.Key.Name, out var ofName)) _byName[answer.Key.Name] = ofName = [];
        ofName.Add(answer);
        _inOrder.Enqueue(answer);
        if (answer is { Kind: Kind.Hold, Of: { } opened })
        {
            opened.Number = answer.Number;
            _authorizations.Add(answer.Number, opened);
        }

        if (answer.Kind is Kind.Increment or Kind.Completion or Kind.Refund) _steps.Add();
        if (answer.Moves.Ledger != 0) Book(answer);
        if (answer.PinTries is { } tries) answer.Account!.PinTries = tries;
        if (answer is { Account: { } chip, TakesCounter: true }) chip.ChipCounters.Add(answer.Message.Proof.Counter);
        NoteSerial(answer.Message.Proof, answer.Said);
        answer.Told = Tell(answer);
        if (answer.Asked is { CountedBy.Count: > 0 } asked)
        {
            answer.CountedAs = Limits.Count(asked, answer.Code is "00" or "10", answer.Part ?? answer.Message.Amount);
        }

        return new Judgement(answer.Code, true, answer.Number, answer.Moves, answer.Told, answer.Did, answer.PinTries);
    }

    private static Judgement Refused(string code) => new(code, false, 0, default, "", "");

    private string Decide(Answered answer, int minute, Others? others)
    {
        var message = answer.Message;
        var what = WhatOf(message);
        if (what == What.Reversal) return Reverse(answer);
        if (what == What.Nothing) return "40";
        if (what == What.Inquiry ? message.Amount != 0 : message.Amount == 0 && what is not (What.Verification or What.Void)) return "13";
        var isFollowUp = IsFollowUp(what, message);
        if (!isFollowUp && !message.Advice) return Ask(what, answer, minute, others);
        if (answer.Account is null) return CodeOfNoCard(answer.Message.Pan);
        if (what != What.Void && message.Says.HasFlag(Says.DeclinedElsewhere)) return "00";
        if (isFollowUp && _steps.Live >= swarm.SideTablesMax) return "96";
        return what switch
        {
            What.Completion => Complete(answer),
            What.Void => Void(answer),
            What.Refund => isFollowUp ? RefundNamed(answer) : Credit(answer),
            What.ForcePost => Take(answer, isHeld: false),
            What.Increment => Increment(answer),
            What.Purchase or What.Cash or What.PreAuthorization => Take(answer, isHeld: true, isEstimate: what == What.PreAuthorization),
            _ => "40",
        };
    }

    private static bool IsFollowUp(What what, Message message) => what is What.Completion or What.Void || (what == What.Refund && message.IsNaming);

    /// <summary>Shared limits that other cells are asked for before such a message is decided, in the order of the file.</summary>
    public IReadOnlyList<LimitRule> OthersOf(Message? message)
    {
        if (message is not { Class: 1 or 2, Advice: false } || _remembered.ContainsKey(KeyOf(message))) return [];
        var what = WhatOf(message);
        return IsFollowUp(what, message) ? [] : Limits.SharedOf(what, message);
    }

    /// <summary>The rules and the date that others are asked under.</summary>
    public (int Rules, int Date) Under => (Limits.Number, _date);

    private static What WhatOf(Message message)
    {
        if (message.Class == 4) return What.Reversal;
        var isNaming = message.IsNaming;
        if (message is { Class: 1, Function: 0 })
        {
            // DE38 of an advice is the approval that it tells of.
            if (message.Advice ? message.OriginalStan != 0 : isNaming) return What.Increment;
            if (message.Amount == 0 && !message.Advice) return What.Verification;
            if (message.Says.HasFlag(Says.Estimate)) return What.PreAuthorization;
        }

        if (message is { Class: 2, Function: 0 or 1 })
        {
            if (isNaming) return What.Completion;
            if (message.Advice) return What.ForcePost;
        }

        return message.Function switch
        {
            0 => What.Purchase,
            1 => What.Cash,
            2 => What.Void,
            20 => What.Refund,
            31 => What.Inquiry,
            _ => What.Nothing,
        };
    }

    /// <summary>What is asked and not told: limits, card and funds are looked at.</summary>
    private string Ask(What what, Answered answer, int minute, Others? others)
    {
        var asked = answer.Asked = new Asked
        {
            What = what,
            Message = answer.Message,
            IsCardKnown = answer.Account is not null,
            Minute = minute,
            Others = others,
        };
        if (Limits.Judge(asked, isAttempt: true) is { } attempt) return attempt;
        if (answer.Account is not { } account) return CodeOfNoCard(answer.Message.Pan);
        if (Restriction(account) is { } restricted) return restricted;
        if (ProblemOfProofs(answer, what) is { } unproven) return unproven;
        if (Limits.Judge(asked, isAttempt: false) is { } limit) return limit;
        switch (what)
        {
            case What.Verification: return "00";
            case What.Inquiry:
                if (_balances.Live >= swarm.SideTablesMax) return "96";
                answer.Kind = Kind.Told;
                answer.ToldBalances = (account.Ledger, account.Ledger - account.Held);
                return "00";
            case What.Refund: return Credit(answer);
            case What.Increment: return Increment(answer);
            default: return Take(answer, isHeld: answer.Message.Class == 1, isEstimate: what == What.PreAuthorization);
        }
    }

    private static string? Restriction(Account account) => (account.Hot, account.Status) switch
    {
        (HotReason.Lost, _) => "41",
        (HotReason.Stolen, _) => "43",
        (HotReason.PickUp, _) => "04",
        (HotReason.Restricted, _) => "62",
        (_, CardStatus.NotActive) => "78",
        (_, CardStatus.Closed) => "46",
        (_, CardStatus.Blocked) => "62",
        _ => null,
    };

    /// <summary>The other side of what moved at the account.</summary>
    private void Book(Answered answer)
    {
        var (account, moves) = (answer.Account!, answer.Moves);
        if (answer.Bill is not { } bill)
        {
            Add(ContraKind.Settlement, account.Currency, -moves.Ledger);
            return;
        }

        if (answer.Kind != Kind.Undoing) _charges.Add();
        Add(ContraKind.Settlement, bill.Currency, moves.Settled);
        Add(ContraKind.Fees, bill.Currency, moves.Fee);
        if (bill.Rate is null) return;
        Add(ContraKind.Exchange, account.Currency, -moves.Ledger);
        Add(ContraKind.Exchange, bill.Currency, -(moves.Settled + moves.Fee));
    }

    private void Add(ContraKind kind, string currency, long minor) =>
        Books[(kind, currency)] = Books.GetValueOrDefault((kind, currency)) + minor;

    /// <summary>Amounts that an answer tells; what is told is remembered for its repeats.</summary>
    private string Tell(Answered answer)
    {
        static string Group(string type, string currency, long amount) =>
            $"00{type}{currency}{(amount < 0 ? 'D' : 'C')}{Math.Abs(amount):D12}";

        var message = answer.Message;
        var (ledger, available) = answer.ToldBalances;
        var told = $"{answer.Part ?? message.Amount:D12}";
        var moved = Math.Abs(answer.Moves.Ledger != 0 ? answer.Moves.Ledger : answer.Moves.Held);
        if (answer.Kind == Kind.Told)
        {
            told += Group("01", answer.Account!.Currency, ledger) + Group("02", answer.Account.Currency, available);
        }
        else if (answer.Part is not null) told += Group("57", message.Currency, -message.Amount);
        else if (answer is { Code: "00", Bill.Rate: not null } && answer.Kind != Kind.Undoing && moved != 0)
        {
            told += $" {moved:D12} {answer.Bill.Value.Rate} {answer.Account!.Currency}";
        }
        else return told;

        _balances.Add();
        return told;
    }

    internal readonly record struct Name(int Class, bool Advice, uint Stan);

    internal readonly record struct Key(Name Name, string Terminal);

    internal sealed class Account
    {
        public required string Currency { get; init; }

        public long Ledger { get; set; }

        public long Held { get; set; }

        public CardStatus Status { get; set; } = CardStatus.Active;

        public HotReason Hot { get; set; }

        /// <summary>Wrong PINs since the last right one.</summary>
        public int PinTries { get; set; }

        /// <summary>Counters that came with a right cryptogram.</summary>
        public SortedSet<int> ChipCounters { get; } = [];
    }
}

/// <summary>Rates as an operator writes them.</summary>
internal sealed record RateTable(IReadOnlyDictionary<(string From, string To), Quote> Rates)
{
    public static readonly RateTable Empty = new(new Dictionary<(string, string), Quote>());
}

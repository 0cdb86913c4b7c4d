using SunnySwitch.Core.State;

namespace SunnySwitch.Simulation;

/// <summary>A business message in the words of the field: what the reference reads.</summary>
/// <param name="Class">1 authorization, 2 financial, 4 reversal.</param>
/// <param name="Advice">0420 instead of 0400; 0220 instead of 0200: the completion of an authorization.</param>
/// <param name="Stan">DE11.</param>
/// <param name="Terminal">DE41.</param>
/// <param name="Pan">DE2, a published test card.</param>
/// <param name="Amount">DE4, minor units.</param>
/// <param name="OriginalStan">DE11 in DE90.</param>
/// <param name="OriginalClass">Class of the MTI in DE90.</param>
/// <param name="Stays">DE95, the amount that stays.</param>
internal sealed record Message(
    int Class, bool Advice, uint Stan, string Terminal, string Pan, long Amount, uint OriginalStan = 0,
    int OriginalClass = 0, long? Stays = null)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"0{Class}{(Advice ? "20" : "00")} STAN {Stan} {Terminal} {Pan[..6]}******{Pan[^4..]} {Amount}"
        + (OriginalStan != 0 ? $" of 0{OriginalClass}00 STAN {OriginalStan}" : "") + (Stays is { } stays ? $" down to {stays}" : "");
}

/// <summary>What the reference says of a message.</summary>
/// <param name="Code">DE39.</param>
/// <param name="IsJournalled">True for a new answer: approval or business decline.</param>
/// <param name="Key">Names the stored answer that it is, or is a repeat of; null for a refusal.</param>
/// <param name="Moved">Minor units held (class 1) or debited (class 2); negative when given back.</param>
internal readonly record struct Judgement(string Code, bool IsJournalled, string? Key, long Moved);

/// <summary>
/// The rules of the architecture, section 6, once more, with lists and strings and no thought for speed: what the switch is
/// compared with. Knows no hashes, slots or frames.
/// </summary>
internal sealed class ReferenceSwitch(Swarm limits)
{
    private readonly Dictionary<string, Remembered> _remembered = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Remembered>> _byName = new(StringComparer.Ordinal);
    private readonly Queue<Remembered> _inOrder = new();
    private readonly Dictionary<string, int> _tombstones = new(StringComparer.Ordinal);
    private readonly Queue<string> _tombstonesInOrder = new();
    private int _holds;
    private readonly Dictionary<long, Remembered> _open = [];
    private int _day;
    private int _date;
    private int _answers;

    /// <summary>By PAN; looked up only.</summary>
    public Dictionary<string, Account> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>Held in all accounts.</summary>
    public long HeldMinor { get; private set; }

    public int Holds => _holds;

    public void AddCard(string pan, long balanceMinor) => Accounts.Add(pan, new Account { Ledger = balanceMinor });

    public void ChangeCard(string pan, CardStatus status, HotReason hot) =>
        (Accounts[pan].Status, Accounts[pan].Hot) = (status, hot);

    /// <summary>Holds that the switch has ended: each has to be one that is over, with what is left of it.</summary>
    public void Expire(IReadOnlyList<ExpiredHold> holds)
    {
        foreach (var hold in holds)
        {
            var isOpen = _open.Remove(hold.Key, out var entry) && entry!.Left == hold.AmountMinor;
            Ledger.Check(isOpen, "I4", $"answer {hold.Key} ends a hold of {hold.AmountMinor}, open is {entry?.Left ?? 0}");
            Ledger.Check(IsOver(entry!), "I4", $"answer {hold.Key} ends on {_date}, its time is {entry!.Expires}");
            Move(Accounts[entry.Message.Pan], 1, -entry.Left);
            entry.Left = 0;
            _holds--;
        }
    }

    /// <summary>True while a hold is there whose time is over.</summary>
    public bool HasOverdue => _open.Values.Any(IsOver);

    // What was completed can be named as long as its completion is remembered.
    private bool IsOver(Remembered entry) => entry.CompletedOn is { } day ? day < _day - 1 : entry.Expires <= _date;

    public void OpenDay(int date)
    {
        _date = date;
        _day++;
        while (_inOrder.TryPeek(out var oldest) && oldest.Day < _day - 1)
        {
            _inOrder.Dequeue();
            _remembered.Remove(oldest.Key);
            _byName[oldest.Name].Remove(oldest);
        }

        while (_tombstonesInOrder.TryPeek(out var name) && _tombstones[name] < _day - 1)
        {
            _tombstonesInOrder.Dequeue();
            _tombstones.Remove(name);
        }
    }

    public Judgement Judge(Message message)
    {
        var name = $"{message.Class}{(message.Advice ? 'a' : 'r')}/{message.Stan}";
        var key = $"{name}/{message.Terminal}";
        if (_remembered.TryGetValue(key, out var known))
        {
            return known.Message == message ? new(known.Code, false, known.Title, 0) : Refused("94");
        }

        if (_tombstones.ContainsKey(name)) return Refused("94");
        if (_inOrder.Count >= limits.DuplicateKeysMax) return Refused("96");

        var entry = new Remembered { Key = key, Name = name, Message = message, Day = _day };
        var moved = 0L;
        var code = message.Class == 4 ? Reverse(message, out moved)
            : message.Advice ? Complete(message, out moved)
            : Purchase(message, entry, out moved);
        if (code == "96") return Refused(code);
        entry.Code = code;
        _remembered.Add(key, entry);
        if (!_byName.TryGetValue(name, out var ofName)) _byName[name] = ofName = [];
        ofName.Add(entry);
        _inOrder.Enqueue(entry);
        entry.Title = $"{key}#{_answers++}";
        if (message is { Class: 1, Advice: false } && entry.Left > 0) _open.Add(_answers, entry);
        entry.Number = _answers;
        return new Judgement(code, true, entry.Title, moved);
    }

    private static Judgement Refused(string code) => new(code, false, null, 0);

    private string Purchase(Message message, Remembered entry, out long moved)
    {
        moved = 0;
        if (message.Amount == 0 && message.Class != 1) return "13";
        if (!Accounts.TryGetValue(message.Pan, out var account)) return "14";
        if (Restriction(account) is { } restricted) return restricted;
        if (account.Ledger - account.Held < message.Amount) return "51";
        if (message.Amount == 0) return "00";                        // Is this card good?
        if (message.Class == 1 && _holds >= limits.HoldsMax) return "96";
        if (message.Class == 1) _holds++;
        entry.Expires = _date + SwitchState.HoldDaysUsual;
        entry.Left = moved = message.Amount;
        Move(account, message.Class, message.Amount);
        return "00";
    }

    /// <summary>All of it is captured, or a part; the rest of the hold is free.</summary>
    private string Complete(Message message, out long moved)
    {
        moved = 0;
        if (message.Amount == 0) return "13";
        if (!Accounts.TryGetValue(message.Pan, out var account)) return "14";
        var sameCard = _byName.TryGetValue($"1r/{message.OriginalStan}", out var ofName)
            ? ofName.FindAll(entry => SameCard(entry.Message.Pan, message.Pan))
            : [];
        if (sameCard is not [var original]) return "25";
        if (original.Code != "00" || original.Message.Amount == 0) return "12";
        if (original.CompletedOn is not null || original.Left == 0 || original.Expires <= _date) return "25";
        if (message.Amount > original.Left) return "64";
        moved = message.Amount - original.Left;
        Move(account, 1, -original.Left);
        Move(account, 2, message.Amount);
        (original.Left, original.CompletedOn) = (0, _day);
        return "00";
    }

    private static string? Restriction(Account account) => (account.Hot, account.Status) switch
    {
        (HotReason.Lost, _) => "41",
        (HotReason.Stolen, _) => "43",
        (HotReason.PickUp, _) => "04",
        (HotReason.Restricted, _) => "62",
        (_, CardStatus.NotActive) => "78",
        (_, CardStatus.Closed) => "14",
        (_, CardStatus.Blocked) => "62",
        _ => null,
    };

    private string Reverse(Message message, out long moved)
    {
        moved = 0;
        var name = $"{message.OriginalClass}r/{message.OriginalStan}";
        var notFound = message.Advice ? "00" : "25";
        var sameCard = _byName.TryGetValue(name, out var ofName)
            ? ofName.FindAll(entry => SameCard(entry.Message.Pan, message.Pan))
            : [];
        if (sameCard.Count > 1) return notFound;
        if (sameCard.Count == 0)
        {
            if (_tombstones.ContainsKey(name)) return notFound;
            if (_tombstones.Count >= limits.TombstonesPerLinkMax) return "96";
            _tombstones.Add(name, _day);
            _tombstonesInOrder.Enqueue(name);
            return notFound;
        }

        return Undo(sameCard[0], message, out moved);
    }

    private string Undo(Remembered original, Message message, out long moved)
    {
        moved = 0;
        if (original.CompletedOn is not null) return message.Advice ? "00" : "25";
        if (original.Left == 0) return "00";                 // Declined, or reversed in full.
        var stays = message.Stays ?? 0;
        if (stays >= original.Left)
        {
            if (original.PartlyReversed && stays == original.Left) return "00";
            return message.Advice ? "00" : "64";
        }

        moved = stays - original.Left;
        Move(Accounts[original.Message.Pan], original.Message.Class, moved);
        if (original.Message.Class == 1 && stays == 0)
        {
            _holds--;
            _open.Remove(original.Number);
        }

        original.Left = stays;
        original.PartlyReversed = true;
        return "00";
    }

    private bool SameCard(string left, string right) =>
        left == right || (!Accounts.ContainsKey(left) && !Accounts.ContainsKey(right));

    private void Move(Account account, int messageClass, long amount)
    {
        if (messageClass != 1)
        {
            account.Ledger -= amount;
            return;
        }

        account.Held += amount;
        HeldMinor += amount;
    }

    internal sealed class Account
    {
        public long Ledger { get; set; }

        public long Held { get; set; }

        public CardStatus Status { get; set; } = CardStatus.Active;

        public HotReason Hot { get; set; }
    }

    private sealed class Remembered
    {
        public required string Key { get; init; }

        public required string Name { get; init; }

        public required Message Message { get; init; }

        public required int Day { get; init; }

        /// <summary>Key and number: a key that ended with its business date may come again.</summary>
        public string Title { get; set; } = "";

        public string Code { get; set; } = "";

        /// <summary>Of the answer, from 1: what the switch calls its hold by.</summary>
        public long Number { get; set; }

        /// <summary>Number of the business date on which it was captured.</summary>
        public int? CompletedOn { get; set; }

        /// <summary>Business date from which a hold is over.</summary>
        public int Expires { get; set; }

        public long Left { get; set; }

        public bool PartlyReversed { get; set; }
    }
}

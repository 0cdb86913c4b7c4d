namespace SunnySwitch.Core.Tests;

/// <summary>A message in the words of the field; what the model reads.</summary>
internal sealed record Message(
    int Class, bool Advice, int Acquirer, uint Stan, string Terminal, string Pan, long Amount, uint OriginalStan = 0,
    int OriginalClass = 0, long? Stays = null, int Function = 0, long Cash = 0);

/// <summary>
/// The rules of architecture section 6 once more, with lists and strings and no thought for speed: what the switch is
/// compared with. Knows no hashes, slots or frames.
/// </summary>
internal sealed class Model
{
    private readonly List<Remembered> _remembered = [];
    private readonly List<(string Original, int Day)> _tombstones = [];
    private readonly Dictionary<string, long> _takenBack = [];
    private int _day;

    public Dictionary<string, (long Ledger, long Held)> Accounts { get; } = [];

    public void OpenDay()
    {
        _day++;
        _remembered.RemoveAll(entry => entry.Day < _day - 1);
        _tombstones.RemoveAll(entry => entry.Day < _day - 1);
    }

    /// <summary>The code, and whether it is a repeat's.</summary>
    public (string Code, bool Repeat) Send(Message message)
    {
        var name = $"{message.Acquirer}/{message.Class}{(message.Advice ? 'a' : 'r')}/{message.Stan}";
        var key = $"{name}/{message.Terminal}";
        var known = _remembered.Find(entry => entry.Key == key);
        if (known is not null)
        {
            Told = known.Told;
            return known.Message == message ? (known.Code, true) : ("94", false);
        }

        if (_tombstones.Exists(entry => entry.Original == name)) return ("94", false);

        var entry = new Remembered { Key = key, Name = name, Message = message, Day = _day };
        entry.Code = message.Class == 4 ? Reverse(message) : Purchase(message, entry);
        _remembered.Add(entry);
        return (entry.Code, false);
    }

    /// <summary>Available and ledger that the last inquiry, or its repeat, was told.</summary>
    public (long Available, long Ledger) Told { get; private set; }

    private string Purchase(Message message, Remembered entry)
    {
        if (message.Function is not (0 or 1 or 9 or 20 or 30 or 31)) return "40";
        var isInquiry = message.Function is 30 or 31;
        if (isInquiry ? message.Amount != 0 : message.Amount == 0 && (message.Class, message.Function) != (1, 0)) return "13";
        if (message.Function == 9 && (message.Cash == 0 || message.Cash > message.Amount)) return "13";
        if (!Accounts.TryGetValue(message.Pan, out var account)) return "14";
        if (isInquiry) entry.Told = Told = (account.Ledger - account.Held, account.Ledger);
        if (message.Amount == 0) return "00";
        entry.IsCredit = message.Function == 20;
        if (entry.IsCredit && message.Class == 1) return "00";
        if (!entry.IsCredit && account.Ledger - account.Held < message.Amount) return "51";
        entry.Left = message.Amount;
        Move(entry, message.Amount);
        return "00";
    }

    private string Reverse(Message message)
    {
        var name = $"{message.Acquirer}/{message.OriginalClass}r/{message.OriginalStan}";
        var notFound = message.Advice ? "00" : "25";
        var sameCard = _remembered.FindAll(entry => entry.Name == name && SameCard(entry.Message.Pan, message.Pan));
        if (sameCard.Count > 1) return notFound;
        if (sameCard.Count == 0)
        {
            if (!_tombstones.Exists(entry => entry.Original == name)) _tombstones.Add((name, _day));
            return notFound;
        }

        var original = sameCard[0];
        if (original.Left == 0) return "00";                 // Declined, or reversed in full.
        var stays = message.Stays ?? 0;
        if (stays >= original.Left)
        {
            if (original.PartlyReversed && stays == original.Left) return "00";
            return message.Advice ? "00" : "64";
        }

        Move(original, stays - original.Left);
        original.Left = stays;
        original.PartlyReversed = true;
        return "00";
    }

    private bool SameCard(string left, string right) =>
        left == right || (!Accounts.ContainsKey(left) && !Accounts.ContainsKey(right));

    /// <summary>Refunds that were undone: their money is taken back even where it was spent, the one way below the limit.</summary>
    public long TakenBack(string pan) => _takenBack.GetValueOrDefault(pan);

    private void Move(Remembered entry, long amount)
    {
        var (ledger, held) = Accounts[entry.Message.Pan];
        if (entry.IsCredit && amount < 0) _takenBack[entry.Message.Pan] = TakenBack(entry.Message.Pan) - amount;
        if (entry.IsCredit) amount = -amount;
        Accounts[entry.Message.Pan] = entry.Message.Class == 1 ? (ledger, held + amount) : (ledger - amount, held);
    }

    private sealed class Remembered
    {
        public required string Key { get; init; }
        public required string Name { get; init; }
        public required Message Message { get; init; }
        public required int Day { get; init; }
        public string Code { get; set; } = "";
        public long Left { get; set; }
        public bool IsCredit { get; set; }
        public (long Available, long Ledger) Told { get; set; }
        public bool PartlyReversed { get; set; }
    }
}

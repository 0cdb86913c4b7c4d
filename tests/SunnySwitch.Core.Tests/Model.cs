namespace SunnySwitch.Core.Tests;

/// <summary>A message in the words of the field; what the model reads.</summary>
internal sealed record Message(
    int Class, bool Advice, int Acquirer, uint Stan, string Terminal, string Pan, long Amount, uint OriginalStan = 0,
    int OriginalClass = 0, long? Stays = null);

/// <summary>
/// The rules of architecture section 6 once more, with lists and strings and no thought for speed: what the switch is
/// compared with. Knows no hashes, slots or frames.
/// </summary>
internal sealed class Model
{
    private readonly List<Remembered> _remembered = [];
    private readonly List<(string Original, int Day)> _tombstones = [];
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
        if (known is not null) return known.Message == message ? (known.Code, true) : ("94", false);
        if (_tombstones.Exists(entry => entry.Original == name)) return ("94", false);

        var entry = new Remembered { Key = key, Name = name, Message = message, Day = _day };
        entry.Code = message.Class == 4 ? Reverse(message) : Purchase(message, entry);
        _remembered.Add(entry);
        return (entry.Code, false);
    }

    private string Purchase(Message message, Remembered entry)
    {
        if (message.Amount == 0) return "13";
        if (!Accounts.TryGetValue(message.Pan, out var account)) return "14";
        if (account.Ledger - account.Held < message.Amount) return "51";
        entry.Left = message.Amount;
        Move(message.Pan, message.Class, message.Amount);
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

        Move(original.Message.Pan, original.Message.Class, stays - original.Left);
        original.Left = stays;
        original.PartlyReversed = true;
        return "00";
    }

    private bool SameCard(string left, string right) =>
        left == right || (!Accounts.ContainsKey(left) && !Accounts.ContainsKey(right));

    private void Move(string pan, int messageClass, long amount)
    {
        var (ledger, held) = Accounts[pan];
        Accounts[pan] = messageClass == 1 ? (ledger, held + amount) : (ledger - amount, held);
    }

    private sealed class Remembered
    {
        public required string Key { get; init; }
        public required string Name { get; init; }
        public required Message Message { get; init; }
        public required int Day { get; init; }
        public string Code { get; set; } = "";
        public long Left { get; set; }
        public bool PartlyReversed { get; set; }
    }
}

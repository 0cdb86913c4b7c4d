namespace SunnySwitch.Simulation;

/// <summary>What acquirers send: purchases, completions, repeats, reversals before and after, other bodies under old keys, 0800.</summary>
internal sealed class Traffic(Swarm swarm, Wire wire, Prng prng, Prng ofProofs, Prng ofSerials)
{
    /// <summary>Published test cards; the first ones are known to the switch.</summary>
    public static readonly string[] Cards =
    [
        "4761739001010119", "4111111111111111", "5555555555554444", "4012888888881881", "5105105105105100",
        "6011111111111117", "4000000000000002", "378282246310005",
    ];

    private static readonly string[] Terminals = ["TERM0001", "TERM0002"];
    private static readonly string[] NetworkCodes = ["001", "002", "301", "999"];
    private static readonly string[] Currencies = ["840", "978", "392", "048"];
    private const int Devices = 3;
    private static readonly int[] Functions = [1, 1, 20, 20, 31, 22];
    private readonly List<Message> _past = [];
    private readonly List<Message> _authorizations = [];
    private readonly List<Message> _takings = [];
    private readonly List<Message> _followUps = [];
    private readonly Dictionary<(uint Stan, string Terminal), (long Number, string Code)> _codes = [];
    private readonly Dictionary<string, int> _counters = [];
    private readonly int[] _serials = new int[Devices + 1];
    private uint _nextStan = 1;

    /// <summary>Of the account: the second card's is another than that of the rest.</summary>
    public static string CurrencyOf(string pan) => Currencies[pan == Cards[1] ? 1 : 0];

    /// <summary>Business messages so far.</summary>
    public int Count { get; private set; }

    /// <summary>The next thing that the acquirer of this connection sends.</summary>
    public Sent Next(SimConnection connection)
    {
        if (swarm.SignOnRequired && !connection.IsSignedOn && prng.Chance(700)) return Network("001");
        if (prng.Chance(swarm.Networks)) return Network(NetworkCodes[prng.Below(NetworkCodes.Length)]);
        Count++;
        if (_past.Count > 0 && prng.Chance(swarm.Repeats)) return Business(Past(), prng.Chance(700));
        if (_past.Count > 0 && prng.Chance(swarm.OtherBodies)) return Business(Other(Past()), prng.Chance(300));
        var message = New();
        message = message with { Proof = Numbered(Proofs(message)) };
        Note(message);
        var sent = Business(message, isRepeat: false);
        return prng.Chance(swarm.Broken) ? sent with { Frame = wire.CutShort(sent.Frame), Message = null } : sent;
    }

    /// <summary>An authorization was approved: its approval code can name it from now on.</summary>
    public void Learn(Message message, long number, string code)
    {
        var isOpening = message is { Class: 1, Function: 0 or 1, Amount: > 0, IsNaming: false } && code.Length > 0;
        if (isOpening) _codes[(message.Stan, message.Terminal)] = (number, code);
    }

    /// <summary>A repeat of something sent earlier, most likely lately.</summary>
    public Sent Repeat() => Business(Past(), isRepeat: true);

    public bool HasPast => _past.Count > 0;

    private Message Past() => _past[^(prng.Below(Math.Min(_past.Count, prng.Chance(800) ? 20 : 1_000)) + 1)];

    private static Message Other(Message message) => message with { Amount = message.Amount + 1 };

    private Message New()
    {
        if (prng.Chance(swarm.EarlyReversals))
        {
            var of = First() with { Stan = _nextStan + 1 + (uint)prng.Below(5) };
            return Reversal(of, of.Pan);
        }

        if (_past.Count == 0) return First();
        if (prng.Chance(swarm.Reversals))
        {
            var original = prng.Chance(400) ? LateOf(_followUps) ?? Past() : Past();
            if (original.Class != 4 || prng.Chance(50)) return Reversal(original, PanOf(original));
        }


        if (prng.Chance(swarm.Completions) && LateOf(_authorizations) is { } authorized) return Completion(authorized);
        if (prng.Chance(swarm.Increments) && LateOf(_authorizations) is { } raised) return Increment(raised);
        if (prng.Chance(swarm.Refunds) && LateOf(_takings) is { } taken) return Refund(taken);
        if (prng.Chance(swarm.Voids) && LateOf(prng.Chance(600) ? _takings : _followUps, oldOnes: 500) is { } voided) return Void(voided);
        return First();
    }

    // Most of it soon, some of it on another business date.
    private Message? LateOf(List<Message> sent, int oldOnes = 150) =>
        sent.Count == 0 ? null : sent[^(prng.Below(Math.Min(sent.Count, prng.Chance(oldOnes) ? 200 : swarm.LateOnes)) + 1)];

    private void Note(Message message)
    {
        _past.Add(message);
        var isFollowUp = message.IsNaming || message.Function == 20;
        if (message is { Class: 1, Function: 0 or 1 }) _authorizations.Add(message);
        if (message is { Class: 2, Function: 0 or 1 }) _takings.Add(message);
        if (isFollowUp && message.Class != 4) _followUps.Add(message);
    }

    private Message First()
    {
        // Some acquirers count DE11 per terminal: two originals under one DE90.
        var isShared = _past.Count > 0 && prng.Chance(20);
        var message = new Message(
            prng.Chance(700) ? 1 : 2, prng.Chance(swarm.Advices), isShared ? Past().Stan : _nextStan++,
            Terminals[isShared ? 1 : 0], Card(), prng.Chance(20) ? 0 : Amount())
        {
            Currency = prng.Chance(swarm.Foreign) ? Currencies[prng.Below(Currencies.Length)] : Currencies[0],
            Fee = Fee(),
        };
        if (prng.Chance(swarm.OtherFunctions))
        {
            var function = Functions[prng.Below(Functions.Length)];
            message = message with { Function = function, Amount = function == 31 && prng.Chance(900) ? 0 : message.Amount };
        }

        var says = wire.HasMarks && prng.Chance(300) ? Says.PartialOk : 0;
        if (message.Class == 1 && prng.Chance(200)) says |= Says.Estimate;
        if (message.Advice && prng.Chance(100)) says |= Says.DeclinedElsewhere;
        return message with { Says = says };
    }

    private Message Reversal(Message original, string pan) => Names(original, new Message(
        4, prng.Chance(500), _nextStan++, Terminals[0], pan, original.Amount, Stays: prng.Chance(650) ? null : Stays(original)));

    private long Stays(Message original) => prng.Chance(500) ? original.Amount / 2 : Amount() - 1;

    private Message Completion(Message original) => Names(original, new Message(
        2, prng.Chance(800), _nextStan++, Terminals[0], PanOf(original), prng.Chance(600) ? original.Amount : Amount())
    {
        Fee = prng.Chance(700) ? original.Fee : Fee(),
        Says = wire.HasMarks && prng.Chance(400) ? Says.MoreFollow : 0,
    });

    private Message Increment(Message original) => Names(original, new Message(
        1, prng.Chance(swarm.Advices), _nextStan++, Terminals[0], PanOf(original), Amount())
    { Fee = Fee() });

    private Message Refund(Message original) => Names(original, new Message(
        prng.Chance(900) ? 2 : 1, prng.Chance(swarm.Advices), _nextStan++, Terminals[0], PanOf(original),
        prng.Chance(400) ? original.Amount : prng.Chance(500) ? original.Amount / 2 : Amount())
    { Function = 20, Fee = Fee() });

    private Message Void(Message original) => Names(original, new Message(
        prng.Between(1, 2), prng.Chance(swarm.Advices), _nextStan++, Terminals[0], PanOf(original), Amount())
    { Function = 2 });

    // A completion, refund or void names what was sent; a refund also the authorization that its purchase began with.
    private Message Names(Message original, Message message)
    {
        var isFirst = message.Function == 20 && original.OriginalClass is 1 or 2 && prng.Chance(300);
        var stan = isFirst ? original.OriginalStan : original.Stan;
        // DE38 of an advice that holds is an approval of its own.
        var isByCode = prng.Chance(250) && message is not { Class: 1, Advice: true, Function: 0 } && (isFirst ? original.OriginalClass : original.Class) == 1;
        if (isByCode && _codes.TryGetValue((stan, Terminals[0]), out var approved))
        {
            return message with { ApprovedBy = approved.Number, ApprovalCode = approved.Code, Currency = original.Currency };
        }

        return message with
        {
            OriginalStan = stan,
            OriginalClass = isFirst ? original.OriginalClass : original.Class,
            OriginalAdvice = isFirst ? original.OriginalAdvice : original.Advice,
            Currency = prng.Chance(970) ? original.Currency : Currencies[prng.Below(Currencies.Length)],
        };
    }

    private string PanOf(Message original) => prng.Chance(950) ? original.Pan : Card();

    private long Amount() => prng.Chance(swarm.SmallAmounts) ? prng.Between(1, 9) : prng.Between(1, 2_000);

    private long Fee()
    {
        if (!wire.HasFees || !prng.Chance(swarm.Fees)) return 0;
        return prng.Chance(swarm.SmallAmounts) ? prng.Between(-3, 5) : prng.Between(-20, 50);
    }

    private string Card() => prng.Chance(900) ? Cards[prng.Below(swarm.Cards)] : Cards[prng.Below(Cards.Length)];

    private Sent Network(string code)
    {
        var (stan, mac) = (_nextStan++, Mac());
        return new Sent(wire.EncodeNetwork(stan, code, mac), null, stan, 0x0810, new ReferenceSwitch.Name(8, false, stan), mac, code);
    }

    private Sent Business(Message message, bool isRepeat)
    {
        var mac = Mac();
        if (isRepeat && swarm.HasDesk && ofProofs.Chance(50)) message = message with { Proof = Numbered(Proofs(message)) };
        return new Sent(
            wire.Encode(message, isRepeat, mac), message, message.Stan, (ushort)((message.Class << 8) + (message.Advice ? 0x30 : 0x10)),
            new ReferenceSwitch.Name(message.Class, message.Advice, message.Stan), mac);
    }

    private Proven Mac() => !wire.HasMac ? Proven.Nothing : !ofProofs.Chance(swarm.WrongProofs / 8) ? Proven.Right : ofProofs.Chance(500) ? Proven.Wrong : 0;

    /// <summary>A PIN, and how the card was read; of what follows up and of advices seldom, where nobody has to look at it.</summary>
    private Proof Proofs(Message message)
    {
        var isFirst = message is { Class: 1 or 2, Advice: false, IsNaming: false };
        if (!swarm.HasDesk || message.Class == 4 || !(isFirst || ofProofs.Chance(200))) return Proof.None;
        var pin = ofProofs.Chance(swarm.Pins) ? OneProof() : Proven.Nothing;
        if (ofProofs.Chance(swarm.CardProofs)) return new Proof(pin, Code: OneProof());
        if (ofProofs.Chance(swarm.CardProofs)) return new Proof(pin, Chip: OneProof(), Counter: CounterOf(message.Pan));
        if (wire.HasPrintedCode && ofProofs.Chance(swarm.CardProofs)) return new Proof(pin, Printed: OneProof());
        return pin == Proven.Nothing ? Proof.None : new Proof(pin);
    }

    /// <summary>With the device's next serial number, now and then one much later, or one that it had.</summary>
    private Proof Numbered(Proof proof)
    {
        if (!wire.HasSerials || proof.Pin == Proven.Nothing || !ofSerials.Chance(900)) return proof;
        var device = ofSerials.Between(1, Devices);
        var last = _serials[device];
        if (last > 0 && ofSerials.Chance(100)) return proof with { Device = device, Serial = ofSerials.Between(Math.Max(1, last - 3), last) };
        _serials[device] = last + (ofSerials.Chance(50) ? ofSerials.Between(2, 9) : 1);
        return proof with { Device = device, Serial = _serials[device] };
    }

    /// <summary>The chip's next counter, now and then one later, or one that it had or left out: a copy, or a message that comes late.</summary>
    private int CounterOf(string pan)
    {
        var last = _counters.GetValueOrDefault(pan);
        if (last > 0 && ofSerials.Chance(100)) return ofSerials.Between(Math.Max(1, last - 6), last);
        return _counters[pan] = last + (ofSerials.Chance(50) ? ofSerials.Between(2, 5) : 1);
    }

    private Proven OneProof()
    {
        if (!ofProofs.Chance(swarm.WrongProofs)) return Proven.Right;
        return ofProofs.Chance(700) ? Proven.Wrong : (Proven)ofProofs.Between((int)Proven.Unable, (int)Proven.Replayed);
    }
}

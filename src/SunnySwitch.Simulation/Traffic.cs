namespace SunnySwitch.Simulation;

/// <summary>What acquirers send: purchases, completions, repeats, reversals before and after, other bodies under old keys, 0800.</summary>
internal sealed class Traffic(Swarm swarm, Wire wire, Prng prng)
{
    /// <summary>Published test cards; the first ones are known to the switch.</summary>
    public static readonly string[] Cards =
    [
        "4761739001010119", "4111111111111111", "5555555555554444", "4012888888881881", "5105105105105100",
        "6011111111111117", "4000000000000002", "378282246310005",
    ];

    private static readonly string[] Terminals = ["TERM0001", "TERM0002"];
    private static readonly string[] NetworkCodes = ["001", "002", "301", "999"];
    private readonly List<Message> _past = [];
    private uint _nextStan = 1;

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
        _past.Add(message);
        var sent = Business(message, isRepeat: false);
        return prng.Chance(swarm.Broken) ? sent with { Frame = wire.CutShort(sent.Frame), Message = null } : sent;
    }

    /// <summary>A repeat of something sent earlier, most likely lately.</summary>
    public Sent Repeat() => Business(Past(), isRepeat: true);

    public bool HasPast => _past.Count > 0;

    private Message Past() => _past[^(prng.Below(Math.Min(_past.Count, prng.Chance(800) ? 20 : 1_000)) + 1)];

    private static Message Other(Message message) => message with { Amount = message.Amount + 1 };

    private Message New()
    {
        if (prng.Chance(swarm.EarlyReversals)) return Reversal(_nextStan + 1 + (uint)prng.Below(5), 1, Card());
        if (_past.Count > 0 && prng.Chance(swarm.Reversals))
        {
            var original = Past();
            if (original.Class != 4) return Reversal(original.Stan, original.Class, prng.Chance(950) ? original.Pan : Card());
        }

        if (_past.Count > 0 && prng.Chance(swarm.Completions))
        {
            var original = Past();
            if (original.Class == 1) return Completion(original);
        }

        // Some acquirers count DE11 per terminal: two originals under one DE90.
        var isShared = _past.Count > 0 && prng.Chance(20);
        return new Message(
            prng.Chance(700) ? 1 : 2, Advice: false, isShared ? Past().Stan : _nextStan++,
            Terminals[isShared ? 1 : 0], Card(), prng.Chance(20) ? 0 : prng.Between(1, 2_000));
    }

    private Message Reversal(uint originalStan, int originalClass, string pan) => new(
        4, prng.Chance(500), _nextStan++, Terminals[0], pan, prng.Between(1, 2_000), originalStan, originalClass,
        prng.Chance(250) ? prng.Between(0, 1_500) : null);

    private Message Completion(Message original) => new(
        2, Advice: true, _nextStan++, Terminals[0], prng.Chance(950) ? original.Pan : Card(),
        prng.Chance(600) ? original.Amount : prng.Between(1, 2_000), original.Stan, OriginalClass: 1);

    private string Card() => prng.Chance(900) ? Cards[prng.Below(swarm.Cards)] : Cards[prng.Below(Cards.Length)];

    private Sent Network(string code)
    {
        var stan = _nextStan++;
        return new Sent(wire.EncodeNetwork(stan, code), null, stan, 0x0810, code);
    }

    private Sent Business(Message message, bool isRepeat) => new(
        wire.Encode(message, isRepeat), message, message.Stan,
        (ushort)((message.Class << 8) + (message.Advice ? 0x30 : 0x10)));
}

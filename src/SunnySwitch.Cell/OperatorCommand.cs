using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Cell;

/// <summary>What an operator asks of the running switch.</summary>
public enum CommandKind : byte
{
#pragma warning disable CS1591
    CardAdd = 1, CardShow = 2, CardChange = 3, CardsGenerate = 4, OpenBusinessDate = 5, ResealPans = 6, RulesActivate = 7, RulesUndo = 8, RulesShow = 9,
    ExpireHolds = 10, RatesActivate = 11, RatesUndo = 12, RatesShow = 13,
    AcceptorSet = 14, AcceptorShow = 15, PaymentStop = 16, CardAddress = 17, CardPin = 18,
    KeyNote = 19, KeysShow = 20,
#pragma warning restore CS1591
}

/// <summary>How a command ended.</summary>
public enum CommandOutcome : byte
{
#pragma warning disable CS1591
    Pending = 0, Done = 1, CardUnknown = 2, CardKnown = 3, TableFull = 4, JournalFull = 5, BadTerms = 6, PanUnreadable = 7,
    LimitIdMeansOther = 8, NothingToUndo = 9,
#pragma warning restore CS1591
}

/// <summary>An operator's command on its way through the ring; completed behind the reply gate, like any answer.</summary>
/// <param name="kind">What is asked.</param>
/// <param name="completed">Called once by the kernel thread; must return at once and not throw.</param>
public sealed class OperatorCommand(CommandKind kind, Action<OperatorCommand> completed)
{
    /// <summary>What is asked.</summary>
    public CommandKind Kind => kind;

    /// <summary>The card it is about.</summary>
    public PanToken Pan;

    /// <summary>For <see cref="CommandKind.CardAdd"/>.</summary>
    public CardTerms Card;

    /// <summary>
    /// For <see cref="CommandKind.CardAdd"/>: the PAN as <see cref="Core.Domain.PanBlock"/> has it; the kernel seals it
    /// and clears these bytes. Null: the card gets no ciphertext.
    /// </summary>
    public byte[]? PanBlock;

    /// <summary>
    /// For <see cref="CommandKind.ResealPans"/> and <see cref="CommandKind.ExpireHolds"/>: where to begin, 0 at first; afterwards where to go
    /// on, -1 at the end.
    /// </summary>
    public int Cursor;

    /// <summary>What <see cref="CommandKind.ExpireHolds"/> ended.</summary>
    public HoldsExpired Expired;

    /// <summary>What <see cref="CommandKind.ResealPans"/> sealed anew.</summary>
    public int Resealed;

    /// <summary>For <see cref="CommandKind.CardChange"/>.</summary>
    public CardChanged Change;

    /// <summary>For <see cref="CommandKind.CardAddress"/>.</summary>
    public CardAddressed Address;

    /// <summary>For <see cref="CommandKind.CardPin"/>.</summary>
    public CardPinSet Pin;

    /// <summary>For <see cref="CommandKind.PaymentStop"/>.</summary>
    public PaymentStopped Stop;

    /// <summary>For <see cref="CommandKind.AcceptorSet"/>; for <see cref="CommandKind.AcceptorShow"/> whose, and afterwards what is said of it.</summary>
    public AcceptorSet Acceptor;

    /// <summary>For <see cref="CommandKind.KeyNote"/>.</summary>
    public KeyNoted Key;

    /// <summary>What <see cref="CommandKind.KeysShow"/> found.</summary>
    public IReadOnlyList<KeyNote> Keys = [];

    /// <summary>For <see cref="CommandKind.CardsGenerate"/>; where the range begins is the kernel's to say.</summary>
    public CardsGenerated Range;

    /// <summary>For <see cref="CommandKind.OpenBusinessDate"/>: days since 1970-01-01.</summary>
    public int DayNumber;

    /// <summary>
    /// For <see cref="CommandKind.RulesActivate"/> the rules, for <see cref="CommandKind.RulesUndo"/> operator and reason;
    /// afterwards what was recorded.
    /// </summary>
    public RuleSet Rules;

    /// <summary>For <see cref="CommandKind.RulesShow"/>: in force, before, to come.</summary>
    public (RuleSet Active, RuleSet Previous, RuleSet Pending) AllRules;

    /// <summary>Likewise for rates.</summary>
    public RateSet Rates;

    /// <summary>For <see cref="CommandKind.RatesShow"/>: in force, before, to come.</summary>
    public (RateSet Active, RateSet Previous, RateSet Pending) AllRates;

    /// <summary>For <see cref="CommandOutcome.LimitIdMeansOther"/>.</summary>
    public byte LimitId;

    /// <summary>What <see cref="CommandKind.CardShow"/> found.</summary>
    public CardView View;

    /// <summary>Set by the kernel.</summary>
    public CommandOutcome Outcome;

    /// <summary>Tells whoever asked.</summary>
    public void Complete() => completed(this);
}

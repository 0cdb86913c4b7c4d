using System.Runtime.CompilerServices;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;

namespace SunnySwitch.Simulation;

/// <summary>A frame that the journal has to hold, in the reference's words.</summary>
internal sealed record LogEntry(JournalKind Kind)
{
    public Message? Message { get; init; }

    /// <summary>When it was decided.</summary>
    public int Minute { get; init; }

    public string Code { get; init; } = "";

    public Moves Moves { get; init; }

    /// <summary>What is said of a key.</summary>
    public KeyTold? Key { get; init; }

    /// <summary>What the desk said.</summary>
    public Said Said { get; init; }

    /// <summary>What other cells had counted.</summary>
    public Others? Others { get; init; }

    public int? PinTries { get; init; }

    public string Pan { get; init; } = "";

    public string Currency { get; init; } = "";

    public CardStatus Status { get; init; }

    public HotReason Hot { get; init; }

    /// <summary>A business date: the one opened, or from which rules or rates are in force.</summary>
    public int Day { get; init; }

    public IReadOnlyList<ExpiredHold>? Expired { get; init; }

    /// <summary>What comes into force; null: the last activation is taken back.</summary>
    public RuleFile? Rules { get; init; }

    /// <summary>Likewise.</summary>
    public RateTable? Rates { get; init; }
}

/// <summary>A frame as the journal gives it back.</summary>
internal readonly record struct Seen(
    JournalKind Kind, ushort Mti, ulong Stan, string Code, Moves Moves, uint Verdicts, int? PinTries, uint Serial, string Others)
{
    public static Seen Of(JournalKind kind, ReadOnlySpan<byte> payload)
    {
        if (kind != JournalKind.Decided) return new Seen(kind, 0, 0, "", default, 0, null, 0, "");
        Must.Hold(Decided.TryRead(Decided.Version, payload, out var decided, out _, out var charges, out var tail));
        var (settled, fee) = (-decided.LedgerDelta, 0L);
        if (decided.LedgerDelta != 0 && (decided.Request.Has & RequestHas.Charged) != 0) (settled, fee) = (charges.SettledMinor, charges.FeeMinor);
        return new Seen(
            kind, decided.Request.Mti, decided.Request.Stan, decided.Code.ToString(),
            new Moves(decided.HeldDelta, decided.LedgerDelta, settled, fee), decided.Request.Verdicts,
            decided.Request.PinTries < 0 ? null : decided.Request.PinTries, decided.Serial.Counter, SunnySwitch.Simulation.Others.Text(tail));
    }
}

/// <summary>
/// What was decided, in order, as the reference has it; after a crash it is cut to what the journal kept, and the reference
/// is made anew from it.
/// </summary>
internal sealed class Ledger(Swarm swarm)
{
    private readonly List<LogEntry> _log = [];

    public ReferenceSwitch Reference { get; private set; } = new(swarm);

    /// <summary>How often new answers did what.</summary>
    public SortedDictionary<string, int> Did { get; } = new(StringComparer.Ordinal);

    /// <summary>Frames decided.</summary>
    public int Count => _log.Count;

    /// <summary>Frames that an answer on a wire has promised.</summary>
    public int Promised { get; private set; }

    /// <summary>Decides a message; what is journalled goes into the log.</summary>
    public Judgement Judge(Message message, int minute, Said said, Others? others)
    {
        var judgement = Reference.Judge(message, minute, said, others);
        if (judgement.IsJournalled)
        {
            Note(judgement.Did);
            _log.Add(new LogEntry(JournalKind.Decided)
            {
                Message = message,
                Minute = minute,
                Code = judgement.Code,
                Moves = judgement.Moves,
                Said = said,
                Others = others,
                PinTries = judgement.PinTries,
            });
        }

        return judgement;
    }

    /// <summary>Something came up.</summary>
    public void Note(string what) => Did[what] = Did.GetValueOrDefault(what) + 1;

    public void Add(LogEntry entry)
    {
        _log.Add(entry);
        Apply(Reference, entry);
    }

    public void Promise(int frames) => Promised = Math.Max(Promised, frames);

    /// <summary>After a crash: what the journal kept has to be a beginning of the log, with all that was promised.</summary>
    public void Survive(List<Seen> seen)
    {
        Check(seen.Count <= _log.Count, "I2", $"the journal has {seen.Count} frames where {_log.Count} were decided");
        for (var index = 0; index < seen.Count; index++) Compare(index, seen[index], _log[index]);
        Check(seen.Count >= Promised, "I1", $"{Promised} frames were promised on a wire, {seen.Count} survived");
        if (seen.Count == _log.Count) return;
        _log.RemoveRange(seen.Count, _log.Count - seen.Count);
        Reference = new ReferenceSwitch(swarm);
        foreach (var entry in _log) Apply(Reference, entry);
    }

    public static void Check(bool holds, string invariant, string what)
    {
        if (!holds) throw new InvariantBrokenException(invariant, what);
    }

    /// <summary>The words are made when it does not hold.</summary>
    public static void Check(bool holds, string invariant, [InterpolatedStringHandlerArgument(nameof(holds))] ref WhenBroken what)
    {
        if (!holds) throw new InvariantBrokenException(invariant, what.ToStringAndClear());
    }

    private static void Compare(int index, Seen seen, LogEntry entry)
    {
        Check(seen.Kind == entry.Kind, "I1", $"frame {index} is {seen.Kind}, decided was {entry.Kind}");
        if (entry.Message is not { } message) return;
        var same = seen.Stan == message.Stan && seen.Mti >> 8 == message.Class && (seen.Mti & 0xF0) == (message.Advice ? 0x20 : 0) && seen.Code == entry.Code;
        Check(same, "I1", $"frame {index} says {seen.Mti:X4} STAN {seen.Stan} {seen.Code}, decided was {message} {entry.Code}");
        var isProven = seen.Verdicts == entry.Said.InFrame && seen.PinTries == entry.PinTries;
        Check(isProven, "I5", $"frame {index}: verdicts {seen.Verdicts:X8}, {seen.PinTries} wrong PINs; decided was {entry.Said}, {entry.PinTries}: {message}");
        var serial = entry.Said.IsPinRead ? message.Proof.Serial : 0;
        Check(seen.Serial == serial, "I5", $"frame {index}: serial number {seen.Serial}, decided was {serial}: {message}");
        var others = entry.Others?.ToString() ?? "";
        Check(seen.Others == others, "limits", $"frame {index}: other cells {seen.Others}, decided was with {others}: {message}");
        Check(seen.Moves == entry.Moves, "I5", $"frame {index}: {seen.Moves}, decided was {entry.Moves}: {message}");
    }

    private static void Apply(ReferenceSwitch reference, LogEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalKind.Decided: reference.Judge(entry.Message!, entry.Minute, entry.Said, entry.Others); break;
            case JournalKind.CardAdded: reference.AddCard(entry.Pan, entry.Currency, entry.Moves.Ledger); break;
            case JournalKind.CardChanged: reference.ChangeCard(entry.Pan, entry.Status, entry.Hot); break;
            case JournalKind.CardPinSet: reference.ResetPin(entry.Pan); break;
            case JournalKind.KeyNoted: reference.NoteKey(entry.Key!); break;
            case JournalKind.HoldsExpired: reference.Expire(entry.Expired!); break;
            case JournalKind.RulesActivated: reference.ChangeRules(entry.Rules, entry.Day); break;
            case JournalKind.RatesActivated: reference.ChangeRates(entry.Rates, entry.Day); break;
            default:
                Must.Hold(entry.Kind == JournalKind.BusinessDateOpened);
                reference.OpenDay(entry.Day);
                break;
        }
    }
}

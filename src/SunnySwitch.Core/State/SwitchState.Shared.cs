using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Core.State;

/// <summary>How long a counter lives.</summary>
public enum CounterKind : byte
{
    /// <summary>A business date and the next.</summary>
    Date = 1,
    /// <summary>As long; it has the last pieces of time.</summary>
    Sliding = 2,
    /// <summary>A week or a month: two months of the calendar.</summary>
    Month = 3,
    /// <summary>For ever.</summary>
    Life = 4,
}

/// <summary>A counter: what one limit counts of one subject in one window.</summary>
/// <param name="Kind">How long it lives.</param>
/// <param name="Primary">Limit, window and subject, mixed: the same in every cell that has the same rules.</param>
public readonly record struct CounterKey(CounterKind Kind, ulong Primary);

/// <summary>What a counter has.</summary>
public readonly struct CounterView
{
    private readonly SlidingCounter _pieces;

    internal CounterView(in DayCounter counter)
    {
        Pieces = 1;
        _pieces.Counts[0] = counter.Count;
        _pieces.Amounts[0] = counter.AmountMinor;
    }

    internal CounterView(in SlidingCounter counter) => (Pieces, _pieces) = (SlidingCounter.Pieces, counter);

    /// <summary>Pieces of time that it has, the newest first; 1 where the window does not slide.</summary>
    public int Pieces { get; }

    /// <summary>Number of the newest piece; 0 where the window does not slide.</summary>
    public int Newest => _pieces.Newest;

    /// <summary>Transactions in a piece, so many before the newest.</summary>
    public uint Count(int age) => _pieces.Counts[(Newest - age) & (SlidingCounter.Pieces - 1)];

    /// <summary>Minor units likewise; of limits on different cards, the bits that cards have set.</summary>
    public long AmountMinor(int age) => _pieces.Amounts[(Newest - age) & (SlidingCounter.Pieces - 1)];
}

/// <summary>What the register says of a merchant, or of one of its terminals.</summary>
/// <param name="Acquirer">DE32 as a number.</param>
/// <param name="Merchant">DE42.</param>
/// <param name="Terminal">DE41; empty: the merchant itself.</param>
/// <param name="Category">ISO 18245; 0: any.</param>
/// <param name="Status">Status.</param>
public readonly record struct AcceptorView(ulong Acquirer, string Merchant, string Terminal, ushort Category, AcceptorStatus Status);

/// <content>What is told to those who keep a copy beside the switch; changes nothing.</content>
public sealed partial class SwitchState
{
    /// <summary>False while no decision changes a counter.</summary>
    public bool HasCounters => Velocity.HasAny;

    /// <summary>
    /// Counters that a decision changes; asked before it is applied, since what it undoes may be forgotten by then.
    /// </summary>
    public void CollectCounters(in Decided decided, ICollection<CounterKey> keys)
    {
        Velocity.CollectCounted(in decided, _day, keys);
        if (decided.Effect != EffectKind.Reversed) return;
        Velocity.CollectGivenBack(decided.OriginalKey, decided.OriginalKey >= Keys.Entries.TodayFirst ? _day : _previousDay, keys);
    }

    /// <summary>What to ask other cells for before a request is decided; returns how much of it.</summary>
    internal int AskOthers(in Transaction transaction, Instant now, Span<CounterQuestion> questions)
    {
        ref readonly var request = ref transaction.Decided.Request;
        var slot = Cards.Find(request.Pan);
        return Velocity.Ask(in request, transaction.Operation, slot < 0 ? -1 : Cards[slot].Account, _day, _previousDay, now, questions);
    }

    /// <summary>All counters that live, as they lie; nothing may be applied meanwhile.</summary>
    public IEnumerable<CounterKey> AllCounters() => Velocity.All();

    /// <summary>What a counter has; false when there is none.</summary>
    public bool TryFindCounter(CounterKey key, out CounterView view) => Velocity.TryFind(key, out view);

    /// <summary>Tokens of the cards on the hot list, whatever its dates say.</summary>
    public IEnumerable<PanToken> HotCards()
    {
        for (var slot = 0; slot < Cards.Slots; slot++)
        {
            if (Cards[slot].Status != 0 && Cards[slot].Hot != HotReason.None) yield return Cards[slot].Pan;
        }
    }

    /// <summary>All merchants and terminals of the register.</summary>
    public IEnumerable<AcceptorView> AllAcceptors() => Registers.Acceptors.All().Select(View);

    /// <summary>Connections that signed on or off; what the connection's slot had before is forgotten.</summary>
    public IEnumerable<SessionChanged> AllSessions() =>
        Enumerable.Range(0, Sessions.Max).Select(Sessions.At).Where(session => session.State != SessionState.None);

    /// <summary>A connection's session; state None when it has none.</summary>
    public SessionChanged SessionAt(int connection) => Sessions.At(connection);

    private static AcceptorView View(AcceptorEntry entry) =>
        new(entry.Acquirer, AcceptorEntry.TextOf(entry.Merchant), AcceptorEntry.TextOf(entry.Terminal), entry.Category, entry.Status);
}

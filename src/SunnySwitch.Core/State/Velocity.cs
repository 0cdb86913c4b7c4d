using System.Numerics;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// The limits in force and what they have counted. Counters live as long as answers do, two business dates: a window is a business
/// date, or at most the last 24 hours.
/// </summary>
internal sealed class Velocity(StateOptions options, bool touch)
{
    private const ulong CounterDomain = 0x5010, ReceiptDomain = 0x5011;
    private const long NanosPerMinute = 60 * Instant.NanosPerSecond;

    private RuleSet _active;
    private RuleSet _previous;
    private RuleSet _pending;

    public readonly FifoHash<DayCounter> Days = new("tables.dayCounters", options.DayCountersMax, touch);
    public readonly FifoHash<SlidingCounter> Slidings = new("tables.slidingCounters", options.SlidingCountersMax, touch);
    public readonly FifoHash<Receipt> Receipts = new("tables.receipts", options.ReceiptsMax, touch);

    /// <summary>In force.</summary>
    public ref readonly RuleSet Active => ref _active;

    /// <summary>What was in force before.</summary>
    public ref readonly RuleSet Previous => ref _previous;

    /// <summary>What will be in force from a later business date; version 0: nothing.</summary>
    public ref readonly RuleSet Pending => ref _pending;

    /// <summary>Version that the next activation gets.</summary>
    public uint NextVersion => Math.Max(_active.Version, _pending.Version) + 1;

    /// <summary>Share of the state hash.</summary>
    public UInt128 RulesSum => Sum(in _active, 1) + Sum(in _previous, 2) + Sum(in _pending, 3);

    /// <summary>Limits that count such a transaction: bit n is the n-th of the version in force.</summary>
    public ulong Counting(Operation operation, ushort currency)
    {
        ulong bits = 0;
        ReadOnlySpan<LimitTerms> limits = _active.Limits;
        for (var index = 0; index < _active.Count; index++)
        {
            if (limits[index].Counts(operation, currency)) bits |= 1UL << index;
        }

        return bits;
    }

    /// <summary>False: one more transaction that these limits count could not be remembered.</summary>
    public bool HasRoom(ulong limits) =>
        limits == 0 || (!Receipts.IsFull && Days.Live + BitOperations.PopCount(limits) <= options.DayCountersMax
            && Slidings.Live + BitOperations.PopCount(limits) <= options.SlidingCountersMax);

    /// <summary>What a limit has counted of its subject up to now.</summary>
    public (long Count, long AmountMinor) Used(in LimitTerms limit, in Subjects subjects, int day, int previousDay, Instant now)
    {
        var subject = subjects.Of(limit.Subject);
        if (limit.Minutes == 0)
        {
            var today = Find(Days, Primary(in limit, subject, day));
            return today == 0 ? (0, 0) : (Days[today].Count, Days[today].AmountMinor);
        }

        var (count, amount) = (0L, 0L);
        var piece = PieceOf(in limit, MinuteOf(now));
        foreach (var each in (ReadOnlySpan<int>)[day, previousDay])
        {
            var number = Find(Slidings, Primary(in limit, subject, each));
            if (number != 0) Slidings[number].AddTo(piece, ref count, ref amount);
        }

        return (count, amount);
    }

    /// <summary>Counts an approved transaction.</summary>
    public void Count(ulong limits, in Subjects subjects, int day, Instant time, long amountMinor, long key)
    {
        ReadOnlySpan<LimitTerms> all = _active.Limits;
        for (var left = limits; left != 0; left &= left - 1)
        {
            ref readonly var limit = ref all[BitOperations.TrailingZeroCount(left)];
            Must.Hold(limit.Id != 0);
            Add(in limit, subjects.Of(limit.Subject), day, MinuteOf(time), 1, amountMinor);
        }

        Receipts.Append(new Receipt { Primary = ReceiptOf(key), Minute = MinuteOf(time), Limits = IdsOf(limits), Subjects = subjects });
    }

    /// <summary>Gives back to the counters of a transaction's own time; what has ended since is left alone.</summary>
    public void GiveBack(long key, int day, long amountMinor, bool isWhole)
    {
        var number = Find(Receipts, ReceiptOf(key));
        if (number == 0) return;
        ref readonly var receipt = ref Receipts[number];
        for (var left = receipt.Limits; left != 0; left &= left - 1)
        {
            if (TermsOf(BitOperations.TrailingZeroCount(left) + 1) is not { } limit) continue;
            Add(in limit, receipt.Subjects.Of(limit.Subject), day, receipt.Minute, isWhole ? -1 : 0, -amountMinor);
        }
    }

    /// <summary>A version of the rules; effective at once if its date is here.</summary>
    public void Activate(in RuleSet rules, int day)
    {
        Must.Hold(rules.Version == NextVersion && rules.Count is >= 0 and <= RuleSet.LimitsMax);
        if (rules.EffectiveDay > day) _pending = rules;
        else Enter(in rules);
    }

    /// <summary>A new business date: counters end, and what waited for it comes into force.</summary>
    public void OpenDay(int day)
    {
        Days.OpenDay();
        Slidings.OpenDay();
        Receipts.OpenDay();
        if (_pending.Version != 0 && _pending.EffectiveDay <= day) Enter(in _pending);
    }

    public void Write(ImageWriter image)
    {
        image.Add(in _active);
        image.Add(in _previous);
        image.Add(in _pending);
        Days.Write(image);
        Slidings.Write(image);
        Receipts.Write(image);
    }

    public void Read(ImageReader image, in FifoRange days, in FifoRange slidings, in FifoRange receipts)
    {
        _active = image.Next<RuleSet>();
        _previous = image.Next<RuleSet>();
        _pending = image.Next<RuleSet>();
        Days.Read(image, in days);
        Slidings.Read(image, in slidings);
        Receipts.Read(image, in receipts);
    }

    private void Enter(in RuleSet rules)
    {
        _previous = _active;
        _active = rules;
        _pending = default;
    }

    private void Add(in LimitTerms limit, ulong subject, int day, int minute, int count, long amountMinor)
    {
        var primary = Primary(in limit, subject, day);
        if (limit.Minutes == 0) AddToDay(primary, count, amountMinor);
        else AddToPiece(primary, PieceOf(in limit, minute), count, amountMinor);
    }

    private void AddToDay(ulong primary, int count, long amountMinor)
    {
        var number = Find(Days, primary);
        if (number == 0)
        {
            if (count > 0) Days.Append(new DayCounter { Primary = primary, Count = (uint)count, AmountMinor = amountMinor });
            return;
        }

        var counter = Days[number];
        counter.Count = checked((uint)(counter.Count + count));
        counter.AmountMinor = checked(counter.AmountMinor + amountMinor);
        Must.Hold(counter.AmountMinor >= 0);
        Days.Replace(number, in counter);
    }

    private void AddToPiece(ulong primary, int piece, int count, long amountMinor)
    {
        var number = Find(Slidings, primary);
        if (number == 0)
        {
            if (count <= 0) return;
            var first = new SlidingCounter { Primary = primary, Newest = piece };
            AddTo(ref first, piece, count, amountMinor);
            Slidings.Append(in first);
            return;
        }

        var counter = Slidings[number];
        if (count > 0)
        {
            piece = Math.Max(piece, counter.Newest);        // The clock may have been set back between two starts.
            counter.MoveTo(piece);
        }

        if (piece <= counter.Newest - SlidingCounter.Pieces) return;
        AddTo(ref counter, piece, count, amountMinor);
        Slidings.Replace(number, in counter);
    }

    private static void AddTo(ref SlidingCounter counter, int piece, int count, long amountMinor)
    {
        var at = piece & (SlidingCounter.Pieces - 1);
        counter.Counts[at] = checked((uint)(counter.Counts[at] + count));
        counter.Amounts[at] = checked(counter.Amounts[at] + amountMinor);
        Must.Hold(counter.Amounts[at] >= 0);
    }

    private LimitTerms? TermsOf(int id)
    {
        ReadOnlySpan<LimitTerms> limits = _active.Limits;
        foreach (ref readonly var limit in limits[.._active.Count])
        {
            if (limit.Id == id) return limit;
        }

        return null;
    }

    private ulong IdsOf(ulong limits)
    {
        ulong ids = 0;
        ReadOnlySpan<LimitTerms> all = _active.Limits;
        for (; limits != 0; limits &= limits - 1) ids |= 1UL << (all[BitOperations.TrailingZeroCount(limits)].Id - 1);
        return ids;
    }

    private static long Find<T>(FifoHash<T> table, ulong primary)
        where T : unmanaged, IFifoEntry
    {
        for (var number = table.First(primary); number != 0; number = table.After(number))
        {
            if (table[number].Primary == primary) return number;
        }

        return 0;
    }

    private static ulong Primary(in LimitTerms limit, ulong subject, int day)
    {
        var mix = new Mix(CounterDomain);
        mix.Add(((ulong)limit.Id << 32) | (uint)day, subject);
        return mix.Finish64();
    }

    private static ulong ReceiptOf(long key)
    {
        var mix = new Mix(ReceiptDomain);
        mix.Add((ulong)key, 0);
        return mix.Finish64();
    }

    private static int MinuteOf(Instant time) => (int)(time.UnixNanos / NanosPerMinute);

    private static int PieceOf(in LimitTerms limit, int minute) => minute / SlidingCounter.PieceMinutes(limit.Minutes);

    private static UInt128 Sum(in RuleSet rules, ulong place)
    {
        if (rules.Version == 0) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.Rules);
        mix.Add(place, rules.Version);
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<RuleSet, ulong>(new ReadOnlySpan<RuleSet>(in rules));
        for (var word = 0; word + 1 < words.Length; word += 2) mix.Add(words[word], words[word + 1]);
        return mix.Finish();
    }
}

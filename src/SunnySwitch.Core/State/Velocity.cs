using System.Numerics;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// The limits in force and what they have counted. Counters of a business date and of minutes live as long as answers do, two business
/// dates; those of weeks and months two months of the calendar; those of a life for ever.
/// </summary>
internal sealed partial class Velocity(StateOptions options, bool touch)
{
    // How many cards have set so many of sixty-four bits, most likely: -64 ln(1 - k/64). All of them: more than can be told.
    private static readonly int[] _cardsByBits =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 18, 20, 21, 23, 24, 25,
        27, 28, 30, 32, 33, 35, 37, 39, 40, 42, 44, 46, 48, 51, 53, 55, 58, 60, 63, 65, 68, 71,
        74, 78, 81, 85, 89, 93, 97, 102, 107, 113, 119, 126, 133, 142, 151, 163, 177, 196, 222, 266, 400,
    ];

    private const ulong CounterDomain = 0x5010, ReceiptDomain = 0x5011;
    private const long NanosPerMinute = 60 * Instant.NanosPerSecond;
    private const int DaysOfWeek = 7, MondayBeforeEpoch = 3;              // 1970-01-01 was a Thursday.

    private readonly CountedFor[] _known = new CountedFor[64];
    private LimitPlaces _places;

    /// <summary>The latest minute that something was counted in: sliding windows never go back, whatever the clock does between two starts.</summary>
    public int LatestMinute { get; private set; }

    public readonly FifoHash<DayCounter> Days = new("tables.dayCounters", options.DayCountersMax, touch);
    public readonly FifoHash<DayCounter> Months = new("tables.monthCounters", options.MonthCountersMax, touch);
    public readonly FifoHash<DayCounter> Lives = new("tables.lifeCounters", options.LifeCountersMax, touch);
    public readonly FifoHash<SlidingCounter> Slidings = new("tables.slidingCounters", options.SlidingCountersMax, touch);
    public readonly FifoHash<Receipt> Receipts = new("tables.receipts", options.ReceiptsMax, touch);

    /// <summary>The rules.</summary>
    public readonly Versions<RuleSet> Rules = new(StateTable.Rules);

    /// <summary>In force.</summary>
    public ref readonly RuleSet Active => ref Rules.Active;

    /// <summary>Limits that count such a transaction: bit n is the n-th of the version in force.</summary>
    /// <param name="operation">What is asked for.</param>
    /// <param name="currency">In which currency.</param>
    /// <param name="isAttempt">Of those that count attempts or declines; else of those that count approvals.</param>
    public ulong Counting(Operation operation, ushort currency, bool isAttempt)
    {
        ulong bits = 0;
        ReadOnlySpan<LimitTerms> limits = Active.Limits;
        for (var index = 0; index < Active.Count; index++)
        {
            var isOfKind = limits[index].Kind == LimitCounts.Approvals != isAttempt;
            if (isOfKind && limits[index].Counts(operation, currency)) bits |= 1UL << index;
        }

        return bits;
    }

    /// <summary>False: one more transaction that these limits count could not be remembered.</summary>
    public bool HasRoom(ulong limits)
    {
        if (limits == 0) return true;
        ref readonly var places = ref Places();
        return (!Receipts.IsFull || (limits & ~places.Attempts) == 0) && Takes(Days, limits & places.Days) && Takes(Months, limits & places.Months)
            && Takes(Lives, limits & places.Lives) && Takes(Slidings, limits & places.Slidings);
    }

    private static bool Takes<T>(FifoHash<T> table, ulong limits) where T : unmanaged, IFifoEntry =>
        limits == 0 || table.HasRoomFor(BitOperations.PopCount(limits));

    /// <summary>Which limits of the version in force count what, and where; worked out once for each version.</summary>
    private ref readonly LimitPlaces Places()
    {
        if (_places.Version != Active.Version) _places = LimitPlaces.Of(in Active);
        return ref _places;
    }

    private FifoHash<DayCounter> FixedOf(in LimitTerms limit) => limit.Minutes switch
    {
        LimitTerms.Day => Days,
        LimitTerms.Life => Lives,
        _ => Months,
    };

    /// <summary>What the limit at a place has counted of its subject up to now.</summary>
    public (long Count, long AmountMinor) Used(int index, ref CountedFor counted, int previousDay, Instant now)
    {
        ref readonly var limit = ref Active.Limits[index];
        if (!limit.IsSliding)
        {
            var table = FixedOf(in limit);
            var known = table.Find(Primary(index, ref counted));
            return known == 0 ? (0, 0) : (table[known].Count, table[known].AmountMinor);
        }

        var (count, amount) = (0L, 0L);
        var piece = PieceOf(in limit, MinuteAt(now));
        AddSliding(Primary(index, ref counted), piece, ref count, ref amount);
        AddSliding(Primary(in limit, counted.Subjects.Of(limit.Subject), previousDay), piece, ref count, ref amount);
        return (count, amount);
    }

    /// <summary>Different cards that the limit at a place has seen with its subject, and whether this one is among them; others have seen such bits.</summary>
    public (long Count, bool IsSeen) Cards(int index, in Request request, ulong bits, ref CountedFor counted, int previousDay, Instant now)
    {
        ref readonly var limit = ref Active.Limits[index];
        if (!limit.IsSliding)
        {
            var table = FixedOf(in limit);
            var known = table.Find(Primary(index, ref counted));
            if (known != 0) bits |= (ulong)table[known].AmountMinor;
        }
        else
        {
            var piece = PieceOf(in limit, MinuteAt(now));
            bits |= CardBits(Primary(index, ref counted), piece) | CardBits(Primary(in limit, counted.Subjects.Of(limit.Subject), previousDay), piece);
        }

        return (_cardsByBits[BitOperations.PopCount(bits)], (bits & CardBit(in request)) != 0);
    }

    private ulong CardBits(ulong primary, int piece)
    {
        var number = Slidings.Find(primary);
        return number == 0 ? 0 : Slidings[number].Bits(piece);
    }

    // Tokens are well mixed: one of sixty-four bits for each card.
    private static ulong CardBit(in Request request) => 1UL << (int)(request.Pan.Low & 63);

    private void MarkCard(in LimitTerms limit, ulong primary, ulong bit)
    {
        if (!limit.IsSliding)
        {
            var table = FixedOf(in limit);
            var number = table.Find(primary);
            if (number == 0)
            {
                table.Append(new DayCounter { Primary = primary, Count = 1, AmountMinor = (long)bit });
                return;
            }

            var marked = table[number];
            marked.AmountMinor |= (long)bit;
            table.Replace(number, in marked);
            return;
        }

        var piece = PieceOf(in limit, LatestMinute);
        var known = Slidings.Find(primary);
        var counter = known == 0 ? new SlidingCounter { Primary = primary, Newest = piece } : Slidings[known];
        counter.MoveTo(piece);
        counter.Amounts[piece & (SlidingCounter.Pieces - 1)] |= (long)bit;
        if (known == 0) Slidings.Append(in counter);
        else Slidings.Replace(known, in counter);
    }

    /// <summary>
    /// Whom a request is counted for. Worked out once for its prefetch, its decision and its frame where one follows the other closely;
    /// what is remembered is only ever taken for a request with the same keys, and changes nothing but time.
    /// </summary>
    public ref CountedFor For(in Request request, int account, int day)
    {
        ref var known = ref _known[request.KeyPrimary % (ulong)_known.Length];
        if (!known.Is(in request, account, day, Active.Version)) known = CountedFor.Of(in request, account, day, Active.Version);
        return ref known;
    }

    /// <summary>Works out where the counters of a request are.</summary>
    public void Prepare(in Request request, int account, int day)
    {
        ref var counted = ref For(in request, account, day);
        for (var index = 0; index < Math.Min(Active.Count, CountedFor.PrimariesMax); index++) Primary(index, ref counted);
    }

    /// <summary>
    /// Reads the heads of a prepared request's counters, or the counters, so that they are in the cache by then. Short, so that the
    /// processor has the misses of many requests under way at once.
    /// </summary>
    public ulong Touch(ulong keyPrimary, bool isEntry)
    {
        ref readonly var counted = ref _known[keyPrimary % (ulong)_known.Length];
        if (!counted.IsOf(keyPrimary)) return 0;
        var touched = 0UL;
        ReadOnlySpan<LimitTerms> limits = Active.Limits;
        ReadOnlySpan<ulong> primaries = counted.Primaries;
        for (var index = 0; index < Active.Count && index < primaries.Length; index++)
        {
            touched += limits[index].IsSliding
                ? Touch(Slidings, primaries[index], isEntry)
                : Touch(FixedOf(in limits[index]), primaries[index], isEntry);
        }

        return touched;
    }

    /// <summary>Counts a decision: approvals, and attempts unless a limit on them was what refused it.</summary>
    public void Count(in Decided decided, int day, Instant time, long key)
    {
        ref readonly var why = ref decided.Explanation;
        ref var counted = ref For(in decided.Request, decided.Account, day);
        LatestMinute = MinuteAt(time);
        var approvals = 0UL;
        var isTurnedAway = (why.Breached & Places().Attempts) != 0;
        for (var left = why.Counted; left != 0; left &= left - 1)
        {
            var index = BitOperations.TrailingZeroCount(left);
            Must.Hold(index < Active.Count);
            ref readonly var limit = ref Active.Limits[index];
            var isCounted = limit.Kind switch
            {
                LimitCounts.Approvals => decided.IsApproval,
                LimitCounts.Declines => !isTurnedAway && !decided.IsApproval,
                _ => !isTurnedAway,
            };
            if (!isCounted) continue;
            if (limit.Kind == LimitCounts.Approvals) approvals |= 1UL << index;
            var primary = Primary(index, ref counted);
            // What has no bound is not summed up: no sum of what is only asked for can overflow.
            var amount = limit.Kind == LimitCounts.Ratio ? (decided.IsApproval ? 0 : 1) : limit.AmountMaxMinor > 0 ? decided.CountedMinor : 0;
            if (limit.Kind == LimitCounts.Cards) MarkCard(in limit, primary, CardBit(in decided.Request));
            else if (limit.IsSliding) AddToPiece(primary, PieceOf(in limit, LatestMinute), 1, amount);
            else AddTo(FixedOf(in limit), primary, 1, amount);
        }

        if (approvals == 0) return;
        Receipts.Append(new Receipt
        {
            Primary = ReceiptOf(key),
            Minute = LatestMinute,
            Limits = IdsOf(approvals),
            Subjects = counted.Subjects,
            AmountMinor = decided.CountedMinor,
            Version = Active.Version,
        });
    }

    /// <summary>
    /// Gives back to the counters of a transaction's own time, never more than was counted for it; what has ended since is left alone.
    /// </summary>
    /// <param name="key">Number of its answer.</param>
    /// <param name="day">Its business date.</param>
    /// <param name="staysMinor">Of the amount that was counted; 0: nothing, and it does not count any more.</param>
    public void GiveBack(long key, int day, long staysMinor)
    {
        var number = Receipts.Find(ReceiptOf(key));
        if (number == 0 || Mutant.Is(Mutation.LimitKeepsWhatWasUndone)) return;
        var receipt = Receipts[number];
        var amountMinor = receipt.AmountMinor - Math.Min(staysMinor, receipt.AmountMinor);
        for (var left = receipt.Limits; left != 0; left &= left - 1)
        {
            if (TermsOf(BitOperations.TrailingZeroCount(left) + 1) is not { } limit || limit.Since > receipt.Version) continue;
            Add(in limit, receipt.Subjects.Of(limit.Subject), day, receipt.Minute, staysMinor == 0 ? -1 : 0, limit.AmountMaxMinor > 0 ? -amountMinor : 0);
        }

        receipt.AmountMinor -= amountMinor;
        // Once: a purchase whose refund was undone can be reversed a second time.
        if (staysMinor == 0) receipt.Limits = 0;
        Receipts.Replace(number, in receipt);
    }

    /// <summary>A new business date: counters end, and what waited for it comes into force.</summary>
    public void OpenDay(int day, int previousDay)
    {
        Days.OpenDay();
        if (CalendarMonth.Of(day) != CalendarMonth.Of(previousDay)) Months.OpenDay();
        Slidings.OpenDay();
        Receipts.OpenDay();
        Rules.OpenDay(day);
    }

    public void Write(ImageWriter image)
    {
        Rules.Write(image);
        Days.Write(image);
        Slidings.Write(image);
        Receipts.Write(image);
    }

    /// <summary>Counters that joined the image with its version 4.</summary>
    public void WriteLonger(ImageWriter image)
    {
        Months.Write(image);
        Lives.Write(image);
    }

    public void ReadLonger(ImageReader image, in FifoRange months, in FifoRange lives)
    {
        Months.Read(image, in months);
        Lives.Read(image, in lives);
    }

    public void Read(ImageReader image, in FifoRange days, in FifoRange slidings, in FifoRange receipts, int latestMinute, int ruleBytes)
    {
        LatestMinute = latestMinute;
        Rules.Read(image, ruleBytes);
        Days.Read(image, in days);
        Slidings.Read(image, in slidings);
        Receipts.Read(image, in receipts);
    }

    private void Add(in LimitTerms limit, ulong subject, int day, int minute, int count, long amountMinor)
    {
        var primary = Primary(in limit, subject, day);
        if (limit.IsSliding) AddToPiece(primary, PieceOf(in limit, minute), count, amountMinor);
        else AddTo(FixedOf(in limit), primary, count, amountMinor);
    }

    private void AddSliding(ulong primary, int piece, ref long count, ref long amount)
    {
        var number = Slidings.Find(primary);
        if (number != 0) Slidings[number].AddTo(piece, ref count, ref amount);
    }

    private ulong Primary(int index, ref CountedFor counted)
    {
        if (index >= CountedFor.PrimariesMax)
        {
            ref readonly var far = ref Active.Limits[index];
            return Primary(in far, counted.Subjects.Of(far.Subject), counted.Day);
        }

        ref var primary = ref counted.Primaries[index];
        if (primary != 0) return primary;
        ref readonly var limit = ref Active.Limits[index];
        return primary = Primary(in limit, counted.Subjects.Of(limit.Subject), counted.Day);
    }

    private static ulong Touch<T>(FifoHash<T> table, ulong primary, bool isEntry)
        where T : unmanaged, IFifoEntry
    {
        var number = table.First(primary);
        return number == 0 || !isEntry ? (ulong)number : table[number].Primary;
    }

    private static void AddTo(FifoHash<DayCounter> table, ulong primary, int count, long amountMinor)
    {
        var number = table.Find(primary);
        if (number == 0)
        {
            if (count > 0) table.Append(new DayCounter { Primary = primary, Count = (uint)count, AmountMinor = amountMinor });
            return;
        }

        var counter = table[number];
        counter.Count = checked((uint)(counter.Count + count));
        counter.AmountMinor = checked(counter.AmountMinor + amountMinor);
        Must.Hold(counter.AmountMinor >= 0);
        table.Replace(number, in counter);
    }

    private void AddToPiece(ulong primary, int piece, int count, long amountMinor)
    {
        var number = Slidings.Find(primary);
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
            Must.Hold(piece >= counter.Newest);
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
        ReadOnlySpan<LimitTerms> limits = Active.Limits;
        foreach (ref readonly var limit in limits[..Active.Count])
        {
            if (limit.Id == id) return limit;
        }

        return null;
    }

    private ulong IdsOf(ulong limits)
    {
        ulong ids = 0;
        ReadOnlySpan<LimitTerms> all = Active.Limits;
        for (; limits != 0; limits &= limits - 1) ids |= 1UL << (all[BitOperations.TrailingZeroCount(limits)].Id - 1);
        return ids;
    }

    private static ulong Primary(in LimitTerms limit, ulong subject, int day)
    {
        var mix = new Mix(CounterDomain);
        mix.Add(((ulong)limit.Id << 32) | (uint)WindowOf(in limit, day), subject);
        mix.Add(limit.Since, 0);
        return mix.Finish64();
    }

    // Which week, month or date a business date is in; what slides is counted by business date.
    private static int WindowOf(in LimitTerms limit, int day) => limit.Minutes switch
    {
        LimitTerms.Week => (day + MondayBeforeEpoch) / DaysOfWeek,
        LimitTerms.Month => CalendarMonth.Of(day),
        LimitTerms.Life => 0,
        _ => day,
    };

    private static ulong ReceiptOf(long key)
    {
        var mix = new Mix(ReceiptDomain);
        mix.Add((ulong)key, 0);
        return mix.Finish64();
    }

    private int MinuteAt(Instant time) => Math.Max((int)(time.UnixNanos / NanosPerMinute), LatestMinute);

    private static int PieceOf(in LimitTerms limit, int minute) => minute / SlidingCounter.PieceMinutes(limit.Minutes);
}

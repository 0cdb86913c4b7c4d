using System.Numerics;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Core.State;

/// <content>What others are told of counters; changes nothing.</content>
internal sealed partial class Velocity
{
    /// <summary>True if a limit in force counts what other cells have counted too.</summary>
    public bool HasShared => Active.Count > 0 && Places().Shared != 0;

    /// <summary>What to ask other cells for, of a request; returns how much of it.</summary>
    public int Ask(in Request request, Operation operation, int account, int day, int previousDay, Instant now, Span<CounterQuestion> questions)
    {
        var asked = 0;
        var counting = Counting(operation, request.Currency, isAttempt: true) | Counting(operation, request.Currency, isAttempt: false);
        counting &= Places().Shared;
        if (counting == 0) return 0;
        ref var counted = ref For(in request, account, day);
        for (; counting != 0; counting &= counting - 1)
        {
            var index = BitOperations.TrailingZeroCount(counting);
            ref readonly var limit = ref Active.Limits[index];
            var (kind, areBits) = (KindOf(in limit), limit.Kind == LimitCounts.Cards);
            var piece = limit.IsSliding ? PieceOf(in limit, MinuteAt(now)) : 0;
            questions[asked++] = new CounterQuestion(new CounterKey(kind, Primary(index, ref counted)), piece, limit.Id, areBits);
            if (!limit.IsSliding) continue;
            var before = Primary(in limit, counted.Subjects.Of(limit.Subject), previousDay);
            questions[asked++] = new CounterQuestion(new CounterKey(kind, before), piece, limit.Id, areBits);
        }

        return asked;
    }

    /// <summary>True if a decision may change a counter at all.</summary>
    public bool HasAny => Active.Count > 0 || Receipts.Live > 0;

    /// <summary>Counters that are about to count a decision.</summary>
    public void CollectCounted(in Decided decided, int day, ICollection<CounterKey> keys)
    {
        if (decided.Explanation.Counted == 0) return;
        ref var counted = ref For(in decided.Request, decided.Account, day);
        for (var left = decided.Explanation.Counted; left != 0; left &= left - 1)
        {
            var index = BitOperations.TrailingZeroCount(left);
            keys.Add(new CounterKey(KindOf(in Active.Limits[index]), Primary(index, ref counted)));
        }
    }

    /// <summary>Counters that what is undone is about to be given back to.</summary>
    public void CollectGivenBack(long key, int day, ICollection<CounterKey> keys)
    {
        var number = Receipts.Find(ReceiptOf(key));
        if (number == 0) return;
        ref readonly var receipt = ref Receipts[number];
        for (var left = receipt.Limits; left != 0; left &= left - 1)
        {
            if (TermsOf(BitOperations.TrailingZeroCount(left) + 1) is not { } limit || limit.Since > receipt.Version) continue;
            keys.Add(new CounterKey(KindOf(in limit), Primary(in limit, receipt.Subjects.Of(limit.Subject), day)));
        }
    }

    /// <summary>All counters that live.</summary>
    public IEnumerable<CounterKey> All() =>
        Keys(Days, CounterKind.Date).Concat(Keys(Slidings, CounterKind.Sliding)).Concat(Keys(Months, CounterKind.Month)).Concat(Keys(Lives, CounterKind.Life));

    /// <summary>What a counter has; false when there is none.</summary>
    public bool TryFind(CounterKey key, out CounterView view)
    {
        view = default;
        if (key.Kind == CounterKind.Sliding)
        {
            var number = Slidings.Find(key.Primary);
            if (number != 0) view = new CounterView(in Slidings[number]);
            return number != 0;
        }

        var table = key.Kind switch { CounterKind.Date => Days, CounterKind.Month => Months, _ => Lives };
        var known = table.Find(key.Primary);
        if (known != 0) view = new CounterView(in table[known]);
        return known != 0;
    }

    private static CounterKind KindOf(in LimitTerms limit) => limit.Minutes switch
    {
        LimitTerms.Day => CounterKind.Date,
        LimitTerms.Life => CounterKind.Life,
        LimitTerms.Week or LimitTerms.Month => CounterKind.Month,
        _ => CounterKind.Sliding,
    };

    private static IEnumerable<CounterKey> Keys<T>(FifoHash<T> table, CounterKind kind)
        where T : unmanaged, IFifoEntry
    {
        for (var number = table.LiveFirst; number < table.NextNumber; number++) yield return new CounterKey(kind, table[number].Primary);
    }
}

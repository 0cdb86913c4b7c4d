using System.Numerics;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <content>What others are told of counters; changes nothing.</content>
internal sealed partial class Velocity
{
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

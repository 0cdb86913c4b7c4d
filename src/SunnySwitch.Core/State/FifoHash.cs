using System.Numerics;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Core.State;

/// <summary>What a <see cref="FifoHash{TEntry}"/> needs of its entries.</summary>
internal interface IFifoEntry
{
    /// <summary>A well-mixed number that the entry is found by; not unique.</summary>
    ulong Primary { get; }

    /// <summary>Low 32 bits of the number of the next older entry in the same chain. Not part of the value.</summary>
    uint Previous { get; set; }

    /// <summary>The entry's share of the state hash.</summary>
    UInt128 Mix(long number);
}

/// <summary>Which numbers live, as an image has it.</summary>
internal struct FifoRange
{
    public long LiveFirst;
    public long TodayFirst;
    public long Next;

    /// <summary>Entries that live.</summary>
    public readonly long Live => Next - LiveFirst;
}

/// <summary>The same in less space: the live entries of the business date before, and of the open one.</summary>
internal struct CompactRange
{
    public long LiveFirst;
    public int Before;
    public int Today;

    public CompactRange(in FifoRange range) =>
        (LiveFirst, Before, Today) = (range.LiveFirst, (int)(range.TodayFirst - range.LiveFirst), (int)(range.Next - range.TodayFirst));

    /// <summary>Entries that live.</summary>
    public readonly long Live => (long)Before + Today;

    public readonly FifoRange Whole => new() { LiveFirst = LiveFirst, TodayFirst = LiveFirst + Before, Next = LiveFirst + Before + Today };

    public readonly bool IsGood => LiveFirst > 0 && Before >= 0 && Today >= 0;
}

/// <summary>
/// An append-only hash table in order of arrival: nothing is ever deleted, entries of the day before yesterday's business
/// date just end. So the cut-over costs O(1), and an append writes memory in sequence.
/// <code>
///  heads: newest entry's number per bucket        entries: a circle, slot = number mod size
///  [ 17 ][ - ][ 12 ][ 20 ]                        ... | 12 | ... | 17 | ... | 20 |  next: 21
///     |                                                  ^ expired? the chain ends here
///     '--> 17 --previous--> 9 --previous--> 4 (no longer live: the end)
/// </code>
/// Numbers begin at 1. Links are 32 bits of a number; one that is so old that 32 bits do not tell it leads at worst to an
/// entry of another chain, which no full comparison accepts, and the walk only ever goes to smaller numbers.
/// </summary>
internal sealed class FifoHash<TEntry> where TEntry : unmanaged, IFifoEntry
{
    private readonly uint[] _heads;
    private readonly TEntry[] _entries;
    private readonly string _name;
    private readonly int _liveMax;
    private readonly int _shift;
    private long _next = 1;
    private UInt128 _todaySum;
    private UInt128 _previousDaySum;

    /// <param name="name">As the configuration calls it.</param>
    /// <param name="liveMax">Most entries that live at once.</param>
    /// <param name="touch">Memory is made present at once.</param>
    public FifoHash(string name, int liveMax, bool touch)
    {
        _name = name;
        _liveMax = liveMax;
        var slots = TableMemory.PowerOfTwo(liveMax);
        _heads = TableMemory.Take<uint>(slots, touch);
        _entries = TableMemory.Take<TEntry>(slots, touch);
        _shift = 64 - BitOperations.Log2((uint)slots);
    }

    /// <summary>Number that the next entry gets.</summary>
    public long NextNumber => _next;

    /// <summary>First number of the open business date.</summary>
    public long TodayFirst { get; private set; } = 1;

    /// <summary>First number of the business date before: the oldest that lives.</summary>
    public long LiveFirst { get; private set; } = 1;

    public int Live => (int)(_next - LiveFirst);

    public bool IsFull => Live >= _liveMax;

    public bool HasRoomFor(int entries) => Live + (long)entries <= _liveMax;

    public UInt128 Sum => _todaySum + _previousDaySum;

    /// <summary>Newest live number in the chain of <paramref name="primary"/>, or 0. The entry may be another key's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long First(ulong primary) => Resolve(_heads[primary >> _shift]);

    /// <summary>The next older live number in the chain, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long After(long number)
    {
        var older = Resolve(this[number].Previous);
        return older < number ? older : 0;
    }

    /// <summary>Newest live number with exactly this primary, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Find(ulong primary)
    {
        var number = First(primary);
        while (number != 0 && this[number].Primary != primary) number = After(number);
        return number;
    }

    /// <summary>A live entry, to be read.</summary>
    public ref readonly TEntry this[long number]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _entries[(uint)number & (uint)(_entries.Length - 1)];
    }

    public bool IsLive(long number) => number >= LiveFirst && number < _next;

    public void Append(in TEntry entry)
    {
        TableMemory.NeedsRoom(_name, Live + 1L, _liveMax);    // Nothing is evicted before its time.
        ref var head = ref _heads[entry.Primary >> _shift];
        ref var slot = ref _entries[(uint)_next & (uint)(_entries.Length - 1)];
        slot = entry;
        slot.Previous = head;
        head = (uint)_next;
        _todaySum += slot.Mix(_next);
        _next++;
    }

    /// <summary>Replaces the value of a live entry; its key stays.</summary>
    public void Replace(long number, in TEntry entry)
    {
        Must.Hold(IsLive(number));
        ref var slot = ref _entries[(uint)number & (uint)(_entries.Length - 1)];
        Must.Hold(slot.Primary == entry.Primary && slot.Previous == entry.Previous);
        ref var sum = ref number >= TodayFirst ? ref _todaySum : ref _previousDaySum;
        sum -= slot.Mix(number);
        slot = entry;
        sum += slot.Mix(number);
    }

    /// <summary>A new business date: today becomes the day before, and what was the day before ends.</summary>
    public void OpenDay()
    {
        LiveFirst = Mutant.Is(Mutation.ForgetBothDays) ? _next : TodayFirst;
        TodayFirst = _next;
        _previousDaySum = _todaySum;
        _todaySum = UInt128.Zero;
    }

    public FifoRange Range => new() { LiveFirst = LiveFirst, TodayFirst = TodayFirst, Next = _next };

    public void Write(ImageWriter image)
    {
        for (var number = LiveFirst; number < _next; number++) image.Add(in this[number]);
    }

    /// <summary>The chains are made anew: links to what no longer lives are not needed.</summary>
    public void Read(ImageReader image, in FifoRange range)
    {
        Must.Hold(_next == 1 && range.LiveFirst > 0 && range.LiveFirst <= range.TodayFirst && range.TodayFirst <= range.Next);
        TableMemory.NeedsRoom(_name, range.Next - range.LiveFirst, _liveMax);
        (LiveFirst, TodayFirst, _next) = (range.LiveFirst, range.LiveFirst, range.LiveFirst);
        while (_next < range.Next)
        {
            if (_next == range.TodayFirst) BeginToday();
            Append(image.Next<TEntry>());
        }

        if (_next == range.TodayFirst) BeginToday();

        void BeginToday() => (_previousDaySum, _todaySum, TodayFirst) = (_todaySum, UInt128.Zero, _next);
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        for (var number = LiveFirst; number < _next; number++) sum += this[number].Mix(number);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Resolve(uint low)
    {
        var age = (uint)_next - low;
        return age - 1 < (uint)Live ? _next - age : 0;
    }
}

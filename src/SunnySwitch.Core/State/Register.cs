using System.Numerics;
using System.Runtime.CompilerServices;

namespace SunnySwitch.Core.State;

/// <summary>What a <see cref="Register{TEntry}"/> needs of its entries.</summary>
internal interface IRegistered<TEntry>
{
    /// <summary>False for empty space.</summary>
    bool IsUsed { get; }

    /// <summary>Where to look first: well mixed.</summary>
    ulong Home { get; }

    /// <summary>True if it stands for the same thing, whatever is said of it.</summary>
    bool HasKeyOf(in TEntry other);

    /// <summary>The entry's share of the state hash.</summary>
    UInt128 Mix();
}

/// <summary>
/// What operators say of things by their whole key: open addressing at a load of at most a half. Nothing leaves; what is not meant any
/// more is said so.
/// </summary>
internal sealed class Register<TEntry> where TEntry : unmanaged, IRegistered<TEntry>
{
    private readonly TEntry[] _entries;
    private readonly string _name;
    private readonly int _entriesMax;
    private readonly int _shift;

    /// <param name="name">As the configuration calls it.</param>
    /// <param name="entriesMax">Most entries.</param>
    /// <param name="touch">Memory is made present at once.</param>
    public Register(string name, int entriesMax, bool touch)
    {
        (_name, _entriesMax) = (name, entriesMax);
        _entries = TableMemory.Take<TEntry>(TableMemory.PowerOfTwo(entriesMax * 2L), touch);
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
    }

    public int Count { get; private set; }

    public UInt128 Sum { get; private set; }

    /// <summary>The entry with a key, or an empty one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly TEntry Find(in TEntry key) => ref At(in key);

    /// <summary>True if what is said of a key can be kept.</summary>
    public bool HasRoomFor(in TEntry key) => Count < _entriesMax || At(in key).IsUsed;

    /// <summary>What is said of its key from now on.</summary>
    public void Set(in TEntry entry)
    {
        Must.Hold(entry.IsUsed);
        ref var slot = ref At(in entry);
        if (slot.IsUsed)
        {
            Sum -= slot.Mix();
        }
        else
        {
            TableMemory.NeedsRoom(_name, Count + 1L, _entriesMax);
            Count++;
        }

        slot = entry;
        Sum += slot.Mix();
    }

    /// <summary>All entries, as they lie: a look through the whole table.</summary>
    public IEnumerable<TEntry> All() => _entries.Where(entry => entry.IsUsed);

    public void Write(ImageWriter image)
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.IsUsed) image.Add(in entry);
        }
    }

    public void Read(ImageReader image, int count)
    {
        TableMemory.NeedsRoom(_name, count, _entriesMax);
        while (count-- > 0)
        {
            var entry = image.Next<TEntry>();
            Must.Hold(!At(in entry).IsUsed);
            Set(in entry);
        }
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.IsUsed) sum += entry.Mix();
        }

        return sum;
    }

    private ref TEntry At(in TEntry key)
    {
        var slot = (int)(key.Home >> _shift);
        while (_entries[slot].IsUsed && !_entries[slot].HasKeyOf(in key)) slot = (slot + 1) & (_entries.Length - 1);
        return ref _entries[slot];
    }
}

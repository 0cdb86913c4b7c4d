using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// One open hold, or a link of the free list.
/// <code>
/// 0 amount 8 (0 = free) | 8 key number 8 | 16 account 4 | 20 card 4 | 24 next free 4 | 28 unused 4 | 32
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct HoldEntry
{
    public const int Bytes = 32;
    [FieldOffset(0)] public long AmountMinor;
    [FieldOffset(8)] public long Key;
    [FieldOffset(16)] public int Account;
    [FieldOffset(20)] public int Card;
    [FieldOffset(24)] public int NextFree;

    public readonly UInt128 Mix(int slot)
    {
        if (AmountMinor == 0) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.Holds);
        mix.Add((ulong)slot, (ulong)AmountMinor);
        mix.Add(((ulong)(uint)Account << 32) | (uint)Card, (ulong)Key);
        return mix.Finish();
    }
}

/// <summary>
/// Open holds by slot. Slots are numbers in frames, so their order of use is part of the journal's meaning: the slot last
/// freed first, else the lowest never used. A snapshot has to carry the free list.
/// </summary>
internal sealed class HoldTable(int holdsMax, bool touch)
{
    private readonly HoldEntry[] _entries = TableMemory.Take<HoldEntry>(holdsMax, touch);
    private int _freeHead = -1;
    private int _neverUsed;

    public int Count { get; private set; }

    public UInt128 Sum { get; private set; }

    public bool IsFull => Count == _entries.Length;

    /// <summary>The slot that the next hold takes; meant only when not full.</summary>
    public int NextSlot => _freeHead >= 0 ? _freeHead : _neverUsed;

    public ref readonly HoldEntry this[int slot] => ref _entries[slot];

    public void Open(int slot, long amountMinor, int account, int card, long key)
    {
        TableMemory.NeedsRoom("tables.holds", Count + 1, _entries.Length);
        Must.Hold(slot == NextSlot);              // The frame names the very slot that is next.
        Must.Hold(amountMinor > 0);
        ref var entry = ref _entries[slot];
        if (_freeHead >= 0) _freeHead = entry.NextFree;
        else _neverUsed++;
        entry = new HoldEntry { AmountMinor = amountMinor, Account = account, Card = card, Key = key };
        Count++;
        Sum += entry.Mix(slot);
    }

    /// <summary>Lowers a hold; at zero its slot is free. Returns what stays.</summary>
    public long Release(int slot, long releasedMinor, int account, long key)
    {
        ref var entry = ref _entries[slot];
        Must.Hold(entry.Account == account && entry.Key == key);
        Must.Hold(releasedMinor > 0 && releasedMinor <= entry.AmountMinor);
        Sum -= entry.Mix(slot);
        entry.AmountMinor -= releasedMinor;
        if (entry.AmountMinor > 0)
        {
            Sum += entry.Mix(slot);
            return entry.AmountMinor;
        }

        entry = new HoldEntry { NextFree = _freeHead };
        _freeHead = slot;
        Count--;
        return 0;
    }

    /// <summary>Slots that were ever used: those of open holds and those of the free list.</summary>
    public int SlotsUsed => _neverUsed;

    /// <summary>First slot of the free list, or -1.</summary>
    public int FreeHead => _freeHead;

    public void Write(ImageWriter image) => image.AddAll<HoldEntry>(_entries.AsSpan(0, _neverUsed));

    public void Read(ImageReader image, int count, int slotsUsed, int freeHead)
    {
        TableMemory.NeedsRoom("tables.holds", slotsUsed, _entries.Length);
        image.Fill(_entries.AsSpan(0, slotsUsed));
        (Count, _neverUsed, _freeHead) = (count, slotsUsed, freeHead);
        Sum = SumFromScratch();
        // The state hash does not see the free list, so it is walked: the next holds come from it.
        var free = 0;
        for (var slot = freeHead; slot >= 0; slot = _entries[slot].NextFree)
        {
            Must.Hold(slot < slotsUsed && _entries[slot].AmountMinor == 0 && ++free <= slotsUsed - count);
        }

        Must.Hold(free == slotsUsed - count);
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        for (var slot = 0; slot < _neverUsed; slot++) sum += _entries[slot].Mix(slot);
        return sum;
    }

    /// <summary>All open amounts: must equal what the accounts have as held.</summary>
    public long AmountMinorFromScratch()
    {
        var total = 0L;
        for (var slot = 0; slot < _neverUsed; slot++) total = checked(total + _entries[slot].AmountMinor);
        return total;
    }
}

using System.Numerics;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Where an authorization is in its life. Part of the state hash: never renumbered.</summary>
internal enum HoldStatus : byte
{
    /// <summary>A slot of the free list.</summary>
    Free = 0,
    /// <summary>Increments and completions may come.</summary>
    Open = 1,
    /// <summary>Nothing is held any more; what was captured can be refunded, and its completion undone, for two business dates.</summary>
    Completed = 2,
}

/// <summary>
/// One authorization and what it holds, or a link of the free list.
/// <code>
///  0 amount held 8 | 8 key number 8 | 16 account 4 | 20 card 4 | 24 next 4 | 28 DE38 4 | 32 authorized 8 | 40 captured 8
/// 48 expires on business date 2 | 50 ended on 2 | 52 status 1 | 53 its code is not ours 1 | 54 merchant category 2 | 56 acquirer 8
/// 64 rate 4 | 68 currency of what was asked for 2 | 70 unused 2 | 72
/// </code>
/// Captured is net of refunds. Next is a free slot, or the next of the same chain of approval codes.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct HoldEntry
{
    public const int Bytes = 72;
    [FieldOffset(0)] public long AmountMinor;
    [FieldOffset(8)] public long Key;
    [FieldOffset(16)] public int Account;
    [FieldOffset(20)] public int Card;
    [FieldOffset(24)] public int Next;
    /// <summary>0: cannot be found by it.</summary>
    [FieldOffset(28)] public uint ApprovalCode;
    [FieldOffset(32)] public long AuthorizedMinor;
    [FieldOffset(40)] public long CapturedMinor;
    /// <summary>Over from this business date on; 0: with its answer.</summary>
    [FieldOffset(48)] public ushort Expires;
    [FieldOffset(50)] public ushort EndedOn;
    [FieldOffset(52)] public HoldStatus Status;
    /// <summary>Not 0: an advice told its approval code.</summary>
    [FieldOffset(53)] public byte IsForeign;
    [FieldOffset(54)] public ushort Category;
    [FieldOffset(56)] public InstitutionId Acquirer;
    /// <summary>That increments and completions are billed at; 0: the account's currency.</summary>
    [FieldOffset(64)] public Rate Rate;
    [FieldOffset(68)] public ushort Currency;

    /// <summary>What frames of version 1 opened has no more in the hash than it had then.</summary>
    public readonly UInt128 Mix(int slot)
    {
        if (Status == HoldStatus.Free) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.Holds);
        mix.Add((ulong)slot, (ulong)AmountMinor);
        mix.Add(((ulong)(uint)Account << 32) | (uint)Card, (ulong)Key);
        if (Expires == 0 && CapturedMinor == 0 && Status == HoldStatus.Open) return mix.Finish();
        mix.Add((ulong)AuthorizedMinor, (ulong)CapturedMinor);
        mix.Add(((ulong)ApprovalCode << 32) | ((uint)Expires << 16) | EndedOn, ((ulong)IsForeign << 24) | ((ulong)Category << 8) | (ulong)Status);
        mix.Add(Acquirer.Packed, ((ulong)Rate.Packed << 16) | Currency);
        return mix.Finish();
    }
}

/// <summary>A hold in images before version 3: amount 8, key 8, account 4, card 4, next free 4, unused 4.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct HoldEntryV1
{
    public const int Bytes = 32;
    [FieldOffset(0)] public long AmountMinor;
    [FieldOffset(8)] public long Key;
    [FieldOffset(16)] public int Account;
    [FieldOffset(20)] public int Card;
    [FieldOffset(24)] public int NextFree;

    public readonly HoldEntry Today() => AmountMinor == 0 ? new() { Next = NextFree } : new()
    {
        AmountMinor = AmountMinor,
        AuthorizedMinor = AmountMinor,
        Key = Key,
        Account = Account,
        Card = Card,
        Status = HoldStatus.Open,
    };
}

/// <summary>
/// Authorizations by slot. Slots are numbers in frames, so their order of use is part of the journal's meaning: the slot last
/// freed first, else the lowest never used. A snapshot carries the free list; the index by card and approval code is made anew.
/// </summary>
internal sealed class HoldTable
{
    private readonly HoldEntry[] _entries;
    private readonly int[] _heads;                           // Slot + 1 by card and approval code.
    private readonly int _shift;
    private int _freeHead = -1;
    private int _neverUsed;

    public HoldTable(int holdsMax, bool touch)
    {
        _entries = TableMemory.Take<HoldEntry>(holdsMax, touch);
        var heads = TableMemory.PowerOfTwo(holdsMax);
        _heads = TableMemory.Take<int>(heads, touch);
        _shift = 64 - BitOperations.Log2((uint)heads);
    }

    public int Count { get; private set; }

    public UInt128 Sum { get; private set; }

    public bool IsFull => Count == _entries.Length;

    /// <summary>The slot that the next hold takes; meant only when not full.</summary>
    public int NextSlot => _freeHead >= 0 ? _freeHead : _neverUsed;

    /// <summary>Slots that were ever used: those of live entries and those of the free list.</summary>
    public int SlotsUsed => _neverUsed;

    /// <summary>First slot of the free list, or -1.</summary>
    public int FreeHead => _freeHead;

    public ref readonly HoldEntry this[int slot] => ref _entries[slot];

    /// <summary>True if the slot still has the authorization that was opened with that answer.</summary>
    public bool IsOf(int slot, long key) => (uint)slot < (uint)_neverUsed && _entries[slot].Status != HoldStatus.Free && _entries[slot].Key == key;

    /// <summary>The authorization of a card with an approval code, given to that acquirer; -1: none, -2: more than one.</summary>
    public int Find(int card, uint approvalCode, InstitutionId acquirer)
    {
        var found = -1;
        if (approvalCode == 0) return found;
        Find(_heads[Home(card, approvalCode, isForeign: false)], card, approvalCode, acquirer, isForeign: 0, ref found);
        Find(_heads[Home(card, approvalCode, isForeign: true)], card, approvalCode, acquirer, isForeign: 1, ref found);
        return found;
    }

    private void Find(int next, int card, uint approvalCode, InstitutionId acquirer, byte isForeign, ref int found)
    {
        for (; next != 0; next = _entries[next - 1].Next)
        {
            ref readonly var entry = ref _entries[next - 1];
            if (entry.Card != card || entry.ApprovalCode != approvalCode || entry.IsForeign != isForeign || !IsBy(acquirer, in entry)) continue;
            found = found == -1 ? next - 1 : -2;
        }
    }

    public void Open(int slot, in HoldEntry hold)
    {
        TableMemory.NeedsRoom("tables.holds", Count + 1, _entries.Length);
        Must.Hold(slot == NextSlot);              // The frame names the very slot that is next.
        Must.Hold(hold.AmountMinor > 0 && hold.Status == HoldStatus.Open);
        ref var entry = ref _entries[slot];
        if (_freeHead >= 0) _freeHead = entry.Next;
        else _neverUsed++;
        entry = hold;
        Index(slot);
        Count++;
        Sum += entry.Mix(slot);
    }

    /// <summary>An increment.</summary>
    public void Raise(int slot, long key, long amountMinor, int expires)
    {
        ref var entry = ref Take(slot, key);
        Must.Hold(amountMinor > 0 && entry.Status == HoldStatus.Open);
        entry.AmountMinor = checked(entry.AmountMinor + amountMinor);
        entry.AuthorizedMinor = checked(entry.AuthorizedMinor + amountMinor);
        entry.Expires = (ushort)Math.Max(entry.Expires, expires);
        Sum += entry.Mix(slot);
    }

    /// <summary>Lowers what is authorized and held; with nothing left it ends on <paramref name="day"/>. Returns what stays held.</summary>
    public long Lower(int slot, long key, long releasedMinor, bool ends, int day)
    {
        ref var entry = ref Take(slot, key);
        Must.Hold(releasedMinor > 0 && releasedMinor <= entry.AmountMinor && entry.Status == HoldStatus.Open);
        entry.AmountMinor -= releasedMinor;
        entry.AuthorizedMinor -= releasedMinor;
        var stays = entry.AmountMinor;
        if (stays == 0) EndIfOver(slot, ref entry, ends, day);
        Sum += entry.Mix(slot);
        return stays;
    }

    /// <summary>A completion: what was captured, and what of the hold is gone with it.</summary>
    public void Capture(int slot, long key, long capturedMinor, long releasedMinor, bool isFinal, int day)
    {
        ref var entry = ref Take(slot, key);
        Must.Hold(entry.Status == HoldStatus.Open && capturedMinor > 0 && releasedMinor >= 0 && releasedMinor <= entry.AmountMinor);
        Must.Hold(!isFinal || releasedMinor == entry.AmountMinor);
        entry.CapturedMinor = checked(entry.CapturedMinor + capturedMinor);
        entry.AmountMinor -= releasedMinor;
        if (isFinal) (entry.Status, entry.EndedOn) = (HoldStatus.Completed, (ushort)day);
        Sum += entry.Mix(slot);
    }

    /// <summary>A completion undone, or a part of it.</summary>
    public void Uncapture(int slot, long key, long backMinor, long restoredMinor, bool reopens)
    {
        ref var entry = ref Take(slot, key);
        Must.Hold(backMinor >= 0 && backMinor <= entry.CapturedMinor && restoredMinor >= 0);
        entry.CapturedMinor -= backMinor;
        entry.AmountMinor = checked(entry.AmountMinor + restoredMinor);
        if (reopens) (entry.Status, entry.EndedOn) = (HoldStatus.Open, 0);
        Must.Hold(entry.Status == HoldStatus.Open || entry.AmountMinor == 0);
        Sum += entry.Mix(slot);
    }

    /// <summary>A refund of what was captured; negative when a refund is undone.</summary>
    public void Refund(int slot, long key, long amountMinor)
    {
        ref var entry = ref Take(slot, key);
        entry.CapturedMinor = checked(entry.CapturedMinor - amountMinor);
        Must.Hold(entry.CapturedMinor >= 0);
        Sum += entry.Mix(slot);
    }

    /// <summary>The end of its time: what was held is free.</summary>
    public void Expire(int slot, long key, int day)
    {
        ref var entry = ref Take(slot, key);
        entry.AmountMinor = 0;
        if (entry.Status == HoldStatus.Completed) Free(slot, ref entry);
        else EndIfOver(slot, ref entry, ends: true, day);
        Sum += entry.Mix(slot);
    }

    public void Write(ImageWriter image) => image.AddAll<HoldEntry>(_entries.AsSpan(0, _neverUsed));

    public void Read(ImageReader image, int count, int slotsUsed, int freeHead, bool isToday)
    {
        TableMemory.NeedsRoom("tables.holds", slotsUsed, _entries.Length);
        if (isToday) image.Fill(_entries.AsSpan(0, slotsUsed));
        else for (var slot = 0; slot < slotsUsed; slot++) _entries[slot] = image.Next<HoldEntryV1>().Today();
        (Count, _neverUsed, _freeHead) = (count, slotsUsed, freeHead);
        Sum = SumFromScratch();
        // The state hash does not see the free list, so it is walked: the next holds come from it.
        var free = 0;
        for (var slot = freeHead; slot >= 0; slot = _entries[slot].Next)
        {
            Must.Hold(slot < slotsUsed && _entries[slot].Status == HoldStatus.Free && ++free <= slotsUsed - count);
        }

        Must.Hold(free == slotsUsed - count);
        for (var slot = 0; slot < slotsUsed; slot++)
        {
            if (_entries[slot].Status != HoldStatus.Free) Index(slot);
        }
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        for (var slot = 0; slot < _neverUsed; slot++) sum += _entries[slot].Mix(slot);
        return sum;
    }

    /// <summary>All that is held: must equal what the accounts have as held.</summary>
    public long AmountMinorFromScratch()
    {
        var total = 0L;
        for (var slot = 0; slot < _neverUsed; slot++) total = checked(total + _entries[slot].AmountMinor);
        return total;
    }

    private static bool IsBy(InstitutionId acquirer, in HoldEntry entry) =>
        entry.Acquirer.Value == acquirer.Value || Mutant.Is(Mutation.CodeOfAnotherAcquirer);

    // Out of the hash; the caller puts it back.
    private ref HoldEntry Take(int slot, long key)
    {
        Must.Hold(IsOf(slot, key));
        ref var entry = ref _entries[slot];
        Sum -= entry.Mix(slot);
        return ref entry;
    }

    private void EndIfOver(int slot, ref HoldEntry entry, bool ends, int day)
    {
        if (entry.CapturedMinor == 0) Free(slot, ref entry);
        else if (ends) (entry.Status, entry.EndedOn) = (HoldStatus.Completed, (ushort)day);
    }

    private void Free(int slot, ref HoldEntry entry)
    {
        if (entry.ApprovalCode != 0)
        {
            ref var link = ref _heads[Home(entry.Card, entry.ApprovalCode, entry.IsForeign != 0)];
            while (link != slot + 1) link = ref _entries[link - 1].Next;
            link = entry.Next;
        }

        entry = new HoldEntry { Next = _freeHead };
        _freeHead = slot;
        Count--;
    }

    private void Index(int slot)
    {
        ref var entry = ref _entries[slot];
        if (entry.ApprovalCode == 0) return;
        ref var head = ref _heads[Home(entry.Card, entry.ApprovalCode, entry.IsForeign != 0)];
        entry.Next = head;
        head = slot + 1;
    }

    // Our own codes follow one another, so their heads do: no miss of the cache. Those that others chose are mixed with the card.
    private int Home(int card, uint approvalCode, bool isForeign)
    {
        if (!isForeign) return (int)(approvalCode & (uint)(_heads.Length - 1));
        var mix = new Mix((ulong)StateTable.Holds);
        mix.Add((uint)card, approvalCode);
        return (int)(mix.Finish64() >> _shift);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// One card: what decide reads is in the first 32 bytes.
/// <code>
/// 0 token 16 | 16 number 4 | 20 account 4 | 24 expiry 2 | 26 status 1 | 27 hot 1 | 28 hot from 2 | 30 hot to 2 | 32 truncated PAN 8
/// 40 address checks 8 | 48 hot region 2 | 50 PIN method 1 | 51 PIN key index 1 | 52 wrong PINs 1 | 53 unused 3 | 56 PVV or offset 8 | 64
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct CardEntry
{
    public const int Bytes = 64;
    [FieldOffset(0)] public PanToken Pan;
    [FieldOffset(16)] public int Number;
    [FieldOffset(20)] public int Account;
    [FieldOffset(24)] public ushort Expiry;
    [FieldOffset(26)] public CardStatus Status;     // Never 0 in an entry that is in use.
    [FieldOffset(27)] public HotReason Hot;
    [FieldOffset(28)] public ushort HotFrom;
    [FieldOffset(30)] public ushort HotTo;
    [FieldOffset(32)] public TruncatedPan TruncatedPan;
    [FieldOffset(40)] public AddressChecks Address;
    [FieldOffset(48)] public ushort HotRegion;
    [FieldOffset(50)] public PinMethod PinMethod;
    [FieldOffset(51)] public byte PinKeyIndex;
    [FieldOffset(52)] public byte PinTries;
    [FieldOffset(56)] public ulong PinValue;

    public readonly CardSecurity Security => new(PinMethod, PinKeyIndex, PinValue);

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.Cards);
        mix.Add(Pan.High, Pan.Low);
        mix.Add(((ulong)(uint)Account << 32) | (uint)Number, ((ulong)Expiry << 16) | ((ulong)Status << 8) | (ulong)Hot);
        mix.Add(TruncatedPan.Packed, ((ulong)HotFrom << 16) | HotTo);
        // What joined later counts where it is said, so that old hashes stay.
        if ((Address.Packed | HotRegion) != 0) mix.Add(Address.Packed, HotRegion);
        var pin = ((ulong)PinMethod << 16) | ((ulong)PinKeyIndex << 8) | PinTries;
        if ((pin | PinValue) != 0) mix.Add(PinValue, pin);
        return mix.Finish();
    }
}

/// <summary>Cards by token: open addressing, linear probing, nothing is ever deleted. Cards are numbered as they enter.</summary>
internal sealed class CardTable
{
    private readonly CardEntry[] _entries;
    private readonly int _cardsMax;
    private readonly int _shift;

    public CardTable(int cardsMax, bool touch)
    {
        _cardsMax = cardsMax;
        _entries = TableMemory.Take<CardEntry>(TableMemory.PowerOfTwo(cardsMax * 10L / 7), touch);
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
    }

    public int Count { get; private set; }

    public int Max => _cardsMax;

    /// <summary>Slots, most of them empty in a fresh table.</summary>
    public int Slots => _entries.Length;

    public UInt128 Sum { get; private set; }

    /// <summary>The slot of a card, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(PanToken pan)
    {
        var entries = _entries;
        for (var slot = Home(pan); ; slot = (slot + 1) & (entries.Length - 1))
        {
            ref readonly var entry = ref entries[slot];
            if (entry.Pan == pan && entry.Status != 0) return slot;
            if (entry.Status == 0) return -1;
        }
    }

    public ref readonly CardEntry this[int slot] => ref _entries[slot];

    /// <summary>Enters a card that is not there yet, as the next number.</summary>
    public void Add(in CardEntry card)
    {
        TableMemory.NeedsRoom("tables.cards", Count + 1, _cardsMax);
        Must.Hold(card.Number == Count && card.Status != 0 && !card.Pan.IsNone);
        var slot = Home(card.Pan);
        while (_entries[slot].Status != 0)
        {
            Must.Hold(_entries[slot].Pan != card.Pan);       // A card enters once.
            slot = (slot + 1) & (_entries.Length - 1);
        }

        _entries[slot] = card;
        Count++;
        Sum += card.Mix();
    }

    public void Write(ImageWriter image)
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Status != 0) image.Add(in entry);
        }
    }

    public void Read(ImageReader image, int count)
    {
        TableMemory.NeedsRoom("tables.cards", count, _cardsMax);
        while (Count < count)
        {
            var card = image.Next<CardEntry>();
            Must.Hold((uint)card.Number < (uint)count && card.Status != 0 && !card.Pan.IsNone);
            var slot = Home(card.Pan);
            while (_entries[slot].Status != 0) slot = (slot + 1) & (_entries.Length - 1);
            _entries[slot] = card;
            Count++;
            Sum += card.Mix();
        }
    }

    public void Change(in CardChanged change)
    {
        Must.Hold(change.Status != 0);
        ref var entry = ref Known(change.Pan);
        Sum -= entry.Mix();
        (entry.Status, entry.Hot, entry.HotFrom, entry.HotTo) = (change.Status, change.Hot, change.HotFrom, change.HotTo);
        entry.HotRegion = change.HotRegion;
        Sum += entry.Mix();
    }

    public void Address(in CardAddressed addressed)
    {
        ref var entry = ref Known(addressed.Pan);
        Sum -= entry.Mix();
        entry.Address = addressed.Address;
        Sum += entry.Mix();
    }

    public void SetPin(in CardPinSet set)
    {
        ref var entry = ref Known(set.Pan);
        Sum -= entry.Mix();
        (entry.PinMethod, entry.PinKeyIndex, entry.PinValue) = (set.Method, set.KeyIndex, set.Value);
        if (!Mutant.Is(Mutation.ResetKeepsTries)) entry.PinTries = 0;
        Sum += entry.Mix();
    }

    public void SetPinTries(PanToken pan, int tries)
    {
        ref var entry = ref Known(pan);
        Sum -= entry.Mix();
        entry.PinTries = (byte)tries;
        Sum += entry.Mix();
    }

    private ref CardEntry Known(PanToken pan)
    {
        var slot = Find(pan);
        Must.Hold(slot >= 0);
        return ref _entries[slot];
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Status != 0) sum += entry.Mix();
        }

        return sum;
    }

    // Tokens are well mixed already; the multiplication is for tokens of other makers (tests).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Home(PanToken pan) => (int)((pan.Low * 0x9E37_79B9_7F4A_7C15UL + pan.High) >> _shift);
}

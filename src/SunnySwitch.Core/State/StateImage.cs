using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// How much of everything an image of a state holds. Durable, little-endian, frozen; the tables follow in this order, their
/// entries as their layouts say: accounts, cards, holds by slot, duplicate keys and tombstones by number, links of tombstones,
/// sessions; since version 2, sealed PANs by card number; since version 3, holds of 72 bytes, balances told, rules, counters, receipts,
/// steps, charges, contra-accounts and rates; since version 4, counters of months and lives, the register of merchants and terminals,
/// stopped payments, and what is known of keys; since version 5, the counters of chips; since version 6, rules of 5,888 bytes, and the key
/// serial numbers of devices.
/// A new table joins at the end, with a new version; old ones are read for ever.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
public struct StateImage
{
    /// <summary>Size of this head; 252 before version 6, 248 before version 5, 224 before version 4, 128 before version 3, with zeros behind.</summary>
    public const int SizeBytes = 256;

    /// <summary>Version of head and tables that is written.</summary>
    public const uint Newest = 6;

    /// <summary>1 to <see cref="Newest"/>.</summary>
    [FieldOffset(0)] public uint Version = Newest;

    /// <summary>See <see cref="SwitchState.TokenKeyCheck"/>.</summary>
    [FieldOffset(4)] public uint TokenKeyCheck;

    /// <summary>Last frame applied.</summary>
    [FieldOffset(8)] public long Sequence;

    /// <summary>Epoch of the last start.</summary>
    [FieldOffset(16)] public ulong Epoch;

    /// <summary>Open business date.</summary>
    [FieldOffset(24)] public int Day;

    /// <summary>The one before.</summary>
    [FieldOffset(28)] public int PreviousDay;

    /// <summary>Entries.</summary>
    [FieldOffset(32)] public int Cards;

    /// <summary>Entries.</summary>
    [FieldOffset(36)] public int Accounts;

    /// <summary>Open holds.</summary>
    [FieldOffset(40)] public int Holds;

    /// <summary>Slots, those of the free list included.</summary>
    [FieldOffset(44)] public int HoldSlotsUsed;

    /// <summary>First free slot, or -1.</summary>
    [FieldOffset(48)] public int HoldFreeHead;

    /// <summary>Links that tombstones were counted for.</summary>
    [FieldOffset(52)] public int TombstoneLinks;

    /// <summary>Connections that are signed on or off.</summary>
    [FieldOffset(56)] public int Sessions;

    /// <summary>Orders of cardholders not to be charged.</summary>
    [FieldOffset(60)] public int Stops;

    [FieldOffset(64)] internal FifoRange Keys;
    [FieldOffset(88)] internal FifoRange Tombstones;
    [FieldOffset(112)] internal CompactRange Balances;
    [FieldOffset(128)] internal CompactRange DayCounters;
    [FieldOffset(144)] internal CompactRange SlidingCounters;
    [FieldOffset(160)] internal CompactRange Receipts;
    [FieldOffset(176)] internal CompactRange Steps;
    [FieldOffset(192)] internal CompactRange Charges;

    /// <summary>See <see cref="Velocity.LatestMinute"/>.</summary>
    [FieldOffset(208)] public int LatestMinute;

    /// <summary>Not 0 once movements name their other side.</summary>
    [FieldOffset(212)] public int HasContra;

    /// <summary>Entries.</summary>
    [FieldOffset(216)] public int ContraAccounts;

    /// <summary>Merchants and terminals.</summary>
    [FieldOffset(220)] public int Acceptors;

    [FieldOffset(224)] internal CompactRange MonthCounters;
    [FieldOffset(240)] internal int LifeCounters;

    /// <summary>Versions of keys.</summary>
    [FieldOffset(244)] public int KeyNotes;

    /// <summary>Chips whose counters are known.</summary>
    [FieldOffset(248)] public int ChipCounters;

    /// <summary>Devices whose key serial numbers are known.</summary>
    [FieldOffset(252)] public int Devices;

    /// <summary>Of the newest version.</summary>
    public StateImage()
    {
    }

    /// <summary>Bytes of all tables after this head.</summary>
    public readonly long Bytes =>
        ((long)Accounts * AccountEntry.Bytes) + ((long)Cards * CardEntry.Bytes) + ((long)HoldSlotsUsed * (HasLifeCycle ? HoldEntry.Bytes : HoldEntryV1.Bytes))
        + ((Keys.Next - Keys.LiveFirst) * KeyEntry.Bytes) + ((Tombstones.Next - Tombstones.LiveFirst) * TombstoneEntry.Bytes)
        + ((long)TombstoneLinks * sizeof(uint)) + ((long)Sessions * Unsafe.SizeOf<SessionChanged>())
        + (HasSealedPans ? (long)Cards * SealedPan.Bytes : 0)
        + (HasLifeCycle
            ? (Balances.Live * BalanceEntry.Bytes) + (3L * RuleBytes) + (DayCounters.Live * DayCounter.Bytes)
                + (SlidingCounters.Live * SlidingCounter.Bytes) + (Receipts.Live * Receipt.Bytes)
                + (Steps.Live * StepEntry.Bytes)
                + (Charges.Live * ChargeEntry.Bytes) + ((long)ContraAccounts * ContraEntry.Bytes) + (3L * RateSet.Bytes)
            : 0)
        + (HasRegisters
            ? ((MonthCounters.Live + LifeCounters) * DayCounter.Bytes) + ((long)Acceptors * AcceptorEntry.Bytes) + ((long)Stops * StopEntry.Bytes)
                + ((long)KeyNotes * KeyNoteEntry.Bytes)
            : 0)
        + (HasChipCounters ? (long)ChipCounters * ChipCounterEntry.Bytes : 0)
        + (HasDevices ? (long)Devices * DeviceSerialEntry.Bytes : 0);

    internal readonly bool HasSealedPans => Version >= 2;

    internal readonly bool HasLifeCycle => Version >= 3;

    internal readonly bool HasRegisters => Version >= 4;

    internal readonly bool HasChipCounters => Version >= 5;

    internal readonly bool HasDevices => Version >= 6;

    internal readonly int RuleBytes => Version >= 6 ? RuleSet.Bytes : RuleSet.BytesV3;

    /// <summary>Null, or what cannot be about a head that was read.</summary>
    public readonly string? Problem() =>
        Version is 0 or > Newest ? $"the state image has version {Version}, this program reads 1 to {Newest}"
        : Sequence <= 0 || (Cards | Accounts | Holds | HoldSlotsUsed | TombstoneLinks | Sessions) < 0 || HoldSlotsUsed < Holds
            || !Good(Keys) || !Good(Tombstones)
            || (HasLifeCycle && !(Balances.IsGood && DayCounters.IsGood && SlidingCounters.IsGood && Receipts.IsGood && Steps.IsGood
                && Charges.IsGood && ContraAccounts >= 0))
            || (HasRegisters && !(MonthCounters.IsGood && (LifeCounters | Acceptors | Stops | KeyNotes) >= 0))
            || (HasChipCounters && ChipCounters < 0) || (HasDevices && Devices < 0)
            ? "the state image's head cannot be"
        : null;

    private static bool Good(in FifoRange range) =>
        range.LiveFirst > 0 && range.LiveFirst <= range.TodayFirst && range.TodayFirst <= range.Next;
}

/// <summary>Gathers an image's entries and hands them on in large pieces.</summary>
/// <param name="buffer">The piece; whole blocks where the target wants them.</param>
/// <param name="target">Gets the pieces, all but the last full.</param>
public sealed class ImageWriter(Memory<byte> buffer, Action<ReadOnlyMemory<byte>> target)
{
    internal const int RunEntries = 1 << 20;
    private int _used;

    internal void Add<T>(in T entry)
        where T : unmanaged => AddAll(new ReadOnlySpan<T>(in entry));

    internal void AddAll<T>(ReadOnlySpan<T> entries)
        where T : unmanaged
    {
        // In runs: a table may have more bytes than a span can count.
        for (; entries.Length > RunEntries; entries = entries[RunEntries..]) AddBytes(MemoryMarshal.AsBytes(entries[..RunEntries]));
        AddBytes(MemoryMarshal.AsBytes(entries));
    }

    internal void Flush()
    {
        if (_used > 0) target(buffer[.._used]);
        _used = 0;
    }

    private void AddBytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(bytes.Length, buffer.Length - _used)];
            piece.CopyTo(buffer.Span[_used..]);
            _used += piece.Length;
            bytes = bytes[piece.Length..];
            if (_used == buffer.Length) Flush();
        }
    }
}

/// <summary>Gives back what an <see cref="ImageWriter"/> gathered.</summary>
/// <param name="buffer">Space for a piece.</param>
/// <param name="source">Fills what it is given; the caller never asks for more than the image has.</param>
/// <param name="bytes">Bytes of the image.</param>
public sealed class ImageReader(Memory<byte> buffer, Action<Memory<byte>> source, long bytes)
{
    private long _left = bytes;
    private int _used;
    private int _have;

    internal T Next<T>()
        where T : unmanaged
    {
        var entry = default(T);
        Fill(new Span<T>(ref entry));
        return entry;
    }

    internal void Fill<T>(Span<T> entries)
        where T : unmanaged
    {
        for (; entries.Length > ImageWriter.RunEntries; entries = entries[ImageWriter.RunEntries..])
            FillBytes(MemoryMarshal.AsBytes(entries[..ImageWriter.RunEntries]));
        FillBytes(MemoryMarshal.AsBytes(entries));
    }

    private void FillBytes(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_used == _have) Load();
            var piece = Math.Min(target.Length, _have - _used);
            buffer.Span.Slice(_used, piece).CopyTo(target);
            _used += piece;
            target = target[piece..];
        }
    }

    private void Load()
    {
        (_used, _have) = (0, (int)Math.Min(buffer.Length, _left));
        Must.Hold(_have > 0);
        _left -= _have;
        source(buffer[.._have]);
    }
}

using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>Who is on the other side of an account's money. Durable.</summary>
public enum ContraKind : byte
{
    /// <summary>What cards were opened with, and all that moved before each movement named its other side.</summary>
    Funding = 1,
    /// <summary>What is due to an acquirer.</summary>
    Settlement = 2,
    /// <summary>Fees due to an acquirer (DE28).</summary>
    Fees = 3,
    /// <summary>What was bought and sold of a currency.</summary>
    Exchange = 4,
}

/// <summary>
/// One contra-account and its balance: the sum of many accounts, so more than sixty-four bits.
/// <c>0 minor units 16 | 16 kind, currency, acquirer 8 | 24 unused 8 | 32</c>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct ContraEntry
{
    public const int Bytes = 32;
    private const int KindShift = 56, CurrencyShift = 40;
    [FieldOffset(0)] public Int128 Minor;
    [FieldOffset(16)] public ulong Key;

    public readonly ContraKind Kind => (ContraKind)(Key >> KindShift);

    public readonly ushort Currency => (ushort)(Key >> CurrencyShift);

    /// <summary>Without its leading zeros.</summary>
    public readonly ulong Acquirer => Key & ((1UL << CurrencyShift) - 1);

    /// <summary>An acquirer's value has at most eleven digits: 37 bits.</summary>
    public static ulong KeyOf(ContraKind kind, InstitutionId acquirer, ushort currency)
    {
        Must.Hold(acquirer.Value >> CurrencyShift == 0);
        return ((ulong)kind << KindShift) | ((ulong)currency << CurrencyShift) | acquirer.Value;
    }

    public readonly UInt128 Mix()
    {
        var mix = new Mix((ulong)StateTable.ContraAccounts);
        mix.Add(Key, 0);
        mix.Add((ulong)Minor, (ulong)(Minor >> 64));
        return mix.Finish();
    }
}

/// <summary>
/// The other side of every movement of a ledger: with the accounts' balances they sum to zero, currency by currency (invariant I5).
/// As many as there are acquirers times currencies; an open-addressed table that nothing leaves.
/// </summary>
internal sealed class ContraAccounts(int contraAccountsMax)
{
    /// <summary>Most that one decision can need.</summary>
    public const int NewMax = 4;

    private readonly ContraEntry[] _entries = new ContraEntry[TableMemory.PowerOfTwo(contraAccountsMax * 2)];

    public int Count { get; private set; }

    public UInt128 Sum { get; private set; }

    public bool IsFull => Count + NewMax > contraAccountsMax;

    /// <summary>True if a movement with that acquirer can be booked.</summary>
    public bool HasRoomFor(InstitutionId acquirer, ushort currency) =>
        !IsFull || Find(ContraEntry.KeyOf(ContraKind.Settlement, acquirer, currency)).Key != 0;

    /// <summary>Balances, in no particular order.</summary>
    public IEnumerable<ContraEntry> All => _entries.Where(entry => entry.Key != 0);

    public void Add(ContraKind kind, InstitutionId acquirer, ushort currency, Int128 minor)
    {
        if (minor == 0) return;
        ref var entry = ref Find(ContraEntry.KeyOf(kind, acquirer, currency));
        if (entry.Key == 0)
        {
            TableMemory.NeedsRoom("tables.contraAccounts", Count + 1L, contraAccountsMax);
            entry.Key = ContraEntry.KeyOf(kind, acquirer, currency);
            Count++;
        }
        else
        {
            Sum -= entry.Mix();
        }

        entry.Minor = checked(entry.Minor + minor);
        Sum += entry.Mix();
    }

    public void Write(ImageWriter image)
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Key != 0) image.Add(in entry);
        }
    }

    public void Read(ImageReader image, int count)
    {
        TableMemory.NeedsRoom("tables.contraAccounts", count, contraAccountsMax);
        for (; Count < count; Count++)
        {
            var read = image.Next<ContraEntry>();
            ref var entry = ref Find(read.Key);
            Must.Hold(read.Key != 0 && entry.Key == 0);
            entry = read;
            Sum += read.Mix();
        }
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Key != 0) sum += entry.Mix();
        }

        return sum;
    }

    private ref ContraEntry Find(ulong key)
    {
        var slot = (int)((key * 0x9E37_79B9_7F4A_7C15UL) >> 40) & (_entries.Length - 1);
        while (_entries[slot].Key != key && _entries[slot].Key != 0) slot = (slot + 1) & (_entries.Length - 1);
        return ref _entries[slot];
    }
}

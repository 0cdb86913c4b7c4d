using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// One account, minor units of its currency.
/// <code>
/// 0 ledger 8 | 8 held 8 | 16 credit line 8 | 24 currency 2 | 26 unused 6 | 32
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct AccountEntry
{
    public const int Bytes = 32;
    [FieldOffset(0)] public long LedgerMinor;
    [FieldOffset(8)] public long HeldMinor;
    [FieldOffset(16)] public long CreditLineMinor;
    [FieldOffset(24)] public ushort Currency;

    public readonly long AvailableMinor => checked(LedgerMinor + CreditLineMinor - HeldMinor);

    public readonly UInt128 Mix(int account)
    {
        if ((LedgerMinor | HeldMinor | CreditLineMinor | Currency) == 0) return UInt128.Zero;
        var mix = new Mix((ulong)StateTable.Accounts);
        mix.Add((ulong)account, Currency);
        mix.Add((ulong)LedgerMinor, (ulong)HeldMinor);
        mix.Add((ulong)CreditLineMinor, 0);
        return mix.Finish();
    }
}

/// <summary>Accounts by number, dense.</summary>
internal sealed class AccountTable(int accountsMax, bool touch)
{
    /// <summary>Bound of every balance: sums of two stay far from overflow.</summary>
    public const long BalanceMinorMax = 1_000_000_000_000_000_000;

    private readonly AccountEntry[] _entries = TableMemory.Take<AccountEntry>(accountsMax, touch);

    public int Count { get; private set; }

    public int Max => _entries.Length;

    public UInt128 Sum { get; private set; }

    /// <summary>Held in all accounts: must equal the sum of the open holds.</summary>
    public long HeldMinorTotal { get; private set; }

    public ref readonly AccountEntry this[int account] => ref _entries[account];

    public void Add(int account, in AccountEntry entry)
    {
        TableMemory.NeedsRoom("tables.accounts", Count + 1, _entries.Length);
        Must.Hold(account == Count && entry.HeldMinor == 0);
        Must.Hold(entry.LedgerMinor is >= -BalanceMinorMax and <= BalanceMinorMax);
        Must.Hold(entry.CreditLineMinor is >= 0 and <= BalanceMinorMax);
        _entries[account] = entry;
        Count++;
        Sum += entry.Mix(account);
    }

    /// <summary>The one setter of balances.</summary>
    public void Move(int account, long heldDelta, long ledgerDelta, bool mayOverdraw = false)
    {
        Must.Hold((uint)account < (uint)Count);
        ref var entry = ref _entries[account];
        Sum -= entry.Mix(account);
        entry.HeldMinor = checked(entry.HeldMinor + heldDelta);
        entry.LedgerMinor = checked(entry.LedgerMinor + ledgerDelta);
        HeldMinorTotal = checked(HeldMinorTotal + heldDelta);
        Must.Hold(entry.HeldMinor >= 0);
        Must.Hold(entry.LedgerMinor is >= -BalanceMinorMax and <= BalanceMinorMax);

        // Whoever takes money must have had it; giving back is always right.
        Must.Hold(mayOverdraw || heldDelta - ledgerDelta <= 0 || entry.AvailableMinor >= 0);
        if (!Mutant.Is(Mutation.StaleHash)) Sum += entry.Mix(account);
    }

    public void Write(ImageWriter image) => image.AddAll<AccountEntry>(_entries.AsSpan(0, Count));

    public void Read(ImageReader image, int count)
    {
        TableMemory.NeedsRoom("tables.accounts", count, _entries.Length);
        image.Fill(_entries.AsSpan(0, count));
        Count = count;
        Sum = SumFromScratch();
        for (var account = 0; account < count; account++) HeldMinorTotal = checked(HeldMinorTotal + _entries[account].HeldMinor);
    }

    public UInt128 SumFromScratch()
    {
        var sum = UInt128.Zero;
        for (var account = 0; account < Count; account++) sum += _entries[account].Mix(account);
        return sum;
    }
}

using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// What an answer told beside its code: its repeat is told the same. An inquiry: its balances. An approval in part: approved (available) and
/// asked for (ledger). A bill in another currency: billed (available) and the rate, packed (ledger). An address: how it compared
/// (currency, low byte). An authentication's proof: the verdict on it (currency, high byte). Two business dates long, as its key.
/// <code>
/// 0 key primary 8 | 8 previous 4 | 12 currency 2 | 14 unused 2 | 16 available 8 | 24 ledger 8 | 32
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct BalanceEntry : IFifoEntry
{
    public const int Bytes = 32;

    /// <summary>Most that one answer tells: of address and authentication, and beside it an approval in part, a bill or balances.</summary>
    public const int OfOneAnswerMax = 2;

    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public ushort Currency;
    [FieldOffset(16)] public long AvailableMinor;
    [FieldOffset(24)] public long LedgerMinor;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.Balances);
        mix.Add((ulong)number, _primary);
        mix.Add((ulong)AvailableMinor, (ulong)LedgerMinor);
        mix.Add(Currency, 0);
        return mix.Finish();
    }
}

using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// A later step of a transaction (increment, completion, linked refund) with what is left of it to be undone.
/// <code>
/// 0 primary of its key 8 | 8 previous 4 | 12 slot of the authorization, -1 none 4 | 16 key number of what it belongs to 8
/// 24 held 8 | 32 ledger 8 | 40 is final 1 | 41 unused 7 | 48
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct StepEntry : IFifoEntry
{
    public const int Bytes = 48;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public int Hold;
    /// <summary>Of the answer that opened the authorization; with no slot, of the purchase that is refunded.</summary>
    [FieldOffset(16)] public long Key;
    /// <summary>What an increment added, or a completion released, to and from the hold.</summary>
    [FieldOffset(24)] public long HeldMinor;
    /// <summary>What a completion debited, or a refund credited.</summary>
    [FieldOffset(32)] public long LedgerMinor;
    /// <summary>The completion that ended its authorization.</summary>
    [FieldOffset(40)] public byte IsFinal;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.Steps);
        mix.Add((ulong)number, _primary);
        mix.Add((ulong)HeldMinor, (ulong)LedgerMinor);
        mix.Add((ulong)Key, ((ulong)(uint)Hold << 8) | IsFinal);
        return mix.Finish();
    }
}

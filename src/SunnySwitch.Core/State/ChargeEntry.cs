using System.Runtime.InteropServices;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Core.State;

/// <summary>
/// What is left, to the acquirer, of an answer that moved money with a fee or in another currency: so that its reversals and refunds are
/// shared out as it was.
/// <code>
/// 0 primary, of the answer's number 8 | 8 previous 4 | 12 rate 4 | 16 settled 8 | 24 fee 8 | 32 currency 2 | 34 unused 6 | 40
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct ChargeEntry : IFifoEntry
{
    public const int Bytes = 40;
    private const ulong Domain = 0x5013;
    [FieldOffset(0)] private ulong _primary;
    [FieldOffset(8)] private uint _previous;
    [FieldOffset(12)] public Rate Rate;
    /// <summary>As in <see cref="Charges"/>: negative for a refund.</summary>
    [FieldOffset(16)] public long SettledMinor;
    [FieldOffset(24)] public long FeeMinor;
    [FieldOffset(32)] public ushort Currency;

    public ulong Primary { readonly get => _primary; init => _primary = value; }

    public uint Previous { readonly get => _previous; set => _previous = value; }

    public readonly UInt128 Mix(long number)
    {
        var mix = new Mix((ulong)StateTable.Charges);
        mix.Add((ulong)number, _primary);
        mix.Add((ulong)SettledMinor, (ulong)FeeMinor);
        mix.Add(Rate.Packed, Currency);
        return mix.Finish();
    }

    public static ulong PrimaryOf(long key)
    {
        var mix = new Mix(Domain);
        mix.Add((ulong)key, 28);
        return mix.Finish64();
    }
}

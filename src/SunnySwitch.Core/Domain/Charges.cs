using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// What a decision is to the acquirer, where that is not simply the amount that moved at the card's account: with a fee (DE28), or in another
/// currency. Follows in the frame when <see cref="RequestHas.Charges"/>. Little-endian, frozen.
/// <code>
/// 0 settled 8 | 8 fee 8 | 16 rate 4 | 20 currency 2 | 22 unused 2 | 24
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct Charges
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 24;
    /// <summary>Due to the acquirer without the fee, minor units of <see cref="Currency"/>; negative: due from it.</summary>
    [FieldOffset(0)] public long SettledMinor;
    /// <summary>As asked for (positive: the cardholder pays it); once decided, due to the acquirer, likewise.</summary>
    [FieldOffset(8)] public long FeeMinor;
    /// <summary>From <see cref="Currency"/> to the account's; 0: they are the same.</summary>
    [FieldOffset(16)] public Rate Rate;
    /// <summary>ISO 4217 number of what was asked for.</summary>
    [FieldOffset(20)] public ushort Currency;

    /// <summary>The same the other way.</summary>
    public readonly Charges Opposite => this with { SettledMinor = -SettledMinor, FeeMinor = -FeeMinor };
}

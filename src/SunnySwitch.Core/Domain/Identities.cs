using System.Runtime.CompilerServices;
using System.Text;

namespace SunnySwitch.Core.Domain;

/// <summary>AES-CMAC of a PAN under the token key: what the switch knows a card by. Says nothing of the digits.</summary>
public readonly record struct PanToken(ulong High, ulong Low)
{
    /// <summary>True for the token that no PAN has.</summary>
    public bool IsNone => (High | Low) == 0;

    /// <inheritdoc/>
    public override string ToString() => $"{High:X16}{Low:X16}";
}

/// <summary>First six and last four digits and the length of a PAN: all that may be shown or stored of it. Prints 476173******0119.</summary>
public readonly record struct TruncatedPan(ulong Packed)
{
    /// <summary>Packs the parts. A PAN shorter than 13 digits keeps its length only.</summary>
    public static TruncatedPan Of(uint firstSix, uint lastFour, int length) =>
        length < 13 ? new((ulong)length << 56) : new(((ulong)length << 56) | ((ulong)firstSix << 16) | lastFour);

    /// <summary>Digits of the whole PAN.</summary>
    public int Length => (int)(Packed >> 56);

    /// <summary>First six digits.</summary>
    public uint Bin => (uint)(Packed >> 16) & 0xFF_FFFF;

    /// <inheritdoc/>
    public override string ToString() => Length < 13
        ? new string('*', Length)
        : $"{(Packed >> 16) & 0xFF_FFFF:D6}{new string('*', Length - 10)}{Packed & 0xFFFF:D4}";
}

/// <summary>DE32 or DE33: up to 11 digits, leading zeros kept by the length in the top byte.</summary>
public readonly record struct InstitutionId(ulong Packed)
{
    /// <summary>Packs value and digit count.</summary>
    public static InstitutionId Of(ulong value, int digits) => new(((ulong)digits << 56) | value);

    /// <summary>The number.</summary>
    public ulong Value => Packed & 0x00FF_FFFF_FFFF_FFFF;

    /// <summary>How many digits, leading zeros included; 0 = none.</summary>
    public int Digits => (int)(Packed >> 56);

    /// <inheritdoc/>
    public override string ToString() => Digits == 0 ? "" : Value.ToString("D" + Digits);
}

#pragma warning disable CS1591
/// <summary>Eight characters of text, space or zero padded as received.</summary>
[InlineArray(8)]
public struct Text8
{
    private byte _first;

    /// <inheritdoc/>
    public readonly override string ToString() =>
        Encoding.Latin1.GetString(((ReadOnlySpan<byte>)this).TrimEnd((byte)0));
}

/// <summary>Twelve characters of text.</summary>
[InlineArray(12)]
public struct Text12
{
    private byte _first;

    /// <inheritdoc/>
    public readonly override string ToString() =>
        Encoding.Latin1.GetString(((ReadOnlySpan<byte>)this).TrimEnd((byte)0));
}

/// <summary>Up to sixteen characters of text.</summary>
[InlineArray(16)]
public struct Text16
{
    /// <summary>How many fit.</summary>
    public const int Characters = 16;

    private byte _first;

    /// <inheritdoc/>
    public readonly override string ToString() =>
        Encoding.Latin1.GetString(((ReadOnlySpan<byte>)this).TrimEnd((byte)0));
}
#pragma warning restore CS1591

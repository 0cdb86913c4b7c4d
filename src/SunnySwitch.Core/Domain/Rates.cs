using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SunnySwitch.Core.State;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// How much of one currency another one is, as DE10 writes it (ISO 8583-1, conversion rate): the first of eight digits is the number of
/// decimals of the other seven. 0: no conversion.
/// </summary>
public readonly record struct Rate(uint Packed)
{
    /// <summary>Largest seven digits.</summary>
    public const uint DigitsMax = 9_999_999;

    /// <summary>Packs seven digits and 0 to 9 decimals.</summary>
    public static Rate Of(uint digits, int decimals) => new(((uint)decimals * (DigitsMax + 1)) + digits);

    /// <summary>The seven digits.</summary>
    public uint Digits => Packed % (DigitsMax + 1);

    /// <summary>Decimals of the digits.</summary>
    public int Decimals => (int)(Packed / (DigitsMax + 1));

    /// <summary>
    /// Converts an amount in minor units, rounded to the nearest, halves away from zero; false if sixty-four bits do not hold it.
    /// </summary>
    public bool TryConvert(long minor, ushort from, ushort to, out long converted)
    {
        converted = 0;
        var shift = Currencies.DecimalsOf(to) - Currencies.DecimalsOf(from) - Decimals;
        var product = (Int128)minor * Digits;                // At most 63 + 24 bits.
        if (shift > 0) product *= (Int128)PowerOfTen(shift);
        var divisor = shift < 0 ? (Int128)PowerOfTen(-shift) : 1;
        var half = divisor / 2;
        product = (product < 0 ? product - half : product + half) / divisor;
        if (product > long.MaxValue || product < -(Int128)long.MaxValue) return false;
        converted = (long)product;
        return true;
    }

    private static long PowerOfTen(int exponent)
    {
        var power = 1L;
        for (; exponent > 0; exponent--) power *= 10;
        return power;
    }
}

/// <summary>What one unit of a currency costs in another. <c>0 from 2 | 2 to 2 | 4 rate 4 | 8</c></summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct RateTerms
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 8;
#pragma warning disable CS1591
    [FieldOffset(0)] public ushort From;
    [FieldOffset(2)] public ushort To;
    [FieldOffset(4)] public Rate Rate;
#pragma warning restore CS1591
}

/// <summary>
/// A version of the rates as an operator gave it, and payload of <see cref="JournalKind.RatesActivated"/>. Little-endian, frozen.
/// <code>
/// 0 version 4 | 4 effective business date 4 | 8 rates 4 | 12 unused 4 | 16 name 16 | 32 operator 16 | 48 reason 48 | 96 rates 256 x 8 | 2144
/// </code>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct RateSet : IVersioned
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 96 + (RatesMax * RateTerms.Bytes);

    /// <summary>Most rates.</summary>
    public const int RatesMax = 256;
#pragma warning disable CS1591
    /// <summary>Rises by one with each activation; 0: no rates.</summary>
    [FieldOffset(0)] public uint Version;
    /// <summary>Days since 1970-01-01: in force from this business date.</summary>
    [FieldOffset(4)] public int EffectiveDay;
    [FieldOffset(8)] public int Count;
    [FieldOffset(16)] public Text16 Name;
    [FieldOffset(32)] public Text16 Operator;
    [FieldOffset(48)] public Text48 Reason;
    /// <summary>Rising by <see cref="RateTerms.From"/>, then <see cref="RateTerms.To"/>; the first <see cref="Count"/>.</summary>
    [FieldOffset(96)] public RateList Rates;
#pragma warning restore CS1591

    static int IVersioned.FirstBytes => Bytes;

    uint IVersioned.Version { readonly get => Version; set => Version = value; }

    int IVersioned.EffectiveDay { readonly get => EffectiveDay; set => EffectiveDay = value; }

    Text16 IVersioned.Operator { readonly get => Operator; set => Operator = value; }

    Text48 IVersioned.Reason { readonly get => Reason; set => Reason = value; }

    /// <summary>The rate from one currency to another; <c>default</c> when there is none.</summary>
    public readonly Rate Find(ushort from, ushort to)
    {
        var wanted = Order(from, to);
        ReadOnlySpan<RateTerms> rates = Rates;
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            ref readonly var terms = ref rates[middle];
            var here = Order(terms.From, terms.To);
            if (here == wanted) return terms.Rate;
            if (here < wanted) low = middle + 1;
            else high = middle - 1;
        }

        return default;
    }

    /// <summary>What rates are sorted by.</summary>
    public static uint Order(ushort from, ushort to) => ((uint)from << 16) | to;
}

#pragma warning disable CS1591
/// <summary>Up to 256 rates.</summary>
[InlineArray(RateSet.RatesMax)]
public struct RateList
{
    private RateTerms _first;
}
#pragma warning restore CS1591

using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Cards;

/// <summary>Card verification codes that come from PAN, expiry and service code alone.</summary>
public enum CardCodeKind : byte
{
    /// <summary>CVV, CVC: on the magnetic stripe, with the card's own service code.</summary>
    Cvv = 1,

    /// <summary>CVV2, CVC2: printed on the card; service code 000.</summary>
    Cvv2 = 2,

    /// <summary>iCVV, chip CVC: in the chip's track image; service code 999.</summary>
    Icvv = 3,
}

/// <summary>What a code is made of, as ASCII digits.</summary>
/// <param name="kind">Which code.</param>
/// <param name="pan">12 to 19 digits.</param>
/// <param name="expiry">Four digits in the order the issuer uses, usually YYMM.</param>
/// <param name="serviceCode">Three digits; counts for <see cref="CardCodeKind.Cvv"/> only.</param>
public readonly ref struct CardCodeTerms(
    CardCodeKind kind, ReadOnlySpan<byte> pan, ReadOnlySpan<byte> expiry, ReadOnlySpan<byte> serviceCode = default)
{
    /// <summary>Which code.</summary>
    public CardCodeKind Kind { get; } = kind;

    /// <summary>The PAN.</summary>
    public ReadOnlySpan<byte> Pan { get; } = pan;

    /// <summary>The expiry.</summary>
    public ReadOnlySpan<byte> Expiry { get; } = expiry;

    /// <summary>The service code that goes in: the card's, 000 or 999.</summary>
    public ReadOnlySpan<byte> ServiceCode { get; } =
        kind == CardCodeKind.Cvv2 ? "000"u8 : kind == CardCodeKind.Icvv ? "999"u8 : serviceCode;
}

/// <summary>The algorithm of Visa CVV and Mastercard CVC.</summary>
internal static class CardCode
{
    /// <summary>Digits of a code.</summary>
    public const int Digits = 3;

    /// <summary>
    /// 32 nibbles of PAN, expiry, service code and zeros: the first half under the left key, xor the second half, under the whole
    /// key, decimalised.
    /// </summary>
    public static void Compute(
        in KeySchedule key, ReadOnlySpan<byte> pan, ReadOnlySpan<byte> expiry, ReadOnlySpan<byte> serviceCode, Span<byte> code)
    {
        UInt128 data = 0;
        var place = 124;
        Append(ref data, pan, ref place);
        Append(ref data, expiry, ref place);
        Append(ref data, serviceCode, ref place);
        var first = key.EncryptLeft((ulong)(data >> 64));
        Nibble.Decimalise(key.Encrypt64(first ^ (ulong)data), code[..Digits]);
    }

    /// <summary>Whether the digits are digits, and as many as there should be.</summary>
    public static bool AreGood(ReadOnlySpan<byte> pan, ReadOnlySpan<byte> expiry, ReadOnlySpan<byte> serviceCode) =>
        pan.Length >= 12 && Nibble.IsPan(pan) && expiry.Length == 4 && Nibble.TryRead(expiry, out _) &&
        serviceCode.Length == 3 && Nibble.TryRead(serviceCode, out _);

    private static void Append(ref UInt128 data, ReadOnlySpan<byte> digits, ref int place)
    {
        foreach (var each in digits)
        {
            data |= (UInt128)(uint)(each - '0') << place;
            place -= 4;
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SunnySwitch.Core.Domain;

/// <summary>What a request brought to prove who it is.</summary>
[Flags]
public enum EvidenceHas : byte
{
#pragma warning disable CS1591
    None = 0, PinBlock = 1, CardCode = 2, Cryptogram = 4, Mac = 8, Authentication = 16,
#pragma warning restore CS1591
}

/// <summary>
/// What a request brings to prove who it is: PAN, PIN block, codes of the card, cryptogram, authentication value, MAC. Filled at the edge, seen by
/// the HSM desk only, wiped when the request is decided; in no frame, without a string form, and in memory that the collector does not move.
/// </summary>
public struct Evidence
{
    /// <summary>Bytes of EMV data that every cryptogram version begins with.</summary>
    public const int ChipBytes = 33;

    /// <summary>Where tag 95 is in them.</summary>
    public const int TerminalAt = 14;

#pragma warning disable CS1591
    public byte PanDigits;
    public byte PinBytes;
    /// <summary>Bytes of the key serial number of DUKPT; 0: the link's PIN key.</summary>
    public byte KsnBytes;
    /// <summary>Digits of <see cref="Discretionary"/>.</summary>
    public byte DiscretionaryDigits;
    /// <summary>Digits of <see cref="CardCode"/>.</summary>
    public byte CardCodeDigits;
    public byte ApplicationDataBytes;
    public byte MacBytes;
    /// <summary>PAN sequence number, DE23.</summary>
    public byte CardSequence;
    /// <summary>Tag 9F27; meant with <see cref="HasKind"/>.</summary>
    public byte Kind;
    public bool HasKind;

    /// <summary>ASCII.</summary>
    public Bytes19 Pan;
    public Bytes16 PinBlock;
    public Bytes12 Ksn;
    /// <summary>YYMM as ASCII, of the track or of DE14.</summary>
    public Bytes4 Expiry;
    public Bytes4 ServiceCode;
    /// <summary>What follows the service code on the track, ASCII: the issuer knows where its code is.</summary>
    public Bytes16 Discretionary;
    /// <summary>The code printed on the card, ASCII; only where there is no track.</summary>
    public Bytes4 CardCode;
    /// <summary>Tag 9F26.</summary>
    public Bytes8 Cryptogram;
    /// <summary>9F02 9F03 9F1A 95 5F2A 9A 9C 9F37 82 9F36, one after the other.</summary>
    public Bytes33 Chip;
    /// <summary>Tag 9F10.</summary>
    public Bytes32 ApplicationData;
    /// <summary>CAVV: what the cardholder's authentication before an e-commerce payment left as its proof.</summary>
    public Bytes20 Authentication;
    /// <summary>DE64 or DE128.</summary>
    public Bytes16 Mac;
#pragma warning restore CS1591

    /// <summary>Tag 9F36, as it is in <see cref="Chip"/>.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> Counter => ((ReadOnlySpan<byte>)Chip)[^2..];

    /// <summary>The key serial number, as long as it is.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> KeySerial => ((ReadOnlySpan<byte>)Ksn)[..KsnBytes];

    /// <summary>PAN digits, ASCII.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public readonly ReadOnlySpan<byte> PanText => ((ReadOnlySpan<byte>)Pan)[..PanDigits];

    /// <summary>Overwrites all of it.</summary>
    public void Wipe() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<Evidence>(ref this)));

    /// <summary>There is none.</summary>
    public readonly override string ToString() => throw new NotSupportedException("evidence has no string form");
}

#pragma warning disable CS1591
[InlineArray(4)]
public struct Bytes4
{
    private byte _first;
}

[InlineArray(Count)]
public struct Bytes5
{
    public const int Count = 5;
    private byte _first;
}

[InlineArray(6)]
public struct Bytes6
{
    private byte _first;
}

[InlineArray(Count)]
public struct Bytes8
{
    public const int Count = 8;
    private byte _first;
}

[InlineArray(12)]
public struct Bytes12
{
    private byte _first;
}

[InlineArray(16)]
public struct Bytes16
{
    private byte _first;
}

[InlineArray(19)]
public struct Bytes19
{
    private byte _first;
}

[InlineArray(20)]
public struct Bytes20
{
    private byte _first;
}

[InlineArray(32)]
public struct Bytes32
{
    private byte _first;
}

[InlineArray(33)]
public struct Bytes33
{
    private byte _first;
}
#pragma warning restore CS1591

/// <summary>What an HSM said of one thing. Durable: a byte of a frame each.</summary>
public enum SecurityVerdict : byte
{
    /// <summary>Nothing was there to be checked, or nobody to check it.</summary>
    NotChecked = 0,
    /// <summary>It holds.</summary>
    Right = 1,
    /// <summary>It does not.</summary>
    Wrong = 2,
    /// <summary>No key, or no value of the card's, to check it by.</summary>
    Unable = 3,
    /// <summary>It cannot be what it says it is: another key, another format.</summary>
    Malformed = 4,
    /// <summary>A key that may not, or a module that did not.</summary>
    Fault = 5,
    /// <summary>A key serial number that was used before, or is used up.</summary>
    Replayed = 6,
}

/// <summary>The verdicts on a request, four bits each.</summary>
/// <param name="Packed">
/// From bit 0 the PIN, from bit 8 the card code, 12 the authentication value (since version 4 of a frame), 16 the cryptogram, 24 the MAC.
/// </param>
public readonly record struct SecurityVerdicts(uint Packed)
{
    private const int CardCodeShift = 8, AuthenticationShift = 12, CryptogramShift = 16, MacShift = 24;

    /// <summary>All of them.</summary>
    public static SecurityVerdicts Of(
        SecurityVerdict pin, SecurityVerdict cardCode, SecurityVerdict cryptogram, SecurityVerdict mac, SecurityVerdict authentication = default) =>
        new((uint)pin | ((uint)cardCode << CardCodeShift) | ((uint)authentication << AuthenticationShift) | ((uint)cryptogram << CryptogramShift)
            | ((uint)mac << MacShift));

    /// <summary>On the PIN.</summary>
    public SecurityVerdict Pin => At(0);

    /// <summary>On CVV, iCVV, CVV2.</summary>
    public SecurityVerdict CardCode => At(CardCodeShift);

    /// <summary>On the chip's cryptogram.</summary>
    public SecurityVerdict Cryptogram => At(CryptogramShift);

    /// <summary>On the message's MAC.</summary>
    public SecurityVerdict Mac => At(MacShift);

    /// <summary>On the proof of an e-commerce payment's authentication.</summary>
    public SecurityVerdict Authentication => At(AuthenticationShift);

    /// <summary>The same with another verdict on that proof.</summary>
    public SecurityVerdicts With(SecurityVerdict authentication) =>
        new((Packed & ~(0xFU << AuthenticationShift)) | ((uint)authentication << AuthenticationShift));

    private SecurityVerdict At(int shift) => (SecurityVerdict)((Packed >> shift) & 0xF);
}

/// <summary>How a card's PIN is known. Durable.</summary>
public enum PinMethod : byte
{
    /// <summary>As its product says: by IBM 3624 its natural PIN.</summary>
    OfProduct = 0,
    /// <summary>Visa PVV, four digits under one of several keys.</summary>
    Pvv = 1,
    /// <summary>IBM 3624, offset of 4 to 12 digits.</summary>
    Ibm3624 = 2,
}

/// <summary>What of a card an HSM needs to know to verify its PIN.</summary>
/// <param name="Method">How.</param>
/// <param name="KeyIndex">PVKI, 0 to 9.</param>
/// <param name="Value">PVV or offset: count of digits in the top byte, digits packed below, the last one lowest.</param>
public readonly record struct CardSecurity(PinMethod Method, byte KeyIndex, ulong Value)
{
    private const int CountShift = 56;

    /// <summary>Digits of the value.</summary>
    public int Digits => (int)(Value >> CountShift);

    /// <summary>Packs digits; false for other characters or more than twelve.</summary>
    public static bool TryPack(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = (ulong)digits.Length << CountShift;
        if (digits.Length > 12) return false;
        var packed = 0UL;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            packed = (packed << 4) | (uint)(digit - '0');
        }

        value |= packed;
        return true;
    }

    /// <summary>Writes the digits as ASCII; returns how many.</summary>
    public int CopyDigits(Span<byte> target)
    {
        for (var index = 0; index < Digits; index++) target[index] = (byte)('0' + ((Value >> (4 * (Digits - 1 - index))) & 0xF));
        return Digits;
    }

    /// <summary>How it is known, never the value.</summary>
    public override string ToString() => Method.ToString();
}

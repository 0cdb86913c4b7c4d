using SunnySwitch.Core.Domain;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Desk;

/// <summary>What keys a link has, by label.</summary>
/// <param name="Link">The link's number in frames.</param>
/// <param name="PinKey">Zone or terminal PIN key (P0), or a base derivation key (B0) where the dialect has a key serial number; null: none.</param>
/// <param name="PinFormat">Format of its PIN blocks.</param>
/// <param name="MacKey">Key of its MACs: M1 or M3 (ISO/IEC 9797-1), M6 (CMAC), M7 (HMAC); null: none.</param>
public sealed record LinkKeys(uint Link, string? PinKey, PinFormat PinFormat, string? MacKey);

/// <summary>What keys cards have whose first six digits are in a range.</summary>
/// <param name="BinFrom">First six digits.</param>
/// <param name="BinTo">The last of the range.</param>
public sealed record ProductKeys(uint BinFrom, uint BinTo)
{
    /// <summary>Key that PINs are verified by (V2 for PVV, V1 for IBM 3624); null: none are.</summary>
    public string? PinKey { get; init; }

    /// <summary>How the PIN of a card is known that has nothing of its own: by IBM 3624, its natural PIN.</summary>
    public PinMethod PinMethod { get; init; } = PinMethod.Pvv;

    /// <summary>For IBM 3624: 16 digits.</summary>
    public string Decimalisation { get; init; } = "0123456789012345";

    /// <summary>Digits that the natural PIN of a card without an offset has, 4 to 12.</summary>
    public int PinDigits { get; init; } = 4;

    /// <summary>Key of CVV, iCVV, CVV2 (C0); null: none are verified.</summary>
    public string? CardCodeKey { get; init; }

    /// <summary>Where the code begins in the discretionary data of the track, from 0: usually after PVKI and PVV.</summary>
    public int CardCodeAt { get; init; } = 5;

    /// <summary>Key of CAVVs (C0), that the cardholder's authentication server has too; null: none are verified.</summary>
    public string? CavvKey { get; init; }

    /// <summary>Issuer master key for cryptograms (E0); null: none are verified.</summary>
    public string? CryptogramKey { get; init; }

    /// <summary>Scheme and number of its cryptograms: VISA10, VISA18, MC16, MC17.</summary>
    public string CryptogramVersion { get; init; } = "VISA10";

    /// <summary>True if PANs of more than 16 digits derive by option B.</summary>
    public bool DerivesByOptionB { get; init; }
}

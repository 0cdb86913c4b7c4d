namespace SunnySwitch.Hsm.Keys;

/// <summary>
/// What a key is for: the two characters of X9.143 (TR-31) bytes 5 and 6, first one in the high byte. One purpose a key (PCI PIN
/// 19). Values are the standard's, so they never change.
/// </summary>
public enum KeyUsage : ushort
{
    /// <summary>None: no key has it.</summary>
    None = 0,

    /// <summary>B0: base derivation key of DUKPT.</summary>
    BaseDerivation = 0x4230,

    /// <summary>B1: initial DUKPT key of one device.</summary>
    InitialDukpt = 0x4231,

    /// <summary>C0: card verification key (CVK).</summary>
    CardVerification = 0x4330,

    /// <summary>D0: data encryption.</summary>
    Data = 0x4430,

    /// <summary>E0: EMV issuer master key for application cryptograms.</summary>
    EmvCryptogram = 0x4530,

    /// <summary>E2: EMV issuer master key for secure messaging, integrity.</summary>
    EmvScriptMac = 0x4532,

    /// <summary>E4: EMV issuer master key for dynamic numbers (dCVV, CVC3).</summary>
    EmvDynamicNumber = 0x4534,

    /// <summary>K0: key encryption.</summary>
    KeyEncryption = 0x4B30,

    /// <summary>K1: key block protection key.</summary>
    KeyBlockProtection = 0x4B31,

    /// <summary>M0: MAC of ISO 16609 (algorithm 1 with TDEA).</summary>
    MacIso16609 = 0x4D30,

    /// <summary>M1: MAC of ISO/IEC 9797-1 algorithm 1.</summary>
    MacAlgorithm1 = 0x4D31,

    /// <summary>M3: MAC of ISO/IEC 9797-1 algorithm 3, the retail MAC of X9.19.</summary>
    MacAlgorithm3 = 0x4D33,

    /// <summary>M6: CMAC.</summary>
    MacCmac = 0x4D36,

    /// <summary>M7: HMAC, here with SHA-256.</summary>
    MacHmac = 0x4D37,

    /// <summary>P0: PIN encryption (ZPK, TPK).</summary>
    PinEncryption = 0x5030,

    /// <summary>V1: PIN verification by IBM 3624.</summary>
    PinVerificationIbm3624 = 0x5631,

    /// <summary>V2: PIN verification by Visa PVV.</summary>
    PinVerificationPvv = 0x5632,

    /// <summary>10: tokens by FF1. Numeric usages are for proprietary use (X9.143).</summary>
    Tokens = 0x3130,
}

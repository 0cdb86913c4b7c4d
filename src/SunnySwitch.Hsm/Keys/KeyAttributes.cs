namespace SunnySwitch.Hsm.Keys;

/// <summary>Byte 7 of X9.143. Single DES (D) and asymmetric keys are not taken.</summary>
public enum KeyAlgorithm : byte
{
    /// <summary>A.</summary>
    Aes = (byte)'A',

    /// <summary>H.</summary>
    Hmac = (byte)'H',

    /// <summary>T: two or three keys.</summary>
    Tdea = (byte)'T',
}

/// <summary>Byte 8 of X9.143: the direction in which a key may be used.</summary>
public enum KeyMode : byte
{
    /// <summary>B: encrypt and decrypt, wrap and unwrap.</summary>
    Both = (byte)'B',

    /// <summary>C: generate and verify.</summary>
    GenerateAndVerify = (byte)'C',

    /// <summary>D: decrypt, unwrap.</summary>
    Decrypt = (byte)'D',

    /// <summary>E: encrypt, wrap.</summary>
    Encrypt = (byte)'E',

    /// <summary>G: generate.</summary>
    Generate = (byte)'G',

    /// <summary>N: no restriction beyond the usage.</summary>
    Any = (byte)'N',

    /// <summary>V: verify.</summary>
    Verify = (byte)'V',

    /// <summary>X: derive other keys.</summary>
    Derive = (byte)'X',
}

/// <summary>Byte 11 of X9.143.</summary>
public enum KeyExportability : byte
{
    /// <summary>E: under a key-encrypting key, in a key block.</summary>
    Exportable = (byte)'E',

    /// <summary>N: never.</summary>
    Never = (byte)'N',

    /// <summary>S: under a key-encrypting key, in any form. Here it leaves in key blocks only.</summary>
    Sensitive = (byte)'S',
}

/// <summary>What is bound to a key: as in the header of its key block. Nothing in it is secret.</summary>
/// <param name="Usage">What for.</param>
/// <param name="Algorithm">By which cipher.</param>
/// <param name="Mode">In which direction.</param>
/// <param name="Exportability">Whether it may leave.</param>
/// <param name="Version">Two characters of X9.143 bytes 9 and 10 as they are; "00" is no version.</param>
public readonly record struct KeyAttributes(
    KeyUsage Usage, KeyAlgorithm Algorithm, KeyMode Mode, KeyExportability Exportability = KeyExportability.Never, string Version = "00");

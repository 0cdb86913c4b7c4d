using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Pins;

/// <summary>
/// One side of a PIN operation: under which key and in which format its block is. A key of usage P0 needs no KSN; a base
/// derivation key (B0) needs the device's: 10 bytes for TDEA, 12 for AES.
/// </summary>
/// <param name="key">P0 or B0.</param>
/// <param name="format">Format 4 asks for AES, the others for TDEA.</param>
/// <param name="ksn">Key serial number with the counter, for B0.</param>
/// <param name="working">AES DUKPT: the working key's type where it is not the base key's.</param>
public readonly ref struct PinSide(HsmKey key, PinFormat format, ReadOnlySpan<byte> ksn = default, DukptKeyType working = DukptKeyType.AsBase)
{
    /// <summary>P0 or B0.</summary>
    public HsmKey Key { get; } = key;

    /// <summary>The block's format.</summary>
    public PinFormat Format { get; } = format;

    /// <summary>Empty for P0.</summary>
    public ReadOnlySpan<byte> Ksn { get; } = ksn;

    /// <summary>For AES DUKPT.</summary>
    public DukptKeyType Working { get; } = working;
}

/// <summary>What IBM 3624 needs besides the key.</summary>
/// <param name="decimalisation">16 digits, one for each hex digit. At least eight different ones, none more than four times.</param>
/// <param name="validation">16 hex digits as ASCII, usually of the PAN, padded as the issuer does.</param>
public readonly ref struct Ibm3624Terms(ReadOnlySpan<byte> decimalisation, ReadOnlySpan<byte> validation)
{
    /// <summary>The decimalisation table.</summary>
    public ReadOnlySpan<byte> Decimalisation { get; } = decimalisation;

    /// <summary>The validation data.</summary>
    public ReadOnlySpan<byte> Validation { get; } = validation;
}

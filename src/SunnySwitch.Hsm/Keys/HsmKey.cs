namespace SunnySwitch.Hsm.Keys;

/// <summary>
/// A handle: says which key of which module, never the key. Made by a module only; a handle of another module, or of a key that
/// was removed, is refused with <see cref="HsmResult.UnknownKey"/>. Keep it as long as the key is used: two handles are the same
/// only if they are the same object.
/// </summary>
public sealed class HsmKey
{
    internal HsmKey(KeyAttributes attributes, int bits, string checkValue) => (Attributes, Bits, CheckValue) = (attributes, bits, checkValue);

    /// <summary>Its place in the module, from 0. When the key was removed, another one may take it, under a handle of its own.</summary>
    public int Number { get; internal set; } = -1;

    /// <summary>As bound to the key. The module's own copy decides.</summary>
    public KeyAttributes Attributes { get; }

    /// <summary>Length of the key, parity bits included: 128 or 192 (TDEA), 128, 192 or 256 (AES), 128 to 512 (HMAC).</summary>
    public int Bits { get; }

    /// <summary>
    /// Key check value, upper-case hex: TDEA 3 bytes of the cipher of zeros, AES 5 bytes of the CMAC of a block of zeros
    /// (X9.24-1:2017 annex A), HMAC 5 bytes of the MAC of nothing. Tells keys apart and nothing of them.
    /// </summary>
    public string CheckValue { get; }

    /// <summary>Usage, algorithm, bits and check value: nothing secret.</summary>
    public override string ToString() =>
        $"{(char)((int)Attributes.Usage >> 8)}{(char)((int)Attributes.Usage & 0xFF)} {(char)Attributes.Algorithm}{Bits} {CheckValue}";
}

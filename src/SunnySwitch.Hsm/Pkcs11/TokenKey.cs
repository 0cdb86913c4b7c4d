using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>A key in a token: the numbers of its objects, and each wrapped by a key that never leaves the token. Nothing secret.</summary>
/// <param name="handle">What callers hold.</param>
/// <param name="whole">The key.</param>
/// <param name="left">The left key three times, or a base key's variant; or none.</param>
internal sealed class TokenKey(HsmKey handle, TokenObject whole, TokenObject left) : KeyMaterial(handle, default(KeySchedule))
{
    /// <summary>The key.</summary>
    public TokenObject Whole { get; } = whole;

    /// <summary>The left key three times, or a base key's variant; its number is 0 if there is none.</summary>
    public TokenObject Left { get; } = left;

    /// <summary>Whether such a key needs a second object: single DES and variants cannot be had from the first.</summary>
    public static bool HasLeft(in KeyAttributes attributes) =>
        attributes.Algorithm == KeyAlgorithm.Tdea &&
        attributes.Usage is KeyUsage.CardVerification or KeyUsage.MacAlgorithm3 or KeyUsage.BaseDerivation;

    /// <summary>Bytes of the second object.</summary>
    public static int LeftBytes(in KeyAttributes attributes, int keyBytes) => attributes.Usage == KeyUsage.BaseDerivation ? keyBytes : 24;
}

/// <summary>An object of a token, and the same key wrapped by the module's own wrapping key.</summary>
internal readonly struct TokenObject(ulong number, byte[] wrapped)
{
    /// <summary>None.</summary>
    public static TokenObject None { get; } = new(0, []);

    /// <summary>Its number in the library; 0 is none.</summary>
    public ulong Number { get; } = number;

    /// <summary>Wrapped.</summary>
    public byte[] Wrapped { get; } = wrapped;
}

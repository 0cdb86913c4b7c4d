using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Macs;

/// <summary>Padding of ISO/IEC 9797-1. CMAC and HMAC have their own, so that it does not count for them.</summary>
public enum MacPadding : byte
{
    /// <summary>Method 1: zeros up to a whole block; none if it is whole. An empty message is one block of zeros.</summary>
    Zeros = 1,

    /// <summary>Method 2: 80 and zeros, always.</summary>
    OneAndZeros = 2,
}

/// <summary>
/// The key of a MAC. The algorithm follows from the key's usage: M0 and M1 algorithm 1, M3 algorithm 3, M6 CMAC, M7 HMAC-SHA-256;
/// B0 with a KSN is DUKPT: algorithm 3 for TDEA, CMAC for AES.
/// </summary>
/// <param name="key">M0, M1, M3, M6, M7 or B0.</param>
/// <param name="padding">For algorithms 1 and 3.</param>
/// <param name="ksn">For B0: 10 bytes for TDEA, 12 for AES.</param>
/// <param name="use">For B0: <see cref="DukptUse.MacRequest"/> or <see cref="DukptUse.MacResponse"/>.</param>
/// <param name="working">AES DUKPT: the working key's type where it is not the base key's.</param>
public readonly ref struct MacSide(
    HsmKey key, MacPadding padding = MacPadding.Zeros, ReadOnlySpan<byte> ksn = default, DukptUse use = DukptUse.MacRequest,
    DukptKeyType working = DukptKeyType.AsBase)
{
    /// <summary>The key.</summary>
    public HsmKey Key { get; } = key;

    /// <summary>For algorithms 1 and 3.</summary>
    public MacPadding Padding { get; } = padding;

    /// <summary>Empty unless the key is B0.</summary>
    public ReadOnlySpan<byte> Ksn { get; } = ksn;

    /// <summary>For B0.</summary>
    public DukptUse Use { get; } = use;

    /// <summary>For AES DUKPT.</summary>
    public DukptKeyType Working { get; } = working;
}

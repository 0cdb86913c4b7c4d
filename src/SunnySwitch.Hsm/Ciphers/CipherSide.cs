using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>Modes of operation over whole blocks (NIST SP 800-38A).</summary>
public enum BlockMode : byte
{
    /// <summary>Cipher block chaining, with an initial vector of one block.</summary>
    Cbc = 1,

    /// <summary>Electronic code book, without a vector: equal blocks show, so only where another party asks for it.</summary>
    Ecb = 2,
}

/// <summary>Key and mode of data encryption: a key of usage D0, or B0 with a KSN.</summary>
/// <param name="key">D0 or B0.</param>
/// <param name="mode">CBC or ECB.</param>
/// <param name="vector">For CBC: 8 bytes TDEA, 16 AES. Empty for ECB.</param>
/// <param name="ksn">For B0: 10 bytes for TDEA, 12 for AES.</param>
/// <param name="use">For B0: <see cref="DukptUse.DataRequest"/> or <see cref="DukptUse.DataResponse"/>.</param>
/// <param name="working">AES DUKPT: the working key's type where it is not the base key's.</param>
public readonly ref struct CipherSide(
    HsmKey key, BlockMode mode, ReadOnlySpan<byte> vector = default, ReadOnlySpan<byte> ksn = default,
    DukptUse use = DukptUse.DataRequest, DukptKeyType working = DukptKeyType.AsBase)
{
    /// <summary>The key.</summary>
    public HsmKey Key { get; } = key;

    /// <summary>CBC or ECB.</summary>
    public BlockMode Mode { get; } = mode;

    /// <summary>Empty for ECB.</summary>
    public ReadOnlySpan<byte> Vector { get; } = vector;

    /// <summary>Empty unless the key is B0.</summary>
    public ReadOnlySpan<byte> Ksn { get; } = ksn;

    /// <summary>For B0.</summary>
    public DukptUse Use { get; } = use;

    /// <summary>For AES DUKPT.</summary>
    public DukptKeyType Working { get; } = working;
}

using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm;

/// <summary>
/// Key and mode of data encryption. With a vector it is CBC, without one ECB (for what other parties ask for: equal blocks show).
/// A key of usage D0, or B0 with a KSN.
/// </summary>
/// <param name="key">D0 or B0.</param>
/// <param name="vector">Initial vector: one block, 8 bytes TDEA or 16 AES; empty for ECB.</param>
/// <param name="ksn">For B0: 10 bytes for TDEA, 12 for AES.</param>
/// <param name="use">For B0: <see cref="DukptUse.DataRequest"/> or <see cref="DukptUse.DataResponse"/>.</param>
/// <param name="working">AES DUKPT: the working key's type where it is not the base key's.</param>
public readonly ref struct DataSide(
    HsmKey key, ReadOnlySpan<byte> vector = default, ReadOnlySpan<byte> ksn = default, DukptUse use = DukptUse.DataRequest,
    DukptKeyType working = DukptKeyType.AsBase)
{
    /// <summary>The key.</summary>
    public HsmKey Key { get; } = key;

    /// <summary>Empty for ECB.</summary>
    public ReadOnlySpan<byte> Vector { get; } = vector;

    /// <summary>Empty unless the key is B0.</summary>
    public ReadOnlySpan<byte> Ksn { get; } = ksn;

    /// <summary>For B0.</summary>
    public DukptUse Use { get; } = use;

    /// <summary>For AES DUKPT.</summary>
    public DukptKeyType Working { get; } = working;
}

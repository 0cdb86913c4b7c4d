using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Operations;

namespace SunnySwitch.Hsm.Software;

/// <summary>
/// The embedded default: payment cryptography in this process. Keys lie in its memory, so it is for development and tests, or
/// behind a port that says so; a bank's PINs belong into a device.
/// </summary>
/// <remarks>
/// Thread-safe, without locks on the way of an operation: held keys are expanded once and never change, and whatever an operation
/// derives or deciphers lies on its own stack and is wiped before it returns. Only what makes or moves keys allocates. A removed
/// key is refused at once and wiped when the module is disposed, since another thread may be using it.
/// </remarks>
public sealed class SoftwareHsm : CipherHsm
{
    /// <summary>Makes an empty module.</summary>
    public SoftwareHsm(SoftwareHsmOptions? options = null) : this(options ?? new SoftwareHsmOptions(), 0)
    {
    }

    private SoftwareHsm(SoftwareHsmOptions options, int _) : base(options, new KeyTable(options.KeysMax))
    {
    }

    /// <inheritdoc/>
    public override string Name => "software";

    /// <inheritdoc/>
    public override bool IsSecureDevice => false;

    /// <summary>Wipes every key. No operation may be under way.</summary>
    public override void Dispose() => Keys.Clear();

    /// <inheritdoc/>
    public override HsmResult Random(Span<byte> target)
    {
        RandomNumberGenerator.Fill(target);
        return HsmResult.Done;
    }

    /// <summary>What a handle stands for; for the room's own tests.</summary>
    internal KeyMaterial Held(HsmKey handle) => Keys.Find(handle)!;

    private protected override ref readonly KeySchedule Opened(KeyMaterial key, ref KeySchedule room) => ref key.Schedule;

    private protected override int Hmac(KeyMaterial key, ReadOnlySpan<byte> data, Span<byte> mac) => HMACSHA256.HashData(key.Bytes, data, mac);

    private protected override KeyMaterial Hold(HsmKey handle, ReadOnlySpan<byte> key) => new(handle, key);

    private protected override ReadOnlySpan<byte> Clear(KeyMaterial key, Span<byte> room) => key.Bytes;
}

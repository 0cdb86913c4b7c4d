using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

namespace SunnySwitch.Hsm.Operations;

/// <summary>
/// What every module here does alike: rules, checks and algorithms over keys that a module keeps, each in its way. Where a key is in a
/// token, the steps of the ciphers are the token's.
/// </summary>
public abstract partial class CipherHsm : IPaymentHsm
{
    private readonly HsmModuleOptions _options;

    private protected CipherHsm(HsmModuleOptions options, KeyTable keys) => (_options, Keys) = (options, keys);

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract bool IsSecureDevice { get; }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <inheritdoc/>
    public abstract HsmResult Random(Span<byte> target);

    private protected KeyTable Keys { get; }

    /// <summary>The key as this operation uses it: the held one, or what is put into the room, which needs no wiping.</summary>
    private protected abstract ref readonly KeySchedule Opened(KeyMaterial key, ref KeySchedule room);

    /// <summary>HMAC-SHA-256.</summary>
    private protected abstract int Hmac(KeyMaterial key, ReadOnlySpan<byte> data, Span<byte> mac);

    /// <summary>Makes a held key of a clear one that was checked.</summary>
    private protected abstract KeyMaterial Hold(HsmKey handle, ReadOnlySpan<byte> key);

    /// <summary>Makes a held key at random; null where the module has it made here, clear, and holds that.</summary>
    private protected virtual KeyMaterial? HoldRandom(in KeyAttributes attributes, int bits) => null;

    /// <summary>The AES initial key of a device as a held key, made inside; null where it is made here.</summary>
    private protected virtual KeyMaterial? HoldInitial(in KeyAttributes attributes, KeyMaterial baseKey, ReadOnlySpan<byte> serial) => null;

    /// <summary>The clear key, for its key block; in the room, which is wiped, if the module has to fetch it.</summary>
    private protected abstract ReadOnlySpan<byte> Clear(KeyMaterial key, Span<byte> room);

    /// <summary>A key was taken out.</summary>
    private protected virtual void OnRemoved(KeyMaterial key)
    {
    }

    /// <summary>The one gate: the handle is of this module, and the key may do that.</summary>
    private HsmResult TryUse(HsmKey? handle, KeyTask task, out KeyMaterial key)
    {
        key = default!;
        if (Keys.Find(handle) is not { } found) return HsmResult.UnknownKey;
        key = found;
        return KeyRules.Check(task, found.Handle.Attributes);
    }

    /// <summary>
    /// The working key of one side: the held key itself, or derived for a KSN. The schedule is a copy on the caller's stack, and
    /// the caller wipes it.
    /// </summary>
    private HsmResult TryOpen(
        HsmKey? handle, KeyTask task, ReadOnlySpan<byte> ksn, DukptUse use, DukptKeyType working, ref KeySchedule schedule, out KeyMaterial key)
    {
        var result = TryUse(handle, task, out key);
        if (result != HsmResult.Done) return result;
        var room = default(KeySchedule);
        ref readonly var held = ref Opened(key, ref room);
        if (key.Handle.Attributes.Usage != KeyUsage.BaseDerivation)
        {
            if (!ksn.IsEmpty) return HsmResult.KsnMalformed;
            schedule = held;
            return HsmResult.Done;
        }

        if (ksn.Length != (key.IsAes ? DukptCounter.AesKsnBytes : DukptCounter.TdesKsnBytes)) return HsmResult.KsnMalformed;
        result = DukptCounter.Check(ksn);
        if (result != HsmResult.Done) return result;
        if (!key.IsAes)
        {
            DukptTdes.Derive(in held, key.Bytes, ksn, use, ref schedule);
            return HsmResult.Done;
        }

        var workingBytes = working == DukptKeyType.AsBase ? key.Length : (int)working * 8;
        // A working key may be weaker than what it comes from, never stronger (X9.24-3 section 6.2).
        if (working is not (DukptKeyType.AsBase or >= DukptKeyType.Aes128 and <= DukptKeyType.Aes256)) return HsmResult.BadInput;
        if (workingBytes > key.Length) return HsmResult.KekTooWeak;
        DukptAes.Derive(in held, key.Length, ksn, use, workingBytes, ref schedule);
        return HsmResult.Done;
    }
}

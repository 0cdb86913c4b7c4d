using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;

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
public sealed partial class SoftwareHsm : IPaymentHsm
{
    private readonly SoftwareHsmOptions _options;
    private readonly Lock _lock = new();
    private readonly List<KeyMaterial> _removed = [];

    // Entries are put and taken under the lock, and read without: one reference each.
    private readonly KeyMaterial?[] _keys;
    private int _count;

    /// <summary>Makes an empty module.</summary>
    public SoftwareHsm(SoftwareHsmOptions? options = null)
    {
        _options = options ?? new SoftwareHsmOptions();
        _keys = new KeyMaterial?[_options.KeysMax];
    }

    /// <inheritdoc/>
    public string Name => "software";

    /// <inheritdoc/>
    public bool IsSecureDevice => false;

    /// <summary>Wipes every key. No operation may be under way.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var each in _keys.AsSpan(0, _count)) each?.Wipe();
            foreach (var each in _removed) each.Wipe();
            _keys.AsSpan().Clear();
            _removed.Clear();
        }
    }

    /// <summary>What a handle stands for; for the room's own tests.</summary>
    internal KeyMaterial Held(HsmKey handle) => _keys[handle.Number]!;

    /// <summary>The one gate: the handle is of this module, and the key may do that.</summary>
    private HsmResult TryUse(HsmKey? handle, KeyTask task, out KeyMaterial key)
    {
        key = default!;
        if (handle is null || (uint)handle.Number >= (uint)_keys.Length) return HsmResult.UnknownKey;
        var found = Volatile.Read(ref _keys[handle.Number]);
        if (found is null || !ReferenceEquals(found.Handle, handle)) return HsmResult.UnknownKey;
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
        if (key.Handle.Attributes.Usage != KeyUsage.BaseDerivation)
        {
            if (!ksn.IsEmpty) return HsmResult.KsnMalformed;
            schedule = key.Schedule;
            return HsmResult.Done;
        }

        if (ksn.Length != (key.IsAes ? DukptCounter.AesKsnBytes : DukptCounter.TdesKsnBytes)) return HsmResult.KsnMalformed;
        result = DukptCounter.Check(ksn);
        if (result != HsmResult.Done) return result;
        if (!key.IsAes)
        {
            DukptTdes.Derive(in key.Schedule, key.Bytes, ksn, use, ref schedule);
            return HsmResult.Done;
        }

        var workingBytes = working == DukptKeyType.AsBase ? key.Bytes.Length : (int)working * 8;
        // A working key may be weaker than what it comes from, never stronger (X9.24-3 section 6.2).
        if (working is not (DukptKeyType.AsBase or >= DukptKeyType.Aes128 and <= DukptKeyType.Aes256)) return HsmResult.BadInput;
        if (workingBytes > key.Bytes.Length) return HsmResult.KekTooWeak;
        DukptAes.Derive(in key.Schedule, key.Bytes.Length, ksn, use, workingBytes, ref schedule);
        return HsmResult.Done;
    }
}

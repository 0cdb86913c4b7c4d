using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Keys;

/// <summary>
/// A key that a module holds. Of the software module: its schedule and, where that does not begin with them, the bytes, once each in pinned memory,
/// which the collector neither moves nor copies; wiped when the module is. Read-only after it is made, so that threads share it.
/// </summary>
internal class KeyMaterial
{
    private readonly byte[] _bytes;
    private readonly KeySchedule[] _schedule = GC.AllocateArray<KeySchedule>(1, pinned: true);

    public KeyMaterial(HsmKey handle, ReadOnlySpan<byte> key)
    {
        Handle = handle;
        _bytes = IsAes ? [] : GC.AllocateArray<byte>(key.Length, pinned: true);
        if (!IsAes) key.CopyTo(_bytes);
        if (handle.Attributes.Algorithm != KeyAlgorithm.Hmac) _schedule[0].Load(handle.Attributes.Algorithm == KeyAlgorithm.Aes, key);
    }

    /// <summary>A key that lies elsewhere: there are no bytes.</summary>
    public KeyMaterial(HsmKey handle, in KeySchedule schedule)
    {
        Handle = handle;
        _bytes = [];
        _schedule[0] = schedule;
    }

    /// <summary>What callers hold.</summary>
    public HsmKey Handle { get; }

    /// <summary>The expanded key.</summary>
    public ref readonly KeySchedule Schedule => ref _schedule[0];

    /// <summary>Bytes of the key.</summary>
    public int Length => Handle.Bits / 8;

    /// <summary>The key; empty if it lies elsewhere.</summary>
    public ReadOnlySpan<byte> Bytes => IsAes ? _schedule[0].AesKey(Length) : _bytes;

    /// <summary>True for AES.</summary>
    public bool IsAes => Handle.Attributes.Algorithm == KeyAlgorithm.Aes;

    /// <summary>Bits of security.</summary>
    public int Strength => KeyRules.Strength(Handle.Attributes.Algorithm, Length);

    /// <summary>Overwrites it.</summary>
    public void Wipe()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _schedule[0].Wipe();
    }

    /// <summary>A key has no string form.</summary>
    public override string ToString() => "key";
}

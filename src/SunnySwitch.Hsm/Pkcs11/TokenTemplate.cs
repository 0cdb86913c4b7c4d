using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace SunnySwitch.Hsm.Pkcs11;

/// <summary>Attributes of an object, for one call after another: their values lie in pinned memory, and nothing is allocated once it is made.</summary>
internal sealed class TokenTemplate
{
    private const int ValueBytesMax = 64, AttributesMax = 20;
    private readonly byte[] _values = GC.AllocateArray<byte>(AttributesMax * ValueBytesMax, pinned: true);

    /// <summary>As the calls take them.</summary>
    public CK_ATTRIBUTE[] Attributes { get; } = new CK_ATTRIBUTE[AttributesMax];

    /// <summary>How many.</summary>
    public ulong Count { get; private set; }

    /// <summary>Takes all out.</summary>
    public TokenTemplate Clear()
    {
        _values.AsSpan(0, (int)Count * ValueBytesMax).Clear();
        Count = 0;
        return this;
    }

    /// <summary>Adds a truth value.</summary>
    public TokenTemplate With(CKA type, bool value) => With(type, [(byte)(value ? 1 : 0)]);

    /// <summary>Adds a number.</summary>
    public TokenTemplate With(CKA type, ulong value)
    {
        return With(type, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));
    }

    /// <summary>Adds bytes.</summary>
    public TokenTemplate With(CKA type, ReadOnlySpan<byte> value)
    {
        var at = (int)Count * ValueBytesMax;
        Must.Hold(Count < AttributesMax && value.Length <= ValueBytesMax);
        value.CopyTo(_values.AsSpan(at));
        Attributes[Count] = new CK_ATTRIBUTE
        {
            type = (ulong)type,
            value = Marshal.UnsafeAddrOfPinnedArrayElement(_values, at),
            valueLen = (ulong)value.Length,
        };
        Count++;
        return this;
    }
}

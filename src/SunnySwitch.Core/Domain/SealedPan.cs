using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// A PAN at rest: AES-GCM of its <see cref="PanBlock"/> under a data key; the token is authenticated with it, so that no
/// ciphertext can be moved to another card. Durable, little-endian, frozen.
/// <code>
/// 0 data key 4 | 4 epoch 4 | 8 sequence 8 | 16 ciphertext 16 | 32 tag 16 | 48
/// </code>
/// Epoch and sequence of the frame are the nonce: no frame is written twice under the same pair.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct SealedPan
{
    /// <summary>Size.</summary>
    public const int Bytes = 48;

    /// <summary>Size of a nonce.</summary>
    public const int NonceBytes = 12;

    private const int NonceAt = 4, CiphertextAt = NonceAt + NonceBytes, TagAt = CiphertextAt + PanBlock.Bytes;

    /// <summary>Number of the data key; 0: there is no ciphertext.</summary>
    [FieldOffset(0)] public uint DataKey;

    /// <summary>First half of the nonce.</summary>
    [FieldOffset(4)] public uint Epoch;

    /// <summary>Second half of the nonce.</summary>
    [FieldOffset(8)] public long Sequence;

    [FieldOffset(16)] private readonly UInt128 _ciphertext;
    [FieldOffset(32)] private readonly UInt128 _tag;

    internal readonly void AddTo(ref Mix mix)
    {
        mix.Add(((ulong)DataKey << 32) | Epoch, (ulong)Sequence);
        mix.Add((ulong)_ciphertext, (ulong)(_ciphertext >> 64));
        mix.Add((ulong)_tag, (ulong)(_tag >> 64));
    }

    internal static ReadOnlySpan<byte> Nonce(in SealedPan pan) => All(in pan).Slice(NonceAt, NonceBytes);

    internal static Span<byte> Ciphertext(ref SealedPan pan) => Writable(ref pan).Slice(CiphertextAt, PanBlock.Bytes);

    internal static Span<byte> Tag(ref SealedPan pan) => Writable(ref pan)[TagAt..];

    private static ReadOnlySpan<byte> All(in SealedPan pan) => MemoryMarshal.AsBytes(new ReadOnlySpan<SealedPan>(in pan));

    private static Span<byte> Writable(ref SealedPan pan) => MemoryMarshal.AsBytes(new Span<SealedPan>(ref Unsafe.AsRef(ref pan)));
}

/// <summary>Payload of <see cref="JournalKind.PanSealed"/>: the ciphertext of a known card's PAN, its first or a new one.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct PanSealed
{
    /// <summary>The card.</summary>
    [FieldOffset(0)] public PanToken Pan;

    /// <summary>Its ciphertext.</summary>
    [FieldOffset(16)] public SealedPan Sealed;
}

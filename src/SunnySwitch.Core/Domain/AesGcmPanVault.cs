using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SunnySwitch.Core.Domain;

/// <summary>AES-256-GCM (NIST SP 800-38D), 96-bit nonces, 128-bit tags. One thread seals and opens; any thread may add a key.</summary>
public sealed class AesGcmPanVault : IPanVault, IDisposable
{
    /// <summary>Size of a data key.</summary>
    public const int KeyBytes = 32;
    private const int TagBytes = 16;

    // Replaced as a whole, never changed: the kernel's thread reads it without a lock.
    private volatile AesGcm[] _keys = [];

    /// <inheritdoc/>
    public uint CurrentKey => (uint)_keys.Length;

    /// <summary>Adds the next key, which becomes the current one; they are numbered as they come, from 1.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        Must.Hold(key.Length == KeyBytes);
        _keys = [.. _keys, new AesGcm(key, TagBytes)];
    }

    /// <inheritdoc/>
    public SealedPan Seal(ReadOnlySpan<byte> panBlock, PanToken pan, ulong epoch, long sequence)
    {
        var keys = _keys;
        Must.Hold(panBlock.Length == PanBlock.Bytes && keys.Length > 0 && epoch <= uint.MaxValue && sequence > 0);
        var made = new SealedPan { DataKey = (uint)keys.Length, Epoch = Mutant.Is(Mutation.NonceWithoutEpoch) ? 1 : (uint)epoch, Sequence = sequence };
        keys[^1].Encrypt(SealedPan.Nonce(in made), panBlock, SealedPan.Ciphertext(ref made), SealedPan.Tag(ref made), Token(in pan));
        return made;
    }

    /// <inheritdoc/>
    public bool TryOpen(in SealedPan sealedPan, PanToken pan, Span<byte> panBlock)
    {
        var keys = _keys;
        if (sealedPan.DataKey == 0 || sealedPan.DataKey > keys.Length) return false;
        var copy = sealedPan;
        try
        {
            keys[sealedPan.DataKey - 1].Decrypt(
                SealedPan.Nonce(in copy), SealedPan.Ciphertext(ref copy), SealedPan.Tag(ref copy), panBlock[..PanBlock.Bytes], Token(in pan));
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
    }

    private static ReadOnlySpan<byte> Token(in PanToken pan) => MemoryMarshal.AsBytes(new ReadOnlySpan<PanToken>(in pan));
}

using System.Security.Cryptography;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>ECB and CBC over whole blocks (NIST SP 800-38A), TDEA or AES; source and target may be the same memory.</summary>
internal static class BlockModes
{
    /// <summary>CBC forward. The vector is one block.</summary>
    public static void EncryptCbc(in KeySchedule key, ReadOnlySpan<byte> vector, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (key.Outside is { } outside)
        {
            outside.Apply(key.Object, key.IsAes, vector, source, target, decrypts: false);
            return;
        }

        var size = key.BlockBytes;
        Span<byte> chain = stackalloc byte[16];
        vector[..size].CopyTo(chain);
        for (var at = 0; at < source.Length; at += size)
        {
            for (var index = 0; index < size; index++) chain[index] ^= source[at + index];
            key.Encrypt(chain, chain);
            chain[..size].CopyTo(target[at..]);
        }
    }

    /// <summary>CBC backward.</summary>
    public static void DecryptCbc(in KeySchedule key, ReadOnlySpan<byte> vector, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (key.Outside is { } outside)
        {
            outside.Apply(key.Object, key.IsAes, vector, source, target, decrypts: true);
            return;
        }

        var size = key.BlockBytes;
        Span<byte> chain = stackalloc byte[16];
        Span<byte> next = stackalloc byte[16];
        Span<byte> clear = stackalloc byte[16];
        vector[..size].CopyTo(chain);
        for (var at = 0; at < source.Length; at += size)
        {
            source.Slice(at, size).CopyTo(next);
            key.Decrypt(next, clear);
            for (var index = 0; index < size; index++) target[at + index] = (byte)(clear[index] ^ chain[index]);
            next.CopyTo(chain);
        }

        CryptographicOperations.ZeroMemory(clear);
    }

    /// <summary>ECB, either way: for the rare formats that ask for it.</summary>
    public static void Ecb(in KeySchedule key, ReadOnlySpan<byte> source, Span<byte> target, bool decrypts)
    {
        if (key.Outside is { } outside)
        {
            outside.Apply(key.Object, key.IsAes, default, source, target, decrypts);
            return;
        }

        var size = key.BlockBytes;
        for (var at = 0; at < source.Length; at += size)
        {
            if (decrypts) key.Decrypt(source[at..], target[at..]);
            else key.Encrypt(source[at..], target[at..]);
        }
    }
}

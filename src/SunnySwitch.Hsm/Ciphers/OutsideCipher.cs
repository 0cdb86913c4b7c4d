using System.Runtime.Intrinsics;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>
/// Steps of a cipher whose keys lie elsewhere, in a token: by the number of a key. For one operation of one thread at a time. A step
/// that fails throws <see cref="HsmException"/>, so that nothing is ever concluded from a value that was not computed.
/// </summary>
internal abstract class OutsideCipher
{
    /// <summary>TDEA forward on a word.</summary>
    public abstract ulong Encrypt64(ulong key, ulong block);

    /// <summary>TDEA backward on a word.</summary>
    public abstract ulong Decrypt64(ulong key, ulong block);

    /// <summary>AES forward.</summary>
    public abstract Vector128<byte> Encrypt128(ulong key, Vector128<byte> block);

    /// <summary>AES backward.</summary>
    public abstract Vector128<byte> Decrypt128(ulong key, Vector128<byte> block);

    /// <summary>TDEA in CBC: the chaining value after whole blocks, which may be none.</summary>
    public abstract ulong Chain64(ulong key, ulong chain, ReadOnlySpan<byte> blocks);

    /// <summary>AES in CBC: the chaining value after whole blocks, which may be none.</summary>
    public abstract Vector128<byte> Chain128(ulong key, Vector128<byte> chain, ReadOnlySpan<byte> blocks);

    /// <summary>ECB (no vector) or CBC over whole blocks, either way; source and target may be the same memory.</summary>
    public abstract void Apply(
        ulong key, bool isAes, ReadOnlySpan<byte> vector, ReadOnlySpan<byte> source, Span<byte> target, bool decrypts);

    /// <summary>CMAC over head and tail as one message: 8 bytes for TDEA, 16 for AES.</summary>
    public abstract void Cmac(ulong key, bool isAes, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, Span<byte> mac);

    /// <summary>A TDEA key of two parts that are two words enciphered, with odd parity; gone when the operation ends.</summary>
    public abstract ulong DeriveTdes(ulong key, ulong left, ulong right);

    /// <summary>An AES key that is blocks enciphered, cut to its length; gone when the operation ends.</summary>
    public abstract ulong DeriveAes(ulong key, ReadOnlySpan<byte> blocks, int keyBytes);

    /// <summary>The left key, three times, of a key that <see cref="DeriveTdes"/> made in this operation.</summary>
    public abstract ulong LeftOf(ulong derived);
}

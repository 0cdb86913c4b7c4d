using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>
/// A TDEA or AES key, expanded, in one place of 400 bytes: on the stack for a derived key, in pinned memory for a held one. It is
/// read-only once loaded, so that any number of threads may share it. Who loads it wipes it. Or the number of a key that lies in a
/// token: then every step is asked of its <see cref="OutsideCipher"/>, for the thread that has it.
/// </summary>
internal struct KeySchedule
{
    private Words _words;
    private byte _rounds;
    private byte _blockBytes;

    // A key that lies in a token: who can reach it, and the numbers of its objects there. The words are not used then.
    private OutsideCipher? _outside;
    private ulong _object;
    private ulong _left;

    [InlineArray(3 * Des.ScheduleWords)]
    private struct Words
    {
        private uint _first;
    }

    /// <summary>8 for TDEA, 16 for AES, 0 for none.</summary>
    public readonly int BlockBytes => _blockBytes;

    /// <summary>True for AES.</summary>
    public readonly bool IsAes => _blockBytes == Aes128.BlockBytes;

    /// <summary>Takes a key of 16 (K1 K2 K1) or 24 bytes for TDEA; 8 bytes give single DES as K1 K1 K1, for steps that need it.</summary>
    public void LoadTdes(ReadOnlySpan<byte> key)
    {
        Must.Hold(key.Length is 8 or 16 or 24);
        Span<uint> words = _words;
        Des.Expand(Des.Block(key), words);
        if (key.Length > 8) Des.Expand(Des.Block(key[8..]), words[Des.ScheduleWords..]);
        else words[..Des.ScheduleWords].CopyTo(words[Des.ScheduleWords..]);
        if (key.Length == 24) Des.Expand(Des.Block(key[16..]), words[(2 * Des.ScheduleWords)..]);
        else words[..Des.ScheduleWords].CopyTo(words[(2 * Des.ScheduleWords)..]);
        _blockBytes = 8;
    }

    /// <summary>Takes an AES key of 16, 24 or 32 bytes.</summary>
    public void LoadAes(ReadOnlySpan<byte> key)
    {
        _rounds = Aes128.Expand(key, MemoryMarshal.AsBytes((Span<uint>)_words));
        _blockBytes = Aes128.BlockBytes;
    }

    /// <summary>The AES key itself, which its round keys begin with; empty if it lies outside.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> AesKey(int bytes) => _outside is null ? Bytes(in this)[..bytes] : [];

    /// <summary>TDEA or AES by name.</summary>
    public void Load(bool isAes, ReadOnlySpan<byte> key)
    {
        if (isAes) LoadAes(key);
        else LoadTdes(key);
    }

    /// <summary>
    /// Takes a key that lies outside, by the numbers of its objects: the key, and of a TDEA key that needs it another one: the left
    /// key three times, or of a base derivation key its variant. 0 is none.
    /// </summary>
    public void LoadOutside(OutsideCipher outside, bool isAes, ulong key, ulong left)
    {
        (_outside, _object, _left) = (outside, key, left);
        _blockBytes = (byte)(isAes ? Aes128.BlockBytes : 8);
    }

    /// <summary>Who can reach the key, if it lies outside.</summary>
    public readonly OutsideCipher? Outside => _outside;

    /// <summary>Number of the key outside.</summary>
    public readonly ulong Object => _object;

    /// <summary>TDEA forward on a word.</summary>
    public readonly ulong Encrypt64(ulong block) => _outside is null ? Des.EncryptThree(block, _words) : _outside.Encrypt64(_object, block);

    /// <summary>TDEA backward on a word.</summary>
    public readonly ulong Decrypt64(ulong block) => _outside is null ? Des.DecryptThree(block, _words) : _outside.Decrypt64(_object, block);

    /// <summary>Single DES forward under the left key.</summary>
    public readonly ulong EncryptLeft(ulong block) => _outside is null ? Des.Encrypt(block, _words) : _outside.Encrypt64(Left(), block);

    /// <summary>TDEA in CBC without output: the chaining value after whole blocks.</summary>
    public readonly ulong Chain64(ulong chain, ReadOnlySpan<byte> blocks)
    {
        if (_outside is not null) return _outside.Chain64(_object, chain, blocks);
        for (; blocks.Length > 0; blocks = blocks[8..]) chain = Des.EncryptThree(chain ^ Des.Block(blocks), _words);
        return chain;
    }

    /// <summary>The same by single DES under the left key.</summary>
    public readonly ulong ChainLeft64(ulong chain, ReadOnlySpan<byte> blocks)
    {
        if (_outside is not null) return blocks.IsEmpty ? chain : _outside.Chain64(Left(), chain, blocks);
        for (; blocks.Length > 0; blocks = blocks[8..]) chain = Des.Encrypt(chain ^ Des.Block(blocks), _words);
        return chain;
    }

    /// <summary>AES forward.</summary>
    public readonly Vector128<byte> Encrypt128(Vector128<byte> block) =>
        _outside is null ? Aes128.Encrypt(block, Bytes(in this), _rounds) : _outside.Encrypt128(_object, block);

    /// <summary>AES backward.</summary>
    public readonly Vector128<byte> Decrypt128(Vector128<byte> block) =>
        _outside is null ? Aes128.Decrypt(block, Bytes(in this), _rounds) : _outside.Decrypt128(_object, block);

    /// <summary>AES in CBC without output: the chaining value after whole blocks.</summary>
    public readonly Vector128<byte> Chain128(Vector128<byte> chain, ReadOnlySpan<byte> blocks) =>
        _outside is null ? Aes128.Chain(chain, blocks, Bytes(in this), _rounds) : _outside.Chain128(_object, chain, blocks);

    /// <summary>One block of <see cref="BlockBytes"/>, either cipher; source and target may be the same.</summary>
    public readonly void Encrypt(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (IsAes) Encrypt128(Vector128.Create(source[..Aes128.BlockBytes])).CopyTo(target);
        else BinaryPrimitives.WriteUInt64BigEndian(target, Encrypt64(Des.Block(source)));
    }

    /// <summary>The inverse of <see cref="Encrypt"/>.</summary>
    public readonly void Decrypt(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (IsAes) Decrypt128(Vector128.Create(source[..Aes128.BlockBytes])).CopyTo(target);
        else BinaryPrimitives.WriteUInt64BigEndian(target, Decrypt64(Des.Block(source)));
    }

    /// <summary>Overwrites every word.</summary>
    public void Wipe()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes((Span<uint>)_words));
        (_rounds, _blockBytes) = (0, 0);
        (_outside, _object, _left) = (null, 0, 0);
    }

    /// <summary>A key has no string form.</summary>
    public readonly override string ToString() => "key";

    // A derived key has none until it is asked for.
    private readonly ulong Left() => _left != 0 ? _left : _outside!.LeftOf(_object);

    private static ReadOnlySpan<byte> Bytes(in KeySchedule schedule) => MemoryMarshal.AsBytes((ReadOnlySpan<uint>)schedule._words);
}

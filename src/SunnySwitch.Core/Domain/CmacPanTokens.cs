using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// PAN tokens by AES-CMAC (NIST SP 800-38B). A message of exactly one block has the CMAC AES(K, message xor K1), so a batch
/// is one ECB call over all its blocks. No allocation per call. Not thread-safe: one per thread.
/// </summary>
public sealed class CmacPanTokens : IPanTokens, IDisposable
{
    private const int ChunkBlocks = 256;
    private readonly Aes _aes;
    private readonly ICryptoTransform _encryptor;
    private readonly UInt128 _subkey1;                  // In memory order, so that the xor needs no byte swap.
    private readonly byte[] _masked = new byte[ChunkBlocks * PanBlock.Bytes];

    /// <summary>Takes the key: 16, 24 or 32 bytes.</summary>
    public CmacPanTokens(ReadOnlySpan<byte> tokenKey)
    {
        Must.Hold(tokenKey.Length is 16 or 24 or 32);
        _aes = Aes.Create();
        _aes.Mode = CipherMode.ECB;
        _aes.Padding = PaddingMode.None;
        _aes.SetKey(tokenKey);
        _encryptor = _aes.CreateEncryptor();

        Span<byte> block = stackalloc byte[PanBlock.Bytes];
        block.Clear();
        _aes.EncryptEcb(block, block, PaddingMode.None);
        var subkey1 = Doubled(BinaryPrimitives.ReadUInt128BigEndian(block));
        BinaryPrimitives.WriteUInt128BigEndian(block, subkey1);
        _subkey1 = MemoryMarshal.Read<UInt128>(block);

        // The empty message: its only block is padding (10..0) masked with K2.
        BinaryPrimitives.WriteUInt128BigEndian(block, Doubled(subkey1) ^ (UInt128.One << 127));
        _aes.EncryptEcb(block, block, PaddingMode.None);
        KeyCheck = BinaryPrimitives.ReadUInt32BigEndian(block);
    }

    /// <summary>First four bytes of the CMAC of the empty message: says which key it is and reveals nothing of it.</summary>
    public uint KeyCheck { get; }

    /// <inheritdoc/>
    public void Tokenise(byte[] blocks, int count, byte[] tokens)
    {
        Must.Hold(count >= 0 && count * PanBlock.Bytes <= Math.Min(blocks.Length, tokens.Length));
        for (var done = 0; done < count;)
        {
            var chunk = Math.Min(ChunkBlocks, count - done);
            var bytes = chunk * PanBlock.Bytes;
            var source = MemoryMarshal.Cast<byte, UInt128>(blocks.AsSpan(done * PanBlock.Bytes, bytes));
            var masked = MemoryMarshal.Cast<byte, UInt128>(_masked.AsSpan(0, bytes));
            for (var index = 0; index < chunk; index++) masked[index] = source[index] ^ _subkey1;

            var written = _encryptor.TransformBlock(_masked, 0, bytes, tokens, done * PanBlock.Bytes);
            Must.Hold(written == bytes);
            done += chunk;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _encryptor.Dispose();
        _aes.Dispose();
        CryptographicOperations.ZeroMemory(_masked);
    }

    // Multiplication by x in GF(2^128), SP 800-38B section 6.1.
    private static UInt128 Doubled(UInt128 value) => (value << 1) ^ ((value >> 127) * 0x87);
}

using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Blocks;

/// <summary>
/// Wrapping and unwrapping of key blocks (X9.143-2021, TR-31:2018): B and D by keys derived with CMAC, MAC over clear header and
/// clear key, which is then the IV of the encryption; A and C, read only, by variants and a MAC over the cipher text.
/// </summary>
internal static class KeyBlock
{
    private const int ClearBytesMax = 96;

    /// <summary>The two keys that protect one block; made on the stack, wiped by who made them.</summary>
    private struct Protection
    {
        public KeySchedule Encryption, Authentication;

        public void Wipe()
        {
            Encryption.Wipe();
            Authentication.Wipe();
        }
    }

    /// <summary>Characters of a block for so many bytes of key.</summary>
    public static int Characters(bool isAesKek, int keyBytes, int optionalCharacters = 0)
    {
        var blockBytes = isAesKek ? 16 : 8;
        return KeyBlockHeader.Characters + optionalCharacters + 2 * (ClearBytes(keyBytes, blockBytes) + blockBytes);
    }

    /// <summary>
    /// Wraps by version D under AES, B under TDEA. The target is <see cref="Characters"/> long; optional blocks are whole cipher
    /// blocks.
    /// </summary>
    public static void Wrap(
        KeyMaterial kek, ReadOnlySpan<byte> key, in KeyAttributes attributes, ReadOnlySpan<byte> optional, int optionals, Span<byte> target)
    {
        var blockBytes = kek.IsAes ? 16 : 8;
        var clearBytes = ClearBytes(key.Length, blockBytes);
        Span<byte> clear = stackalloc byte[ClearBytesMax];
        Span<byte> mac = stackalloc byte[16];
        var protection = default(Protection);
        try
        {
            clear = clear[..clearBytes];
            (clear[0], clear[1]) = ((byte)(key.Length * 8 >> 8), (byte)(key.Length * 8));
            key.CopyTo(clear[2..]);
            RandomNumberGenerator.Fill(clear[(2 + key.Length)..]);
            KeyBlockHeader.Write(target, kek.IsAes ? 'D' : 'B', target.Length, in attributes, optionals);
            optional.CopyTo(target[KeyBlockHeader.Characters..]);
            var head = target[..(KeyBlockHeader.Characters + optional.Length)];
            Derive(kek, ref protection);
            mac = mac[..blockBytes];
            Cmac.Compute(in protection.Authentication, head, clear, mac);
            BlockModes.EncryptCbc(in protection.Encryption, mac, clear, clear);
            WriteHex(clear, target[head.Length..]);
            WriteHex(mac, target[(head.Length + 2 * clearBytes)..]);
        }
        finally
        {
            protection.Wipe();
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    /// <summary>
    /// Unwraps. The MAC is compared, in constant time, before anything of the key is looked at. Writes the key (64 bytes are
    /// always enough) and its length; nothing unless all is well.
    /// </summary>
    public static HsmResult Unwrap(
        KeyMaterial kek, ReadOnlySpan<byte> block, bool takesVariants, Span<byte> key, out int keyBytes, out KeyBlockHeader header)
    {
        keyBytes = 0;
        var result = KeyBlockHeader.TryRead(block, out header);
        if (result != HsmResult.Done) return result;
        var isVariant = header.Version is 'A' or 'C';
        // Variants of a key that lies in a token cannot be made.
        if (isVariant && (!takesVariants || kek.Bytes.IsEmpty) || kek.IsAes != (header.Version == 'D')) return HsmResult.KeyBlockVersion;
        var blockBytes = kek.IsAes ? 16 : 8;
        var macBytes = isVariant ? 4 : blockBytes;
        var clearBytes = (block.Length - header.Text.Length) / 2 - macBytes;
        var isWhole = clearBytes >= blockBytes && clearBytes % blockBytes == 0 && (block.Length - header.Text.Length) % 2 == 0;
        if (!isWhole) return HsmResult.KeyBlockLength;
        if (clearBytes > ClearBytesMax) return HsmResult.KeyBlockMalformed;
        Span<byte> clear = stackalloc byte[ClearBytesMax];
        Span<byte> mac = stackalloc byte[16];
        var protection = default(Protection);
        try
        {
            clear = clear[..clearBytes];
            mac = mac[..macBytes];
            var isHex = TryHex(block.Slice(header.Text.Length, 2 * clearBytes), clear) && TryHex(block[^(2 * macBytes)..], mac);
            if (!isHex) return HsmResult.KeyBlockMalformed;
            var holds = isVariant
                ? OpenVariant(kek, header.Text, clear, mac, ref protection)
                : Open(kek, header.Text, clear, mac, ref protection);
            if (!holds) return HsmResult.KeyBlockMac;
            var bits = clear[0] << 8 | clear[1];
            if (bits % 8 != 0 || bits / 8 > Math.Min(key.Length, clearBytes - 2) || bits == 0) return HsmResult.KeyLength;
            keyBytes = bits / 8;
            clear.Slice(2, keyBytes).CopyTo(key);
            return HsmResult.Done;
        }
        finally
        {
            protection.Wipe();
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    private static bool Open(KeyMaterial kek, ReadOnlySpan<byte> head, Span<byte> clear, ReadOnlySpan<byte> mac, ref Protection protection)
    {
        Span<byte> computed = stackalloc byte[16];
        Derive(kek, ref protection);
        BlockModes.DecryptCbc(in protection.Encryption, mac, clear, clear);
        Cmac.Compute(in protection.Authentication, head, clear, computed);
        return CryptographicOperations.FixedTimeEquals(computed[..mac.Length], mac);
    }

    private static bool OpenVariant(
        KeyMaterial kek, ReadOnlySpan<byte> head, Span<byte> clear, ReadOnlySpan<byte> mac, ref Protection protection)
    {
        Span<byte> variant = stackalloc byte[24];
        Span<byte> all = stackalloc byte[KeyBlockHeader.BlockCharactersMax + ClearBytesMax];
        try
        {
            variant = variant[..kek.Bytes.Length];
            for (var index = 0; index < variant.Length; index++) variant[index] = (byte)(kek.Bytes[index] ^ 'E');
            protection.Encryption.LoadTdes(variant);
            for (var index = 0; index < variant.Length; index++) variant[index] = (byte)(kek.Bytes[index] ^ 'M');
            protection.Authentication.LoadTdes(variant);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(variant);
        }

        head.CopyTo(all);
        clear.CopyTo(all[head.Length..]);
        var computed = Iso9797.Algorithm1(in protection.Authentication, all[..(head.Length + clear.Length)], MacPadding.Zeros);
        Span<byte> whole = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(whole, computed);
        BlockModes.DecryptCbc(in protection.Encryption, head[..8], clear, clear);
        return CryptographicOperations.FixedTimeEquals(whole[..mac.Length], mac);
    }

    // CMAC of a counter, what for (0 encryption, 1 MAC), the algorithm (0, 1: two, three key TDEA; 2, 3, 4: AES) and bits
    // (TR-31:2018 5.3.2.1 and 5.3.2.3).
    private static void Derive(KeyMaterial kek, ref Protection protection)
    {
        var keyBytes = kek.Length;
        var algorithm = kek.IsAes ? keyBytes / 8 : keyBytes / 8 - 2;
        var stepBytes = kek.IsAes ? 16 : 8;
        Span<byte> made = stackalloc byte[48];
        Span<byte> data = [1, 0, 0, 0, 0, (byte)algorithm, (byte)(keyBytes * 8 >> 8), (byte)(keyBytes * 8)];
        try
        {
            for (var use = 0; use < 2; use++)
            {
                data[2] = (byte)use;
                for (var done = 0; done < keyBytes; done += stepBytes)
                {
                    data[0] = (byte)(done / stepBytes + 1);
                    Cmac.Compute(in kek.Schedule, data, made[done..]);
                }

                if (use == 0) protection.Encryption.Load(kek.IsAes, made[..keyBytes]);
                else protection.Authentication.Load(kek.IsAes, made[..keyBytes]);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(made);
        }
    }

    // The length and the key, filled up to whole blocks.
    private static int ClearBytes(int keyBytes, int blockBytes) => (2 + keyBytes + blockBytes - 1) / blockBytes * blockBytes;

    private static void WriteHex(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        for (var index = 0; index < bytes.Length; index++)
        {
            target[2 * index] = "0123456789ABCDEF"u8[bytes[index] >> 4];
            target[2 * index + 1] = "0123456789ABCDEF"u8[bytes[index] & 0xF];
        }
    }

    // Upper case only: a block has one spelling, so that a changed letter is a changed block.
    private static bool TryHex(ReadOnlySpan<byte> text, Span<byte> bytes) =>
        !text.ContainsAnyInRange((byte)'a', (byte)'f') &&
        Convert.FromHexString(text, bytes, out _, out var written) == OperationStatus.Done && written == bytes.Length;
}

using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>CMAC over TDEA or AES: NIST SP 800-38B, ISO/IEC 9797-1:2011 algorithm 5. The result is one block long.</summary>
internal static class Cmac
{
    /// <summary>Writes the MAC: 8 bytes for TDEA, 16 for AES. The empty message has one too.</summary>
    public static void Compute(in KeySchedule key, ReadOnlySpan<byte> message, Span<byte> mac) => Compute(in key, message, [], mac);

    /// <summary>Over <paramref name="head"/> and <paramref name="tail"/> as one message; the head is whole blocks.</summary>
    public static void Compute(in KeySchedule key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, Span<byte> mac)
    {
        var blockBytes = key.BlockBytes;
        Must.Hold(tail.IsEmpty || head.Length % blockBytes == 0);
        if (key.Outside is { } outside) outside.Cmac(key.Object, key.IsAes, head, tail, mac);
        else if (key.IsAes) ComputeAes(in key, head, tail, mac);
        else ComputeTdes(in key, head, tail, mac);
    }

    private static void ComputeAes(in KeySchedule key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, Span<byte> mac)
    {
        Span<byte> last = stackalloc byte[Aes128.BlockBytes];
        var chain = Vector128<byte>.Zero;
        if (!tail.IsEmpty) chain = key.Chain128(chain, head);
        else tail = head;
        var rest = RestOf(tail.Length, Aes128.BlockBytes);
        chain = key.Chain128(chain, tail[..^rest]);
        key.Encrypt128(Vector128<byte>.Zero).CopyTo(last);
        var subkey = Doubled(BinaryPrimitives.ReadUInt128BigEndian(last));
        if (rest < Aes128.BlockBytes) subkey = Doubled(subkey);
        Pad(tail[^rest..], last);
        BinaryPrimitives.WriteUInt128BigEndian(last, BinaryPrimitives.ReadUInt128BigEndian(last) ^ subkey);
        key.Encrypt128(chain ^ Vector128.Create<byte>(last)).CopyTo(mac);
        CryptographicOperations.ZeroMemory(last);
    }

    private static void ComputeTdes(in KeySchedule key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, Span<byte> mac)
    {
        Span<byte> last = stackalloc byte[8];
        var chain = 0UL;
        if (tail.IsEmpty) tail = head;
        else for (; head.Length > 0; head = head[8..]) chain = key.Encrypt64(chain ^ Des.Block(head));
        for (; tail.Length > 8; tail = tail[8..]) chain = key.Encrypt64(chain ^ Des.Block(tail));
        var subkey = Doubled(key.Encrypt64(0));
        if (tail.Length < 8) subkey = Doubled(subkey);
        Pad(tail, last);
        BinaryPrimitives.WriteUInt64BigEndian(mac, key.Encrypt64(chain ^ Des.Block(last) ^ subkey));
        CryptographicOperations.ZeroMemory(last);
    }

    // The last block is kept back, whole or not; an empty message has an empty one.
    private static int RestOf(int length, int blockBytes) => length == 0 ? 0 : (length - 1) % blockBytes + 1;

    private static void Pad(ReadOnlySpan<byte> rest, Span<byte> block)
    {
        block.Clear();
        rest.CopyTo(block);
        if (rest.Length < block.Length) block[rest.Length] = 0x80;
    }

    // Multiplication by x, SP 800-38B section 6.1.
    private static UInt128 Doubled(UInt128 value) => value << 1 ^ (value >> 127) * 0x87;

    private static ulong Doubled(ulong value) => value << 1 ^ (value >> 63) * 0x1B;
}

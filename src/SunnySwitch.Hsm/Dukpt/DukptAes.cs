using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Dukpt;

/// <summary>
/// AES DUKPT, X9.24-3:2017 section 6.3. Each derivation enciphers 16 bytes:
/// <code>
/// 0 version 1 | 1 block 1, 2 | 2 usage | 4 key type | 6 bits | 8 initial key id, last four bytes | 12 counter      (initial key: 8 the whole id)
/// </code>
/// </summary>
internal static class DukptAes
{
    /// <summary>Longest key.</summary>
    public const int KeyBytesMax = 32;

    private const ushort KeyDerivation = 0x8000, KeyDerivationInitial = 0x8001;

    /// <summary>The device's initial key, as long as the base key.</summary>
    public static void Initial(in KeySchedule baseKey, ReadOnlySpan<byte> initialKeyId, Span<byte> key)
    {
        Span<byte> data = stackalloc byte[16];
        Begin(data, KeyDerivationInitial, key.Length);
        initialKeyId[..8].CopyTo(data[8..]);
        Fill(in baseKey, data, key);
    }

    /// <summary>From the initial key, in place, to the transaction's derivation key: one step for each one bit of the counter.</summary>
    public static void Transaction(ReadOnlySpan<byte> ksn, Span<byte> key)
    {
        var counter = DukptCounter.Of(ksn);
        var reached = 0U;
        for (var bit = 0x80000000U; bit != 0; bit >>= 1)
        {
            if ((counter & bit) == 0) continue;
            reached |= bit;
            Step(KeyDerivation, ksn, reached, key, key);
        }
    }

    /// <summary>The working key of a use and type.</summary>
    public static void Working(DukptUse use, ReadOnlySpan<byte> ksn, ReadOnlySpan<byte> derivationKey, Span<byte> key) =>
        Step(UsageOf(use), ksn, DukptCounter.Of(ksn), derivationKey, key);

    /// <summary>Base key and KSN to the working key's schedule, which the caller wipes. The KSN was checked.</summary>
    public static void Derive(
        in KeySchedule baseKey, int baseBytes, ReadOnlySpan<byte> ksn, DukptUse use, int workingBytes, ref KeySchedule working)
    {
        if (baseKey.Outside is { } outside)
        {
            working.LoadOutside(outside, isAes: true, DeriveOutside(outside, baseKey.Object, baseBytes, ksn, use, workingBytes), 0);
            return;
        }

        Span<byte> keys = stackalloc byte[2 * KeyBytesMax];
        try
        {
            var derivation = keys[..baseBytes];
            var last = keys.Slice(KeyBytesMax, workingBytes);
            Initial(in baseKey, ksn, derivation);
            Transaction(ksn, derivation);
            Working(use, ksn, derivation, last);
            working.LoadAes(last);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    /// <summary>The initial key of a base key that lies outside; its number there.</summary>
    public static ulong InitialOutside(OutsideCipher outside, ulong key, int keyBytes, ReadOnlySpan<byte> initialKeyId)
    {
        Span<byte> data = stackalloc byte[16];
        Begin(data, KeyDerivationInitial, keyBytes);
        initialKeyId[..8].CopyTo(data[8..]);
        return DeriveOutside(outside, key, data, keyBytes);
    }

    // The same steps, each key an object of the token.
    private static ulong DeriveOutside(
        OutsideCipher outside, ulong key, int baseBytes, ReadOnlySpan<byte> ksn, DukptUse use, int workingBytes)
    {
        key = InitialOutside(outside, key, baseBytes, ksn);
        Span<byte> data = stackalloc byte[16];
        var (counter, reached) = (DukptCounter.Of(ksn), 0U);
        for (var bit = 0x80000000U; bit != 0; bit >>= 1)
        {
            if ((counter & bit) == 0) continue;
            reached |= bit;
            Begin(data, KeyDerivation, baseBytes, ksn, reached);
            key = DeriveOutside(outside, key, data, baseBytes);
        }

        Begin(data, UsageOf(use), workingBytes, ksn, counter);
        return DeriveOutside(outside, key, data, workingBytes);
    }

    private static ulong DeriveOutside(OutsideCipher outside, ulong key, ReadOnlySpan<byte> data, int keyBytes)
    {
        Span<byte> blocks = stackalloc byte[32];
        data.CopyTo(blocks);
        data.CopyTo(blocks[16..]);
        (blocks[1], blocks[17]) = (1, 2);
        return outside.DeriveAes(key, blocks[..(keyBytes > 16 ? 32 : 16)], keyBytes);
    }

    private static ushort UsageOf(DukptUse use) => use switch
    {
        DukptUse.Pin => 0x1000,
        DukptUse.MacRequest => 0x2000,
        DukptUse.MacResponse => 0x2001,
        DukptUse.DataRequest => 0x3000,
        _ => 0x3001,
    };

    private static void Step(ushort usage, ReadOnlySpan<byte> ksn, uint counter, ReadOnlySpan<byte> from, Span<byte> to)
    {
        Span<byte> data = stackalloc byte[16];
        var schedule = default(KeySchedule);
        try
        {
            schedule.LoadAes(from);
            Begin(data, usage, to.Length, ksn, counter);
            Fill(in schedule, data, to);
        }
        finally
        {
            schedule.Wipe();
        }
    }

    private static void Begin(Span<byte> data, ushort usage, int keyBytes)
    {
        data[0] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(data[2..], usage);
        BinaryPrimitives.WriteUInt16BigEndian(data[4..], (ushort)(keyBytes / 8));     // 2, 3, 4: AES-128, 192, 256.
        BinaryPrimitives.WriteUInt16BigEndian(data[6..], (ushort)(keyBytes * 8));
    }

    private static void Begin(Span<byte> data, ushort usage, int keyBytes, ReadOnlySpan<byte> ksn, uint counter)
    {
        Begin(data, usage, keyBytes);
        ksn[4..8].CopyTo(data[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(data[12..], counter);
    }

    private static void Fill(in KeySchedule schedule, Span<byte> data, Span<byte> key)
    {
        Span<byte> block = stackalloc byte[16];
        for (var done = 0; done < key.Length; done += 16)
        {
            data[1] = (byte)(done / 16 + 1);
            schedule.Encrypt(data, block);
            block[..Math.Min(16, key.Length - done)].CopyTo(key[done..]);
        }

        CryptographicOperations.ZeroMemory(block);
    }
}

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
    public static void Working(DukptUse use, ReadOnlySpan<byte> ksn, ReadOnlySpan<byte> derivationKey, Span<byte> key)
    {
        ushort usage = use switch
        {
            DukptUse.Pin => 0x1000,
            DukptUse.MacRequest => 0x2000,
            DukptUse.MacResponse => 0x2001,
            DukptUse.DataRequest => 0x3000,
            _ => 0x3001,
        };
        Step(usage, ksn, DukptCounter.Of(ksn), derivationKey, key);
    }

    /// <summary>Base key and KSN to the working key's schedule, which the caller wipes. The KSN was checked.</summary>
    public static void Derive(
        in KeySchedule baseKey, int baseBytes, ReadOnlySpan<byte> ksn, DukptUse use, int workingBytes, ref KeySchedule working)
    {
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

    private static void Step(ushort usage, ReadOnlySpan<byte> ksn, uint counter, ReadOnlySpan<byte> from, Span<byte> to)
    {
        Span<byte> data = stackalloc byte[16];
        var schedule = default(KeySchedule);
        try
        {
            schedule.LoadAes(from);
            Begin(data, usage, to.Length);
            ksn[4..8].CopyTo(data[8..]);
            BinaryPrimitives.WriteUInt32BigEndian(data[12..], counter);
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

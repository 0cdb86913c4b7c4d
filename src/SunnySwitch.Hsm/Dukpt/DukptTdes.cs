using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Dukpt;

/// <summary>TDEA DUKPT, X9.24-1:2009 annex A: keys of two words, all on the caller's stack.</summary>
internal static class DukptTdes
{
    private const ulong Scramble = 0xC0C0C0C000000000;

    /// <summary>Two halves of a key. Whoever made it wipes it.</summary>
    public ref struct Key
    {
        public ulong Left, Right;

        /// <summary>Overwrites both.</summary>
        public void Wipe()
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<ulong>(ref Left)));
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<ulong>(ref Right)));
        }

        /// <summary>As 16 bytes.</summary>
        public readonly void CopyTo(Span<byte> key)
        {
            BinaryPrimitives.WriteUInt64BigEndian(key, Left);
            BinaryPrimitives.WriteUInt64BigEndian(key[8..], Right);
        }
    }

    /// <summary>The device's initial key, from the base key and the KSN with its counter cleared (A.6).</summary>
    public static void Initial(in KeySchedule baseKey, ReadOnlySpan<byte> baseBytes, ReadOnlySpan<byte> ksn, ref Key key)
    {
        var serial = BinaryPrimitives.ReadUInt64BigEndian(ksn) & ~0x1FUL;
        key.Left = baseKey.Encrypt64(serial);
        if (baseKey.Outside is not null)
        {
            key.Right = baseKey.EncryptLeft(serial);        // The variant is an object of its own.
            return;
        }

        Span<byte> variant = stackalloc byte[24];
        var schedule = default(KeySchedule);
        try
        {
            Vary(baseBytes, variant);
            schedule.LoadTdes(variant[..baseBytes.Length]);
            key.Right = schedule.Encrypt64(serial);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(variant);
            schedule.Wipe();
        }
    }

    /// <summary>The variant of a base key that the right half comes from.</summary>
    public static void Vary(ReadOnlySpan<byte> baseBytes, Span<byte> variant)
    {
        for (var index = 0; index < baseBytes.Length; index++) variant[index] = (byte)(baseBytes[index] ^ (byte)(Scramble >> (56 - 8 * (index % 8))));
    }

    /// <summary>From the initial key to the transaction's: one step for each one bit of the counter, highest first (A.3).</summary>
    public static void Transaction(ReadOnlySpan<byte> ksn, ref Key key)
    {
        var counter = DukptCounter.Of(ksn);
        var serial = BinaryPrimitives.ReadUInt64BigEndian(ksn[2..]) & ~0x1FFFFFUL;
        Span<uint> schedule = stackalloc uint[Des.ScheduleWords];
        for (var bit = 0x100000U; bit != 0; bit >>= 1)
        {
            if ((counter & bit) == 0) continue;
            serial |= bit;
            var right = Step(serial, key.Left, key.Right, schedule);
            key.Left = Step(serial, key.Left ^ Scramble, key.Right ^ Scramble, schedule);
            key.Right = right;
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(schedule));
    }

    /// <summary>
    /// Turns a transaction's key into the one for a use: a variant, and for data the variant enciphered under itself (A.4.1).
    /// </summary>
    public static void Vary(DukptUse use, ref Key key, ref KeySchedule schedule)
    {
        var mask = use switch
        {
            DukptUse.Pin => 0xFFUL,
            DukptUse.MacRequest => 0xFF00UL,
            DukptUse.MacResponse => 0xFF000000UL,
            DukptUse.DataRequest => 0xFF0000UL,
            _ => 0xFF00000000UL,
        };
        key.Left ^= mask;
        key.Right ^= mask;
        Load(in key, ref schedule);
        if (use is not (DukptUse.DataRequest or DukptUse.DataResponse)) return;
        key.Left = schedule.Encrypt64(key.Left);
        key.Right = schedule.Encrypt64(key.Right);
        Load(in key, ref schedule);
    }

    /// <summary>Base key and KSN to the working key's schedule, which the caller wipes. The KSN was checked.</summary>
    public static void Derive(
        in KeySchedule baseKey, ReadOnlySpan<byte> baseBytes, ReadOnlySpan<byte> ksn, DukptUse use, ref KeySchedule working)
    {
        var key = default(Key);
        try
        {
            Initial(in baseKey, baseBytes, ksn, ref key);
            Transaction(ksn, ref key);
            Vary(use, ref key, ref working);
        }
        finally
        {
            key.Wipe();
        }
    }

    private static ulong Step(ulong serial, ulong left, ulong right, Span<uint> schedule)
    {
        Des.Expand(left, schedule);
        return Des.Encrypt(serial ^ right, schedule) ^ right;
    }

    private static void Load(in Key key, ref KeySchedule schedule)
    {
        Span<byte> bytes = stackalloc byte[16];
        key.CopyTo(bytes);
        schedule.LoadTdes(bytes);
        CryptographicOperations.ZeroMemory(bytes);
    }
}

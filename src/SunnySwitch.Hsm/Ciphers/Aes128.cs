using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using X86 = System.Runtime.Intrinsics.X86;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>
/// AES (FIPS 197) by the processor's own rounds, block by block of 128 bits, with the round keys in the caller's memory. Constant in time.
/// On a processor without them .NET's AES does each block: right, some twenty times slower, and it allocates.
/// </summary>
internal static class Aes128
{
    /// <summary>Size of a block.</summary>
    public const int BlockBytes = 16;

    private const int RoundsMax = 14;

    [ThreadStatic]
    private static Aes? _portable;

    /// <summary>Memory for the round keys of the longest key.</summary>
    public const int ScheduleBytes = (RoundsMax + 1) * BlockBytes;

    /// <summary>True if the processor does AES.</summary>
    public static bool IsHardware => X86.Aes.IsSupported;

    /// <summary>
    /// Expands a key of 16, 24 or 32 bytes; returns the number of rounds. The key itself comes first, as FIPS 197 has it.
    /// </summary>
    public static byte Expand(ReadOnlySpan<byte> key, Span<byte> schedule)
    {
        Must.Hold(key.Length is 16 or 24 or 32 && schedule.Length >= ScheduleBytes);
        var rounds = key.Length / 4 + 6;
        schedule[..ScheduleBytes].Clear();
        key.CopyTo(schedule);
        if (!IsHardware) return (byte)rounds;
        var words = MemoryMarshal.Cast<byte, uint>(schedule);
        var keyWords = key.Length / 4;
        var constant = 1U;
        for (var index = keyWords; index < 4 * (rounds + 1); index++)
        {
            var word = words[index - 1];
            if (index % keyWords == 0)
            {
                word = RotatedSubstitute(word) ^ constant;
                constant = constant << 1 ^ (constant >> 7) * 0x11B;
            }
            else if (keyWords == 8 && index % 8 == 4)
            {
                word = Substitute(word);
            }

            words[index] = words[index - keyWords] ^ word;
        }

        return (byte)rounds;
    }

    /// <summary>One block forward.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Encrypt(Vector128<byte> block, ReadOnlySpan<byte> schedule, int rounds)
    {
        if (!IsHardware) return Portable(block, schedule, rounds, decrypts: false);
        ref var keys = ref Keys(schedule);
        block ^= keys;
        for (var round = 1; round < rounds; round++) block = X86.Aes.Encrypt(block, Unsafe.Add(ref keys, round));
        return X86.Aes.EncryptLast(block, Unsafe.Add(ref keys, rounds));
    }

    /// <summary>One block backward; the inverse round keys are made as they are needed.</summary>
    public static Vector128<byte> Decrypt(Vector128<byte> block, ReadOnlySpan<byte> schedule, int rounds)
    {
        if (!IsHardware) return Portable(block, schedule, rounds, decrypts: true);
        ref var keys = ref Keys(schedule);
        block ^= Unsafe.Add(ref keys, rounds);
        for (var round = rounds - 1; round > 0; round--) block = X86.Aes.Decrypt(block, X86.Aes.InverseMixColumns(Unsafe.Add(ref keys, round)));
        return X86.Aes.DecryptLast(block, keys);
    }

    /// <summary>The chaining value after whole blocks.</summary>
    public static Vector128<byte> Chain(Vector128<byte> chain, ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> schedule, int rounds)
    {
        for (; blocks.Length >= BlockBytes; blocks = blocks[BlockBytes..])
        {
            chain = Encrypt(chain ^ Vector128.Create(blocks[..BlockBytes]), schedule, rounds);
        }

        return chain;
    }

    /// <summary>What is done without hardware: the first bytes of the schedule are the key.</summary>
    public static Vector128<byte> Portable(Vector128<byte> block, ReadOnlySpan<byte> schedule, int rounds, bool decrypts)
    {
        var aes = _portable ??= Aes.Create();
        Span<byte> bytes = stackalloc byte[BlockBytes];
        block.CopyTo(bytes);
        aes.SetKey(schedule[..((rounds - 6) * 4)]);
        if (decrypts) aes.DecryptEcb(bytes, bytes, PaddingMode.None);
        else aes.EncryptEcb(bytes, bytes, PaddingMode.None);
        var result = Vector128.Create<byte>(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return result;
    }

    private static ref Vector128<byte> Keys(ReadOnlySpan<byte> schedule)
    {
        Must.Hold(schedule.Length >= ScheduleBytes);
        return ref Unsafe.As<byte, Vector128<byte>>(ref MemoryMarshal.GetReference(schedule));
    }

    // The instruction gives SubWord of the second word in its first, RotWord of it in its second.
    private static uint Substitute(uint word) => X86.Aes.KeygenAssist(Vector128.Create(0U, word, 0, 0).AsByte(), 0).AsUInt32().ToScalar();

    private static uint RotatedSubstitute(
        uint word) => X86.Aes.KeygenAssist(Vector128.Create(0U, word, 0, 0).AsByte(), 0).AsUInt32().GetElement(1);
}

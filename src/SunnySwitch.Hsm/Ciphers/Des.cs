using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SunnySwitch.Hsm.Ciphers;

/// <summary>
/// The DES rounds of FIPS 46-3 over 64-bit words, and the TDEA of NIST SP 800-67 made of them. Subkeys lie in the caller's span,
/// so that a derived key lives on the stack and is wiped there; blocks are big-endian words. Nothing is allocated. The tables are
/// built from the standard's own.
/// </summary>
/// <remarks>
/// Thread-safe: no state but read-only tables. Table look-ups depend on secrets, as in every DES in software: time is not
/// constant towards somebody who shares the processor's cache.
/// </remarks>
internal static class Des
{
    /// <summary>Words of subkeys of one DES key: 16 rounds of two.</summary>
    public const int ScheduleWords = 32;

    // S-box and permutation P in one: 8 boxes of 64, bits turned left by one as the halves are.
    private static readonly uint[] _boxes = MakeBoxes();

    // Permuted choice 1 by byte of the key (its parity bit dropped), and permuted choice 2 by seven bits of C and D.
    private static readonly ulong[] _choice1 = MakeChoice1();
    private static readonly ulong[] _choice2 = MakeChoice2();

    /// <summary>Makes the 32 words of subkeys of a key of 8 bytes; parity bits are ignored.</summary>
    public static void Expand(ulong key, Span<uint> schedule)
    {
        ref var first = ref MemoryMarshal.GetReference(schedule[..ScheduleWords]);
        ref var choice1 = ref MemoryMarshal.GetArrayDataReference(_choice1);
        ref var choice2 = ref MemoryMarshal.GetArrayDataReference(_choice2);
        var halves = 0UL;
        for (var index = 0; index < 8; index++) halves |= Unsafe.Add(ref choice1, index * 128 + (int)(key >> (57 - 8 * index) & 0x7F));
        var (c, d) = ((uint)(halves >> 28), (uint)halves & 0xFFFFFFF);
        for (var round = 0; round < 16; round++)
        {
            var turn = round is 0 or 1 or 8 or 15 ? 1 : 2;
            c = (c << turn | c >> (28 - turn)) & 0xFFFFFFF;
            d = (d << turn | d >> (28 - turn)) & 0xFFFFFFF;
            var words =
                Unsafe.Add(ref choice2, (int)(c >> 21)) | Unsafe.Add(ref choice2, 128 + (int)(c >> 14 & 0x7F)) |
                Unsafe.Add(ref choice2, 256 + (int)(c >> 7 & 0x7F)) | Unsafe.Add(ref choice2, 384 + (int)(c & 0x7F)) |
                Unsafe.Add(ref choice2, 512 + (int)(d >> 21)) | Unsafe.Add(ref choice2, 640 + (int)(d >> 14 & 0x7F)) |
                Unsafe.Add(ref choice2, 768 + (int)(d >> 7 & 0x7F)) | Unsafe.Add(ref choice2, 896 + (int)(d & 0x7F));
            Unsafe.Add(ref first, 2 * round) = (uint)(words >> 32);
            Unsafe.Add(ref first, 2 * round + 1) = (uint)words;
        }
    }

    /// <summary>Single DES, only ever a step of something larger: retail MAC, card codes, DUKPT.</summary>
    public static ulong Encrypt(ulong block, ReadOnlySpan<uint> schedule)
    {
        Begin(block, out var left, out var right);
        Forward(ref left, ref right, ref MemoryMarshal.GetReference(schedule[..ScheduleWords]));
        return End(right, left);
    }

    /// <summary>TDEA forward (encrypt, decrypt, encrypt) under three schedules in a row, 96 words.</summary>
    public static ulong EncryptThree(ulong block, ReadOnlySpan<uint> schedules)
    {
        ref var keys = ref MemoryMarshal.GetReference(schedules[..(3 * ScheduleWords)]);
        Begin(block, out var left, out var right);
        Forward(ref left, ref right, ref keys);
        Backward(ref right, ref left, ref Unsafe.Add(ref keys, ScheduleWords));
        Forward(ref left, ref right, ref Unsafe.Add(ref keys, 2 * ScheduleWords));
        return End(right, left);
    }

    /// <summary>The inverse of <see cref="EncryptThree"/>.</summary>
    public static ulong DecryptThree(ulong block, ReadOnlySpan<uint> schedules)
    {
        ref var keys = ref MemoryMarshal.GetReference(schedules[..(3 * ScheduleWords)]);
        Begin(block, out var left, out var right);
        Backward(ref left, ref right, ref Unsafe.Add(ref keys, 2 * ScheduleWords));
        Forward(ref right, ref left, ref Unsafe.Add(ref keys, ScheduleWords));
        Backward(ref left, ref right, ref keys);
        return End(right, left);
    }

    /// <summary>The eight bytes as a big-endian word.</summary>
    public static ulong Block(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(bytes);

    private static void Forward(ref uint left, ref uint right, ref uint keys)
    {
        ref var boxes = ref MemoryMarshal.GetArrayDataReference(_boxes);
        var (l, r) = (left, right);
        for (var round = 0; round < 16; round += 2)
        {
            l ^= Mangled(r, ref Unsafe.Add(ref keys, 2 * round), ref boxes);
            r ^= Mangled(l, ref Unsafe.Add(ref keys, 2 * round + 2), ref boxes);
        }

        (left, right) = (l, r);
    }

    private static void Backward(ref uint left, ref uint right, ref uint keys)
    {
        ref var boxes = ref MemoryMarshal.GetArrayDataReference(_boxes);
        var (l, r) = (left, right);
        for (var round = 14; round >= 0; round -= 2)
        {
            l ^= Mangled(r, ref Unsafe.Add(ref keys, 2 * round + 2), ref boxes);
            r ^= Mangled(l, ref Unsafe.Add(ref keys, 2 * round), ref boxes);
        }

        (left, right) = (l, r);
    }

    // Boxes 1, 3, 5, 7 see the half turned right by four, boxes 2, 4, 6, 8 the half itself: the expansion E without moving bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Mangled(uint half, ref uint subkey, ref uint boxes)
    {
        var odd = BitOperations.RotateRight(half, 4) ^ subkey;
        var even = half ^ Unsafe.Add(ref subkey, 1);
        return Unsafe.Add(ref boxes, (nint)(odd >> 24 & 0x3F)) | Unsafe.Add(ref boxes, (nint)(64 + (even >> 24 & 0x3F))) |
            Unsafe.Add(ref boxes, (nint)(128 + (odd >> 16 & 0x3F))) | Unsafe.Add(ref boxes, (nint)(192 + (even >> 16 & 0x3F))) |
            Unsafe.Add(ref boxes, (nint)(256 + (odd >> 8 & 0x3F))) | Unsafe.Add(ref boxes, (nint)(320 + (even >> 8 & 0x3F))) |
            Unsafe.Add(ref boxes, (nint)(384 + (odd & 0x3F))) | Unsafe.Add(ref boxes, (nint)(448 + (even & 0x3F)));
    }

    // The initial permutation by five exchanges; both halves end up turned left by one, which is what the boxes expect.
    private static void Begin(ulong block, out uint left, out uint right)
    {
        (left, right) = ((uint)(block >> 32), (uint)block);
        Exchange(ref left, ref right, 4, 0x0F0F0F0F);
        Exchange(ref left, ref right, 16, 0x0000FFFF);
        Exchange(ref right, ref left, 2, 0x33333333);
        Exchange(ref right, ref left, 8, 0x00FF00FF);
        right = BitOperations.RotateLeft(right, 1);
        var work = (left ^ right) & 0xAAAAAAAA;
        (left, right) = (BitOperations.RotateLeft(left ^ work, 1), right ^ work);
    }

    private static ulong End(uint left, uint right)
    {
        left = BitOperations.RotateRight(left, 1);
        var work = (left ^ right) & 0xAAAAAAAA;
        (left, right) = (left ^ work, BitOperations.RotateRight(right ^ work, 1));
        Exchange(ref right, ref left, 8, 0x00FF00FF);
        Exchange(ref right, ref left, 2, 0x33333333);
        Exchange(ref left, ref right, 16, 0x0000FFFF);
        Exchange(ref left, ref right, 4, 0x0F0F0F0F);
        return (ulong)left << 32 | right;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(ref uint one, ref uint other, int shift, uint mask)
    {
        var work = (one >> shift ^ other) & mask;
        other ^= work;
        one ^= work << shift;
    }

    private static uint[] MakeBoxes()
    {
        var made = new uint[8 * 64];
        for (var box = 0; box < 8; box++)
        {
            for (var input = 0; input < 64; input++)
            {
                // Row: outer bits; column: the four between.
                var row = input >> 4 & 2 | input & 1;
                var four = Convert.ToInt32(DesTables.Boxes[box][row * 16 + (input >> 1 & 15)].ToString(), 16);
                var output = (uint)four << (28 - 4 * box);
                var permuted = 0U;
                for (var bit = 0; bit < 32; bit++) permuted |= (output >> (32 - DesTables.P[bit]) & 1) << (31 - bit);
                made[box * 64 + input] = BitOperations.RotateLeft(permuted, 1);
            }
        }

        return made;
    }

    private static ulong[] MakeChoice1()
    {
        var made = new ulong[8 * 128];
        for (var place = 0; place < 56; place++)
        {
            var bit = DesTables.Choice1[place] - 1;
            for (var value = 0; value < 128; value++)
            {
                if ((value >> (6 - bit % 8) & 1) != 0) made[bit / 8 * 128 + value] |= 1UL << (55 - place);
            }
        }

        return made;
    }

    private static ulong[] MakeChoice2()
    {
        var made = new ulong[8 * 128];
        for (var place = 0; place < 48; place++)
        {
            var bit = DesTables.Choice2[place] - 1;
            // Box by box six bits: odd boxes' in the high word, even boxes' in the low one, two boxes apart by a byte.
            var (box, within) = (place / 6, place % 6);
            var target = (box % 2 == 0 ? 32 : 0) + (24 - box / 2 * 8) + (5 - within);
            for (var value = 0; value < 128; value++)
            {
                if ((value >> (6 - bit % 7) & 1) != 0) made[bit / 7 * 128 + value] |= 1UL << target;
            }
        }

        return made;
    }
}

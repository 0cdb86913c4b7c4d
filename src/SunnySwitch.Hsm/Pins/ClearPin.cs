using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SunnySwitch.Hsm.Pins;

/// <summary>
/// A clear PIN, for as long as one operation takes: 4 to 12 digits as nibbles from the top. It lives on the stack only, has no
/// string form, is compared in constant time, and whoever made it wipes it.
/// </summary>
internal ref struct ClearPin
{
    /// <summary>ISO 9564-1: shortest and longest PIN.</summary>
    public const int DigitsMin = 4, DigitsMax = 12;

    private ulong _nibbles;

    private ClearPin(ulong nibbles, int length) => (_nibbles, Length) = (nibbles, length);

    /// <summary>Number of digits.</summary>
    public int Length { get; private set; }

    /// <summary>Digits from the highest nibble on, zeros behind.</summary>
    public readonly ulong Nibbles => _nibbles;

    /// <summary>The digit at a place.</summary>
    public readonly int this[int index] => (int)(_nibbles >> (60 - 4 * index)) & 0xF;

    /// <summary>Takes nibbles that lie at the top; false if there are too few, too many, or one is no digit.</summary>
    public static bool TryTake(ulong nibbles, int length, out ClearPin pin)
    {
        pin = default;
        if (length is < DigitsMin or > DigitsMax) return false;
        nibbles &= ulong.MaxValue << (64 - 4 * length);
        if (HasLetters(nibbles)) return false;
        pin = new ClearPin(nibbles, length);
        return true;
    }

    /// <summary>Takes ASCII digits; false as above.</summary>
    public static bool TryTake(scoped ReadOnlySpan<byte> digits, out ClearPin pin)
    {
        pin = default;
        if (digits.Length is 0 or > DigitsMax || !Nibble.TryRead(digits, out var nibbles)) return false;
        return TryTake(nibbles << (64 - 4 * digits.Length), digits.Length, out pin);
    }

    /// <summary>So many random digits, without bias.</summary>
    public static ClearPin Random(int length)
    {
        Must.Hold(length is >= DigitsMin and <= DigitsMax);
        Span<byte> random = stackalloc byte[64];
        var nibbles = 0UL;
        for (int made = 0, next = random.Length; made < length;)
        {
            if (next == random.Length)
            {
                RandomNumberGenerator.Fill(random);
                next = 0;
            }

            // 250 values divide by ten evenly; the others are thrown away.
            if (random[next] < 250) nibbles |= (ulong)(random[next] % 10) << (60 - 4 * made++);
            next++;
        }

        CryptographicOperations.ZeroMemory(random);
        return new ClearPin(nibbles, length);
    }

    /// <summary>Same length and digits, in constant time.</summary>
    public readonly bool IsSame(in ClearPin other)
    {
        ulong mine = _nibbles, theirs = other._nibbles;
        return (Length == other.Length) & CryptographicOperations.FixedTimeEquals(
            MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in mine)), MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in theirs)));
    }

    /// <summary>Overwrites it.</summary>
    public void Wipe()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<ulong>(ref _nibbles)));
        Length = 0;
    }

    /// <summary>A PIN has no string form.</summary>
    public readonly override string ToString() => "PIN";

    // A nibble is a letter if it has its high bit and one of the two below.
    private static bool HasLetters(ulong nibbles) => (nibbles & (nibbles << 1 | nibbles << 2) & 0x8888_8888_8888_8888) != 0;
}

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SunnySwitch.Protocol.Codec;

/// <summary>Upper-case hex text. Lower case is refused where a message is read: one way to write a thing.</summary>
internal static class Hex
{
    /// <summary>Characters of 64 bits.</summary>
    public const int Characters64 = 16;

    private static ReadOnlySpan<byte> Digits => "0123456789ABCDEF"u8;

    /// <summary>Sixteen upper-case hex characters as a big-endian number; false if one is something else.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong value)
    {
        var characters = Vector128.Create(text[..Characters64]);
        var digits = characters - Vector128.Create((byte)'0');
        var letters = characters - Vector128.Create((byte)'A');
        var isDigit = Vector128.LessThanOrEqual(digits, Vector128.Create((byte)9));
        var isLetter = Vector128.LessThanOrEqual(letters, Vector128.Create((byte)5));
        var nibbles = Vector128.ConditionalSelect(isDigit, digits, letters + Vector128.Create((byte)10)).AsUInt16();
        // Little-endian pairs: the first character is the low byte and the high nibble.
        var bytes = ((nibbles << 4) | (nibbles >>> 8)) & Vector128.Create((ushort)0xFF);
        value = BinaryPrimitives.ReverseEndianness(Vector128.Narrow(bytes, bytes).AsUInt64().ToScalar());
        return (isDigit | isLetter) == Vector128<byte>.AllBitsSet;
    }

    /// <summary>
    /// Blocks of sixteen good characters to eight bytes each; returns the characters done, at the first block that is not
    /// good or not whole.
    /// </summary>
    public static int ParseBlocks(ReadOnlySpan<byte> text, Span<byte> target)
    {
        var done = 0;
        for (; text.Length - done >= Characters64; done += Characters64)
        {
            if (!TryParse(text[done..], out var value)) break;
            BinaryPrimitives.WriteUInt64BigEndian(target[(done / 2)..], value);
        }

        return done;
    }

    /// <summary>Writes two characters per byte; <paramref name="target"/> is at least twice as long.</summary>
    public static void Write(ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        target = target[..(bytes.Length * 2)];
        for (var index = 0; index < bytes.Length; index++)
        {
            target[2 * index] = Digits[bytes[index] >> 4];
            target[2 * index + 1] = Digits[bytes[index] & 0x0F];
        }
    }

    /// <summary>Writes sixteen characters of a big-endian number.</summary>
    public static void Write(ulong value, Span<byte> target)
    {
        // Each byte to two nibbles side by side, and those to characters: digits from '0', letters seven further.
        var bytes = Vector128.CreateScalar(BinaryPrimitives.ReverseEndianness(value)).AsByte();
        var (pairs, _) = Vector128.Widen(bytes);
        var nibbles = ((pairs >>> 4) | (pairs << 8)).AsByte() & Vector128.Create((byte)0x0F);
        var letters = Vector128.GreaterThan(nibbles, Vector128.Create((byte)9)) & Vector128.Create((byte)('A' - '9' - 1));
        (nibbles + Vector128.Create((byte)'0') + letters).CopyTo(target);
    }

    /// <summary>Value of a hex character of either case; -1 if it is none.</summary>
    public static int Value(int character) => character switch
    {
        >= '0' and <= '9' => character - '0',
        >= 'A' and <= 'F' => character - 'A' + 10,
        >= 'a' and <= 'f' => character - 'a' + 10,
        _ => -1,
    };
}

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
        target = target[..Characters64];
        for (var index = Characters64 - 1; index >= 0; index--, value >>= 4)
        {
            target[index] = Digits[(int)(value & 0x0F)];
        }
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

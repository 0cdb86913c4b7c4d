using System.Buffers.Binary;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// A PAN as exactly one AES block: digit count, packed digits, zeros. Unambiguous, so that no padding rule is needed.
/// <code>
/// 0 count 1 | 1 digits, two a byte, first one high; an odd last one is followed by 0 | zeros | 16
/// </code>
/// </summary>
public static class PanBlock
{
    /// <summary>Size of a block and of a token.</summary>
    public const int Bytes = 16;

    /// <summary>Most digits that fit.</summary>
    public const int DigitsMax = 30;

    /// <summary>Writes the block. More than <see cref="DigitsMax"/> digits or other characters break an invariant.</summary>
    public static void Write(ReadOnlySpan<byte> asciiDigits, Span<byte> block)
    {
        Must.Hold(asciiDigits.Length <= DigitsMax && block.Length >= Bytes);
        block[..Bytes].Clear();
        block[0] = (byte)asciiDigits.Length;
        for (var index = 0; index < asciiDigits.Length; index++)
        {
            var digit = (uint)(asciiDigits[index] - '0');
            Must.Hold(digit <= 9);
            block[1 + (index >> 1)] |= (byte)((index & 1) == 0 ? digit << 4 : digit);
        }
    }

    /// <summary>Reads a token of 16 bytes, big-endian, so that it prints as the bytes are.</summary>
    public static PanToken ReadToken(ReadOnlySpan<byte> token) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(token), BinaryPrimitives.ReadUInt64BigEndian(token[8..]));
}

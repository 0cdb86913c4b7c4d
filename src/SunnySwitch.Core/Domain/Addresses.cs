using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SunnySwitch.Core.Domain;

/// <summary>
/// Keyed checks of where a cardholder lives: equal where postal code or house number are, and good for nothing else. Little-endian, frozen.
/// <c>0 postal code 4 | 4 house number 4 | 8</c>; 0: not given.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
public struct AddressChecks
{
    /// <summary>Size of the layout.</summary>
    public const int Bytes = 8;
#pragma warning disable CS1591
    [FieldOffset(0)] public uint Postal;
    [FieldOffset(4)] public uint Street;
#pragma warning restore CS1591

    /// <summary>Both; 0: nothing is known.</summary>
    public readonly ulong Packed => ((ulong)Street << 32) | Postal;

    /// <summary>What comparing an address that was given with the card's comes to.</summary>
    public static AddressMatch Compare(in AddressChecks given, in AddressChecks known)
    {
        if (given.Packed == 0) return AddressMatch.NotAsked;
        if (known.Packed == 0) return AddressMatch.Unavailable;
        var isPostal = given.Postal != 0 && given.Postal == known.Postal;
        var isStreet = given.Street != 0 && given.Street == known.Street;
        return isPostal && isStreet ? AddressMatch.Both
            : isPostal ? AddressMatch.Postal
            : isStreet ? AddressMatch.Street
            : AddressMatch.Neither;
    }
}

/// <summary>How an address that was given compares with the card's. Durable.</summary>
public enum AddressMatch : byte
{
#pragma warning disable CS1591
    NotAsked = 0, Both = 1, Street = 2, Postal = 3, Neither = 4, Unavailable = 5,
#pragma warning restore CS1591
}

/// <summary>
/// Makes the checks of an address. What is compared is what those who type it in agree on: of a postal code letters and digits, of a street
/// its first number. Each is one block under the token key, mixed with the card's token, so that two cards of one house look different.
/// </summary>
public static class AddressText
{
    /// <summary>Blocks of one address.</summary>
    public const int Blocks = 2;

    private const int TextMax = 14;
    private const byte PostalKind = 0xA1, StreetKind = 0xA2;

    /// <summary>
    /// Writes both blocks, zeros for what was not given; tokenise them with <see cref="IPanTokens"/>, then <see cref="Read"/>.
    /// </summary>
    /// <param name="postal">Postal code, ASCII; blanks and punctuation do not count.</param>
    /// <param name="street">Street and number, or the number alone.</param>
    /// <param name="card">The card's token.</param>
    /// <param name="blocks">Two blocks of 16 bytes.</param>
    /// <param name="has">Which of them were given.</param>
    public static void Write(ReadOnlySpan<byte> postal, ReadOnlySpan<byte> street, PanToken card, Span<byte> blocks, out (bool Postal, bool Street) has)
    {
        blocks = blocks[..(Blocks * PanBlock.Bytes)];
        blocks.Clear();
        has = (WritePostal(postal, blocks[..PanBlock.Bytes]), WriteNumber(street, blocks[PanBlock.Bytes..]));
        for (var block = 0; block < Blocks; block++)
        {
            var bytes = blocks.Slice(block * PanBlock.Bytes, PanBlock.Bytes);
            BinaryPrimitives.WriteUInt64BigEndian(bytes, BinaryPrimitives.ReadUInt64BigEndian(bytes) ^ card.High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) ^ card.Low);
        }
    }

    /// <summary>The checks from the tokens of both blocks.</summary>
    public static AddressChecks Read(ReadOnlySpan<byte> tokens, (bool Postal, bool Street) has) => new()
    {
        Postal = has.Postal ? Check(tokens) : 0,
        Street = has.Street ? Check(tokens[PanBlock.Bytes..]) : 0,
    };

    // Never 0: that is what was not given.
    private static uint Check(ReadOnlySpan<byte> token) => Math.Max(1, BinaryPrimitives.ReadUInt32LittleEndian(token));

    private static bool WritePostal(ReadOnlySpan<byte> text, Span<byte> block)
    {
        var count = 0;
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter)) continue;
            if (count == TextMax) break;
            block[2 + count++] = (byte)char.ToUpperInvariant((char)letter);
        }

        (block[0], block[1]) = (PostalKind, (byte)count);
        return count > 0;
    }

    private static bool WriteNumber(ReadOnlySpan<byte> text, Span<byte> block)
    {
        var start = text.IndexOfAnyInRange((byte)'0', (byte)'9');
        var digits = start < 0 ? default : text[start..];
        var end = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (end >= 0) digits = digits[..end];
        if (digits.Length > TextMax) digits = digits[..TextMax];
        digits.CopyTo(block[2..]);
        (block[0], block[1]) = (StreetKind, (byte)digits.Length);
        return digits.Length > 0;
    }
}

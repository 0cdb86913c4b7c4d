namespace SunnySwitch.Hsm.Pins;

/// <summary>Digits as nibbles of a word: what PIN blocks, PANs and decimalised values are made of.</summary>
internal static class Nibble
{
    /// <summary>Longest PAN (ISO/IEC 7812-1).</summary>
    public const int PanDigitsMax = 19;

    /// <summary>Reads at most 16 ASCII digits into the low nibbles; false if one is no digit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> digits, out ulong nibbles)
    {
        nibbles = 0;
        if (digits.Length > 16) return false;
        foreach (var each in digits)
        {
            if (each is < (byte)'0' or > (byte)'9') return false;
            nibbles = nibbles << 4 | (uint)(each - '0');
        }

        return true;
    }

    /// <summary>Reads 16 hex digits, either case.</summary>
    public static bool TryReadHex(ReadOnlySpan<byte> digits, out ulong nibbles)
    {
        nibbles = 0;
        if (digits.Length != 16) return false;
        foreach (var each in digits)
        {
            if (!char.IsAsciiHexDigit((char)each)) return false;
            nibbles = nibbles << 4 | (uint)(each <= '9' ? each - '0' : (each | 0x20) - 'a' + 10);
        }

        return true;
    }

    /// <summary>True for 1 to 19 digits.</summary>
    public static bool IsPan(
        ReadOnlySpan<byte> pan) => pan.Length is > 0 and <= PanDigitsMax && !pan.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>
    /// The twelve right-most digits of a PAN without its check digit, zeros to the left (ISO 9564-1 format 0; eleven of them are
    /// in a PVV). The PAN was checked.
    /// </summary>
    public static ulong Account(ReadOnlySpan<byte> pan, int digits = 12)
    {
        if (pan.IsEmpty) return 0;                           // Format 1 has none.
        pan = pan[..^1];
        TryRead(pan[^Math.Min(digits, pan.Length)..], out var nibbles);
        return nibbles;
    }

    /// <summary>
    /// The first digits of a cipher as decimal: first the digits among its 16 nibbles, then its letters less ten, both from the
    /// left (Visa PVV and CVV). Writes ASCII.
    /// </summary>
    public static void Decimalise(ulong cipher, Span<byte> digits)
    {
        var found = 0;
        for (var shift = 60; shift >= 0 && found < digits.Length; shift -= 4)
        {
            var nibble = (int)(cipher >> shift) & 0xF;
            if (nibble < 10) digits[found++] = (byte)('0' + nibble);
        }

        for (var shift = 60; shift >= 0 && found < digits.Length; shift -= 4)
        {
            var nibble = (int)(cipher >> shift) & 0xF;
            if (nibble >= 10) digits[found++] = (byte)('0' + nibble - 10);
        }
    }
}

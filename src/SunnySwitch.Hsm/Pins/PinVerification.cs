using SunnySwitch.Hsm.Ciphers;

namespace SunnySwitch.Hsm.Pins;

/// <summary>How an issuer knows a PIN: Visa PVV and IBM 3624, on clear PINs inside the module.</summary>
internal static class PinVerification
{
    /// <summary>Digits of a PVV.</summary>
    public const int PvvDigits = 4;

    /// <summary>
    /// Visa PVV: the eleven right-most digits of the PAN without its check digit, the key index and the first four PIN digits,
    /// enciphered and decimalised. Writes four ASCII digits; the index is 0 to 9.
    /// </summary>
    public static void Pvv(scoped in KeySchedule key, scoped in ClearPin pin, ReadOnlySpan<byte> pan, int keyIndex, Span<byte> pvv)
    {
        var parameter = Nibble.Account(pan, 11) << 20 | (ulong)keyIndex << 16 | pin.Nibbles >> 48;
        Nibble.Decimalise(key.Encrypt64(parameter), pvv[..PvvDigits]);
    }

    /// <summary>The natural PIN of IBM 3624: validation data enciphered, each nibble through the table. The terms were checked.</summary>
    public static ClearPin Natural(scoped in KeySchedule key, scoped in Ibm3624Terms terms, int length)
    {
        Nibble.TryReadHex(terms.Validation, out var validation);
        var cipher = key.Encrypt64(validation);
        var nibbles = 0UL;
        for (var index = 0; index < length; index++)
        {
            var digit = (uint)(terms.Decimalisation[(int)(cipher >> (60 - 4 * index)) & 0xF] - '0');
            nibbles |= (ulong)digit << (60 - 4 * index);
        }

        ClearPin.TryTake(nibbles, length, out var natural);
        return natural;
    }

    /// <summary>PIN = natural PIN + offset, digit by digit without carry. False if the offset has not as many digits.</summary>
    public static bool TryAdd(scoped in ClearPin natural, scoped ReadOnlySpan<byte> offset, out ClearPin pin)
    {
        pin = default;
        if (offset.Length != natural.Length) return false;
        var nibbles = 0UL;
        for (var index = 0; index < offset.Length; index++)
        {
            var digit = (uint)(natural[index] + offset[index] - '0') % 10;
            nibbles |= (ulong)digit << (60 - 4 * index);
        }

        return ClearPin.TryTake(nibbles, offset.Length, out pin);
    }

    /// <summary>Offset = PIN - natural PIN, digit by digit. Writes as many ASCII digits as the PIN has.</summary>
    public static void Offset(scoped in ClearPin natural, scoped in ClearPin pin, Span<byte> offset)
    {
        for (var index = 0; index < pin.Length; index++) offset[index] = (byte)('0' + (pin[index] - natural[index] + 10) % 10);
    }

    /// <summary>
    /// Whether the table and the data can be used. A table that sends many hex digits to one lets an attacker ask for a PIN digit
    /// by digit, so it needs eight different digits, none more than four times.
    /// </summary>
    public static bool AreGood(scoped in Ibm3624Terms terms)
    {
        if (terms.Decimalisation.Length != 16 || terms.Decimalisation.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
        var different = 0;
        for (var digit = (byte)'0'; digit <= '9'; digit++)
        {
            var count = terms.Decimalisation.Count(digit);
            if (count > 4) return false;
            if (count > 0) different++;
        }

        return different >= 8 && Nibble.TryReadHex(terms.Validation, out _);
    }
}

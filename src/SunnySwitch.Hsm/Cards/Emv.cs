using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Cards;

/// <summary>Keys and cryptograms of EMV Book 2 v4.4, over words on the caller's stack.</summary>
internal static class Emv
{
    /// <summary>Size of a cryptogram and of an ARPC of method 1; of method 2.</summary>
    public const int CryptogramBytes = 8, StatusArpcBytes = 4;

    /// <summary>Bytes of a card status update; most bytes of the issuer's own behind it.</summary>
    public const int StatusBytes = 4, ProprietaryBytesMax = 8;

    /// <summary>The card's master key, option A or B.</summary>
    public static void CardKey(in KeySchedule issuerKey, in EmvCard card, ref KeySchedule key)
    {
        if (issuerKey.Outside is { } outside)
        {
            var y = CardData(in card);
            key.LoadOutside(outside, isAes: false, outside.DeriveTdes(issuerKey.Object, y, ~y), 0);
            return;
        }

        var (left, right) = CardKeyParts(in issuerKey, in card);
        Load(left, right, ref key);
    }

    /// <summary>Its two halves, with odd parity.</summary>
    public static (ulong Left, ulong Right) CardKeyParts(in KeySchedule issuerKey, in EmvCard card)
    {
        var y = CardData(in card);
        return (KeyChecks.WithOddParity(issuerKey.Encrypt64(y)), KeyChecks.WithOddParity(issuerKey.Encrypt64(~y)));
    }

    /// <summary>The session's key; the card's own when the method is none.</summary>
    public static void SessionKey(in KeySchedule cardKey, in EmvSession session, ref KeySchedule key)
    {
        if (session.Method == EmvSessionMethod.None)
        {
            key = cardKey;
            return;
        }

        if (cardKey.Outside is { } outside)
        {
            var (first, second) = SessionData(session.Start);
            key.LoadOutside(outside, isAes: false, outside.DeriveTdes(cardKey.Object, first, second), 0);
            return;
        }

        var (left, right) = SessionKeyParts(in cardKey, session.Start);
        Load(left, right, ref key);
    }

    /// <summary>Its two halves, with odd parity: R with its third byte F0 and then 0F, whichever method R comes from.</summary>
    public static (ulong Left, ulong Right) SessionKeyParts(in KeySchedule cardKey, ulong start)
    {
        var (first, second) = SessionData(start);
        return (KeyChecks.WithOddParity(cardKey.Encrypt64(first)), KeyChecks.WithOddParity(cardKey.Encrypt64(second)));
    }

    /// <summary>The application cryptogram: ISO/IEC 9797-1 algorithm 3 over the data.</summary>
    public static ulong Cryptogram(in KeySchedule sessionKey, ReadOnlySpan<byte> data, MacPadding padding) =>
        Iso9797.Algorithm3(in sessionKey, data, padding);

    /// <summary>ARPC method 1.</summary>
    public static ulong ResponseArpc(in KeySchedule key, ulong cryptogram, ReadOnlySpan<byte> responseCode) =>
        key.Encrypt64(cryptogram ^ (ulong)BinaryPrimitives.ReadUInt16BigEndian(responseCode) << 48);

    /// <summary>ARPC method 2: the four left-most bytes of the word.</summary>
    public static ulong StatusArpc(in KeySchedule key, ulong cryptogram, ReadOnlySpan<byte> statusAndMore)
    {
        Span<byte> data = stackalloc byte[CryptogramBytes + StatusBytes + ProprietaryBytesMax];
        BinaryPrimitives.WriteUInt64BigEndian(data, cryptogram);
        statusAndMore.CopyTo(data[CryptogramBytes..]);
        return Iso9797.Algorithm3(in key, data[..(CryptogramBytes + statusAndMore.Length)], MacPadding.OneAndZeros);
    }

    /// <summary>
    /// CVC3 (PayPass magnetic stripe): IVCVC3 is the last two bytes of the MAC of the track's static part; with unpredictable
    /// number and ATC it is enciphered, and the last two bytes of that are the number. Returns both.
    /// </summary>
    public static (
        ushort Initial, ushort Value) Cvc3(in KeySchedule cardKey, ReadOnlySpan<byte> track, ushort transactionCounter, uint unpredictable)
    {
        var initial = (ushort)Iso9797.Algorithm3(in cardKey, track, MacPadding.OneAndZeros);
        var block = (ulong)initial << 48 | (ulong)unpredictable << 16 | transactionCounter;
        return (initial, (ushort)cardKey.Encrypt64(block));
    }

    /// <summary>Whether PAN and sequence number are what a derivation takes.</summary>
    public static bool IsGood(in EmvCard card) => card.Pan.Length >= 8 && Nibble.IsPan(card.Pan) && card.Sequence is >= 0 and <= 99;

    private static ulong CardData(in EmvCard card) =>
        card.Derivation == EmvDerivation.OptionB && card.Pan.Length > 16 ? Hashed(in card) : RightMost(in card);

    private static (ulong First, ulong Second) SessionData(ulong start)
    {
        start &= 0xFFFF_00FF_FFFF_FFFF;
        return (start | 0xF0UL << 40, start | 0x0FUL << 40);
    }

    private static ulong RightMost(in EmvCard card)
    {
        Nibble.TryRead(card.Pan[^Math.Min(14, card.Pan.Length)..], out var pan);
        return pan << 8 | Packed(card.Sequence);
    }

    private static ulong Packed(int sequence) => (ulong)(sequence / 10 << 4 | sequence % 10);

    // SHA-1 is the standard's choice; it only spreads the digits, nothing rests on its collisions.
    private static ulong Hashed(in EmvCard card)
    {
        Span<byte> packed = stackalloc byte[11];
        Span<byte> hash = stackalloc byte[20];
        packed.Clear();
        var bytes = (card.Pan.Length + 3) / 2;
        var place = 2 * bytes - 2 - card.Pan.Length;
        foreach (var each in card.Pan)
        {
            packed[place >> 1] |= (byte)((each - '0') << ((place & 1) == 0 ? 4 : 0));
            place++;
        }

        packed[bytes - 1] = (byte)Packed(card.Sequence);
#pragma warning disable CA5350
        SHA1.HashData(packed[..bytes], hash);
#pragma warning restore CA5350
        return Decimal(hash);
    }

    // As many digits as there are, then letters less ten, until there are 16. The hash has 40 nibbles: always enough.
    private static ulong Decimal(ReadOnlySpan<byte> hash)
    {
        var (digits, found) = (0UL, 0);
        for (var pass = 0; pass < 2; pass++)
        {
            for (var index = 0; index < 40 && found < 16; index++)
            {
                var nibble = hash[index >> 1] >> ((index & 1) == 0 ? 4 : 0) & 0xF;
                if (nibble < 10 != (pass == 0)) continue;
                digits = digits << 4 | (uint)(nibble % 10);
                found++;
            }
        }

        return digits;
    }

    private static void Load(ulong left, ulong right, ref KeySchedule key)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, left);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], right);
        key.LoadTdes(bytes);
        CryptographicOperations.ZeroMemory(bytes);
    }
}

using System.Buffers.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell;

/// <summary>Reads a decoded message into the numbers that checks may read. Pure; runs on the network's threads.</summary>
public static class RequestReader
{
    private const int PanDigitsMin = 12;
    private const int PanDigitsMax = 19;
    private const int AdditionalBytesMax = 126;
    private const int ApprovalCodeCharacters = 6;
    private const int Preauthorized = 6;

    /// <summary>
    /// Fills <paramref name="transaction"/> from what was decoded in a dialect of any edition of the standard. The PAN leaves by
    /// <paramref name="panBlock"/> only, to become a token; true if there was one.
    /// </summary>
    public static bool Read(in MessageReader message, Dialect dialect, InstitutionId linkAcquirer, ref Transaction transaction, Span<byte> panBlock)
    {
        transaction.Request = default;
        transaction.Original = default;
        transaction.Charges = default;
        transaction.Address = default;
        transaction.Brought = EvidenceHas.None;
        transaction.NetworkSays = SecurityVerdict.NotChecked;
        transaction.NetworkCode = 0;
        ref var request = ref transaction.Request;
        request.Mti = WithoutVersion(message.Mti, dialect.Standard);
        ReadCommon(message, ref request);
        ReadIdentities(message, linkAcquirer, ref request);
        ReadTexts(message, ref request);
        ReadCodes(message, dialect, ref transaction);
        if (dialect.Standard == 1987) Read1987(message, dialect, ref transaction);
        else LaterEditions.Read(message, dialect, ref transaction);
        if (message.Has(54) && dialect.TypeOf(54) == FieldType.Text) ReadCash(message, dialect.Standard, ref request);
        foreach (var mark in dialect.Marks)
        {
            if (mark.IsIn(message, dialect)) request.Has |= FlagOf(mark.Kind);
        }

        if (dialect.Security is { } security) EvidenceReader.ReadElectronic(message, dialect, security, ref transaction);
        return ReadPan(message, ref request, panBlock);
    }

    /// <summary>The type without its version digit where that is the dialect's; with it, no type that we know.</summary>
    internal static ushort WithoutVersion(int mti, int standard)
    {
        var version = standard switch { 1993 => 1, 2003 => 2, _ => 0 };
        return (ushort)(mti >> 12 == version ? mti & 0x0FFF : mti);
    }

    internal static ulong Mark(ref Request request, RequestHas has, ulong value)
    {
        request.Has |= has;
        return value;
    }

    private static void ReadCommon(in MessageReader message, ref Request request)
    {
        if (message.Has(3) && message.TryNumber(3, out var processingCode))
        {
            request.ProcessingCode = (uint)Mark(ref request, RequestHas.ProcessingCode, processingCode);
        }

        if (message.Has(11)) request.Stan = Mark(ref request, RequestHas.Stan, message.Number(11));
        if (message.Has(14)) request.Expiry = (ushort)Mark(ref request, RequestHas.Expiry, message.Number(14));
        if (message.Has(19)) request.AcquirerCountry = (ushort)Mark(ref request, RequestHas.AcquirerCountry, message.Number(19));
        if (message.Has(23)) request.CardSequence = (ushort)Mark(ref request, RequestHas.CardSequence, message.Number(23));
        if (message.Has(52)) request.Has |= RequestHas.PinBlock;
        if (message.Has(55)) request.Has |= RequestHas.ChipData;
    }

    private static RequestHas FlagOf(MarkKind kind) => kind switch
    {
        MarkKind.PreAuthorization => RequestHas.PreAuthorization,
        MarkKind.Increment => RequestHas.Increment,
        MarkKind.Completion => RequestHas.Completion,
        MarkKind.MoreFollow => RequestHas.MoreFollow,
        MarkKind.StandingOrder => RequestHas.StandingOrder,
        _ => RequestHas.PartialOk,
    };

    /// <summary>DE38 names an earlier approval; DE39 of an advice says how it was answered elsewhere.</summary>
    private static void ReadCodes(in MessageReader message, Dialect dialect, ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        if (message.Has(38) && dialect.TypeOf(38) == FieldType.Text && message.Units(38) == ApprovalCodeCharacters)
        {
            Span<byte> code = stackalloc byte[ApprovalCodeCharacters];
            message.CopyText(38, code);
            // All zeros or blank is how many fill what they do not have.
            var isCode = TryReadBase36(code, out var number) && number != 0;
            if (isCode) transaction.Original.ApprovalCode = (uint)Mark(ref request, RequestHas.ApprovalCode, number);
        }

        if (message.Has(39) && !IsApproval(message, dialect)) request.Has |= RequestHas.DeclinedElsewhere;
    }

    internal static bool TryReadBase36(ReadOnlySpan<byte> text, out uint number)
    {
        number = 0;
        foreach (var letter in text)
        {
            var digit = letter switch
            {
                >= (byte)'0' and <= (byte)'9' => letter - '0',
                >= (byte)'A' and <= (byte)'Z' => letter - 'A' + 10,
                _ => -1,
            };
            if (digit < 0) return false;
            number = (number * 36) + (uint)digit;
        }

        return true;
    }

    // 1987: 00, 08, 10, 11, 16, 32 and, of a chip that decided off line, Y1 and Y3. Since 1993: 000 to 099 (2003: 0000 to 0999).
    private static bool IsApproval(in MessageReader message, Dialect dialect)
    {
        Span<byte> code = stackalloc byte[8];
        if (message.Units(39) > code.Length) return false;
        code = code[..(dialect.TypeOf(39) == FieldType.Digits ? message.CopyDigits(39, code) : message.CopyText(39, code))];
        if (dialect.Standard != 1987) return code.Length > 0 && code[0] == '0';
        return code.SequenceEqual("00"u8) || code.SequenceEqual("08"u8) || code.SequenceEqual("10"u8) || code.SequenceEqual("11"u8)
            || code.SequenceEqual("16"u8) || code.SequenceEqual("32"u8) || code.SequenceEqual("Y1"u8) || code.SequenceEqual("Y3"u8);
    }

    private static void Read1987(in MessageReader message, Dialect dialect, ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        if (message.Has(4)) request.AmountMinor = (long)Mark(ref request, RequestHas.Amount, message.Number(4));
        if (message.Has(7)) request.TraceTime = (uint)Mark(ref request, RequestHas.TraceTime, message.Number(7));
        if (message.Has(12)) request.LocalTime = (uint)Mark(ref request, RequestHas.LocalTime, message.Number(12));
        if (message.Has(13)) request.LocalDate = (ushort)Mark(ref request, RequestHas.LocalDate, message.Number(13));
        if (message.Has(15)) request.SettlementDate = (ushort)Mark(ref request, RequestHas.SettlementDate, message.Number(15));
        if (message.Has(18)) request.MerchantCategory = (ushort)Mark(ref request, RequestHas.MerchantCategory, message.Number(18));
        if (message.Has(22)) request.EntryMode = (ushort)Mark(ref request, RequestHas.EntryMode, message.Number(22));
        if (message.Has(25)) request.ReasonCode = (ushort)Mark(ref request, RequestHas.ReasonCode, message.Number(25));
        // Preauthorized request: an estimate if it asks, its capture if it is financial (ISO 8583-1:1987, DE25).
        if (request.ReasonCode == Preauthorized) request.Has |= request.Mti >> 8 == 1 ? RequestHas.PreAuthorization : RequestHas.Completion;
        if (message.Has(28) && dialect.TypeOf(28) == FieldType.Signed) ReadFee(message, ref transaction);
        if (message.Has(49)) ReadCurrency(message, ref request);
        if (message.Has(70)) transaction.NetworkCode = (ushort)Mark(ref request, RequestHas.NetworkCode, message.Number(70));
        if (message.Has(90)) ReadOriginal(message, ref request, ref transaction.Original);
        if (message.Has(95) && request.Mti >> 8 == 4) ReadReplacement(message, ref request, ref transaction.Original);
    }

    /// <summary>DE28, x + n 8: a debit is what the cardholder pays beside DE4 (ISO 8583-1:1987, amount, transaction fee).</summary>
    private static void ReadFee(in MessageReader message, ref Transaction transaction)
    {
        var fee = -message.SignedNumber(28);
        if (fee == 0) return;
        transaction.Charges.FeeMinor = fee;
        transaction.Request.Has |= RequestHas.Fee;
    }

    private static void ReadIdentities(in MessageReader message, InstitutionId linkAcquirer, ref Request request)
    {
        request.Acquirer = linkAcquirer;
        if (message.Has(32) && message.Units(32) > 0)
        {
            request.Acquirer = InstitutionId.Of(Mark(ref request, RequestHas.Acquirer, message.Number(32)), message.Units(32));
        }

        if (message.Has(33) && message.Units(33) > 0)
        {
            request.Forwarder = InstitutionId.Of(Mark(ref request, RequestHas.Forwarder, message.Number(33)), message.Units(33));
        }
    }

    private static void ReadTexts(in MessageReader message, ref Request request)
    {
        if (message.Has(37)) { message.CopyText(37, request.Rrn); request.Has |= RequestHas.Rrn; }
        if (message.Has(41)) { message.CopyText(41, request.Terminal); request.Has |= RequestHas.Terminal; }
        // Up to 35 characters in 2003: longer than what we keep is as good as absent, and refused.
        if (message.Has(42) && message.Units(42) <= Text16.Characters) { message.CopyText(42, request.CardAcceptor); request.Has |= RequestHas.CardAcceptor; }
    }

    /// <summary>
    /// DE49 of 1987 and 1993 is an 3, packed for some; only ISO 4217 numeric codes mean anything to us, another value stays 0 and is refused later.
    /// </summary>
    internal static void ReadCurrency(in MessageReader message, ref Request request)
    {
        request.Has |= RequestHas.Currency;
        if (message.Units(49) == 3 && message.TryNumber(49, out var currency)) request.Currency = (ushort)currency;
    }

    /// <summary>
    /// DE90: MTI 4, STAN 6, DE7 10, acquirer 11, forwarder 11 digits (ISO 8583-1:1987, DE90). All zeros is how some fill what they do not have.
    /// </summary>
    private static void ReadOriginal(in MessageReader message, ref Request request, ref OriginalData original)
    {
        Span<byte> digits = stackalloc byte[42];
        message.CopyDigits(90, digits);
        if (digits.IndexOfAnyExcept((byte)'0') < 0 && (request.Has & RequestHas.ApprovalCode) != 0) return;
        request.Has |= RequestHas.Original;
        original.Mti = ReadMti(digits);
        original.Stan = Digits(digits, 4, 6);
        original.TraceTime = (uint)Digits(digits, 10, 10);
        original.Acquirer = InstitutionId.Of(Digits(digits, 20, 11), 11);
        original.Forwarder = InstitutionId.Of(Digits(digits, 31, 11), 11);
    }

    /// <summary>DE95, positions 1 to 12: the amount that stays; 25 to 33, C or D and eight digits: the fee that stays with it.</summary>
    private static void ReadReplacement(in MessageReader message, ref Request request, ref OriginalData original)
    {
        Span<byte> amounts = stackalloc byte[42];
        message.CopyText(95, amounts);
        if (Utf8Parser.TryParse(amounts[..12], out long stays, out var used) && used == 12 && stays >= 0)
        {
            original.ReplacementMinor = stays;
            request.Has |= RequestHas.Replacement;
            var isFee = Utf8Parser.TryParse(amounts[25..33], out int fee, out used) && used == 8 && fee >= 0;
            if (isFee && amounts[24] is (byte)'C' or (byte)'D') original.FeeStaysMinor = amounts[24] == 'D' ? fee : -fee;
        }
    }

    internal static ushort ReadMti(ReadOnlySpan<byte> digits) =>
        (ushort)((Digits(digits, 0, 1) << 12) | (Digits(digits, 1, 1) << 8) | (Digits(digits, 2, 1) << 4) | Digits(digits, 3, 1));

    /// <summary>
    /// Cash in hand: the group of DE54 with amount type 40. Account type 2, amount type 2, currency 3 (2003: and decimals 1), sign 1,
    /// amount 12.
    /// </summary>
    private static void ReadCash(in MessageReader message, int standard, ref Request request)
    {
        var groupBytes = standard == 2003 ? 21 : 20;
        Span<byte> text = stackalloc byte[AdditionalBytesMax];
        if (message.Units(54) > text.Length) return;
        text = text[..message.CopyText(54, text)];
        for (; text.Length >= groupBytes; text = text[groupBytes..])
        {
            if (!text[2..4].SequenceEqual("40"u8)) continue;
            if (!Utf8Parser.TryParse(text.Slice(groupBytes - 12, 12), out ulong amount, out var used) || used != 12) continue;
            request.CashMinor = amount > uint.MaxValue ? 0 : (uint)amount;
            request.Has |= RequestHas.Cash;
        }
    }

    internal static ulong Digits(ReadOnlySpan<byte> text, int start, int count)
    {
        ulong value = 0;
        foreach (var digit in text.Slice(start, count)) value = (value * 10) + (ulong)(digit - '0');
        return value;
    }

    /// <summary>PAN, expiry and service code: DE2 first, track 2 (ISO/IEC 7813) for what it lacks.</summary>
    private static bool ReadPan(in MessageReader message, ref Request request, Span<byte> panBlock)
    {
        Span<byte> track = stackalloc byte[40];
        var trackLength = 0;
        var separator = -1;
        if (message.Has(35))
        {
            trackLength = message.CopyText(35, track);
            separator = track[..trackLength].IndexOfAny((byte)'=', (byte)'D');
            request.Has |= RequestHas.Track2;
            ReadTrack(track[..trackLength], separator, ref request);
        }

        Span<byte> pan = stackalloc byte[PanDigitsMax];
        int panDigits;
        if (message.Has(2))
        {
            panDigits = message.CopyDigits(2, pan);
            if (separator > 0 && !track[..separator].SequenceEqual(pan[..panDigits])) request.Has |= RequestHas.TrackDiffers;
        }
        else if (separator is > 0 and <= PanDigitsMax) { panDigits = separator; track[..separator].CopyTo(pan); }
        else return false;

        pan = pan[..panDigits];
        request.Has |= RequestHas.Pan;
        if (panDigits < PanDigitsMin || !PassesLuhn(pan)) request.Has |= RequestHas.PanBad;
        request.TruncatedPan = TruncatedPan.Of(
            panDigits < 13 ? 0 : (uint)Digits(pan, 0, 6), panDigits < 13 ? 0 : (uint)Digits(pan, panDigits - 4, 4), panDigits);
        PanBlock.Write(pan, panBlock);
        pan.Clear();
        track.Clear();
        return true;
    }

    private static void ReadTrack(ReadOnlySpan<byte> track, int separator, ref Request request)
    {
        if (separator < 0) return;
        var rest = track[(separator + 1)..];
        if (rest.Length >= 4 && rest[..4].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
        {
            var expiry = Digits(rest, 0, 4);
            if ((request.Has & RequestHas.Expiry) == 0) request.Expiry = (ushort)Mark(ref request, RequestHas.Expiry, expiry);
            else if (request.Expiry != expiry) request.Has |= RequestHas.TrackDiffers;
        }

        if (rest.Length >= 7 && rest[4..7].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0) request.ServiceCode = (ushort)Digits(rest, 4, 3);
    }

    private static bool PassesLuhn(ReadOnlySpan<byte> pan)
    {
        var sum = 0;
        var twice = false;
        for (var index = pan.Length - 1; index >= 0; index--, twice = !twice)
        {
            var digit = pan[index] - '0';
            if (twice) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }
}

using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Cell;

/// <summary>
/// What ISO 8583:1993 and 2003 moved: local date and time in one element, function codes in place of DE70 and DE95, the original
/// in DE56, estimates, supplements and completions told by DE24, the category of the merchant in DE26, fees in DE46 (1993), the currency inside
/// of the amount (2003).
/// </summary>
internal static class LaterEditions
{
    /// <summary>DE24: partial reversal, so that DE4 is the amount that stays (ISO 8583:1993, annex A).</summary>
    private const int PartialReversal = 401;

    private const int NetworkFunctions = 800;

    public static void Read(in MessageReader message, Dialect dialect, ref Transaction transaction)
    {
        var standard = dialect.Standard;
        ref var request = ref transaction.Request;
        if (message.Has(4)) ReadAmount(message, standard, ref request);
        if (message.Has(12)) ReadTime(message.Number(12), ref request);
        if (message.Has(15)) request.SettlementDate = (ushort)(RequestReader.Mark(ref request, RequestHas.SettlementDate, message.Number(15)) % 10_000);
        if (message.Has(22) && standard == 1993) ReadEntryMode(message, ref request);
        if (message.Has(24)) ReadFunction(message, ref transaction);
        if (message.Has(25)) request.ReasonCode = (ushort)RequestReader.Mark(ref request, RequestHas.ReasonCode, message.Number(25));
        if (message.Has(26)) request.MerchantCategory = (ushort)RequestReader.Mark(ref request, RequestHas.MerchantCategory, message.Number(26));
        // 2003 has sets of another length, which no dialect here describes: they stay what the parties make of them.
        var hasFees = standard == 1993 && message.Has(46) && dialect.TypeOf(46) == FieldType.Text;
        if (hasFees && (request.Has & RequestHas.Currency) != 0) FeeSets.Read(message, ref transaction);
        if (message.Has(56)) ReadOriginal(message, standard, ref transaction);
    }

    // 2003: currency 3, decimals 1, amount 12. How many decimals a currency has is the standard's (ISO 4217), not the sender's.
    private static void ReadAmount(in MessageReader message, int standard, ref Request request)
    {
        const ulong amounts = 1_000_000_000_000;
        var number = RequestReader.Mark(ref request, RequestHas.Amount, message.Number(4));
        request.AmountMinor = (long)(number % amounts);
        if (standard == 1993)
        {
            if (message.Has(49)) RequestReader.ReadCurrency(message, ref request);
            return;
        }

        request.Has |= RequestHas.Currency;
        request.Currency = (ushort)(number / amounts / 10);
    }

    // YYMMDDhhmmss in 1993, CCYYMMDDhhmmss in 2003.
    private static void ReadTime(ulong number, ref Request request)
    {
        request.Has |= RequestHas.LocalTime | RequestHas.LocalDate | RequestHas.TraceTime;
        request.LocalTime = (uint)(number % 1_000_000);
        request.LocalDate = (ushort)(number / 1_000_000 % 10_000);
        request.TraceTime = (uint)(number % 10_000_000_000);
    }

    // Twelve positions: 2 is what the terminal can verify, 5 who was there (4: a standing order), 7 how the card was read (ISO 8583:1993, table A.8).
    private static void ReadEntryMode(in MessageReader message, ref Request request)
    {
        Span<byte> code = stackalloc byte[12];
        if (message.Units(22) != code.Length) return;
        message.CopyText(22, code);
        if (code[4] == '4') request.Has |= RequestHas.StandingOrder;
        var read = code[6] switch
        {
            (byte)'1' or (byte)'6' => 1,
            (byte)'2' => 2,
            (byte)'3' => 3,
            (byte)'4' => 4,
            (byte)'5' => 5,
            _ => 0,
        };
        var pin = code[1] switch { (byte)'0' => 0, (byte)'1' => 1, _ => 2 };
        request.EntryMode = (ushort)RequestReader.Mark(ref request, RequestHas.EntryMode, (ulong)((read * 10) + pin));
    }

    private static void ReadFunction(in MessageReader message, ref Transaction transaction)
    {
        ref var request = ref transaction.Request;
        request.FunctionCode = (ushort)RequestReader.Mark(ref request, RequestHas.FunctionCode, message.Number(24));
        if (request.FunctionCode == PartialReversal)
        {
            transaction.Original.ReplacementMinor = request.AmountMinor;
            request.Has |= RequestHas.Replacement;
        }

        request.Has |= request.FunctionCode switch
        {
            101 => RequestHas.PreAuthorization,
            106 or 107 => RequestHas.Increment,
            201 or 202 => RequestHas.Completion,
            _ => RequestHas.None,
        };
        if (request.FunctionCode < NetworkFunctions) return;
        request.Has |= RequestHas.NetworkCode;
        transaction.NetworkCode = request.FunctionCode switch { 801 => 1, 802 => 2, 831 => 301, _ => request.FunctionCode };
    }

    // MTI 4, STAN 6 (12 in 2003), local date and time 12 (14), acquirer (1993: after two digits of length).
    private static void ReadOriginal(in MessageReader message, int standard, ref Transaction transaction)
    {
        const int digitsMax = 48;
        var (stan, time) = standard == 1993 ? (6, 12) : (12, 14);
        var whole = 4 + stan + time;
        Span<byte> digits = stackalloc byte[digitsMax];
        var count = message.Units(56);
        if (count < whole || count > digitsMax) return;
        message.CopyDigits(56, digits);
        ref var original = ref transaction.Original;
        transaction.Request.Has |= RequestHas.Original;
        original.Mti = RequestReader.WithoutVersion(RequestReader.ReadMti(digits), standard);
        original.Stan = RequestReader.Digits(digits, 4, stan);
        original.TraceTime = (uint)(RequestReader.Digits(digits, 4 + stan, time) % 10_000_000_000);
        var acquirer = digits[whole..count];
        if (standard == 1993 && acquirer.Length > 2) acquirer = acquirer[2..];
        original.Acquirer = InstitutionId.Of(RequestReader.Digits(acquirer, 0, acquirer.Length), acquirer.Length);
    }
}

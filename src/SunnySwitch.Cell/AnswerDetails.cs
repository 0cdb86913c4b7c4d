using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Cell;

/// <summary>
/// What an answer tells beside its codes. How an address compared: one letter where the dialect says (DE44). To an inquiry: DE54 with ledger (01)
/// and available balance (02). To a purchase that was approved in part: DE4 is what was approved, DE54 what had been asked for (57). To what was
/// billed in another currency: DE6 with the amount, DE10 with the rate, DE51 with the currency (1987 and 1993). A group of DE54 is account type 2,
/// amount type 2, currency 3, C or D, amount 12; with one digit of decimals after the currency in 2003 (ISO 8583-1, additional amounts).
/// </summary>
internal static class AnswerDetails
{
    private const int AmountField = 4, BilledField = 6, RateField = 10, BilledCurrencyField = 51, AdditionalField = 54, ChipField = 55;
    private const uint Ledger = 1, Available = 2, Original = 57;
    private const int GroupBytesMax = 21;
    private const long AmountMax = 999_999_999_999;

    /// <summary>True if an answer tells any, or has to be taken apart for what an HSM adds.</summary>
    public static bool AreToldBy(Dialect dialect, in Decided decided, in Charges charges) =>
        LettersOf(dialect, in decided) != default || TellsAmounts(in decided, in charges);

    private static bool TellsAmounts(in Decided decided, in Charges charges) =>
        decided.Effect == EffectKind.BalancesTold || decided.Code == ResponseCode.ApprovedInPart || decided.IsBilled(in charges);

    /// <summary>
    /// Takes a framed answer in <paramref name="target"/> apart and writes it anew with its details; returns its bytes. An answer
    /// without room for them, of a dialect without their fields, or with amounts that twelve digits do not hold, stays without them.
    /// </summary>
    /// <param name="framing">The link's.</param>
    /// <param name="dialect">The request's.</param>
    /// <param name="target">The framed answer, and room.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="decided">The decision.</param>
    /// <param name="charges">Its charges.</param>
    /// <param name="security">What an HSM adds.</param>
    /// <param name="fields">Scratch.</param>
    /// <param name="mac">Its field, and where its content begins, zeros so far; 0: nowhere.</param>
    public static int Insert(
        Framing framing, Dialect dialect, Span<byte> target, int bytes, in Decided decided, in Charges charges, scoped in AnswerSecurity security,
        ref FieldTable fields, out (int Field, int At) mac)
    {
        Span<byte> text = stackalloc byte[2 * GroupBytesMax];
        text = decided.IsBilled(in charges) || !TellsAmounts(in decided, in charges) ? default : text[..Write(dialect, in decided, text)];
        var takesText = dialect.TypeOf(AdditionalField) == FieldType.Text && !dialect.IsFixed(AdditionalField);
        if (!takesText || dialect.UnitsMax(AdditionalField) < text.Length) text = default;
        var bill = decided.IsBilled(in charges) ? BillFields(dialect, in decided) : default;
        var parts = new Parts { Bill = bill, Text = text, Letters = LettersOf(dialect, in decided), Chip = security.ChipFor(dialect) };
        Span<byte> plain = stackalloc byte[ReplyEncoder.ReplyBytesMax];
        plain = plain[..bytes];
        target[..bytes].CopyTo(plain);
        var message = plain[framing.LeadBytes..^framing.TrailBytes];
        Must.Hold(Decoder.Decode(dialect, message, ref fields).IsOk);
        var reader = new MessageReader(dialect, message, in fields);
        var into = target[framing.LeadBytes..^framing.TrailBytes];
        var written = Compose(dialect, reader, in decided, in charges, parts, security.HasMac, into, out mac);
        if (written < 0 || written > framing.MessageBytesMax)
        {
            written = Compose(dialect, reader, in decided, in charges, default, security.HasMac, into, out mac);
        }

        Must.Hold(written > 0);                              // Not longer than it was, or by its MAC.
        if (mac.At > 0) mac.At += framing.LeadBytes;
        plain[..framing.LeadBytes].CopyTo(target);
        framing.WriteLength(target, written);
        framing.WriteTrail(target[(framing.LeadBytes + written)..]);
        return framing.LeadBytes + written + framing.TrailBytes;
    }

    private readonly ref struct Parts
    {
        public FieldSet Bill { get; init; }

        public ReadOnlySpan<byte> Text { get; init; }

        public (byte Address, byte Proof) Letters { get; init; }

        public ReadOnlySpan<byte> Chip { get; init; }
    }

    /// <summary>DE6, 10 and 51 as far as the dialect has them as they are in 1987.</summary>
    private static FieldSet BillFields(Dialect dialect, in Decided decided)
    {
        var fields = default(FieldSet);
        if (dialect.Standard == 2003 || decided.BilledMinor > AmountMax) return fields;
        if (IsNumber(dialect, BilledField, 12)) fields.Add(BilledField);
        if (IsNumber(dialect, RateField, 8)) fields.Add(RateField);
        var isCurrency = dialect.IsFixed(BilledCurrencyField) && dialect.UnitsMax(BilledCurrencyField) == 3;
        if (isCurrency && dialect.TypeOf(BilledCurrencyField) is FieldType.Text or FieldType.Digits) fields.Add(BilledCurrencyField);
        return fields;
    }

    private static bool IsNumber(Dialect dialect, int field, int digits) =>
        dialect.TypeOf(field) == FieldType.Digits && dialect.IsFixed(field) && dialect.UnitsMax(field) == digits;

    private static int Compose(
        Dialect dialect, in MessageReader reader, in Decided decided, in Charges charges, scoped in Parts parts, bool hasMac, Span<byte> target,
        out (int Field, int At) mac)
    {
        Span<byte> currency = stackalloc byte[3];
        WriteNumber(currency, decided.Explanation.Currency);
        var all = reader.Present.Or(parts.Bill);
        if (!parts.Text.IsEmpty) all.Add(AdditionalField);
        if (!parts.Chip.IsEmpty) all.Add(ChipField);
        var (address, proof) = parts.Letters;
        var (addressAt, proofAt) = (address == 0 ? null : dialect.Address?.Result, proof == 0 ? null : dialect.Security?.AuthenticationResult);
        if (addressAt is not null) all.Add(addressAt.Field);
        if (proofAt is not null) all.Add(proofAt.Field);
        mac = (!hasMac ? 0 : all.High != 0 ? AnswerSecurity.LaterMacField : AnswerSecurity.MacField, 0);
        if (hasMac) all.Add(mac.Field);
        var writer = new MessageWriter(dialect, target);
        writer.Begin(reader.Mti, all);
        foreach (var field in all)
        {
            if (field == AdditionalField) writer.Text(field, parts.Text);
            else if (field == ChipField && !parts.Chip.IsEmpty) AnswerSecurity.WriteChip(ref writer, dialect, parts.Chip);
            else if (field == mac.Field) mac.At = AnswerSecurity.WriteBlankMac(ref writer, dialect, field);
            else if (field == AmountField && decided.Code == ResponseCode.ApprovedInPart) writer.Number(field, AmountOf(reader, in decided));
            else if (field == addressAt?.Field || field == proofAt?.Field) WriteLetters(ref writer, field, (addressAt, address), (proofAt, proof));
            else if (!parts.Bill.Has(field)) writer.CopyRaw(field, reader.Raw(field));
            else if (field == BilledField) writer.Number(field, (ulong)decided.BilledMinor);
            else if (field == RateField) writer.Number(field, charges.Rate.Packed);
            else writer.Text(field, currency);
        }

        return writer.End();
    }

    // Two may be in one field.
    private static void WriteLetters(ref MessageWriter writer, int field, (DialectPlace? Place, byte Letter) one, (DialectPlace? Place, byte Letter) other)
    {
        var (oneAt, otherAt) = (one.Place?.Field == field ? one.Place.At : 0, other.Place?.Field == field ? other.Place.At : 0);
        Span<byte> text = stackalloc byte[Math.Max(oneAt, otherAt)];
        text.Fill((byte)' ');
        if (oneAt > 0) text[oneAt - 1] = one.Letter;
        if (otherAt > 0) text[otherAt - 1] = other.Letter;
        writer.Text(field, text);
    }

    private static (byte Address, byte Proof) LettersOf(Dialect dialect, in Decided decided) => (
        dialect.Address?.Result is null ? (byte)0 : LetterOf(decided.Request.Address),
        dialect.Security?.AuthenticationResult is null ? (byte)0 : LetterOf(decided.AuthenticationTold));

    /// <summary>How a proof of authentication was verified, as cards' networks write it; 0 where nothing is told of it.</summary>
    private static byte LetterOf(SecurityVerdict verdict) => verdict switch
    {
        SecurityVerdict.NotChecked => 0,
        SecurityVerdict.Right => (byte)'2',
        SecurityVerdict.Wrong => (byte)'1',
        SecurityVerdict.Malformed => (byte)'0',
        _ => (byte)'4',
    };

    /// <summary>How an address compared, as cards' networks write it; 0 where nothing is told of it.</summary>
    private static byte LetterOf(AddressMatch match) => match switch
    {
        AddressMatch.Both => (byte)'Y',
        AddressMatch.Street => (byte)'A',
        AddressMatch.Postal => (byte)'Z',
        AddressMatch.Neither => (byte)'N',
        AddressMatch.Unavailable => (byte)'U',
        _ => (byte)0,
    };

    // 2003 has currency and decimals before the amount.
    private static ulong AmountOf(in MessageReader reader, in Decided decided)
    {
        var asked = reader.Number(AmountField);
        return asked - (asked % (AmountMax + 1)) + (ulong)decided.CountedMinor;
    }

    private static int Write(Dialect dialect, in Decided decided, Span<byte> text)
    {
        var accountType = decided.Request.ProcessingCode / 100 % 100;
        var groupBytes = dialect.Standard == 2003 ? GroupBytesMax : GroupBytesMax - 1;
        if (decided.Code == ResponseCode.ApprovedInPart)
        {
            WriteGroup(text[..groupBytes], accountType, Original, decided.Request.Currency, -decided.Request.AmountMinor);
            return groupBytes;
        }

        ref readonly var told = ref decided.Explanation;
        if (Math.Abs(told.LedgerMinor) > AmountMax || Math.Abs(told.AvailableMinor) > AmountMax) return 0;
        WriteGroup(text[..groupBytes], accountType, Ledger, told.Currency, told.LedgerMinor);
        WriteGroup(text.Slice(groupBytes, groupBytes), accountType, Available, told.Currency, told.AvailableMinor);
        return 2 * groupBytes;
    }

    private static void WriteGroup(Span<byte> group, uint accountType, uint amountType, ushort currency, long amount)
    {
        WriteNumber(group[..2], accountType);
        WriteNumber(group[2..4], amountType);
        WriteNumber(group[4..7], currency);
        if (group.Length == GroupBytesMax) WriteNumber(group[7..8], (ulong)Math.Max(Currencies.DecimalsOf(currency), 0));
        group[^13] = (byte)(amount < 0 ? 'D' : 'C');
        WriteNumber(group[^12..], (ulong)Math.Abs(amount));
    }

    private static void WriteNumber(Span<byte> digits, ulong value)
    {
        for (var index = digits.Length - 1; index >= 0; index--, value /= 10) digits[index] = (byte)('0' + (value % 10));
    }
}

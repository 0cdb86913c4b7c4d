using SunnySwitch.Core.Domain;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;
using SunnySwitch.Protocol.Meaning;

namespace SunnySwitch.Cell;

/// <summary>
/// DE54 of the answer to an inquiry: ledger and available balance, each account type 2, amount type 2, currency 3, C or D, amount 12;
/// with one digit of decimals after the currency in 2003 (ISO 8583-1, additional amounts).
/// </summary>
internal static class BalanceText
{
    private const int Field = 54;
    private const int GroupBytesMax = 21;
    private const long AmountMax = 999_999_999_999;

    /// <summary>
    /// Takes a framed answer in <paramref name="target"/> apart and writes it anew with DE54; returns its bytes. An answer
    /// without room for it, of a dialect without it, or with balances that twelve digits do not hold, stays as it is.
    /// </summary>
    public static int Insert(Framing framing, Dialect dialect, Span<byte> target, int bytes, in Decided decided, ref FieldTable fields)
    {
        Span<byte> text = stackalloc byte[2 * GroupBytesMax];
        text = text[..Write(dialect, in decided, text)];
        if (text.IsEmpty || dialect.TypeOf(Field) != FieldType.Text || dialect.IsFixed(Field) || dialect.UnitsMax(Field) < text.Length) return bytes;
        Span<byte> plain = stackalloc byte[ReplyEncoder.ReplyBytesMax];
        plain = plain[..bytes];
        target[..bytes].CopyTo(plain);
        var message = plain[framing.LeadBytes..^framing.TrailBytes];
        Must.Hold(Decoder.Decode(dialect, message, ref fields).IsOk);
        var reader = new MessageReader(dialect, message, in fields);
        var all = reader.Present;
        all.Add(Field);
        var writer = new MessageWriter(dialect, target[framing.LeadBytes..^framing.TrailBytes]);
        writer.Begin(reader.Mti, all);
        foreach (var field in all)
        {
            if (field == Field) writer.Text(field, text);
            else writer.CopyRaw(field, reader.Raw(field));
        }

        var written = writer.End();
        if (written < 0 || written > framing.MessageBytesMax)
        {
            plain.CopyTo(target);
            return bytes;
        }

        plain[..framing.LeadBytes].CopyTo(target);
        framing.WriteLength(target, written);
        framing.WriteTrail(target[(framing.LeadBytes + written)..]);
        return framing.LeadBytes + written + framing.TrailBytes;
    }

    private static int Write(Dialect dialect, in Decided decided, Span<byte> text)
    {
        ref readonly var told = ref decided.Explanation;
        if (Math.Abs(told.LedgerMinor) > AmountMax || Math.Abs(told.AvailableMinor) > AmountMax) return 0;
        var accountType = decided.Request.ProcessingCode / 100 % 100;
        var groupBytes = dialect.Standard == 2003 ? GroupBytesMax : GroupBytesMax - 1;
        WriteGroup(text[..groupBytes], accountType, 1, told.Currency, told.LedgerMinor);
        WriteGroup(text.Slice(groupBytes, groupBytes), accountType, 2, told.Currency, told.AvailableMinor);
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

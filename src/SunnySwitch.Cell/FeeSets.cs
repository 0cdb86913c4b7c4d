using System.Buffers.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Protocol.Codec;

namespace SunnySwitch.Cell;

/// <summary>
/// DE46 of ISO 8583:1993, amounts, fees: ans ..204, up to six sets.
/// <code>
/// 0 type 2 | 2 currency 3 | 5 C or D 1 | 6 amount 8 | 14 conversion rate 8 | 22 C or D 1 | 23 reconciliation amount 8 | 31 reconciliation currency 3 | 34
/// </code>
/// A set in another currency than DE49 is refused: a fee is billed, held and settled with the amount that it comes with.
/// </summary>
internal static class FeeSets
{
    private const int Field = 46, SetCharacters = 34, SetsMax = 6;

    /// <summary>What one fee of eight digits can be, as DE28 has it.</summary>
    private const long FeeMinorMax = 99_999_999;

    /// <summary>
    /// The sum is the request's fee: debits are paid by the cardholder, credits are given. What cannot be is an error of the field, as if
    /// it had not decoded.
    /// </summary>
    public static void Read(in MessageReader message, ref Transaction transaction)
    {
        var result = Sum(message, transaction.Request.Currency, out var fee);
        if (!result.IsOk && transaction.Decode.IsOk) transaction.Decode = result;
        if (!result.IsOk || fee == 0) return;
        transaction.Charges.FeeMinor = fee;
        transaction.Request.Has |= RequestHas.Fee;
    }

    private static DecodeResult Sum(in MessageReader message, ushort currency, out long feeMinor)
    {
        feeMinor = 0;
        var (count, start) = (message.Units(Field), message.Offset(Field));
        if (count == 0) return new DecodeResult(DecodeError.Truncated, Field, start);
        if (count > SetCharacters * SetsMax) return new DecodeResult(DecodeError.LengthOverMax, Field, start);
        if (count % SetCharacters != 0) return new DecodeResult(DecodeError.TrailingBytes, Field, start + count - (count % SetCharacters));
        Span<byte> sets = stackalloc byte[SetCharacters * SetsMax];
        sets = sets[..message.CopyText(Field, sets)];
        for (var at = 0; at < sets.Length; at += SetCharacters)
        {
            if (!TryReadSet(sets.Slice(at, SetCharacters), currency, ref feeMinor)) return new DecodeResult(DecodeError.BadDigit, Field, start + at);
        }

        return Math.Abs(feeMinor) <= FeeMinorMax ? default : new DecodeResult(DecodeError.BadDigit, Field, start);
    }

    private static bool TryReadSet(ReadOnlySpan<byte> set, ushort currency, ref long feeMinor)
    {
        if (!TryReadNumber(set.Slice(2, 3), out var feeCurrency) || feeCurrency != currency || !TryReadSigned(set.Slice(5, 9), out var fee)) return false;
        feeMinor += fee;
        return TryReadNumber(set.Slice(14, 8), out _) && TryReadSigned(set.Slice(22, 9), out _) && TryReadNumber(set.Slice(31, 3), out _);
    }

    private static bool TryReadSigned(ReadOnlySpan<byte> text, out long minor)
    {
        minor = 0;
        if (text[0] is not ((byte)'C' or (byte)'D') || !TryReadNumber(text[1..], out var digits)) return false;
        minor = text[0] == (byte)'D' ? digits : -digits;
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> text, out long number)
    {
        number = 0;
        return text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && Utf8Parser.TryParse(text, out number, out _);
    }
}

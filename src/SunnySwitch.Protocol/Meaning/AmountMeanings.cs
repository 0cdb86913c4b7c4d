namespace SunnySwitch.Protocol.Meaning;

/// <summary>Amounts, fees and rates with their decimals.</summary>
internal static class AmountMeanings
{
    // Twelve digits are what an amount of ISO 8583 has, and one less than the shortest PAN.
    private const int DigitsMax = 12;
    private const int AdditionalLength = 20;
    private const int AdditionalMax = 20;

    /// <summary>Digits with the decimals of their currency: <c>12.50 USD</c>; null without a known currency.</summary>
    public static string? Amount(ReadOnlySpan<char> digits, ReadOnlySpan<char> currency)
    {
        if (!Digits.Are(digits) || !Currencies.TryFind(currency, out var known)) return null;
        return Decimal(digits, known.Decimals) is { } text ? $"{text} {known.Code}" : null;
    }

    /// <summary>x+n: C or D, then digits. A fee is a debit or a credit to the one who receives the message.</summary>
    public static string? Signed(ReadOnlySpan<char> value, ReadOnlySpan<char> currency)
    {
        if (value.Length < 2 || SignOf(value[0]) is not { } sign) return null;
        return Amount(value[1..], currency) is { } amount ? $"{sign} {amount}" : null;
    }

    /// <summary>DE9, DE10: the first digit says how many of the other seven are decimals (ISO 8583:1987 table 4).</summary>
    public static string? Rate(ReadOnlySpan<char> value) =>
        value.Length == 8 && Digits.Are(value) && value[0] <= '7' ? Decimal(value[1..], value[0] - '0') : null;

    /// <summary>
    /// DE54: groups of 20 characters, each of account type 2, amount type 2, currency 3, C or D, amount 12
    /// (ISO 8583:1987 table 4, ISO 8583:1993 clause 4.4.12).
    /// </summary>
    public static string? Additional(ReadOnlySpan<char> value)
    {
        if (value.Length == 0 || value.Length % AdditionalLength != 0) return null;
        if (value.Length > AdditionalMax * AdditionalLength) return null;
        var groups = new List<string>();
        for (var at = 0; at < value.Length; at += AdditionalLength)
        {
            if (Group(value.Slice(at, AdditionalLength)) is not { } group) return null;
            groups.Add(group);
        }

        return string.Join("; ", groups);
    }

    /// <summary>
    /// DE95 of 1987: amounts of 12 digits, transaction and settlement, then their fees, a sign and 8 digits each. What is
    /// zero besides the first is left out; of settlement the currency is not at hand.
    /// </summary>
    public static string? Replacement(ReadOnlySpan<char> value, ReadOnlySpan<char> currency)
    {
        if (value.Length != 42) return null;
        ReadOnlySpan<char> settlement = value[12..24], fee = value[24..33], settlementFee = value[33..];
        var isGood = Digits.Are(value[..24]) && SignOf(fee[0]) is not null && Digits.Are(fee[1..])
            && SignOf(settlementFee[0]) is not null && Digits.Are(settlementFee[1..]);
        if (!isGood) return null;
        var text = "transaction " + (Amount(value[..12], currency) ?? Minor(value[..12]));
        if (IsNotZero(settlement)) text += ", settlement " + Minor(settlement);
        if (IsNotZero(fee[1..])) text += ", fee " + (Signed(fee, currency) ?? SignOf(fee[0]) + " " + Minor(fee[1..]));
        if (IsNotZero(settlementFee[1..]))
        {
            text += $", settlement fee {SignOf(settlementFee[0])} {Minor(settlementFee[1..])}";
        }

        return text;
    }

    /// <summary>Amounts of 2003: currency 3, exponent 1, then digits, which may have a sign before them.</summary>
    public static string? Of2003(ReadOnlySpan<char> value)
    {
        var sign = value.Length > 0 ? SignOf(value[0]) : null;
        if (sign is not null) value = value[1..];
        if (value.Length < 5 || !Digits.Are(value) || !Currencies.TryFind(value[..3], out var currency)) return null;
        if (Decimal(value[4..], value[3] - '0') is not { } text) return null;
        return sign is null ? $"{text} {currency.Code}" : $"{sign} {text} {currency.Code}";
    }

    private static string? Group(ReadOnlySpan<char> group)
    {
        if (!Digits.Are(group[8..]) || SignOf(group[7]) is not { } sign) return null;
        var account = CodeMeanings.Account(group[..2]) ?? "account by agreement";
        var amount = Amount(group[8..], group[4..7]);
        return amount is null ? null : $"{account}, {AmountType(group[2..4])}: {sign} {amount}";
    }

    // ISO 8583:1993 annex A; 1987 has 01 to 04, 20 and 40 of them.
    private static string AmountType(ReadOnlySpan<char> code) => code switch
    {
        "01" => "ledger balance",
        "02" => "available balance",
        "03" => "amount owing",
        "04" => "amount due",
        "20" => "remaining this cycle",
        "40" => "cash",
        "41" => "goods and services",
        _ => "amount by agreement",
    };

    private static string? Decimal(ReadOnlySpan<char> digits, int decimals)
    {
        var first = digits.IndexOfAnyExcept('0');
        digits = first < 0 ? "" : digits[first..];
        if (digits.Length > DigitsMax || decimals > DigitsMax) return null;
        var text = digits.ToString().PadLeft(decimals + 1, '0');
        return decimals == 0 ? text : $"{text[..^decimals]}.{text[^decimals..]}";
    }

    private static string Minor(ReadOnlySpan<char> digits) => $"{Decimal(digits, 0)} minor units";

    private static string? SignOf(char sign) => sign switch
    {
        'C' => "credit",
        'D' => "debit",
        _ => null,
    };

    private static bool IsNotZero(ReadOnlySpan<char> digits) => digits.ContainsAnyExcept('0');
}

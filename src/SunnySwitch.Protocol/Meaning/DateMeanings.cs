namespace SunnySwitch.Protocol.Meaning;

/// <summary>
/// Dates and times as people read them. The pattern is in the standard's own letters: CC, YY, MM, DD, hh, mm, ss.
/// </summary>
internal static class DateMeanings
{
    private const string None = "not a date";

    private static readonly string[] _months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// <summary>DE7: MMDDhhmmss. ISO 8583:1987 table 4 wants it in UTC.</summary>
    public static string? Transmission(ReadOnlySpan<char> value) =>
        value.Length == 10 && Digits.Are(value) ? With(Day(value[..4]), Time(value[4..]), " UTC") : null;

    /// <summary>MMDD, YYMMDD or CCYYMMDD, by the length.</summary>
    public static string? Date(ReadOnlySpan<char> value)
    {
        if (!Digits.Are(value)) return null;
        return value.Length switch
        {
            4 => Day(value) ?? None,
            6 => With(Day(value[2..], Year(value[..2])), $"20{value[..2]}", ""),
            8 => With(Day(value[4..], Digits.Value(value[..4])), $"{value[..4]}", ""),
            _ => null,
        };
    }

    /// <summary>YYMM: <c>Dec 2028</c>. Expiry dates have no century; this switch was not there in the last one.</summary>
    public static string? Month(ReadOnlySpan<char> value)
    {
        if (value.Length != 4 || !Digits.Are(value)) return null;
        var month = Digits.Value(value[2..]);
        return month is >= 1 and <= 12 ? $"{_months[month - 1]} 20{value[..2]}" : None;
    }

    /// <summary>hhmmss, YYMMDDhhmmss or CCYYMMDDhhmmss, by the length.</summary>
    public static string? Local(ReadOnlySpan<char> value)
    {
        if (!Digits.Are(value)) return null;
        return value.Length switch
        {
            6 => Time(value) ?? "not a time",
            12 or 14 when Date(value[..^6]) is { } date && date != None => With(date, Time(value[^6..]), ""),
            12 or 14 => None,
            _ => null,
        };
    }

    private static string With(string? first, string? second, string tail) =>
        first is null || second is null ? None : $"{first} {second}{tail}";

    private static int Year(ReadOnlySpan<char> digits) => 2000 + Digits.Value(digits);

    // Without a year any February may have 29 days.
    private static string? Day(ReadOnlySpan<char> value, int year = 2000)
    {
        int month = Digits.Value(value[..2]), day = Digits.Value(value[2..]);
        if (month is < 1 or > 12 || year < 1) return null;
        return day >= 1 && day <= DateTime.DaysInMonth(year, month) ? $"{day} {_months[month - 1]}" : null;
    }

    private static string? Time(ReadOnlySpan<char> value)
    {
        int hour = Digits.Value(value[..2]), minute = Digits.Value(value[2..4]), second = Digits.Value(value[4..]);
        return hour < 24 && minute < 60 && second < 60 ? $"{value[..2]}:{value[2..4]}:{value[4..]}" : null;
    }
}

using System.Globalization;

namespace SunnySwitch.Admin;

/// <summary>Dates as operators write them, 2026-12-31, to and from days since 1970-01-01.</summary>
internal static class Dates
{
    private static readonly DateOnly _epoch = new(1970, 1, 1);

    /// <summary>0 without a date, null if it is none.</summary>
    public static int? Of(string? date)
    {
        if (date is null) return 0;
        var isDate = DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        return isDate && day > _epoch && day.Year < 2100 ? day.DayNumber - _epoch.DayNumber : null;
    }

    /// <summary>Nothing for day 0.</summary>
    public static string Text(int day) => day == 0 ? "" : _epoch.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

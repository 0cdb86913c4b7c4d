namespace SunnySwitch.Host.Load;

/// <summary>What differs from one purchase to the next.</summary>
/// <param name="Card">Index of the bench's card.</param>
/// <param name="AmountMinor">DE4, below 1,000,000.</param>
/// <param name="Stan">DE11: 1 to 999,999.</param>
/// <param name="Running">DE37: running number on its connection.</param>
/// <param name="Sent">DE7, DE12, DE13.</param>
internal readonly record struct Purchase(int Card, long AmountMinor, uint Stan, long Running, SecondStamp Sent);

/// <summary>One second of the calendar, UTC, as the digits that messages carry.</summary>
/// <param name="MonthDay">MMDD.</param>
/// <param name="HourMinuteSecond">hhmmss.</param>
internal readonly record struct SecondStamp(uint MonthDay, uint HourMinuteSecond)
{
    /// <summary>MMDDhhmmss, DE7.</summary>
    public ulong Transmission => MonthDay * 1_000_000UL + HourMinuteSecond;

    /// <summary>The stamp of a second since 1970.</summary>
    public static SecondStamp Of(long unixSeconds)
    {
        var time = DateTime.UnixEpoch.AddSeconds(unixSeconds);
        return new SecondStamp(
            (uint)(time.Month * 100 + time.Day), (uint)(time.Hour * 10_000 + time.Minute * 100 + time.Second));
    }
}

/// <summary>What is the same in all purchases of a connection.</summary>
/// <param name="Terminal">DE41, 8 characters; with DE37 and DE7 it makes keys unique between runs.</param>
/// <param name="Acquirer">DE32, 1 to 11 digits.</param>
/// <param name="Chip">Adds DE35 and DE55.</param>
/// <param name="IsSecured">Adds DE35 with its code, DE52 and DE64.</param>
internal readonly record struct PurchaseShape(string Terminal, string Acquirer, bool Chip, bool IsSecured = false)
{
    /// <summary>Terminal of a connection in a run: three base-36 digits of connection, five of its second.</summary>
    public static string TerminalOf(int connection, long startUnixSeconds) =>
        Base36(connection, 3) + Base36(startUnixSeconds, 5);

    private static string Base36(long value, int width) => string.Create(width, value, static (text, rest) =>
    {
        for (var index = text.Length - 1; index >= 0; index--, rest /= 36)
            text[index] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(int)(rest % 36)];
    });
}

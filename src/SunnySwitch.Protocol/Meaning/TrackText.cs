namespace SunnySwitch.Protocol.Meaning;

/// <summary>
/// Finds the service code in track data (ISO/IEC 7813). Of a track this is all that may be told: the PAN with the expiry,
/// and what stands after the service code, would remake the stripe.
/// </summary>
internal static class TrackText
{
    // Shorter or longer it is no PAN, and what follows may be one: nothing is told then.
    private const int PanDigitsMin = 12;
    private const int PanDigitsMax = 19;
    private const int ExpiryDigits = 4;
    private const int ServiceCodeDigits = 3;

    /// <summary>Track 2: PAN, <c>=</c> or <c>D</c>, expiry, service code. Empty if it is not there.</summary>
    public static ReadOnlySpan<char> ServiceCode2(ReadOnlySpan<char> track)
    {
        var separator = track.IndexOfAny('=', 'D');
        return separator > 0 && IsPan(track[..separator]) ? AfterSeparator(track[(separator + 1)..], track[separator]) : default;
    }

    /// <summary>Track 1: PAN, <c>^</c>, name, <c>^</c>, expiry, service code. Empty if it is not there.</summary>
    public static ReadOnlySpan<char> ServiceCode1(ReadOnlySpan<char> track)
    {
        var first = track.IndexOf('^');
        // Format code B stands before the PAN, but is not always sent.
        if (first <= 0 || !IsPan(track[(track[0] == 'B' ? 1 : 0)..first])) return default;
        var rest = track[(first + 1)..];
        var second = rest.IndexOf('^');
        return second >= 0 ? AfterSeparator(rest[(second + 1)..], '^') : default;
    }

    private static bool IsPan(ReadOnlySpan<char> digits) =>
        digits.Length is >= PanDigitsMin and <= PanDigitsMax && Digits.Are(digits);

    // A card without an expiry has one more separator in its place.
    private static ReadOnlySpan<char> AfterSeparator(ReadOnlySpan<char> rest, char separator)
    {
        var expiry = rest.Length > 0 && rest[0] == separator ? 1 : ExpiryDigits;
        if (rest.Length < expiry + ServiceCodeDigits) return default;
        if (expiry > 1 && !Digits.Are(rest[..expiry])) return default;
        var code = rest.Slice(expiry, ServiceCodeDigits);
        return Digits.Are(code) ? code : default;
    }
}

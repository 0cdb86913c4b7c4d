using SunnySwitch.Core.Domain;

namespace SunnySwitch.Hsm.Cards;

/// <summary>
/// Visa's cardholder authentication verification value, of the versions that are made by the algorithm of CVV with a tracking number:
/// <code>
/// 0 result of the authentication 1 | 1 second factor 1 | 2 key 1 | 3 code, a zero and three digits 2 | 5 the last four digits of the tracking number 2
/// 7 tracking number, 16 digits 8 | 15 version 1/2, what was done 1/2 | 16 address of the cardholder's device, or zeros 4 | 20
/// </code>
/// The code is a CVV over sixteen digits of the PAN, with those four digits in place of the expiry, and result (one digit) and second factor (two) in
/// place of the service code.
/// </summary>
internal readonly ref struct Cavv
{
    /// <summary>Bytes of it, and room that its digits need as text.</summary>
    public const int Bytes = 20, TextBytes = PanDigits + (2 * Bytes);

    private const int PanDigits = 16, VersionMax = 1;

    private readonly ReadOnlySpan<byte> _pan;
    private readonly ReadOnlySpan<byte> _digits;

    /// <summary>Reads it; <paramref name="text"/> is scratch.</summary>
    public Cavv(ReadOnlySpan<byte> value, ReadOnlySpan<byte> pan, Span<byte> text)
    {
        // The last sixteen digits, or with zeros before.
        var padded = text[..PanDigits];
        padded.Fill((byte)'0');
        pan = pan[Math.Max(0, pan.Length - PanDigits)..];
        pan.CopyTo(padded[(PanDigits - pan.Length)..]);
        _pan = padded;
        var digits = text[PanDigits..TextBytes];
        Convert.TryToHexString(value[..Bytes], digits, out _);
        _digits = digits;
        Problem = ProblemOf(digits);
    }

    /// <summary>NotChecked: nothing, it can be verified. Unable: another version; Malformed: no such value; Wrong: no authentication at all.</summary>
    public SecurityVerdict Problem { get; }

    /// <summary>What the code is made of.</summary>
    public CardCodeTerms Terms => new(CardCodeKind.Cvv, _pan, _digits[10..14], _digits[1..4]);

    /// <summary>Three digits.</summary>
    public ReadOnlySpan<byte> Code => _digits[7..10];

    private static SecurityVerdict ProblemOf(ReadOnlySpan<byte> digits)
    {
        // Later versions are made over more, in a way that is not published.
        if (digits[30] is < (byte)'0' or > (byte)'0' + VersionMax) return SecurityVerdict.Unable;
        var isGood = digits[..30].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && digits[0] == '0' && digits[6] == '0'
            && digits[10..14].SequenceEqual(digits[26..30]);
        if (!isGood) return SecurityVerdict.Malformed;
        // 0: authenticated; 7, 8: tried, and its issuer or the server was not there. Others say that it was not.
        return digits[1] is (byte)'0' or (byte)'7' or (byte)'8' ? SecurityVerdict.NotChecked : SecurityVerdict.Wrong;
    }
}

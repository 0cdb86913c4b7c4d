using System.Buffers.Binary;
using System.Globalization;

namespace SunnySwitch.Protocol.Meaning;

/// <summary>
/// What values say, for people who read a decoded message. Values come as text, bytes as hex. Nothing here throws,
/// whatever comes in, and no answer repeats as many digits in a row as a PAN has: what is sensitive is not told.
/// </summary>
public static class Meanings
{
    private const int ValueMax = 999;
    private const int TagBytesMax = 255;

    /// <summary>
    /// What a message type says by its four digits: <c>ISO 8583:1987, authorization request, from the acquirer</c>.
    /// </summary>
    public static string? OfMti(ReadOnlySpan<char> mti)
    {
        if (mti.Length != 4 || !Digits.Are(mti)) return null;
        var version = mti[0] switch
        {
            '0' => "ISO 8583:1987",
            '1' => "ISO 8583:1993",
            '2' => "ISO 8583:2003",
            '8' => "national version",
            '9' => "private version",
            _ => "unknown version",
        };
        var origin = mti[3] switch
        {
            '0' or '1' => "from the acquirer",
            '2' or '3' => "from the issuer",
            '4' or '5' => "from another",
            _ => "of unknown origin",
        };
        var number = ushort.Parse(mti, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return $"{version}, {FieldNames.OfMti(number)}, {origin}";
    }

    /// <summary>The field whose currency the amounts of a field are in, 49 to 51; 0 if it is no such amount.</summary>
    public static int CurrencyFieldOf(int year, int field) => (year, field) switch
    {
        (1987, 4 or 28 or 30 or 95) or (1993, 4) => 49,
        (1987, 5 or 29 or 31 or (>= 86 and <= 89) or 97) or (1993, 5 or (>= 86 and <= 89) or 97) => 50,
        (1987 or 1993, 6 or 8) => 51,
        _ => 0,
    };

    /// <summary>
    /// What the value of a field says; null if nothing can be said. <paramref name="year"/> is the edition of the
    /// standard, 1987, 1993 or 2003; <paramref name="currency"/> the value of <see cref="CurrencyFieldOf"/>.
    /// </summary>
    public static string? OfField(int year, int field, ReadOnlySpan<char> value, ReadOnlySpan<char> currency = default)
    {
        if (value.IsEmpty || value.Length > ValueMax) return null;
        var meaning = field switch
        {
            0 => OfMti(value),
            3 => CodeMeanings.Processing(value),
            7 => DateMeanings.Transmission(value),
            9 or 10 => AmountMeanings.Rate(value),
            12 => DateMeanings.Local(value),
            14 => DateMeanings.Month(value),
            15 or 16 or 17 or 73 => DateMeanings.Date(value),
            19 or 20 => Countries.Find(value),
            35 => CodeMeanings.ServiceCode(TrackText.ServiceCode2(value)),
            39 => ResultMeanings.Result(value),
            40 => CodeMeanings.ServiceCode(value),
            45 => CodeMeanings.ServiceCode(TrackText.ServiceCode1(value)),
            _ => null,
        };
        return meaning ?? year switch
        {
            1987 => Of1987(field, value, currency),
            1993 => Of1993(field, value, currency),
            2003 => Of2003(field, value),
            _ => null,
        };
    }

    /// <summary>
    /// What the value of a tag says, a line each; none if nothing can be said. <paramref name="currency"/> is for the
    /// amounts: three digits or letters, or tag 5F2A as it stands.
    /// </summary>
    public static IReadOnlyList<string> OfTag(uint tag, ReadOnlySpan<char> hex, ReadOnlySpan<char> currency = default)
    {
        Span<byte> target = stackalloc byte[TagBytesMax];
        if (hex.IsEmpty || !Digits.TryBytes(hex, target, out var count)) return [];
        ReadOnlySpan<byte> bytes = target[..count];
        return tag switch
        {
            0x82 => ChipMeanings.Bits(bytes, ChipMeanings.Aip),
            0x8E => ChipMeanings.VerificationList(bytes),
            0x95 or 0x9F0D or 0x9F0E or 0x9F0F => ChipMeanings.Bits(bytes, ChipMeanings.Tvr),
            0x9B => ChipMeanings.Bits(bytes, ChipMeanings.Tsi),
            0x9F07 => ChipMeanings.Bits(bytes, ChipMeanings.Auc),
            0x9F27 => ChipMeanings.Cryptogram(bytes),
            0x9F33 => ChipMeanings.Bits(bytes, ChipMeanings.Terminal),
            0x9F34 => ChipMeanings.VerificationResults(bytes),
            0x9F40 => ChipMeanings.Bits(bytes, ChipMeanings.TerminalMore),
            0x9F5B => ChipMeanings.ScriptResults(bytes),
            0x9F66 => ChipMeanings.Bits(bytes, ChipMeanings.Ttq),
            0x9F6C => ChipMeanings.Bits(bytes, ChipMeanings.Ctq),
            _ => OneLine(tag, hex, bytes, currency) is { } line ? [line] : [],
        };
    }

    private static string? Of1987(int field, ReadOnlySpan<char> value, ReadOnlySpan<char> currency) => field switch
    {
        4 or 5 or 6 or 8 or (>= 86 and <= 89) => AmountMeanings.Amount(value, currency),
        13 => DateMeanings.Date(value),
        18 => PointOfServiceMeanings.Category(value),
        21 or 68 or 69 => Countries.Find(value),
        22 => PointOfServiceMeanings.EntryMode(value),
        25 => PointOfServiceMeanings.Condition(value),
        26 => PointOfServiceMeanings.PinDigits(value),
        >= 28 and <= 31 or 97 => AmountMeanings.Signed(value, currency),
        // The last two of 40 characters are the country.
        43 when value.Length == 40 => Countries.Find(value[38..]),
        49 or 50 or 51 => CurrencyName(value),
        54 => AmountMeanings.Additional(value),
        66 => Settlement(value),
        70 => CodeMeanings.Network(value),
        90 => Original(value),
        95 => AmountMeanings.Replacement(value, currency),
        _ => null,
    };

    private static string? Of1993(int field, ReadOnlySpan<char> value, ReadOnlySpan<char> currency) => field switch
    {
        4 or 5 or 6 or 8 or (>= 86 and <= 89) => AmountMeanings.Amount(value, currency),
        13 => DateMeanings.Month(value),
        18 or 26 => PointOfServiceMeanings.Category(value),
        21 or (>= 68 and <= 70) or 91 or 92 => Countries.Find(value),
        22 => PointOfServiceMeanings.DataCode(value),
        24 => CodeMeanings.Function(value),
        25 => CodeMeanings.Reason(value),
        28 => DateMeanings.Date(value),
        49 or 50 or 51 => CurrencyName(value),
        54 => AmountMeanings.Additional(value),
        56 => Original93(value),
        97 => AmountMeanings.Signed(value, currency),
        _ => null,
    };

    private static string? Of2003(int field, ReadOnlySpan<char> value) => field switch
    {
        4 or 5 or 6 or 8 or 97 => AmountMeanings.Of2003(value),
        24 => CodeMeanings.Function(value),
        25 => CodeMeanings.Reason(value),
        26 => PointOfServiceMeanings.Category(value),
        28 => DateMeanings.Date(value),
        _ => null,
    };

    private static string? OneLine(
        uint tag, ReadOnlySpan<char> hex, ReadOnlySpan<byte> bytes, ReadOnlySpan<char> currency) => tag switch
        {
            0x4F or 0x84 or 0x9F06 => ChipMeanings.Application(hex),
            0x57 or 0x9F6B => CodeMeanings.ServiceCode(TrackText.ServiceCode2(hex)),
            0x81 or 0x9F04 when bytes.Length == 4 =>
                AmountMeanings.Amount($"{BinaryPrimitives.ReadUInt32BigEndian(bytes)}", ThreeOf(currency)),
            0x8A when bytes.Length == 2 => ResultMeanings.ChipResponse([(char)bytes[0], (char)bytes[1]]),
            0x9A or 0x5F24 or 0x5F25 when bytes.Length == 3 => DateMeanings.Date(hex),
            0x9C when bytes.Length == 1 => CodeMeanings.Transaction(hex),
            0x5F28 or 0x9F1A or 0x9F57 => Countries.Find(ThreeOf(hex)),
            0x5F2A or 0x9F42 or 0x9F51 or 0x9F3C => CurrencyName(ThreeOf(hex)),
            0x5F30 => CodeMeanings.ServiceCode(ThreeOf(hex)),
            0x5F57 when bytes.Length == 1 => CodeMeanings.Account(hex),
            0x9F02 or 0x9F03 when bytes.Length == 6 => AmountMeanings.Amount(hex, ThreeOf(currency)),
            0x9F10 => ChipMeanings.IssuerData(bytes),
            0x9F13 or 0x9F36 when bytes.Length == 2 => $"{BinaryPrimitives.ReadUInt16BigEndian(bytes)}",
            0x9F15 => PointOfServiceMeanings.Category(hex),
            0x9F17 when bytes.Length == 1 => $"{bytes[0]} tries left",
            0x9F21 when bytes.Length == 3 => DateMeanings.Local(hex),
            0x9F35 => ChipMeanings.TerminalType(bytes),
            0x9F39 when bytes.Length == 1 => PointOfServiceMeanings.PanEntry(hex),
            _ => null,
        };

    // A packed code of three digits has a 0 before it.
    private static ReadOnlySpan<char> ThreeOf(ReadOnlySpan<char> code) =>
        code.Length == 4 && code[0] == '0' ? code[1..] : code;

    private static string? CurrencyName(ReadOnlySpan<char> code) =>
        Currencies.TryFind(code, out var found) ? $"{found.Code}, {found.Name}" : null;

    private static string? Settlement(ReadOnlySpan<char> code) => code switch
    {
        "1" => "in balance",
        "2" => "out of balance",
        "3" => "error",
        _ => null,
    };

    // DE90 of 1987: type 4, trace number 6, sent 10, acquirer 11, forwarder 11.
    private static string? Original(ReadOnlySpan<char> value)
    {
        if (value.Length != 42 || !Digits.Are(value)) return null;
        var sent = DateMeanings.Transmission(value[10..20]);
        return $"{Type(value[..4])}, trace number {value[4..10]}, sent {sent}, "
            + $"acquirer {Institution(value[20..31])}, forwarder {Institution(value[31..])}";
    }

    // DE56 of 1993: type 4, trace number 6, local date and time 12, acquirer with a length of two digits.
    private static string? Original93(ReadOnlySpan<char> value)
    {
        if (value.Length is < 22 or > 35 || !Digits.Are(value)) return null;
        var acquirer = value.Length >= 24 && Digits.Value(value[22..24]) == value.Length - 24 ? value[24..] : "";
        return $"{Type(value[..4])}, trace number {value[4..10]}, at {DateMeanings.Local(value[10..22])}, "
            + $"acquirer {Institution(acquirer)}";
    }

    private static string Type(ReadOnlySpan<char> mti) =>
        $"{mti} {FieldNames.OfMti(ushort.Parse(mti, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))}";

    // At most eleven digits, less than a PAN has.
    private static string Institution(ReadOnlySpan<char> digits)
    {
        var first = digits.IndexOfAnyExcept('0');
        return first < 0 ? "not said" : digits[first..].ToString();
    }
}

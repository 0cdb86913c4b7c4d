namespace SunnySwitch.Protocol.Meaning;

/// <summary>What chip data says, bit by bit: EMV 4.3 Book 3 annex C, Book 4 annex A.</summary>
internal static class ChipMeanings
{
    // One name a bit, bit 8 of byte 1 first; "" is reserved.

    /// <summary>
    /// Tag 82: Book 3 annex C1. XDA came with 4.4, the device and byte 2 with Contactless Book C-2 annex A.
    /// </summary>
    public static readonly string[] Aip =
    [
        "XDA supported", "SDA supported", "DDA supported", "cardholder verification supported",
        "terminal risk management to be performed", "issuer authentication supported",
        "verification on the consumer's device supported", "CDA supported",
        "EMV mode supported (contactless)", "", "", "", "", "", "", "relay resistance supported (contactless)",
    ];

    /// <summary>Tag 9F07: Book 3 annex C2.</summary>
    public static readonly string[] Auc =
    [
        "domestic cash", "international cash", "domestic goods", "international goods",
        "domestic services", "international services", "at ATMs", "at terminals other than ATMs",
        "domestic cashback", "international cashback", "", "", "", "", "", "",
    ];

    /// <summary>Tag 95, and the action codes 9F0D to 9F0F: Book 3 annex C5.</summary>
    public static readonly string[] Tvr =
    [
        "offline data authentication not performed", "SDA failed", "chip data missing", "card in the exception file",
        "DDA failed", "CDA failed", "SDA selected", "",
        "application versions differ", "application expired", "application not yet effective",
        "requested service not allowed", "new card", "", "", "",
        "cardholder verification not successful", "unrecognized verification method", "PIN try limit exceeded",
        "PIN required, PIN pad missing or not working", "PIN required, PIN pad there, PIN not entered",
        "online PIN entered", "", "",
        "over the floor limit", "lower consecutive offline limit exceeded", "upper consecutive offline limit exceeded",
        "selected at random for online", "merchant forced online", "", "", "",
        "default TDOL used", "issuer authentication failed", "script failed before the final cryptogram",
        "script failed after the final cryptogram", "", "", "", "",
    ];

    /// <summary>Tag 9B: Book 3 annex C6.</summary>
    public static readonly string[] Tsi =
    [
        "offline data authentication performed", "cardholder verification performed",
        "card risk management performed", "issuer authentication performed",
        "terminal risk management performed", "script processing performed", "", "",
        "", "", "", "", "", "", "", "",
    ];

    /// <summary>Tag 9F33: Book 4 annex A2.</summary>
    public static readonly string[] Terminal =
    [
        "manual key entry", "magnetic stripe", "contact chip", "", "", "", "", "",
        "plaintext PIN to the chip", "enciphered PIN online", "signature on paper", "enciphered PIN to the chip",
        "no verification needed", "", "", "",
        "SDA", "DDA", "card capture", "", "CDA", "", "", "",
    ];

    /// <summary>Tag 9F40: Book 4 annex A3.</summary>
    public static readonly string[] TerminalMore =
    [
        "cash", "goods", "services", "cashback", "inquiry", "transfer", "payment", "administrative",
        "cash deposit", "", "", "", "", "", "", "",
        "numeric keys", "letters and special keys", "command keys", "function keys", "", "", "", "",
        "prints for the attendant", "prints for the cardholder", "displays to the attendant",
        "displays to the cardholder", "", "", "code table 10", "code table 9",
        "code table 8", "code table 7", "code table 6", "code table 5",
        "code table 4", "code table 3", "code table 2", "code table 1",
    ];

    /// <summary>Tag 9F66 of four bytes: EMV Contactless Book A, terminal transaction qualifiers.</summary>
    public static readonly string[] Ttq =
    [
        "magnetic stripe mode", "", "EMV mode", "EMV contact chip", "offline only reader", "online PIN", "signature",
        "offline data authentication for online authorizations",
        "online cryptogram required", "cardholder verification required", "offline PIN to the contact chip",
        "", "", "", "", "",
        "issuer update processing", "verification on the consumer's device", "", "", "", "", "", "",
        "", "", "", "", "", "", "", "",
    ];

    /// <summary>Tag 9F6C: EMV Contactless Book C-3, card transaction qualifiers.</summary>
    public static readonly string[] Ctq =
    [
        "online PIN required", "signature required", "go online if offline data authentication fails",
        "switch interface if offline data authentication fails", "go online if the application has expired",
        "switch interface for cash", "switch interface for cashback", "",
        "verified on the consumer's device", "issuer update processing supported", "", "", "", "", "", "",
    ];

    /// <summary>A line for each bit set; none if the length is not that of <paramref name="names"/>.</summary>
    public static IReadOnlyList<string> Bits(ReadOnlySpan<byte> bytes, string[] names)
    {
        if (bytes.Length * 8 != names.Length) return [];
        var lines = new List<string>();
        for (var bit = 0; bit < names.Length; bit++)
        {
            if ((bytes[bit >> 3] & (0x80 >> (bit & 7))) == 0) continue;
            lines.Add(names[bit].Length > 0 ? names[bit] : $"reserved: byte {(bit >> 3) + 1} bit {8 - (bit & 7)}");
        }

        return lines;
    }

    /// <summary>Tag 9F34: method, condition, result (Book 4 annex A4).</summary>
    public static IReadOnlyList<string> VerificationResults(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 3) return [];
        var result = bytes[2] switch
        {
            0 => "result unknown",
            1 => "failed",
            2 => "successful",
            _ => "result reserved",
        };
        return bytes[0] == 0x3F
            ? ["no verification performed", result]
            : [Method(bytes[0]), Condition(bytes[1]), result];
    }

    /// <summary>Tag 8E: two amounts, then rules of two bytes (Book 3 clause 10.5). A line a rule.</summary>
    public static IReadOnlyList<string> VerificationList(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 10 || bytes.Length % 2 != 0) return [];
        var lines = new List<string>();
        for (var at = 8; at < bytes.Length; at += 2)
        {
            var otherwise = (bytes[at] & 0x40) != 0 ? "next rule" : "fails";
            lines.Add($"{Condition(bytes[at + 1])}: {Method(bytes[at])}, if unsuccessful {otherwise}");
        }

        return lines;
    }

    /// <summary>Tag 9F27: kind of cryptogram, advice, reason (Book 3 clause 6.5.5.4).</summary>
    public static IReadOnlyList<string> Cryptogram(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 1) return [];
        var kind = (bytes[0] >> 6) switch
        {
            0 => "AAC, declined",
            1 => "TC, approved offline",
            2 => "ARQC, goes online",
            _ => "reserved",
        };
        var lines = new List<string> { kind };
        if ((bytes[0] & 0x08) != 0) lines.Add("advice required");
        var reason = (bytes[0] & 0x07) switch
        {
            0 => null,
            1 => "service not allowed",
            2 => "PIN try limit exceeded",
            3 => "issuer authentication failed",
            _ => "reason reserved",
        };
        if (reason is not null) lines.Add(reason);
        return lines;
    }

    /// <summary>Tag 9F35: who runs the terminal, and how (Book 4 annex A1).</summary>
    public static string? TerminalType(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 1) return null;
        int owner = bytes[0] >> 4, kind = bytes[0] & 0x0F;
        // A cardholder's own terminal has nobody to attend it.
        if (owner is < 1 or > 3 || kind is < 1 or > 6 || (owner == 3 && kind < 4)) return null;
        var runs = owner == 1 ? "financial institution" : owner == 2 ? "merchant" : "cardholder";
        var attended = kind <= 3 ? "attended" : "unattended";
        var line = (kind % 3) switch
        {
            1 => "online only",
            2 => "offline with online capability",
            _ => "offline only",
        };
        return $"{runs}, {attended}, {line}";
    }

    /// <summary>
    /// Tag 9F10: the length, and the cryptogram version where the layout says it: 06, key index, version, then
    /// verification results with their own length 03, as Visa has it; or 0F at both ends of 32 bytes, which is the
    /// common core definitions (Book 3 annex C7).
    /// </summary>
    public static string? IssuerData(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > 32) return null;
        if (bytes.Length >= 7 && bytes[0] == 0x06 && bytes[3] == 0x03)
        {
            return $"{bytes.Length} bytes; if Visa: cryptogram version {bytes[2]}, key index {bytes[1]}";
        }

        return bytes.Length == 32 && bytes[0] == 0x0F && bytes[16] == 0x0F
            ? "32 bytes; common core definitions"
            : $"{bytes.Length} bytes";
    }

    /// <summary>Tag 9F5B: five bytes a script: result and command in the first, then its identifier (Book 4 annex A5).</summary>
    public static IReadOnlyList<string> ScriptResults(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes.Length % 5 != 0) return [];
        var lines = new List<string>();
        for (var at = 0; at < bytes.Length; at += 5)
        {
            var result = (bytes[at] >> 4) switch
            {
                0 => "script not performed",
                1 => "script failed",
                2 => "script successful",
                _ => "result reserved",
            };
            var command = bytes[at] & 0x0F;
            lines.Add(command == 0 ? result : command == 15 ? $"{result}, command 15 or later" : $"{result}, command {command}");
        }

        return lines;
    }

    /// <summary>Tags 4F, 84, 9F06: whose application it is, by the first five bytes (ISO/IEC 7816-5 registered provider).</summary>
    public static string? Application(ReadOnlySpan<char> hex) => hex.Length is < 10 or > 32 ? null : hex[..10] switch
    {
        "A000000003" => "Visa",
        "A000000004" => "Mastercard",
        "A000000025" => "American Express",
        "A000000042" => "Cartes Bancaires",
        "A000000065" => "JCB",
        "A000000152" => "Discover",
        "A000000277" => "Interac",
        "A000000333" => "UnionPay",
        "A000000524" => "RuPay",
        "A000000658" => "Mir",
        _ => null,
    };

    // Book 3 annex C3, method codes.
    private static string Method(byte method) => (method & 0x3F) switch
    {
        0x00 => "fail",
        0x01 => "plaintext PIN to the chip",
        0x02 => "enciphered PIN online",
        0x03 => "plaintext PIN to the chip, and signature",
        0x04 => "enciphered PIN to the chip",
        0x05 => "enciphered PIN to the chip, and signature",
        // Book 3 of 4.4 gave these to face, finger, palm, iris and voice.
        >= 0x06 and <= 0x0F => "biometrics",
        0x1E => "signature",
        0x1F => "no verification needed",
        _ => "method reserved or by agreement",
    };

    // Book 3 annex C3, condition codes.
    private static string Condition(byte condition) => condition switch
    {
        0x00 => "always",
        0x01 => "if unattended cash",
        0x02 => "if not cash and not cashback",
        0x03 => "if the terminal supports it",
        0x04 => "if attended cash",
        0x05 => "if cashback",
        0x06 => "if under amount X",
        0x07 => "if over amount X",
        0x08 => "if under amount Y",
        0x09 => "if over amount Y",
        _ => "condition reserved or by agreement",
    };
}

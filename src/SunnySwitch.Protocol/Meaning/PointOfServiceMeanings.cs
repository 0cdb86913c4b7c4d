namespace SunnySwitch.Protocol.Meaning;

/// <summary>How and where a card was used: DE22, DE25 and DE26 of 1987, DE22 of 1993, merchant categories.</summary>
internal static class PointOfServiceMeanings
{
    /// <summary>DE22 of 1987: two digits of how the PAN came in, one of what the terminal can do about a PIN.</summary>
    public static string? EntryMode(ReadOnlySpan<char> code)
    {
        if (code.Length != 3 || PanEntry(code[..2]) is not { } entry) return null;
        var pin = code[2] switch
        {
            '0' => "PIN capability unknown",
            '1' => "terminal accepts PINs",
            '2' => "terminal accepts no PIN",
            '8' => "PIN pad not working (networks)",
            _ => "PIN capability by agreement",
        };
        return $"{entry}; {pin}";
    }

    /// <summary>DE22 positions 1 and 2, tag 9F39. From 07 on as the networks use them.</summary>
    public static string? PanEntry(ReadOnlySpan<char> code) => code.Length != 2 || !Digits.Are(code) ? null : code switch
    {
        "00" => "entry unknown",
        "01" => "keyed",
        "02" => "magnetic stripe",
        "03" => "bar code",
        "04" => "optical reading",
        "05" => "chip",
        "07" => "contactless chip",
        "10" => "credential on file",
        "80" => "magnetic stripe after the chip failed",
        "81" => "electronic commerce",
        "90" => "magnetic stripe, whole track",
        "91" => "contactless magnetic stripe",
        "95" => "chip, verification value may be unreliable",
        _ => "entry by agreement",
    };

    /// <summary>DE25 of 1987. From 40 on as the networks use them.</summary>
    public static string? Condition(ReadOnlySpan<char> code) => code.Length != 2 || !Digits.Are(code) ? null : code switch
    {
        "00" => "normal",
        "01" => "customer not present",
        "02" => "unattended terminal, can keep the card",
        "03" => "merchant suspicious",
        "04" => "cash register",
        "05" => "customer present, card not",
        "06" => "request authorized before",
        "07" => "telephone device",
        "08" => "mail or telephone order",
        "09" => "security alert",
        "10" => "customer identity verified",
        "11" => "suspected fraud",
        "12" => "security reasons",
        "13" => "item presented again",
        "14" => "public utility terminal",
        "15" => "customer's own terminal",
        "16" => "administrative terminal",
        "17" => "returned item",
        "18" => "no cheque in the envelope, returned",
        "19" => "deposit out of balance, returned",
        "20" => "payment out of balance, returned",
        "21" => "manual reversal",
        "22" => "terminal error, counted",
        "23" => "terminal error, not counted",
        "24" => "deposit out of balance, applied",
        "25" => "payment out of balance, applied",
        "26" => "withdrawal error, reversed",
        "27" => "unattended terminal, cannot keep the card",
        "51" => "account verification only (networks)",
        "59" => "electronic commerce (networks)",
        "71" => "card present, stripe unreadable (networks)",
        _ => "by agreement",
    };

    /// <summary>DE26 of 1987: how many digits of a PIN the terminal takes.</summary>
    public static string? PinDigits(ReadOnlySpan<char> code) =>
        code.Length == 2 && Digits.Value(code) is >= 4 and <= 12 and var count ? $"PINs of up to {count} digits" : null;

    /// <summary>DE22 of 1993: twelve positions of a code each (ISO 8583:1993 annex A).</summary>
    public static string? DataCode(ReadOnlySpan<char> code)
    {
        if (code.Length != 12) return null;
        var text = new List<string>();
        for (var place = 0; place < code.Length; place++)
        {
            if (!char.IsAsciiLetterOrDigit(code[place])) return null;
            text.Add(Position(place, code[place]) ?? $"position {place + 1} by agreement");
        }

        return string.Join("; ", text);
    }

    /// <summary>DE18 of 1987, DE26 of 1993, tag 9F15 (ISO 18245): the common ones by name, the others by range.</summary>
    public static string? Category(ReadOnlySpan<char> code)
    {
        if (code.Length != 4) return null;
        return CommonCategory(code) ?? Digits.Value(code) switch
        {
            >= 1 and <= 1499 => "agricultural services",
            >= 1500 and <= 2999 => "contracted services",
            >= 3000 and <= 3350 => "airline",
            >= 3351 and <= 3500 => "car rental",
            >= 3501 and <= 3999 => "lodging",
            >= 4000 and <= 4799 => "transportation",
            >= 4800 and <= 4999 => "utilities",
            >= 5000 and <= 5599 => "retail",
            >= 5600 and <= 5699 => "clothing",
            >= 5700 and <= 7299 => "miscellaneous shops",
            >= 7300 and <= 7999 => "business services",
            >= 8000 and <= 8999 => "professional services and membership organizations",
            >= 9000 => "government services",
            _ => null,
        };
    }

    private static string? CommonCategory(ReadOnlySpan<char> code) => code switch
    {
        "4111" => "commuter transport",
        "4112" => "passenger railways",
        "4121" => "taxis",
        "4131" => "bus lines",
        "4511" => "airlines",
        "4722" => "travel agencies",
        "4784" => "tolls",
        "4814" => "telecommunication services",
        "4829" => "money transfer",
        "4900" => "electricity, gas, water",
        "5200" => "home supply",
        "5311" => "department stores",
        "5411" => "groceries",
        "5499" => "convenience stores",
        "5541" => "service stations",
        "5542" => "automated fuel dispensers",
        "5651" => "family clothing",
        "5712" => "furniture",
        "5732" => "electronics",
        "5812" => "restaurants",
        "5813" => "bars",
        "5814" => "fast food",
        "5912" => "pharmacies",
        "5942" => "book shops",
        "5999" => "specialty retail",
        "6010" => "cash at a counter",
        "6011" => "cash at an ATM",
        "6012" => "financial institution, merchandise and services",
        "6051" => "quasi-cash",
        "7011" => "hotels",
        "7512" => "car rental",
        "7523" => "parking",
        "7832" => "cinemas",
        "7995" => "gambling",
        "8062" => "hospitals",
        "8220" => "universities",
        "8398" => "charities",
        "9311" => "tax payments",
        _ => null,
    };

    private static string? Position(int place, char code) => place switch
    {
        0 => InputCapability(code),
        1 => AuthenticationCapability(code),
        2 => code switch
        {
            '0' => "cannot capture cards",
            '1' => "can capture cards",
            _ => null,
        },
        3 => Environment(code),
        4 => Holder(code),
        5 => code switch
        {
            '0' => "card not present",
            '1' => "card present",
            _ => null,
        },
        6 => InputMode(code),
        7 => AuthenticationMethod(code),
        8 => AuthenticationEntity(code),
        9 => OutputCapability(code),
        10 => TerminalOutput(code),
        11 => PinCapture(code),
        _ => null,
    };

    private static string? InputCapability(char code) => code switch
    {
        '0' => "reads: unknown",
        '1' => "reads: manual, no terminal",
        '2' => "reads: magnetic stripe",
        '3' => "reads: bar code",
        '4' => "reads: optically",
        '5' => "reads: chip",
        '6' => "reads: keys",
        _ => null,
    };

    private static string? AuthenticationCapability(char code) => code switch
    {
        '0' => "can authenticate: nobody",
        '1' => "can authenticate: by PIN",
        '2' => "can authenticate: by signature analysis",
        '3' => "can authenticate: by biometrics",
        '4' => "can authenticate: by biography",
        '5' => "can authenticate: equipment not working",
        '6' => "can authenticate: otherwise",
        _ => null,
    };

    private static string? Environment(char code) => code switch
    {
        '0' => "no terminal",
        '1' => "on the merchant's premises, attended",
        '2' => "on the merchant's premises, unattended",
        '3' => "off the merchant's premises, attended",
        '4' => "off the merchant's premises, unattended",
        '5' => "on the cardholder's premises, unattended",
        _ => null,
    };

    private static string? Holder(char code) => code switch
    {
        '0' => "cardholder present",
        '1' => "cardholder not present",
        '2' => "cardholder not present, mail order",
        '3' => "cardholder not present, telephone",
        '4' => "cardholder not present, standing authorization",
        _ => null,
    };

    private static string? InputMode(char code) => code switch
    {
        '0' => "read: unknown",
        '1' => "read: manual, no terminal",
        '2' => "read: magnetic stripe",
        '3' => "read: bar code",
        '4' => "read: optically",
        '5' => "read: chip",
        '6' => "read: keyed",
        _ => null,
    };

    private static string? AuthenticationMethod(char code) => code switch
    {
        '0' => "not authenticated",
        '1' => "authenticated by PIN",
        '2' => "authenticated by signature analysis",
        '3' => "authenticated by biometrics",
        '4' => "authenticated by biography",
        '5' => "authenticated by signature on paper",
        '6' => "authenticated manually otherwise",
        _ => null,
    };

    private static string? AuthenticationEntity(char code) => code switch
    {
        '0' => "by nobody",
        '1' => "by the chip",
        '2' => "by the terminal",
        '3' => "by the authorizing agent",
        '4' => "by the merchant",
        '5' => "by another",
        _ => null,
    };

    private static string? OutputCapability(char code) => code switch
    {
        '0' => "writes to cards: unknown",
        '1' => "writes to cards: no",
        '2' => "writes to cards: magnetic stripe",
        '3' => "writes to cards: chip",
        _ => null,
    };

    private static string? TerminalOutput(char code) => code switch
    {
        '0' => "output: unknown",
        '1' => "output: none",
        '2' => "output: printer",
        '3' => "output: display",
        '4' => "output: printer and display",
        _ => null,
    };

    private static string? PinCapture(char code) => code switch
    {
        '0' => "PIN capture: none",
        '1' => "PIN capture: unknown",
        >= '4' and <= '9' => $"PIN capture: {code} digits",
        'A' => "PIN capture: 10 digits",
        'B' => "PIN capture: 11 digits",
        'C' => "PIN capture: 12 digits",
        _ => null,
    };
}

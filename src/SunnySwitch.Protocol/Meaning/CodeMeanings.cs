namespace SunnySwitch.Protocol.Meaning;

/// <summary>What the codes of ISO 8583 say: transaction types, accounts, functions, reasons; and the service code of tracks.</summary>
internal static class CodeMeanings
{
    /// <summary>DE3: transaction type, from account, to account.</summary>
    public static string? Processing(ReadOnlySpan<char> code)
    {
        if (code.Length != 6 || Transaction(code[..2]) is not { } what) return null;
        return $"{what}, from {Account(code[2..4]) ?? "account by agreement"}, to {Account(code[4..]) ?? "account by agreement"}";
    }

    /// <summary>DE3 positions 1 and 2, tag 9C (ISO 8583:1987 and 1993 annex A).</summary>
    public static string? Transaction(ReadOnlySpan<char> code) => !Digits.Are(code) ? null : code switch
    {
        "00" => "goods and services",
        "01" => "cash withdrawal",
        "02" => "adjustment, debit",
        "03" => "cheque guarantee",
        "04" => "cheque verification",
        "05" => "eurocheque",
        "06" => "traveller's cheque",
        "07" => "letter of credit",
        "08" => "giro",
        "09" => "goods and services with cashback",
        "11" => "quasi-cash",
        "20" => "refund",
        "21" => "deposit",
        "22" => "adjustment, credit",
        "23" => "cheque deposit, guaranteed",
        "24" => "cheque deposit",
        "30" => "available funds inquiry",
        "31" => "balance inquiry",
        "40" => "transfer between accounts",
        [>= '0' and <= '1', _] => "debit by agreement",
        ['2', _] => "credit by agreement",
        ['3', _] => "inquiry by agreement",
        ['4', _] => "transfer by agreement",
        _ => "transaction by agreement",
    };

    /// <summary>DE3 positions 3 to 6, DE54, tag 5F57.</summary>
    public static string? Account(ReadOnlySpan<char> code) => code switch
    {
        "00" => "default account",
        "10" => "savings account",
        "20" => "cheque account",
        "30" => "credit account",
        "40" => "universal account",
        "50" => "investment account",
        "60" => "electronic purse",
        _ => null,
    };

    /// <summary>DE24 of 1993 and 2003 (ISO 8583:1993 annex A): what the message does within its class.</summary>
    public static string? Function(ReadOnlySpan<char> code) => code.Length != 3 || !Digits.Are(code) ? null : code switch
    {
        "100" => "original authorization, accurate amount",
        "101" => "original authorization, estimated amount",
        "102" => "replacement authorization, accurate amount",
        "103" => "replacement authorization, estimated amount",
        "104" => "resubmission, accurate amount",
        "105" => "resubmission, estimated amount",
        "106" => "supplementary authorization, accurate amount",
        "107" => "supplementary authorization, estimated amount",
        "108" => "inquiry",
        "200" => "original financial transaction",
        "201" => "approved before, same amount",
        "202" => "approved before, other amount",
        "203" => "resubmission of one denied",
        "204" => "resubmission of one reversed",
        "205" => "first representment",
        "206" => "second representment",
        "207" => "third or later representment",
        "301" => "add record",
        "302" => "change record",
        "303" => "delete record",
        "304" => "replace record",
        "305" => "inquiry",
        "306" => "replace file",
        "307" => "add file",
        "308" => "delete file",
        "400" => "full reversal, did not complete as approved",
        "401" => "partial reversal, did not complete for the full amount",
        "450" => "first full chargeback",
        "451" => "second full chargeback",
        "453" => "first partial chargeback",
        "454" => "second partial chargeback",
        "500" => "final reconciliation",
        "501" => "checkpoint reconciliation",
        "502" => "final reconciliation in one currency",
        "503" => "checkpoint reconciliation in one currency",
        "801" => "sign-on",
        "802" => "sign-off",
        "803" => "target system unavailable",
        "804" => "backup mode",
        "805" => "special instructions",
        "806" => "alternate routing begins",
        "811" => "key change",
        "812" => "security alert",
        "813" => "password change",
        "814" => "device authentication",
        "821" => "cut-over",
        "822" => "checkpoint",
        "831" => "echo test",
        _ => FunctionGroup(code[0]),
    };

    /// <summary>DE70 of 1987: what a network management message is about.</summary>
    public static string? Network(ReadOnlySpan<char> code) => code.Length != 3 ? null : code switch
    {
        "001" => "sign-on",
        "002" => "sign-off",
        "003" => "target system unavailable",
        "004" => "target system in backup mode",
        "005" => "special instructions",
        "006" => "alternate routing begins",
        "061" => "group sign-on (networks)",
        "062" => "group sign-off (networks)",
        "081" => "host session begins (networks)",
        "082" => "host session ends (networks)",
        "101" => "key change",
        "102" => "security alert",
        "103" => "password change",
        "104" => "device authentication",
        "161" => "key exchange request (networks)",
        "201" => "cut-over",
        "202" => "checkpoint",
        "270" => "echo test (networks)",
        "301" => "echo test",
        _ => null,
    };

    /// <summary>DE25 of 1993: why an advice instead of a request, why online, why reversed.</summary>
    public static string? Reason(ReadOnlySpan<char> code) => code.Length != 4 || !Digits.Are(code) ? null : code switch
    {
        "1003" => "issuer unavailable",
        "1004" => "terminal processed",
        "1005" => "chip processed",
        "1006" => "under the floor limit",
        "1500" or "1501" => "chip application unable to process",
        "1502" => "random selection by the chip",
        "1503" => "random selection by the terminal",
        "1504" => "terminal unable to process the chip",
        "1505" => "online forced by the chip",
        "1506" => "online forced by the card acceptor",
        "1507" => "online forced by the accepting device, to be updated",
        "1508" => "online forced by the terminal",
        "1509" => "online forced by the issuer",
        "1510" => "over the floor limit",
        "1511" => "card acceptor suspicious",
        "4000" => "customer cancellation",
        "4001" => "unspecified, no action taken",
        "4002" => "suspected malfunction",
        "4003" => "format error, no action taken",
        "4004" => "completed partially",
        "4005" => "original amount incorrect",
        "4006" => "response received too late",
        "4007" => "device unable to complete",
        "4008" => "deposit out of balance",
        "4009" => "no cheque in the envelope",
        "4010" => "payment out of balance",
        "4011" => "deposit out of balance, applied",
        "4012" => "payment out of balance, applied",
        "4013" => "unable to deliver to the point of service",
        "4014" => "suspected malfunction, card retained",
        "4015" => "suspected malfunction, card returned",
        "4016" => "suspected malfunction, track 3 not updated",
        "4017" => "suspected malfunction, no cash dispensed",
        "4018" => "timed out taking the money, no cash dispensed",
        "4019" => "timed out taking the card, card retained, no cash dispensed",
        "4020" => "invalid response, no action taken",
        "4021" => "timed out waiting for a response",
        _ => null,
    };

    /// <summary>
    /// DE40, the service code of tracks (ISO/IEC 7813): interchange and technology, authorization, services and PIN.
    /// </summary>
    public static string? ServiceCode(ReadOnlySpan<char> code)
    {
        if (code.Length != 3 || !Digits.Are(code)) return null;
        var area = code[0] switch
        {
            '1' => "international",
            '2' => "international, chip",
            '5' => "national",
            '6' => "national, chip",
            '7' => "by agreement only",
            '9' => "test",
            _ => "reserved",
        };
        var authorization = code[1] switch
        {
            '0' => "normal",
            '2' => "by the issuer",
            '4' => "by the issuer unless agreed otherwise",
            _ => "reserved",
        };
        var services = code[2] switch
        {
            '0' => "no restrictions, PIN required",
            '1' => "no restrictions",
            '2' => "goods and services only",
            '3' => "ATM only, PIN required",
            '4' => "cash only",
            '5' => "goods and services only, PIN required",
            '6' => "no restrictions, PIN where feasible",
            '7' => "goods and services only, PIN where feasible",
            _ => "reserved",
        };
        return $"service code {code}: {area}; {authorization}; {services}";
    }

    private static string? FunctionGroup(char first) => first switch
    {
        '1' => "authorization, by agreement",
        '2' => "financial, by agreement",
        '3' => "file action, by agreement",
        '4' => "reversal or chargeback, by agreement",
        '5' => "reconciliation, by agreement",
        '6' => "administrative",
        '7' => "fee collection",
        '8' => "network management, by agreement",
        _ => null,
    };
}

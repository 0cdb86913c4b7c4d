namespace SunnySwitch.Protocol.Meaning;

/// <summary>Names for people: data elements of ISO 8583:1987 table 4, and message types.</summary>
public static class FieldNames
{
    private static readonly string?[] _names = BuildNames();

    /// <summary>Name of a data element, 2 to 128; <c>Field N</c> where the standard leaves it to the parties.</summary>
    public static string Of(int field)
    {
        var known = (uint)field < (uint)_names.Length ? _names[field] : null;
        return known ?? field switch
        {
            0 => "Message type indicator",
            1 => "Bitmap",
            >= 56 and <= 63 or >= 105 and <= 127 => $"Reserved for national or private use ({field})",
            _ => $"Field {field}",
        };
    }

    /// <summary>
    /// Name in an edition of the standard: 1993 and 2003 have their own, every other year is taken for 1987.
    /// </summary>
    public static string Of(int year, int field)
    {
        if (year is not (1993 or 2003)) return Of(field);
        var known = year == 1993 ? FieldNamesSince1993.Of1993(field) : FieldNamesSince1993.Of2003(field);
        return known ?? field switch
        {
            0 => "Message type indicator",
            1 => "Bitmap",
            >= 60 and <= 63 or >= 111 and <= 127 => $"Reserved for national or private use ({field})",
            _ => $"Field {field}",
        };
    }

    /// <summary>
    /// What a message type is, from its class and function digits: 0x0100 is <c>authorization request</c>.
    /// </summary>
    public static string OfMti(ushort mti)
    {
        var messageClass = ((mti >> 8) & 0x0F) switch
        {
            1 => "authorization",
            2 => "financial",
            3 => "file action",
            4 => "reversal",
            5 => "reconciliation",
            6 => "administrative",
            7 => "fee collection",
            8 => "network management",
            _ => "unknown class",
        };
        var function = ((mti >> 4) & 0x0F) switch
        {
            0 => "request",
            1 => "response",
            2 => "advice",
            3 => "advice response",
            4 => "notification",
            _ => "of an unknown function",
        };
        return (mti & 0x0F) is 1 or 3 or 5 ? $"{messageClass} {function}, repeat" : $"{messageClass} {function}";
    }

    private static string?[] BuildNames()
    {
        var names = new string?[129];
        void From(int field, params ReadOnlySpan<string> run)
        {
            foreach (var name in run) names[field++] = name;
        }

        From(2, "Primary account number", "Processing code", "Amount, transaction", "Amount, settlement",
            "Amount, cardholder billing", "Transmission date and time", "Amount, cardholder billing fee",
            "Conversion rate, settlement", "Conversion rate, cardholder billing", "Systems trace audit number",
            "Time, local transaction", "Date, local transaction", "Date, expiration", "Date, settlement",
            "Date, conversion", "Date, capture", "Merchant type", "Acquiring institution country code",
            "PAN extended, country code", "Forwarding institution country code", "Point of service entry mode",
            "Card sequence number", "Network international identifier", "Point of service condition code",
            "Point of service PIN capture code", "Authorization identification response length",
            "Amount, transaction fee", "Amount, settlement fee", "Amount, transaction processing fee",
            "Amount, settlement processing fee", "Acquiring institution identification code",
            "Forwarding institution identification code", "Primary account number, extended", "Track 2 data",
            "Track 3 data", "Retrieval reference number", "Authorization identification response", "Response code",
            "Service restriction code", "Card acceptor terminal identification", "Card acceptor identification code",
            "Card acceptor name/location", "Additional response data", "Track 1 data", "Additional data, ISO",
            "Additional data, national", "Additional data, private", "Currency code, transaction",
            "Currency code, settlement", "Currency code, cardholder billing", "PIN data",
            "Security related control information", "Additional amounts", "Integrated circuit card data");
        From(64, "Message authentication code");
        From(66, "Settlement code", "Extended payment code", "Receiving institution country code",
            "Settlement institution country code", "Network management information code", "Message number",
            "Message number, last", "Date, action", "Credits, number", "Credits, reversal number", "Debits, number",
            "Debits, reversal number", "Transfer, number", "Transfer, reversal number", "Inquiries, number",
            "Authorizations, number", "Credits, processing fee amount", "Credits, transaction fee amount",
            "Debits, processing fee amount", "Debits, transaction fee amount", "Credits, amount",
            "Credits, reversal amount", "Debits, amount", "Debits, reversal amount", "Original data elements",
            "File update code", "File security code", "Response indicator", "Service indicator",
            "Replacement amounts", "Message security code", "Amount, net settlement", "Payee",
            "Settlement institution identification code", "Receiving institution identification code", "File name",
            "Account identification 1", "Account identification 2", "Transaction description");
        From(128, "Message authentication code");
        return names;
    }
}

namespace SunnySwitch.Protocol.Meaning;

/// <summary>Names of data elements in ISO 8583:1993 table 9, and of those that ISO 8583:2003 gave another use.</summary>
internal static class FieldNamesSince1993
{
    private static readonly string?[] _names1993 = Build1993();
    private static readonly string?[] _names2003 = Build2003();

    /// <summary>Name in 1993; null where the standard leaves the field to the parties or to itself.</summary>
    public static string? Of1993(int field) => (uint)field < (uint)_names1993.Length ? _names1993[field] : null;

    /// <summary>Name in 2003; null where the standard leaves the field to the parties or to itself.</summary>
    public static string? Of2003(int field) => (uint)field < (uint)_names2003.Length ? _names2003[field] : null;

    private static string?[] Build1993()
    {
        var names = new string?[129];
        Put(names, 2, "Primary account number", "Processing code", "Amount, transaction", "Amount, reconciliation",
            "Amount, cardholder billing", "Date and time, transmission", "Amount, cardholder billing fee",
            "Conversion rate, reconciliation", "Conversion rate, cardholder billing", "Systems trace audit number",
            "Date and time, local transaction", "Date, effective", "Date, expiration", "Date, settlement",
            "Date, conversion", "Date, capture", "Merchant type", "Country code, acquiring institution",
            "Country code, primary account number", "Country code, forwarding institution",
            "Point of service data code", "Card sequence number", "Function code", "Message reason code",
            "Card acceptor business code", "Approval code length", "Date, reconciliation",
            "Reconciliation indicator", "Amounts, original", "Acquirer reference data",
            "Acquiring institution identification code", "Forwarding institution identification code",
            "Primary account number, extended", "Track 2 data", "Track 3 data", "Retrieval reference number",
            "Approval code", "Action code", "Service code", "Card acceptor terminal identification",
            "Card acceptor identification code", "Card acceptor name/location", "Additional response data",
            "Track 1 data", "Amounts, fees", "Additional data, national", "Additional data, private",
            "Currency code, transaction", "Currency code, reconciliation", "Currency code, cardholder billing",
            "PIN data", "Security related control information", "Amounts, additional", "Integrated circuit card data",
            "Original data elements", "Authorization life cycle code",
            "Authorizing agent institution identification code", "Transport data");
        Put(names, 64, "Message authentication code");
        Put(names, 66, "Amounts, original fees", "Extended payment data", "Country code, receiving institution",
            "Country code, settlement institution", "Country code, authorizing agent institution", "Message number",
            "Data record", "Date, action", "Credits, number", "Credits, reversal number", "Debits, number",
            "Debits, reversal number", "Transfer, number", "Transfer, reversal number", "Inquiries, number",
            "Authorizations, number", "Inquiries, reversal number", "Payments, number", "Payments, reversal number",
            "Fee collections, number", "Credits, amount", "Credits, reversal amount", "Debits, amount",
            "Debits, reversal amount", "Authorizations, reversal number",
            "Country code, transaction destination institution", "Country code, transaction originator institution",
            "Transaction destination institution identification code",
            "Transaction originator institution identification code", "Card issuer reference data",
            "Key management data", "Amount, net reconciliation", "Payee",
            "Settlement institution identification code", "Receiving institution identification code", "File name",
            "Account identification 1", "Account identification 2", "Transaction description",
            "Credits, chargeback amount", "Debits, chargeback amount", "Credits, chargeback number",
            "Debits, chargeback number", "Credits, fee amounts", "Debits, fee amounts");
        Put(names, 128, "Message authentication code");
        return names;
    }

    private static string?[] Build2003()
    {
        var names = Build1993();
        Put(names, 18, "Message error indicator");
        Put(names, 21, "Transaction life cycle identification data");
        Put(names, 26, "Merchant category code", "Point of service capability");
        Put(names, 31, "Acquirer reference number");
        Put(names, 34, "Electronic commerce data");
        Put(names, 49, "Verification data", null, null);
        Put(names, 68, "Batch/file transfer message control", "Batch/file transfer control data",
            "File transfer description data", null);
        Put(names, 74, "Reconciliation data, primary", "Reconciliation data, secondary");
        // Totals by kind, and countries of institutions, went into the fields above.
        Array.Clear(names, 76, 92 - 76 + 1);
        Put(names, 104, "Transaction specific data", null, null, null, null, "Credits, reconciliation fee amounts",
            "Debits, reconciliation fee amounts");
        return names;
    }

    private static void Put(string?[] names, int field, params ReadOnlySpan<string?> run)
    {
        foreach (var name in run) names[field++] = name;
    }
}

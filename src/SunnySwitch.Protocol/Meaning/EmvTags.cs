using SunnySwitch.Protocol.Dialects;

namespace SunnySwitch.Protocol.Meaning;

/// <summary>How the value of a tag is written, EMV Book 3 section 4.3.</summary>
public enum EmvFormat : byte
{
    /// <summary><c>b</c>: bytes, or bits with a meaning each.</summary>
    Binary,
    /// <summary><c>n</c>: packed digits, padded left with 0.</summary>
    Numeric,
    /// <summary><c>cn</c>: packed digits, padded right with F.</summary>
    CompressedNumeric,
    /// <summary><c>a</c>: letters.</summary>
    Alphabetic,
    /// <summary><c>an</c>: letters and digits.</summary>
    Alphanumeric,
    /// <summary><c>ans</c>: any printable characters.</summary>
    Special,
}

/// <summary>A tag that travels in chip data (DE55).</summary>
public readonly record struct EmvTag
{
    internal EmvTag(uint tag, EmvFormat format, MaskRule mask, string name)
    {
        Tag = tag;
        Format = format;
        Mask = mask;
        Name = name;
    }

    /// <summary>The tag as it stands on the wire, its first byte highest: 0x82, 0x9F26.</summary>
    public uint Tag { get; }
    /// <summary>How its value is written.</summary>
    public EmvFormat Format { get; }
    /// <summary>Its name.</summary>
    public string Name { get; }
    /// <summary>True if its value is tags again; then each of them has its own rule.</summary>
    public bool IsConstructed => EmvTags.IsConstructed(Tag);
    /// <summary>What people may see of its value.</summary>
    internal MaskRule Mask { get; }
}

/// <summary>
/// The tags of EMV 4.3 (Book 3 annex A, with those of Books 1, 2 and 4) and the ones of the card schemes that travel in
/// DE55. A tag outside the table is unknown, and hidden.
/// </summary>
/// <remarks>
/// Hidden: tracks and what belongs to them (56, 9F1F, 9F20), verification values (9F60, 9F61), the holder's name (5F20,
/// 9F0B), PIN data (99), the account number in other clothes (5F53, 9F5E), and what says of itself that anything may be
/// inside (53, 83, 9F05, 9F7C, the envelopes from 9F70). The certificates 9F46 and 9F2D with their remainders too: the
/// issuer's public key gives back the PAN inside them. Of issuer scripts the identifier and the results are shown, the
/// command (86) is not: a PIN change carries the new PIN. A constructed value is Hide, which holds only where its tags
/// cannot be taken apart. Expiry (5F24), service code (5F30), cryptograms and issuer application data are shown: alone
/// they make no stripe.
/// </remarks>
public static class EmvTags
{
    private const EmvFormat B = EmvFormat.Binary;
    private const EmvFormat N = EmvFormat.Numeric;
    private const EmvFormat Cn = EmvFormat.CompressedNumeric;
    private const EmvFormat A = EmvFormat.Alphabetic;
    private const EmvFormat An = EmvFormat.Alphanumeric;
    private const EmvFormat Ans = EmvFormat.Special;
    private const MaskRule Show = MaskRule.Search;
    private const MaskRule Hide = MaskRule.Hide;

    // By number, so that it can be halved; tags of one byte come before those of two.
    private static readonly EmvTag[] _table =
    [
        new(0x42, N, Show, "Issuer identification number"),
        new(0x4F, B, Show, "Application identifier, card"),
        new(0x50, Ans, Show, "Application label"),
        new(0x51, B, Show, "File reference"),
        new(0x52, B, Hide, "Command to perform"),
        new(0x53, B, Hide, "Discretionary data"),
        new(0x56, B, Hide, "Track 1 data"),
        new(0x57, B, MaskRule.Track2, "Track 2 equivalent data"),
        new(0x5A, Cn, MaskRule.Pan, "Primary account number"),
        new(0x5C, B, Show, "Tag list"),
        new(0x61, B, Hide, "Application template"),
        new(0x62, B, Hide, "File control parameters template"),
        new(0x6F, B, Hide, "File control information template"),
        new(0x70, B, Hide, "Record template"),
        new(0x71, B, Hide, "Issuer script template 1"),
        new(0x72, B, Hide, "Issuer script template 2"),
        new(0x73, B, Hide, "Directory discretionary template"),
        new(0x77, B, Hide, "Response template, format 2"),
        new(0x80, B, Hide, "Response template, format 1"),
        new(0x81, B, Show, "Amount authorized, binary"),
        new(0x82, B, Show, "Application interchange profile"),
        new(0x83, B, Hide, "Command template"),
        new(0x84, B, Show, "Dedicated file name"),
        new(0x86, B, Hide, "Issuer script command"),
        new(0x87, B, Show, "Application priority indicator"),
        new(0x88, B, Show, "Short file identifier"),
        new(0x89, An, Show, "Authorization code"),
        new(0x8A, An, Show, "Authorization response code"),
        new(0x8C, B, Show, "Card risk management data object list 1"),
        new(0x8D, B, Show, "Card risk management data object list 2"),
        new(0x8E, B, Show, "Cardholder verification method list"),
        new(0x8F, B, Show, "Certification authority public key index, card"),
        new(0x90, B, Show, "Issuer public key certificate"),
        new(0x91, B, Show, "Issuer authentication data"),
        new(0x92, B, Show, "Issuer public key remainder"),
        new(0x93, B, Show, "Signed static application data"),
        new(0x94, B, Show, "Application file locator"),
        new(0x95, B, Show, "Terminal verification results"),
        new(0x97, B, Show, "Transaction certificate data object list"),
        new(0x98, B, Show, "Transaction certificate hash value"),
        new(0x99, B, Hide, "Transaction PIN data"),
        new(0x9A, N, Show, "Transaction date"),
        new(0x9B, B, Show, "Transaction status information"),
        new(0x9C, N, Show, "Transaction type"),
        new(0x9D, B, Show, "Directory definition file name"),
        new(0xA5, B, Hide, "File control information, proprietary template"),
        new(0x5F20, Ans, Hide, "Cardholder name"),
        new(0x5F24, N, Show, "Application expiration date"),
        new(0x5F25, N, Show, "Application effective date"),
        new(0x5F28, N, Show, "Issuer country code"),
        new(0x5F2A, N, Show, "Transaction currency code"),
        new(0x5F2D, An, Show, "Language preference"),
        new(0x5F30, N, Show, "Service code"),
        new(0x5F34, N, Show, "PAN sequence number"),
        new(0x5F36, N, Show, "Transaction currency exponent"),
        new(0x5F50, Ans, Show, "Issuer URL"),
        new(0x5F53, B, Hide, "International bank account number"),
        new(0x5F54, B, Show, "Bank identifier code"),
        new(0x5F55, A, Show, "Issuer country code, two letters"),
        new(0x5F56, A, Show, "Issuer country code, three letters"),
        new(0x5F57, N, Show, "Account type"),
        new(0x9F01, N, Show, "Acquirer identifier"),
        new(0x9F02, N, Show, "Amount authorized"),
        new(0x9F03, N, Show, "Amount other"),
        new(0x9F04, B, Show, "Amount other, binary"),
        new(0x9F05, B, Hide, "Application discretionary data"),
        new(0x9F06, B, Show, "Application identifier, terminal"),
        new(0x9F07, B, Show, "Application usage control"),
        new(0x9F08, B, Show, "Application version number, card"),
        new(0x9F09, B, Show, "Application version number, terminal"),
        new(0x9F0A, B, Show, "Application selection registered data"),
        new(0x9F0B, Ans, Hide, "Cardholder name, extended"),
        new(0x9F0C, N, Show, "Issuer identification number, extended"),
        new(0x9F0D, B, Show, "Issuer action code, default"),
        new(0x9F0E, B, Show, "Issuer action code, denial"),
        new(0x9F0F, B, Show, "Issuer action code, online"),
        new(0x9F10, B, Show, "Issuer application data"),
        new(0x9F11, N, Show, "Issuer code table index"),
        new(0x9F12, Ans, Show, "Application preferred name"),
        new(0x9F13, B, Show, "Transaction counter of the last online transaction"),
        new(0x9F14, B, Show, "Lower consecutive offline limit"),
        new(0x9F15, N, Show, "Merchant category code"),
        new(0x9F16, Ans, Show, "Merchant identifier"),
        new(0x9F17, B, Show, "PIN try counter"),
        new(0x9F18, B, Show, "Issuer script identifier"),
        new(0x9F19, N, Show, "Token requestor"),
        new(0x9F1A, N, Show, "Terminal country code"),
        new(0x9F1B, B, Show, "Terminal floor limit"),
        new(0x9F1C, An, Show, "Terminal identification"),
        new(0x9F1D, B, Show, "Terminal risk management data"),
        new(0x9F1E, An, Show, "Interface device serial number"),
        new(0x9F1F, Ans, Hide, "Track 1 discretionary data"),
        new(0x9F20, Cn, Hide, "Track 2 discretionary data"),
        new(0x9F21, N, Show, "Transaction time"),
        new(0x9F22, B, Show, "Certification authority public key index, terminal"),
        new(0x9F23, B, Show, "Upper consecutive offline limit"),
        new(0x9F24, An, Show, "Payment account reference"),
        new(0x9F25, N, Show, "Last four digits of the PAN"),
        new(0x9F26, B, Show, "Application cryptogram"),
        new(0x9F27, B, Show, "Cryptogram information data"),
        new(0x9F29, B, Show, "Extended selection"),
        new(0x9F2A, B, Show, "Kernel identifier"),
        new(0x9F2D, B, Hide, "Card PIN encipherment public key certificate"),
        new(0x9F2E, B, Show, "Card PIN encipherment public key exponent"),
        new(0x9F2F, B, Hide, "Card PIN encipherment public key remainder"),
        new(0x9F32, B, Show, "Issuer public key exponent"),
        new(0x9F33, B, Show, "Terminal capabilities"),
        new(0x9F34, B, Show, "Cardholder verification results"),
        new(0x9F35, N, Show, "Terminal type"),
        new(0x9F36, B, Show, "Application transaction counter"),
        new(0x9F37, B, Show, "Unpredictable number"),
        new(0x9F38, B, Show, "Processing options data object list"),
        new(0x9F39, N, Show, "Point of service entry mode"),
        new(0x9F3A, B, Show, "Amount, reference currency"),
        new(0x9F3B, N, Show, "Application reference currency"),
        new(0x9F3C, N, Show, "Transaction reference currency code"),
        new(0x9F3D, N, Show, "Transaction reference currency exponent"),
        new(0x9F40, B, Show, "Additional terminal capabilities"),
        new(0x9F41, N, Show, "Transaction sequence counter"),
        new(0x9F42, N, Show, "Application currency code"),
        new(0x9F43, N, Show, "Application reference currency exponent"),
        new(0x9F44, N, Show, "Application currency exponent"),
        new(0x9F45, B, Show, "Data authentication code"),
        new(0x9F46, B, Hide, "Card public key certificate"),
        new(0x9F47, B, Show, "Card public key exponent"),
        new(0x9F48, B, Hide, "Card public key remainder"),
        new(0x9F49, B, Show, "Dynamic data object list"),
        new(0x9F4A, B, Show, "Static data authentication tag list"),
        new(0x9F4B, B, Show, "Signed dynamic application data"),
        new(0x9F4C, B, Show, "Card dynamic number"),
        new(0x9F4D, B, Show, "Log entry"),
        new(0x9F4E, Ans, Show, "Merchant name and location"),
        new(0x9F4F, B, Show, "Log format"),
        // From here on the schemes' own. Where two of them use a number for different things, both are named.
        new(0x9F50, B, Show, "Offline accumulator balance"),
        new(0x9F51, B, Show, "Application currency code (Visa), dynamic risk data list (Mastercard)"),
        new(0x9F52, B, Show, "Application default action"),
        new(0x9F53, B, Show, "Consecutive limit, international (Visa), transaction category code (Mastercard)"),
        new(0x9F54, B, Show, "Cumulative transaction amount limit"),
        new(0x9F56, B, Show, "Issuer authentication indicator"),
        new(0x9F57, N, Show, "Issuer country code (Visa)"),
        new(0x9F58, B, Show, "Lower consecutive offline limit (Visa)"),
        new(0x9F59, B, Show, "Upper consecutive offline limit (Visa)"),
        new(0x9F5A, B, Show, "Application program identifier"),
        new(0x9F5B, B, Show, "Issuer script results"),
        new(0x9F5C, B, Show, "Cumulative transaction amount upper limit (Visa), data storage operator (Mastercard)"),
        new(0x9F5D, B, Show, "Available offline spending amount (Visa), application capabilities (Mastercard)"),
        new(0x9F5E, B, Hide, "Data storage identifier"),
        new(0x9F60, B, Hide, "Card verification code, track 1"),
        new(0x9F61, B, Hide, "Card verification code, track 2"),
        new(0x9F62, B, Show, "Position of the verification code, track 1"),
        new(0x9F63, B, Show, "Position of number and counter, track 1 (Mastercard), product identification (UnionPay)"),
        new(0x9F64, B, Show, "Digits of the counter, track 1"),
        new(0x9F65, B, Show, "Position of the verification code, track 2"),
        new(0x9F66, B, Show, "Terminal transaction qualifiers (Visa), position of number and counter, track 2 (Mastercard)"),
        new(0x9F67, B, Show, "Digits of the counter, track 2"),
        new(0x9F68, B, Show, "Card additional processes"),
        new(0x9F69, B, Show, "Card authentication related data (Visa), unpredictable number list (Mastercard)"),
        new(0x9F6A, N, Show, "Unpredictable number, digits"),
        new(0x9F6B, B, MaskRule.Track2, "Track 2 data, contactless magnetic stripe"),
        new(0x9F6C, B, Show, "Card transaction qualifiers (Visa), magnetic stripe version, card (Mastercard)"),
        new(0x9F6D, B, Show, "Magnetic stripe version, reader (Mastercard), reader capabilities (American Express)"),
        new(0x9F6E, B, Show, "Form factor (Visa), third party data (Mastercard), reader capabilities (American Express)"),
        new(0x9F70, B, Hide, "Protected data envelope 1"),
        new(0x9F71, B, Hide, "Protected data envelope 2"),
        new(0x9F72, B, Hide, "Protected data envelope 3"),
        new(0x9F73, B, Hide, "Protected data envelope 4"),
        new(0x9F74, B, Hide, "Protected data envelope 5 (Mastercard), issuer authorization of electronic cash (UnionPay)"),
        new(0x9F75, B, Hide, "Unprotected data envelope 1"),
        new(0x9F76, B, Hide, "Unprotected data envelope 2"),
        new(0x9F77, B, Hide, "Unprotected data envelope 3"),
        new(0x9F78, B, Hide, "Unprotected data envelope 4"),
        new(0x9F79, B, Hide, "Unprotected data envelope 5"),
        new(0x9F7C, B, Hide, "Customer exclusive data (Visa), merchant custom data (Mastercard)"),
        new(0x9F7E, B, Show, "Mobile support indicator"),
        new(0xBF0C, B, Hide, "File control information, issuer discretionary data"),
    ];

    /// <summary>Every tag of the table, by number.</summary>
    public static ReadOnlySpan<EmvTag> All => _table;

    /// <summary>True if the table has the tag. If not, <paramref name="found"/> has no name and is hidden.</summary>
    public static bool TryFind(uint tag, out EmvTag found)
    {
        int low = 0, high = _table.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            found = _table[middle];
            if (found.Tag == tag) return true;
            if (found.Tag < tag) low = middle + 1;
            else high = middle - 1;
        }

        found = new EmvTag(tag, B, Hide, "Unknown tag");
        return false;
    }

    /// <summary>
    /// True if the value of the tag is tags again: bit 6 of its first byte (ISO/IEC 8825-1 clause 8.1.2.5), in the table or not.
    /// </summary>
    public static bool IsConstructed(uint tag)
    {
        while (tag > 0xFF) tag >>= 8;
        return (tag & 0x20) != 0;
    }
}

namespace SunnySwitch.Hsm.Keys;

/// <summary>What a key is asked to do.</summary>
internal enum KeyTask : byte
{
    None, DecryptPin, EncryptPin, GeneratePvv, VerifyPvv, GenerateIbmPin, VerifyIbmPin, GenerateCardCode, VerifyCardCode, VerifyDynamicCode,
    GenerateMac, VerifyMac, VerifyCryptogram, GenerateScriptMac, EncryptData, DecryptData, Wrap, Unwrap, DeriveInitialKey, Tokenise, Detokenise,
}

/// <summary>
/// The one place that says which key may do what: usage, algorithm and mode of use, a row each (X9.143 tables 6 to 8). Whatever
/// is not here is refused.
/// </summary>
internal static class KeyRules
{
    private const string Encrypts = "BEN", Decrypts = "BDN", Generates = "CGN", Verifies = "CVN", Derives = "XN";

    private readonly record struct Row(KeyTask Task, KeyUsage Usage, string Algorithms, string Modes);

    private static readonly Row[] _rows =
    [
        new(KeyTask.DecryptPin, KeyUsage.PinEncryption, "TA", Decrypts),
        new(KeyTask.EncryptPin, KeyUsage.PinEncryption, "TA", Encrypts),
        new(KeyTask.GeneratePvv, KeyUsage.PinVerificationPvv, "T", Generates),
        new(KeyTask.VerifyPvv, KeyUsage.PinVerificationPvv, "T", Verifies),
        new(KeyTask.GenerateIbmPin, KeyUsage.PinVerificationIbm3624, "T", Generates),
        new(KeyTask.VerifyIbmPin, KeyUsage.PinVerificationIbm3624, "T", Verifies),
        new(KeyTask.GenerateCardCode, KeyUsage.CardVerification, "T", Generates),
        new(KeyTask.VerifyCardCode, KeyUsage.CardVerification, "T", Verifies),
        new(KeyTask.VerifyDynamicCode, KeyUsage.EmvDynamicNumber, "T", Derives),
        new(KeyTask.GenerateMac, KeyUsage.MacIso16609, "T", Generates),
        new(KeyTask.VerifyMac, KeyUsage.MacIso16609, "T", Verifies),
        new(KeyTask.GenerateMac, KeyUsage.MacAlgorithm1, "T", Generates),
        new(KeyTask.VerifyMac, KeyUsage.MacAlgorithm1, "T", Verifies),
        new(KeyTask.GenerateMac, KeyUsage.MacAlgorithm3, "T", Generates),
        new(KeyTask.VerifyMac, KeyUsage.MacAlgorithm3, "T", Verifies),
        new(KeyTask.GenerateMac, KeyUsage.MacCmac, "TA", Generates),
        new(KeyTask.VerifyMac, KeyUsage.MacCmac, "TA", Verifies),
        new(KeyTask.GenerateMac, KeyUsage.MacHmac, "H", Generates),
        new(KeyTask.VerifyMac, KeyUsage.MacHmac, "H", Verifies),
        new(KeyTask.VerifyCryptogram, KeyUsage.EmvCryptogram, "T", Derives),
        new(KeyTask.GenerateScriptMac, KeyUsage.EmvScriptMac, "T", Derives),
        new(KeyTask.EncryptData, KeyUsage.Data, "TA", Encrypts),
        new(KeyTask.DecryptData, KeyUsage.Data, "TA", Decrypts),
        new(KeyTask.Wrap, KeyUsage.KeyEncryption, "TA", Encrypts),
        new(KeyTask.Unwrap, KeyUsage.KeyEncryption, "TA", Decrypts),
        new(KeyTask.Wrap, KeyUsage.KeyBlockProtection, "TA", Encrypts),
        new(KeyTask.Unwrap, KeyUsage.KeyBlockProtection, "TA", Decrypts),
        new(KeyTask.Tokenise, KeyUsage.Tokens, "A", Encrypts),
        new(KeyTask.Detokenise, KeyUsage.Tokens, "A", Decrypts),
        // A base key gives keys to whatever DUKPT is for; the usage of what it derives is part of the derivation.
        new(KeyTask.DecryptPin, KeyUsage.BaseDerivation, "TA", Derives),
        new(KeyTask.EncryptPin, KeyUsage.BaseDerivation, "TA", Derives),
        new(KeyTask.GenerateMac, KeyUsage.BaseDerivation, "TA", Derives),
        new(KeyTask.VerifyMac, KeyUsage.BaseDerivation, "TA", Derives),
        new(KeyTask.EncryptData, KeyUsage.BaseDerivation, "TA", Derives),
        new(KeyTask.DecryptData, KeyUsage.BaseDerivation, "TA", Derives),
        new(KeyTask.DeriveInitialKey, KeyUsage.BaseDerivation, "TA", Derives),
        // An initial key is made for a device and leaves in a key block; it does nothing here.
        new(KeyTask.None, KeyUsage.InitialDukpt, "TA", Derives),
    ];

    private const int Tasks = (int)KeyTask.Detokenise + 1;
    private static readonly Row[][] _byTask =
        [.. Enumerable.Range(0, Tasks).Select(task => _rows.Where(row => (int)row.Task == task).ToArray())];

    /// <summary>Whether a key with these attributes may do that, and if not, which of them is against it.</summary>
    public static HsmResult Check(KeyTask task, in KeyAttributes key)
    {
        foreach (ref readonly var row in _byTask[(int)task].AsSpan())
        {
            if (row.Usage != key.Usage) continue;
            if (!row.Algorithms.Contains((char)key.Algorithm)) return HsmResult.KeyAlgorithm;
            return row.Modes.Contains((char)key.Mode) ? HsmResult.Done : HsmResult.KeyMode;
        }

        return HsmResult.KeyUsage;
    }

    /// <summary>Whether there can be such a key at all: some task has its usage, algorithm and mode.</summary>
    public static HsmResult CheckPossible(in KeyAttributes key)
    {
        var worst = HsmResult.KeyUsage;
        foreach (var row in _rows)
        {
            if (row.Usage != key.Usage) continue;
            if (!row.Algorithms.Contains((char)key.Algorithm)) worst = worst == HsmResult.KeyMode ? worst : HsmResult.KeyAlgorithm;
            else if (row.Modes.Contains((char)key.Mode)) return HsmResult.Done;
            else worst = HsmResult.KeyMode;
        }

        return worst;
    }

    /// <summary>
    /// Bits of security that a key counts for when keys wrap keys: TDEA 80 or 112, AES its length, HMAC its length up to 256
    /// (NIST SP 800-57 part 1, tables 2 and 3; PCI PIN annex C).
    /// </summary>
    public static int Strength(KeyAlgorithm algorithm, int keyBytes) => algorithm switch
    {
        KeyAlgorithm.Tdea => keyBytes == 16 ? 80 : 112,
        KeyAlgorithm.Hmac => Math.Min(keyBytes * 8, 256),
        _ => keyBytes * 8,
    };
}

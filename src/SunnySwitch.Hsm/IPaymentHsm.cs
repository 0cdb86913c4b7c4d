using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm;

/// <summary>
/// Payment cryptography at the level of a payment HSM's commands: verdicts and cryptograms come out, never a clear PIN or key.
/// Every call returns at once or blocks its own thread for the time of the module; none throws for what it is given. Keys are
/// checked at every call, for usage, algorithm and mode of use.
/// </summary>
/// <remarks>
/// Digits (PAN, PVV, codes) are ASCII; everything else is bytes. PANs have 8 to 19 digits unless said otherwise; where all blocks
/// are of format 1, the PAN may be empty. A target is
/// written only when the result is <see cref="HsmResult.Done"/>. Source and target may be the same memory.
/// </remarks>
public interface IPaymentHsm : IDisposable
{
    /// <summary>What operators see: <c>software</c>, <c>pkcs11</c>.</summary>
    string Name { get; }

    /// <summary>
    /// False for a module that holds clear keys or PINs in the memory of this process: for tests and development (PCI PIN
    /// requirement 1).
    /// </summary>
    bool IsSecureDevice { get; }

    // ---- Keys ----

    /// <summary>
    /// Takes a key by its components, which are added (xor) inside. Two at least, of the length of the key; a component alone
    /// says nothing of the key. Parity, weakness and length are checked on the sum.
    /// </summary>
    HsmResult FormKey(
        in KeyAttributes attributes, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, out HsmKey? key);

    /// <summary>Check value of a component, hex, for the custodian who enters it: as if it were a key of that algorithm.</summary>
    HsmResult CheckComponent(KeyAlgorithm algorithm, ReadOnlySpan<byte> component, out string checkValue);

    /// <summary>Makes a random key: 128 or 192 bits TDEA, 128, 192 or 256 AES, 128 to 512 HMAC.</summary>
    HsmResult GenerateKey(in KeyAttributes attributes, int bits, out HsmKey? key);

    /// <summary>Takes a key from a key block of X9.143 under a key of usage K0 or K1. Attributes are the block's.</summary>
    HsmResult ImportKeyBlock(HsmKey kek, ReadOnlySpan<byte> block, out HsmKey? key);

    /// <summary>Gives a key away in a key block, version D under AES, B under TDEA; at most 224 characters.</summary>
    HsmResult ExportKeyBlock(HsmKey kek, HsmKey key, Span<byte> block, out int characters);

    /// <summary>
    /// The initial DUKPT key of a device, usage B1, to be given away in a key block: KSN of 10 bytes (TDEA) or initial key id of
    /// 8 (AES).
    /// </summary>
    HsmResult DeriveInitialKey(HsmKey baseKey, ReadOnlySpan<byte> serial, out HsmKey? key);

    /// <summary>Forgets a key; its handle is refused from now on.</summary>
    HsmResult RemoveKey(HsmKey key);

    // ---- PINs ----

    /// <summary>
    /// Takes a PIN block from one key and format to another, for the same PAN (PCI PIN requirement 3-3 decides which). Writes 8
    /// bytes, or 16 in format 4. The block is checked on the way.
    /// </summary>
    HsmResult TranslatePin(
        in PinSide from, ReadOnlySpan<byte> block, in PinSide to, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes);

    /// <summary>Whether the PIN has this PVV (four digits). The index of the PVK is 0 to 9.</summary>
    HsmResult VerifyPvv(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, int pvkIndex, ReadOnlySpan<byte> pvv);

    /// <summary>Makes the PVV of a PIN.</summary>
    HsmResult GeneratePvv(in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, int pvkIndex, Span<byte> pvv);

    /// <summary>
    /// Whether the PIN is the natural PIN plus this offset, as long as the PIN (IBM 3624). Another length is a wrong PIN.
    /// </summary>
    HsmResult VerifyIbmPin(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, in Ibm3624Terms terms, ReadOnlySpan<byte> offset);

    /// <summary>Makes the offset of a PIN; writes as many digits as it has.</summary>
    HsmResult GenerateIbmOffset(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, in Ibm3624Terms terms, Span<byte> offset, out int digits);

    /// <summary>Makes the block of the PIN that belongs to an offset, 4 to 12 digits; zeros give the natural PIN.</summary>
    HsmResult GenerateIbmPin(
        HsmKey pvk, in Ibm3624Terms terms, ReadOnlySpan<byte> offset, in PinSide to, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes);

    /// <summary>Makes the block of a random PIN of 4 to 12 digits.</summary>
    HsmResult GeneratePin(in PinSide to, ReadOnlySpan<byte> pan, int digits, Span<byte> target, out int bytes);

    // ---- Cards ----

    /// <summary>Whether CVV, CVV2 or iCVV is right.</summary>
    HsmResult VerifyCardCode(HsmKey cvk, in CardCodeTerms terms, ReadOnlySpan<byte> code);

    /// <summary>Makes it: three digits.</summary>
    HsmResult GenerateCardCode(HsmKey cvk, in CardCodeTerms terms, Span<byte> code);

    /// <summary>
    /// Whether a dCVV is right. The four digits of the ATC take the place of the first four of the PAN; Visa counts it in
    /// decimal, others put its hex digits there, as long as they are digits.
    /// </summary>
    HsmResult VerifyDcvv(
        HsmKey issuerKey, in EmvCard card, in CardCodeTerms terms, ReadOnlySpan<byte> transactionCounter, ReadOnlySpan<byte> code);

    /// <summary>
    /// Whether a CVC3 is right: its 1 to 5 digits are the last ones of the number. The track is the static part, at most 64
    /// bytes.
    /// </summary>
    HsmResult VerifyCvc3(
        HsmKey issuerKey, in EmvCard card, ReadOnlySpan<byte> track, ushort transactionCounter, uint unpredictable, ReadOnlySpan<byte> code);

    /// <summary>Whether an application cryptogram is right (ARQC, TC, AAC).</summary>
    HsmResult VerifyArqc(HsmKey issuerKey, in EmvCard card, in EmvCryptogram cryptogram);

    /// <summary>
    /// Makes the answer to a cryptogram. Method 1 takes the two bytes of the response code and writes 8 bytes; method 2 takes the
    /// four bytes of the status update and up to 8 more, and writes 4. It does not verify: see
    /// <see cref="VerifyArqcGenerateArpc"/>.
    /// </summary>
    HsmResult GenerateArpc(
        HsmKey issuerKey, in EmvCard card, in EmvSession session, ReadOnlySpan<byte> cryptogram, ArpcMethod method,
        ReadOnlySpan<byte> answer, Span<byte> arpc);

    /// <summary>Both in one: nothing is written if the cryptogram is wrong.</summary>
    HsmResult VerifyArqcGenerateArpc(
        HsmKey issuerKey, in EmvCard card, in EmvCryptogram cryptogram, ArpcMethod method, ReadOnlySpan<byte> answer, Span<byte> arpc);

    /// <summary>
    /// MAC of an issuer script under a key of usage E2: algorithm 3; the left-most 4 to 8 bytes, as long as the target is.
    /// </summary>
    HsmResult GenerateScriptMac(
        HsmKey issuerKey, in EmvCard card, in EmvSession session, ReadOnlySpan<byte> data, MacPadding padding, Span<byte> mac);

    // ---- MACs, data, tokens ----

    /// <summary>
    /// Makes a MAC: its left-most bytes, as many as the target has, 4 at least and not more than the algorithm gives (8, 16 or
    /// 32).
    /// </summary>
    HsmResult GenerateMac(in MacSide side, ReadOnlySpan<byte> data, Span<byte> mac);

    /// <summary>Whether a MAC, or the left-most bytes of it, is right.</summary>
    HsmResult VerifyMac(in MacSide side, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mac);

    /// <summary>Enciphers whole blocks; the target is as long as the source.</summary>
    HsmResult EncryptData(in CipherSide side, ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>Deciphers whole blocks.</summary>
    HsmResult DecryptData(in CipherSide side, ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>
    /// Deciphers under one key and enciphers under another, without showing what is in between; whole blocks of both ciphers.
    /// </summary>
    HsmResult ReEncryptData(in CipherSide from, in CipherSide to, ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>
    /// Replaces symbols (0 to 9, or with radix 36 also a to z) by as many others, by FF1 of SP 800-38G with a tweak of at most 32
    /// bytes. There have to be a million possible values at least.
    /// </summary>
    HsmResult Tokenise(HsmKey key, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> symbols, Span<byte> token);

    /// <summary>The inverse of <see cref="Tokenise"/>.</summary>
    HsmResult Detokenise(HsmKey key, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> token, Span<byte> symbols);

    /// <summary>Fills with random bytes.</summary>
    HsmResult Random(Span<byte> target);
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Operations;

/// <content>Card codes and cryptograms.</content>
public abstract partial class CipherHsm
{
    private const int TrackBytesMax = 64, DataBytesMax = 8_192;

    /// <inheritdoc/>
    public HsmResult VerifyCardCode(HsmKey cvk, in CardCodeTerms terms, ReadOnlySpan<byte> code)
    {
        Span<byte> computed = stackalloc byte[CardCode.Digits];
        var result = Compute(cvk, KeyTask.VerifyCardCode, in terms, computed);
        return result == HsmResult.Done ? Compared(computed, code, HsmResult.WrongCardCode) : result;
    }

    /// <inheritdoc/>
    public HsmResult GenerateCardCode(HsmKey cvk, in CardCodeTerms terms, Span<byte> code) =>
        code.Length < CardCode.Digits ? HsmResult.TargetTooShort : Compute(cvk, KeyTask.GenerateCardCode, in terms, code);

    /// <inheritdoc/>
    public HsmResult VerifyDcvv(
        HsmKey issuerKey, in EmvCard card, in CardCodeTerms terms, ReadOnlySpan<byte> transactionCounter, ReadOnlySpan<byte> code)
    {
        var result = TryUse(issuerKey, KeyTask.VerifyDynamicCode, out var issuer);
        if (result != HsmResult.Done) return result;
        var isCounter = transactionCounter.Length == 4 && Nibble.TryRead(transactionCounter, out _);
        if (!isCounter || !Emv.IsGood(in card) || !CardCode.AreGood(terms.Pan, terms.Expiry, terms.ServiceCode)) return HsmResult.BadInput;
        Span<byte> pan = stackalloc byte[Nibble.PanDigitsMax];
        Span<byte> computed = stackalloc byte[CardCode.Digits];
        KeySchedule key = default, room = default;
        try
        {
            Emv.CardKey(in Opened(issuer, ref room), in card, ref key);
            terms.Pan.CopyTo(pan);
            transactionCounter.CopyTo(pan);
            CardCode.Compute(in key, pan[..terms.Pan.Length], terms.Expiry, terms.ServiceCode, computed);
            return Compared(computed, code, HsmResult.WrongCardCode);
        }
        finally
        {
            key.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyCvc3(
        HsmKey issuerKey, in EmvCard card, ReadOnlySpan<byte> track, ushort transactionCounter, uint unpredictable, ReadOnlySpan<byte> code)
    {
        var result = TryUse(issuerKey, KeyTask.VerifyDynamicCode, out var issuer);
        if (result != HsmResult.Done) return result;
        if (!Emv.IsGood(in card) || track.Length is 0 or > TrackBytesMax || code.Length is 0 or > 5) return HsmResult.BadInput;
        Span<byte> computed = stackalloc byte[5];
        KeySchedule key = default, room = default;
        try
        {
            Emv.CardKey(in Opened(issuer, ref room), in card, ref key);
            int value = Emv.Cvc3(in key, track, transactionCounter, unpredictable).Value;
            for (var index = 4; index >= 0; index--, value /= 10) computed[index] = (byte)('0' + value % 10);
            return Compared(computed[^code.Length..], code, HsmResult.WrongCardCode);
        }
        finally
        {
            key.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyArqc(HsmKey issuerKey, in EmvCard card, in EmvCryptogram cryptogram)
    {
        KeySchedule cardKey = default, session = default;
        try
        {
            var result = Derive(issuerKey, KeyTask.VerifyCryptogram, in card, cryptogram.Session, ref cardKey, ref session);
            return result == HsmResult.Done ? Verify(in session, in cryptogram) : result;
        }
        finally
        {
            cardKey.Wipe();
            session.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateArpc(
        HsmKey issuerKey, in EmvCard card, in EmvSession session, ReadOnlySpan<byte> cryptogram, ArpcMethod method,
        ReadOnlySpan<byte> answer, Span<byte> arpc)
    {
        if (cryptogram.Length != Emv.CryptogramBytes) return HsmResult.BadInput;
        KeySchedule cardKey = default, sessionKey = default;
        try
        {
            var result = CheckAnswer(method, answer, arpc);
            if (result == HsmResult.Done) result = Derive(issuerKey, KeyTask.VerifyCryptogram, in card, in session, ref cardKey, ref sessionKey);
            if (result != HsmResult.Done) return result;
            Answer(in cardKey, in sessionKey, session.Method, cryptogram, method, answer, arpc);
            return HsmResult.Done;
        }
        finally
        {
            cardKey.Wipe();
            sessionKey.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyArqcGenerateArpc(
        HsmKey issuerKey, in EmvCard card, in EmvCryptogram cryptogram, ArpcMethod method, ReadOnlySpan<byte> answer, Span<byte> arpc)
    {
        KeySchedule cardKey = default, session = default;
        try
        {
            var result = CheckAnswer(method, answer, arpc);
            if (result == HsmResult.Done) result = Derive(issuerKey, KeyTask.VerifyCryptogram, in card, cryptogram.Session, ref cardKey, ref session);
            if (result == HsmResult.Done) result = Verify(in session, in cryptogram);
            if (result == HsmResult.Done) Answer(in cardKey, in session, cryptogram.Session.Method, cryptogram.Value, method, answer, arpc);
            return result;
        }
        finally
        {
            cardKey.Wipe();
            session.Wipe();
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateScriptMac(
        HsmKey issuerKey, in EmvCard card, in EmvSession session, ReadOnlySpan<byte> data, MacPadding padding, Span<byte> mac)
    {
        if (mac.Length is < MacBytesMin or > 8 || data.Length > DataBytesMax || !IsPadding(padding)) return HsmResult.BadInput;
        KeySchedule cardKey = default, sessionKey = default;
        Span<byte> whole = stackalloc byte[8];
        try
        {
            var result = Derive(issuerKey, KeyTask.GenerateScriptMac, in card, in session, ref cardKey, ref sessionKey);
            if (result != HsmResult.Done) return result;
            BinaryPrimitives.WriteUInt64BigEndian(whole, Iso9797.Algorithm3(in sessionKey, data, padding));
            whole[..mac.Length].CopyTo(mac);
            return HsmResult.Done;
        }
        finally
        {
            cardKey.Wipe();
            sessionKey.Wipe();
        }
    }

    private static bool IsPadding(MacPadding padding) => padding is MacPadding.Zeros or MacPadding.OneAndZeros;

    private static HsmResult Compared(ReadOnlySpan<byte> computed, ReadOnlySpan<byte> given, HsmResult otherwise) =>
        CryptographicOperations.FixedTimeEquals(computed, given) ? HsmResult.Done : otherwise;

    private static HsmResult Verify(in KeySchedule session, in EmvCryptogram cryptogram)
    {
        if (cryptogram.Data.IsEmpty || cryptogram.Data.Length > DataBytesMax || !IsPadding(cryptogram.Padding)) return HsmResult.BadInput;
        Span<byte> computed = stackalloc byte[Emv.CryptogramBytes];
        BinaryPrimitives.WriteUInt64BigEndian(computed, Emv.Cryptogram(in session, cryptogram.Data, cryptogram.Padding));
        return Compared(computed, cryptogram.Value, HsmResult.WrongCryptogram);
    }

    private static HsmResult CheckAnswer(ArpcMethod method, ReadOnlySpan<byte> answer, Span<byte> arpc)
    {
        var isGood = method switch
        {
            ArpcMethod.ResponseCode => answer.Length == 2,
            ArpcMethod.CardStatusUpdate => answer.Length is >= Emv.StatusBytes and <= Emv.StatusBytes + Emv.ProprietaryBytesMax,
            _ => false,
        };
        if (!isGood) return HsmResult.BadInput;
        return arpc.Length < ArpcBytes(method) ? HsmResult.TargetTooShort : HsmResult.Done;
    }

    // Under the session key where there is a common one, else under the card's.
    private static void Answer(
        in KeySchedule cardKey, in KeySchedule sessionKey, EmvSessionMethod session, ReadOnlySpan<byte> cryptogram, ArpcMethod method,
        ReadOnlySpan<byte> answer, Span<byte> arpc)
    {
        ref readonly var key = ref (session == EmvSessionMethod.Common ? ref sessionKey : ref cardKey);
        var value = Des.Block(cryptogram);
        Span<byte> whole = stackalloc byte[8];
        var made = method == ArpcMethod.ResponseCode ? Emv.ResponseArpc(in key, value, answer) : Emv.StatusArpc(in key, value, answer);
        BinaryPrimitives.WriteUInt64BigEndian(whole, made);
        whole[..ArpcBytes(method)].CopyTo(arpc);
    }

    private static int ArpcBytes(ArpcMethod method) => method == ArpcMethod.ResponseCode ? Emv.CryptogramBytes : Emv.StatusArpcBytes;

    private HsmResult Derive(
        HsmKey issuerKey, KeyTask task, in EmvCard card, in EmvSession session, ref KeySchedule cardKey, ref KeySchedule sessionKey)
    {
        var result = TryUse(issuerKey, task, out var issuer);
        if (result != HsmResult.Done) return result;
        if (!Emv.IsGood(in card)) return HsmResult.BadInput;
        var room = default(KeySchedule);
        Emv.CardKey(in Opened(issuer, ref room), in card, ref cardKey);
        Emv.SessionKey(in cardKey, in session, ref sessionKey);
        return HsmResult.Done;
    }

    private HsmResult Compute(HsmKey cvk, KeyTask task, in CardCodeTerms terms, Span<byte> code)
    {
        var result = TryUse(cvk, task, out var key);
        if (result != HsmResult.Done) return result;
        if (terms.Kind is < CardCodeKind.Cvv or > CardCodeKind.Icvv) return HsmResult.BadInput;
        if (!CardCode.AreGood(terms.Pan, terms.Expiry, terms.ServiceCode)) return HsmResult.BadInput;
        var room = default(KeySchedule);
        CardCode.Compute(in Opened(key, ref room), terms.Pan, terms.Expiry, terms.ServiceCode, code);
        return HsmResult.Done;
    }
}

using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Pkcs11;

/// <content>Each operation takes a session, ends in a result whatever the token does, and gives the session back wiped.</content>
public sealed partial class Pkcs11Hsm
{
    /// <inheritdoc/>
    public HsmResult TranslatePin(in PinSide from, ReadOnlySpan<byte> block, in PinSide to, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes)
    {
        bytes = 0;
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.TranslatePin(in from, block, in to, pan, target, out bytes);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyPvv(in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, int pvkIndex, ReadOnlySpan<byte> pvv)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyPvv(in side, block, pan, pvk, pvkIndex, pvv);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GeneratePvv(in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, int pvkIndex, Span<byte> pvv)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GeneratePvv(in side, block, pan, pvk, pvkIndex, pvv);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyIbmPin(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, in Ibm3624Terms terms, ReadOnlySpan<byte> offset)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyIbmPin(in side, block, pan, pvk, in terms, offset);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateIbmOffset(
        in PinSide side, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan, HsmKey pvk, in Ibm3624Terms terms, Span<byte> offset, out int digits)
    {
        digits = 0;
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateIbmOffset(in side, block, pan, pvk, in terms, offset, out digits);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateIbmPin(
        HsmKey pvk, in Ibm3624Terms terms, ReadOnlySpan<byte> offset, in PinSide to, ReadOnlySpan<byte> pan, Span<byte> target, out int bytes)
    {
        bytes = 0;
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateIbmPin(pvk, in terms, offset, in to, pan, target, out bytes);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GeneratePin(in PinSide to, ReadOnlySpan<byte> pan, int digits, Span<byte> target, out int bytes)
    {
        bytes = 0;
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GeneratePin(in to, pan, digits, target, out bytes);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyCardCode(HsmKey cvk, in CardCodeTerms terms, ReadOnlySpan<byte> code)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyCardCode(cvk, in terms, code);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateCardCode(HsmKey cvk, in CardCodeTerms terms, Span<byte> code)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateCardCode(cvk, in terms, code);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyDcvv(
        HsmKey issuerKey, in EmvCard card, in CardCodeTerms terms, ReadOnlySpan<byte> transactionCounter, ReadOnlySpan<byte> code)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyDcvv(issuerKey, in card, in terms, transactionCounter, code);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyCvc3(
        HsmKey issuerKey, in EmvCard card, ReadOnlySpan<byte> track, ushort transactionCounter, uint unpredictable, ReadOnlySpan<byte> code)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyCvc3(issuerKey, in card, track, transactionCounter, unpredictable, code);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyArqc(HsmKey issuerKey, in EmvCard card, in EmvCryptogram cryptogram)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyArqc(issuerKey, in card, in cryptogram);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateArpc(
        HsmKey issuerKey, in EmvCard card, in EmvSession session, ReadOnlySpan<byte> cryptogram, ArpcMethod method, ReadOnlySpan<byte> answer, Span<byte> arpc)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateArpc(issuerKey, in card, in session, cryptogram, method, answer, arpc);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyArqcGenerateArpc(
        HsmKey issuerKey, in EmvCard card, in EmvCryptogram cryptogram, ArpcMethod method, ReadOnlySpan<byte> answer, Span<byte> arpc)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyArqcGenerateArpc(issuerKey, in card, in cryptogram, method, answer, arpc);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateScriptMac(
        HsmKey issuerKey, in EmvCard card, in EmvSession session, ReadOnlySpan<byte> data, MacPadding padding, Span<byte> mac)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateScriptMac(issuerKey, in card, in session, data, padding, mac);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult GenerateMac(in MacSide side, ReadOnlySpan<byte> data, Span<byte> mac)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.GenerateMac(in side, data, mac);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult VerifyMac(in MacSide side, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mac)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.VerifyMac(in side, data, mac);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult EncryptData(in CipherSide side, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.EncryptData(in side, source, target);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult DecryptData(in CipherSide side, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.DecryptData(in side, source, target);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult ReEncryptData(in CipherSide from, in CipherSide to, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.ReEncryptData(in from, in to, source, target);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult Tokenise(HsmKey key, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> symbols, Span<byte> token)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.Tokenise(key, tweak, radix, symbols, token);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult Detokenise(HsmKey key, ReadOnlySpan<byte> tweak, int radix, ReadOnlySpan<byte> token, Span<byte> symbols)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.Detokenise(key, tweak, radix, token, symbols);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }

    /// <inheritdoc/>
    public HsmResult Random(Span<byte> target)
    {
        if (!TryTake(out var engine, out var result)) return result;
        try
        {
            return engine.Random(target);
        }
        catch (HsmException error)
        {
            return Failed(engine, error);
        }
        finally
        {
            Give(engine);
        }
    }
}

using System.Buffers.Binary;
using System.Text;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Vectors;

/// <content>Card codes and cryptograms.</content>
public sealed partial class VectorRun
{
    private void GenerateCardCode(VectorCase test)
    {
        var code = new byte[3];
        var key = EnterTdes(KeyUsage.CardVerification, KeyMode.GenerateAndVerify, test.Hex("cvk"));
        test.Expect(HsmResult.Done, _hsm.GenerateCardCode(key, Terms(test), code), "generate");
        test.Expect("cvv", Encoding.ASCII.GetString(code));
        test.Expect(HsmResult.Done, _hsm.VerifyCardCode(key, Terms(test), code), "verify");
    }

    private void VerifyCardCode(VectorCase test)
    {
        var key = EnterTdes(KeyUsage.CardVerification, KeyMode.Verify, test.Hex("cvk"));
        var result = _hsm.VerifyCardCode(key, Terms(test), test.Ascii("cvv"));
        test.Expect(test.Expected("valid")!.Value.GetBoolean() ? HsmResult.Done : HsmResult.WrongCardCode, result, "verify");
    }

    private void VerifyDcvv(VectorCase test)
    {
        var key = EnterTdes(KeyUsage.EmvDynamicNumber, KeyMode.Derive, test.Hex("imk"));
        var terms = new CardCodeTerms(CardCodeKind.Cvv, test.Ascii("pan"), test.Ascii("expiry"), test.Ascii("service_code"));
        var code = Encoding.ASCII.GetBytes(test.Expected("dcvv")!.Value.GetString()!);
        test.Expect(HsmResult.Done, _hsm.VerifyDcvv(key, Card(test), terms, test.Ascii("atc"), code), "verify");
        code[2] ^= 1;
        test.Expect(HsmResult.WrongCardCode, _hsm.VerifyDcvv(key, Card(test), terms, test.Ascii("atc"), code), "another code");
    }

    private void VerifyCvc3(VectorCase test)
    {
        var (counter, unpredictable) = (Convert.ToUInt16(test.Text("atc"), 16), Convert.ToUInt32(test.Text("un"), 16));
        var track = test.Hex("track_template");
        var issuer = Schedule(false, test.Hex("imk"));
        var cardKey = default(KeySchedule);
        Emv.CardKey(in issuer, Card(test), ref cardKey);
        test.Expect("ivcvc3", Emv.Cvc3(in cardKey, track, counter, unpredictable).Initial.ToString("X4", null));
        var code = Encoding.ASCII.GetBytes(test.Expected("cvc3")!.Value.GetString()!);
        test.Hold(code.Length == test.Number("digits"), "digits");
        var key = EnterTdes(KeyUsage.EmvDynamicNumber, KeyMode.Derive, test.Hex("imk"));
        test.Expect(HsmResult.Done, _hsm.VerifyCvc3(key, Card(test), track, counter, unpredictable, code), "verify");
        code[^1] ^= 1;
        test.Expect(HsmResult.WrongCardCode, _hsm.VerifyCvc3(key, Card(test), track, counter, unpredictable, code), "another code");
    }

    private static void DeriveCardKey(VectorCase test)
    {
        var issuer = Schedule(false, test.Hex("imk"));
        var key = default(KeySchedule);
        Emv.CardKey(in issuer, Card(test), ref key);
        ExpectKey(test, "icc_mk", Emv.CardKeyParts(in issuer, Card(test)));
        ExpectCheck(test, "kcv", in key);
    }

    private static void DeriveSessionKey(VectorCase test)
    {
        var card = Schedule(false, test.Hex("icc_mk"));
        var key = default(KeySchedule);
        var start = BinaryPrimitives.ReadUInt64BigEndian(test.Hex("r"));
        Emv.SessionKey(in card, EmvSession.CommonOf(start), ref key);
        ExpectKey(test, "sk", Emv.SessionKeyParts(in card, start));
        ExpectCheck(test, "kcv", in key);
    }

    private static void ComputeCryptogram(VectorCase test)
    {
        var key = Schedule(false, test.Hex("sk"));
        test.Expect("arqc", Emv.Cryptogram(in key, test.Hex("data"), MacPadding.OneAndZeros).ToString("X16", null));
    }

    private static void ComputeArpc(VectorCase test)
    {
        var key = Schedule(false, test.Hex("key"));
        var cryptogram = BinaryPrimitives.ReadUInt64BigEndian(test.Hex("arqc"));
        test.Expect("arpc", test.Text("arc") is { Length: > 0 }
            ? Emv.ResponseArpc(in key, cryptogram, test.Hex("arc")).ToString("X16", null)
            : Emv.StatusArpc(in key, cryptogram, test.Hex("csu")).ToString("X16", null)[..8]);
    }

    private void RunCryptogramVersion(VectorCase test)
    {
        var version = CryptogramVersion.All.Single(each => each.Name == test.Text("cvn"));
        var data = version.Tags.ToLowerInvariant().Split(' ').SelectMany(tag => test.Hex(tag is "cvr" or "counters" ? tag : $"tag_{tag}")).ToArray();
        var (counter, unpredictable) = (Convert.ToUInt16(test.Text("tag_9f36"), 16), Convert.ToUInt32(test.Text("tag_9f37"), 16));
        var session = version.Session switch
        {
            EmvSessionMethod.None => EmvSession.None,
            EmvSessionMethod.Common => EmvSession.Common(counter),
            _ => EmvSession.Mastercard(counter, unpredictable),
        };
        var value = Convert.FromHexString(test.Expected("arqc")!.Value.GetString()!);
        var cryptogram = new EmvCryptogram(session, data, version.Padding, value);
        var isFirst = version.Arpc == ArpcMethod.ResponseCode;
        var arpc = new byte[isFirst ? 8 : 4];
        var key = EnterTdes(KeyUsage.EmvCryptogram, KeyMode.Derive, test.Hex("imk"));
        var answer = test.Hex(isFirst ? "arc" : "csu");
        test.Expect(HsmResult.Done, _hsm.VerifyArqcGenerateArpc(key, Card(test), in cryptogram, version.Arpc, answer, arpc), "verify");
        test.Expect(isFirst ? "arpc_method1" : "arpc_method2", arpc);
        var issuer = Schedule(false, test.Hex("imk"));
        KeySchedule card = default, sessionKey = default;
        Emv.CardKey(in issuer, Card(test), ref card);
        Emv.SessionKey(in card, in session, ref sessionKey);
        ExpectCheck(test, "icc_mk_kcv", in card);
        ExpectCheck(test, "sk_kcv", in sessionKey);
    }

    private void VerifyArqc(VectorCase test)
    {
        var isRight = test.Expected("arqc");
        var value = isRight is { } expected ? Convert.FromHexString(expected.GetString()!) : test.Hex("arqc");
        var padding = test.Text("padding") == "80" ? MacPadding.OneAndZeros : MacPadding.Zeros;
        var cryptogram = new EmvCryptogram(Session(test), test.Hex("data"), padding, value);
        var key = EnterTdes(KeyUsage.EmvCryptogram, KeyMode.Derive, test.Hex("imk"));
        var result = _hsm.VerifyArqc(key, Card(test), in cryptogram);
        var isValid = test.Expected("valid") is not { } valid || valid.GetBoolean();
        test.Expect(isValid ? HsmResult.Done : HsmResult.WrongCryptogram, result, "verify");
    }

    private void GenerateArpc(VectorCase test)
    {
        var isFirst = test.Number("method") == 1;
        var arpc = new byte[isFirst ? 8 : 4];
        var key = EnterTdes(KeyUsage.EmvCryptogram, KeyMode.Derive, test.Hex("imk"));
        var method = isFirst ? ArpcMethod.ResponseCode : ArpcMethod.CardStatusUpdate;
        var result = _hsm.GenerateArpc(key, Card(test), Session(test), test.Hex("arqc"), method, test.Hex(isFirst ? "arc" : "csu"), arpc);
        test.Expect(HsmResult.Done, result, "generate");
        test.Expect("arpc", arpc);
    }

    private static CardCodeTerms Terms(VectorCase test) =>
        new(Enum.Parse<CardCodeKind>(test.Text("kind"), ignoreCase: true), test.Ascii("pan"), test.Ascii("expiry"), test.Ascii("service_code"));

    private static EmvCard Card(VectorCase test)
    {
        var option = test.Text("option") + test.Text("mk_option") == "B" ? EmvDerivation.OptionB : EmvDerivation.OptionA;
        return new EmvCard(test.Ascii("pan"), test.Number("psn"), option);
    }

    private static EmvSession Session(VectorCase test)
    {
        var counter = Convert.ToUInt16(test.Text("atc"), 16);
        return test.Text("sk_method") switch
        {
            "VSDC" => EmvSession.None,
            "EMV_CSKD" => EmvSession.Common(counter),
            // A Mastercard answer needs no session key, so that its vectors may leave the unpredictable number out.
            _ => EmvSession.Mastercard(counter, test.Text("un") is { Length: > 0 } text ? Convert.ToUInt32(text, 16) : 0),
        };
    }

    private static void ExpectKey(VectorCase test, string name, (ulong Left, ulong Right) parts) =>
        test.Expect(name, $"{parts.Left:X16}{parts.Right:X16}");

    // Published check values are of two or three bytes.
    private static void ExpectCheck(VectorCase test, string name, in KeySchedule key)
    {
        if (test.Expected(name) is not { } expected) return;
        test.Hold(key.Encrypt64(0).ToString("X16", null).StartsWith(expected.GetString()!, StringComparison.Ordinal), $"{name} differs");
    }
}

using FsCheck;
using System.Reflection;
using System.Runtime.CompilerServices;
using FsCheck.Xunit;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Tests.Software;

/// <summary>The module as a whole: right answers and wrong ones, nothing allocated, nothing thrown, nothing shown, any number of threads.</summary>
public sealed class SoftwareHsmTests : IDisposable
{
    private static readonly byte[] _data = [.. Enumerable.Range(0, 40).Select(value => (byte)value)];
    private static readonly byte[] _expiry = "3012"u8.ToArray(), _service = "201"u8.ToArray();
    private readonly Rig _rig = new();

    [Theory, InlineData(1, "201"), InlineData(2, "000"), InlineData(3, "999")]
    public void A_card_code_is_right_for_its_kind_and_data_only(int number, string service)
    {
        var (cvk, code, kind) = (_rig.Enter(KeyUsage.CardVerification, "0123456789ABCDEFFEDCBA9876543210"), new byte[3], (CardCodeKind)number);
        var terms = new CardCodeTerms(kind, Rig.PanDigits, _expiry, _service);
        Assert.Equal(service, Rig.Text(terms.ServiceCode.ToArray()));
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateCardCode(cvk, in terms, code));
        Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyCardCode(cvk, in terms, code));
        var right = Enumerable.Range(0, 1_000).Count(value => Verify(cvk, kind, $"{value:D3}") == HsmResult.Done);
        Assert.Equal(1, right);
        Assert.Equal(HsmResult.WrongCardCode, _rig.Hsm.VerifyCardCode(cvk, in terms, code.AsSpan(0, 2)));
        Assert.Equal(HsmResult.WrongCardCode, _rig.Hsm.VerifyCardCode(cvk, in terms, default));
        foreach (var pan in (string[])["12345678901", "12345678901234567890", "476173900101011A"])
        {
            Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyCardCode(cvk, new CardCodeTerms(kind, Rig.Ascii(pan), _expiry, _service), code));
        }

        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyCardCode(cvk, new CardCodeTerms(kind, Rig.PanDigits, "301"u8, _service), code));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyCardCode(cvk, new CardCodeTerms((CardCodeKind)9, Rig.PanDigits, _expiry, _service), code));
    }

    [Property(MaxTest = 200)]
    public void A_cryptogram_that_was_changed_is_refused_and_gets_no_answer(byte bitSeed, DoNotSize<ushort> counterOf, byte methodSeed)
    {
        var counter = counterOf.Item;
        var session = methodSeed % 2 == 0 ? EmvSession.Common(counter) : EmvSession.Mastercard(counter, 0x52BF4585);
        var (issuer, value) = Cryptogram(in session);
        var card = new EmvCard(Rig.PanDigits, 1);
        var right = new EmvCryptogram(session, _data, MacPadding.OneAndZeros, value);
        Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyArqc(issuer, in card, in right));
        byte[] arpc = new byte[8], again = new byte[8];
        Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyArqcGenerateArpc(issuer, in card, in right, ArpcMethod.ResponseCode, "00"u8, arpc));
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateArpc(issuer, in card, in session, value, ArpcMethod.ResponseCode, "00"u8, again));
        Assert.Equal(arpc, again);
        arpc.AsSpan().Clear();
        byte[] data = [.. _data], changed = [.. value];
        data[bitSeed % 40] ^= (byte)(1 << bitSeed % 8);
        changed[bitSeed % 8] ^= (byte)(1 << bitSeed / 8 % 8);
        foreach (var wrong in (int[])[0, 1, 2, 3])
        {
            var other = wrong switch { 0 => changed, 1 => [], 2 => value[..7], _ => value };
            var cryptogram = new EmvCryptogram(session, wrong == 3 ? data : _data, MacPadding.OneAndZeros, other);
            var result = _rig.Hsm.VerifyArqcGenerateArpc(issuer, in card, in cryptogram, ArpcMethod.ResponseCode, "00"u8, arpc);
            Assert.Equal(HsmResult.WrongCryptogram, result);
        }

        Assert.Equal(HsmResult.WrongCryptogram, _rig.Hsm.VerifyArqc(issuer, new EmvCard(Rig.PanDigits, 2), in right));
        Assert.Equal(HsmResult.WrongCryptogram, _rig.Hsm.VerifyArqc(issuer, new EmvCard(Rig.Ascii(Rig.OtherPan), 1), in right));
        Assert.All(arpc, each => Assert.Equal(0, each));
    }

    [Fact]
    public void Option_B_is_option_A_up_to_sixteen_digits()
    {
        var issuer = _rig.Key(KeyUsage.EmvScriptMac);
        for (var digits = 12; digits <= 19; digits++)
        {
            var (pan, one, other) = (Rig.Ascii("6799998900000200019")[..digits], new byte[8], new byte[8]);
            Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateScriptMac(issuer, new EmvCard(pan, 1), EmvSession.None, _data, MacPadding.Zeros, one));
            var card = new EmvCard(pan, 1, EmvDerivation.OptionB);
            Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateScriptMac(issuer, in card, EmvSession.None, _data, MacPadding.Zeros, other));
            Assert.Equal(digits <= 16, one.AsSpan().SequenceEqual(other));
        }
    }

    [Property(MaxTest = 200)]
    public void A_MAC_is_right_for_its_message_only(byte[] message, byte kindSeed, byte bit, byte length)
    {
        var kinds = new (KeyUsage, KeyAlgorithm, int)[]
        {
            (KeyUsage.MacIso16609, KeyAlgorithm.Tdea, 8), (KeyUsage.MacAlgorithm1, KeyAlgorithm.Tdea, 8),
            (KeyUsage.MacAlgorithm3, KeyAlgorithm.Tdea, 8),
            (KeyUsage.MacCmac, KeyAlgorithm.Tdea, 8), (KeyUsage.MacCmac, KeyAlgorithm.Aes, 16), (KeyUsage.MacHmac, KeyAlgorithm.Hmac, 32),
        };
        var (usage, algorithm, bytes) = kinds[kindSeed % 6];
        var side = new MacSide(_rig.Key(usage, algorithm), MacPadding.OneAndZeros);
        var mac = new byte[4 + length % (bytes - 3)];
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateMac(in side, message, mac));
        Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyMac(in side, message, mac));
        Assert.Equal(HsmResult.WrongMac, _rig.Hsm.VerifyMac(in side, [.. message, 0], mac));
        mac[bit % mac.Length] ^= (byte)(1 << bit % 8);
        Assert.Equal(HsmResult.WrongMac, _rig.Hsm.VerifyMac(in side, message, mac));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyMac(in side, message, mac.AsSpan(0, 3)));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.VerifyMac(in side, message, new byte[bytes + 1]));
    }

    [Property(MaxTest = 200)]
    public void Data_comes_back_and_changes_its_key_unseen(byte blocksSeed, bool isAes, bool isChained)
    {
        var data = new byte[(1 + blocksSeed % 20) * 16];
        for (var index = 0; index < data.Length; index++) data[index] = (byte)(index * 7 + blocksSeed);
        HsmKey from = _rig.Key(KeyUsage.Data, isAes ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea);
        HsmKey to = _rig.Key(KeyUsage.Data, isAes ? KeyAlgorithm.Tdea : KeyAlgorithm.Aes);
        byte[] vector = isChained ? new byte[isAes ? 16 : 8] : [], otherVector = isChained ? new byte[isAes ? 8 : 16] : [];
        byte[] cipher = new byte[data.Length], moved = new byte[data.Length];
        var mode = isChained ? BlockMode.Cbc : BlockMode.Ecb;
        var otherMode = isChained ? BlockMode.Ecb : BlockMode.Cbc;
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.EncryptData(new CipherSide(from, otherMode, vector), data, cipher));
        Assert.Equal(HsmResult.Done, _rig.Hsm.EncryptData(new CipherSide(from, mode, vector), data, cipher));
        Assert.NotEqual(data, cipher);
        Assert.Equal(HsmResult.Done, _rig.Hsm.ReEncryptData(new CipherSide(from, mode, vector), new CipherSide(to, mode, otherVector), cipher, moved));
        Assert.Equal(HsmResult.Done, _rig.Hsm.DecryptData(new CipherSide(to, mode, otherVector), moved, moved));
        Assert.Equal(data, moved);
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.EncryptData(new CipherSide(from, mode, vector), data.AsSpan(1), cipher));
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.EncryptData(new CipherSide(from, mode, new byte[7]), data, cipher));
        Assert.Equal(HsmResult.TargetTooShort, _rig.Hsm.EncryptData(new CipherSide(from, mode, vector), data, cipher.AsSpan(1)));
    }

    [Fact]
    public void No_operation_with_keys_that_are_held_allocates()
    {
        foreach (var (name, work) in Operations())
        {
            for (var turn = 0; turn < 300; turn++) Assert.Equal(HsmResult.Done, work());
            var least = Allocated.Least(() =>
            {
                for (var turn = 0; turn < 100; turn++) work();
            });
            Assert.True(!Aes128.IsHardware || least == 0, $"{name}: {least} bytes in 100");
        }
    }

    [Fact]
    public void Threads_share_a_module_and_get_the_same_answers()
    {
        var operations = Operations().ToList();
        var wrong = 0;
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            var own = Operations().ToList();
            for (var turn = 0; turn < 200; turn++)
            {
                foreach (var (_, work) in own)
                {
                    if (work() != HsmResult.Done) Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, wrong);
        Assert.NotEmpty(operations);
    }

    [Property(MaxTest = 500)]
    public void Nothing_that_comes_in_makes_an_operation_throw(byte[] one, byte[] other, byte small, DoNotSize<int> numberOf)
    {
        var number = numberOf.Item;
        var (target, hsm) = (new byte[64], _rig.Hsm);
        var side = new PinSide(_rig.Key(KeyUsage.PinEncryption), (PinFormat)(small % 7), other);
        hsm.TranslatePin(in side, one, _rig.Side(), other, target, out _);
        hsm.TranslatePin(_rig.Side(), one, in side, other, target, out _);
        hsm.VerifyPvv(_rig.Side(), one, Rig.PanDigits, _rig.Key(KeyUsage.PinVerificationPvv), number, other);
        hsm.VerifyIbmPin(_rig.Side(), one, Rig.PanDigits, _rig.Key(KeyUsage.PinVerificationIbm3624), new Ibm3624Terms(one, other), other);
        hsm.GeneratePin(in side, one, number, target, out _);
        hsm.VerifyCardCode(_rig.Key(KeyUsage.CardVerification), new CardCodeTerms((CardCodeKind)(small % 5), one, other, one), other);
        hsm.VerifyDcvv(_rig.Key(KeyUsage.EmvDynamicNumber), new EmvCard(one, number), new CardCodeTerms(CardCodeKind.Cvv, one, other), other, one);
        hsm.VerifyCvc3(_rig.Key(KeyUsage.EmvDynamicNumber), new EmvCard(Rig.PanDigits, small % 100), one, 1, 2, other);
        var padding = (MacPadding)(small % 4);
        hsm.VerifyArqc(_rig.Key(KeyUsage.EmvCryptogram), new EmvCard(Rig.PanDigits, number), new EmvCryptogram(default, one, padding, other));
        hsm.GenerateArpc(_rig.Key(KeyUsage.EmvCryptogram), new EmvCard(one, 1), default, other, (ArpcMethod)(small % 4), one, target);
        hsm.GenerateScriptMac(_rig.Key(KeyUsage.EmvScriptMac), new EmvCard(one, 1), default, other, padding, target.AsSpan(0, small % 64));
        var mac = new MacSide(_rig.Key(KeyUsage.BaseDerivation), padding, one, (DukptUse)(small % 7));
        hsm.GenerateMac(in mac, other, target.AsSpan(0, small % 64));
        hsm.EncryptData(new CipherSide(_rig.Key(KeyUsage.Data), (BlockMode)(small % 4), one), other, target);
        hsm.CheckComponent((KeyAlgorithm)small, one, out _);
        hsm.CheckComponent(KeyAlgorithm.Hmac, one, out _);
        hsm.GenerateKey(new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Aes, KeyMode.Both, (KeyExportability)small, $"{number}"), number, out _);
        hsm.Tokenise(_rig.Key(KeyUsage.Tokens, KeyAlgorithm.Aes), one, number, other, target);
        hsm.ImportKeyBlock(_rig.Key(KeyUsage.KeyBlockProtection), one, out _);
        hsm.ImportKeyBlock(_rig.Key(KeyUsage.KeyBlockProtection, KeyAlgorithm.Aes), Rig.Ascii($"D{one.Length + 5:D4}").Concat(one).ToArray(), out _);
        hsm.DeriveInitialKey(_rig.Key(KeyUsage.BaseDerivation), one, out _);
        hsm.FormKey(new KeyAttributes((KeyUsage)number, (KeyAlgorithm)small, (KeyMode)small), one, other, one, out _);
        DukptCounter.Check(one);
    }

    [Fact]
    public void What_is_secret_has_no_string_form_and_no_record_prints_it()
    {
        var key = _rig.Enter(KeyUsage.Data, "2315208C9110AD402315BA7C10D5E9C7");
        Assert.Equal("key", _rig.Hsm.Held(key).ToString());
        Assert.Equal("key", _rig.Hsm.Held(key).Schedule.ToString());
        Assert.True(ClearPin.TryTake("1234"u8, out var pin));
        Assert.Equal("PIN", pin.ToString());
        Assert.Equal($"D0 T128 {key.CheckValue}", key.ToString());
        Assert.DoesNotContain("2315208C", key.ToString(), StringComparison.Ordinal);

        // A record prints its members; none may have bytes, words of bytes, or one of the types above in it. Vectors are published.
        Type[] secrets = [typeof(byte[]), typeof(ClearPin), typeof(KeySchedule), typeof(KeyMaterial), typeof(Memory<byte>), typeof(ReadOnlyMemory<byte>)];
        var printing = typeof(IPaymentHsm).Assembly.GetTypes()
            .Where(type => type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null)
            .Where(type => type.Namespace != "SunnySwitch.Hsm.Vectors")
            .SelectMany(type => type.GetProperties().Select(property => (type, property)))
            .Where(each => secrets.Contains(each.property.PropertyType));
        Assert.Empty(printing);
    }

    [Fact]
    public void Types_that_carry_card_data_live_on_the_stack_only()
    {
        Type[] types =
        [
            typeof(PinSide), typeof(ClearPin), typeof(CardCodeTerms), typeof(EmvCard), typeof(EmvCryptogram), typeof(MacSide), typeof(CipherSide),
            typeof(Ibm3624Terms), typeof(DukptTdes.Key),
        ];
        foreach (var type in types)
        {
            Assert.True(type.IsByRefLike, type.Name);
            Assert.NotNull(type.GetCustomAttribute<IsByRefLikeAttribute>());
        }
    }

    [Fact]
    public void Every_result_has_a_text_and_a_code_of_its_own_kind()
    {
        var all = Enum.GetValues<HsmResult>();
        Assert.Equal(Enumerable.Range(0, all.Length), all.Select(each => (int)each));
        Assert.Equal(all.Length, all.Select(each => each.Text()).Distinct().Count());
        Assert.Equal(("unknown", "88"), (((HsmResult)200).Text(), ((HsmResult)200).Code().ToString()));
        var codes = string.Join(' ', all.Select(each => each.Code().ToString()));
        Assert.Equal("00 55 75 81 81 86 86 82 82 63 88 88 88 88 88 88 88 88 88 88 88 88 88 88 88 88 96 96 96 96 96 96 96 96 96", codes);
    }

    [Fact]
    public void The_software_module_says_that_it_is_no_secure_device()
    {
        Assert.Equal(("software", false), (_rig.Hsm.Name, _rig.Hsm.IsSecureDevice));
        byte[] one = new byte[32], other = new byte[32];
        Assert.Equal(HsmResult.Done, _rig.Hsm.Random(one));
        Assert.Equal(HsmResult.Done, _rig.Hsm.Random(other));
        Assert.NotEqual(one, other);
    }

    public void Dispose() => _rig.Dispose();

    private HsmResult Verify(HsmKey cvk, CardCodeKind kind, string code) =>
        _rig.Hsm.VerifyCardCode(cvk, new CardCodeTerms(kind, Rig.PanDigits, _expiry, _service), Rig.Ascii(code));

    // The script MAC over the card's data under the same key is the cryptogram that the card would make.
    private (HsmKey Issuer, byte[] Value) Cryptogram(in EmvSession session)
    {
        const string Key = "2315208C9110AD402315BA7C10D5E9C7";
        var value = new byte[8];
        var scripts = _rig.Enter(KeyUsage.EmvScriptMac, Key);
        var card = new EmvCard(Rig.PanDigits, 1);
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateScriptMac(scripts, in card, in session, _data, MacPadding.OneAndZeros, value));
        return (_rig.Enter(KeyUsage.EmvCryptogram, Key), value);
    }

    private IEnumerable<(string Name, Func<HsmResult> Work)> Operations()
    {
        var (hsm, pan, target) = (_rig.Hsm, Rig.PanDigits, new byte[64]);
        lock (_rig)
        {
            HsmKey zpk = _rig.Key(KeyUsage.PinEncryption);
            HsmKey aes = _rig.Key(KeyUsage.PinEncryption, KeyAlgorithm.Aes), pvk = _rig.Key(KeyUsage.PinVerificationPvv);
            HsmKey bdk = _rig.Key(KeyUsage.BaseDerivation);
            HsmKey aesBdk = _rig.Key(KeyUsage.BaseDerivation, KeyAlgorithm.Aes), cvk = _rig.Key(KeyUsage.CardVerification);
            HsmKey mac = _rig.Key(KeyUsage.MacAlgorithm3);
            HsmKey cmac = _rig.Key(KeyUsage.MacCmac, KeyAlgorithm.Aes), hmac = _rig.Key(KeyUsage.MacHmac, KeyAlgorithm.Hmac);
            HsmKey data = _rig.Key(KeyUsage.Data), tokens = _rig.Key(KeyUsage.Tokens, KeyAlgorithm.Aes);
            byte[] block = _rig.Block("1234"), pvv = new byte[4];
            byte[] code = new byte[3], ksn = Rig.Bytes("FFFF9876543210EFF800"), aesKsn = Rig.Bytes("1234567890123456FFFF0000");
            var (issuer, value) = Cryptogram(EmvSession.Common(7));
            hsm.GeneratePvv(_rig.Side(), block, pan, pvk, 1, pvv);
            hsm.GenerateCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv, pan, _expiry, _service), code);
            yield return ("translate 0 to 0", () =>
                hsm.TranslatePin(new PinSide(zpk, PinFormat.Iso0), block, new PinSide(zpk, PinFormat.Iso0), pan, target, out _));
            yield return ("translate 0 to 3", () =>
                hsm.TranslatePin(new PinSide(zpk, PinFormat.Iso0), block, new PinSide(zpk, PinFormat.Iso3), pan, target, out _));
            yield return ("translate 0 to 4", () =>
                hsm.TranslatePin(new PinSide(zpk, PinFormat.Iso0), block, new PinSide(aes, PinFormat.Iso4), pan, target, out _));
            yield return ("translate to DUKPT", () =>
                hsm.TranslatePin(new PinSide(zpk, PinFormat.Iso0), block, new PinSide(bdk, PinFormat.Iso0, ksn), pan, target, out _));
            yield return ("translate to AES DUKPT", () =>
                hsm.TranslatePin(new PinSide(zpk, PinFormat.Iso0), block, new PinSide(aesBdk, PinFormat.Iso4, aesKsn), pan, target, out _));
            yield return ("PVV", () => hsm.VerifyPvv(new PinSide(zpk, PinFormat.Iso0), block, pan, pvk, 1, pvv));
            yield return ("random PIN", () => hsm.GeneratePin(new PinSide(zpk, PinFormat.Iso0), pan, 12, target, out _));
            yield return ("CVV", () => hsm.VerifyCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv, pan, _expiry, _service), code));
            yield return ("ARQC and ARPC 1", () => hsm.VerifyArqcGenerateArpc(
                issuer, new EmvCard(pan, 1), new EmvCryptogram(EmvSession.Common(7), _data, MacPadding.OneAndZeros, value),
                ArpcMethod.ResponseCode, "00"u8, target));
            yield return ("ARPC 2, option B", () => hsm.GenerateArpc(
                issuer, new EmvCard("6799998900000200019"u8, 1, EmvDerivation.OptionB), EmvSession.Common(7), value,
                ArpcMethod.CardStatusUpdate, "0000"u8, target));
            yield return ("retail MAC", () => hsm.GenerateMac(new MacSide(mac), _data, target.AsSpan(0, 8)));
            yield return ("CMAC", () => hsm.GenerateMac(new MacSide(cmac), _data, target.AsSpan(0, 16)));
            yield return ("HMAC", () => hsm.GenerateMac(new MacSide(hmac), _data, target.AsSpan(0, 32)));
            yield return ("data", () => hsm.EncryptData(new CipherSide(data, BlockMode.Cbc, target.AsSpan(40, 8)), _data, target));
            yield return ("token", () => hsm.Tokenise(tokens, "47617390"u8, 10, "0101011"u8, target));
        }
    }
}

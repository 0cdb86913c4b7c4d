using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Tests.Keys;

/// <summary>Every operation with every key that there can be: only what the key is for.</summary>
public sealed class KeyRuleTests : IDisposable
{
    private readonly Rig _rig = new();

    private delegate HsmResult Call(HsmKey key);

    // Independent of the module's table: the usages of X9.143 and the modes, by operation.
    private static readonly Dictionary<string, string> _allowed = new()
    {
        ["translate from"] = "P0:TA:BDN B0:TA:XN",
        ["translate to"] = "P0:TA:BEN B0:TA:XN",
        ["generate PIN"] = "P0:TA:BEN B0:TA:XN",
        ["verify PVV"] = "V2:T:CVN",
        ["generate PVV"] = "V2:T:CGN",
        ["verify IBM"] = "V1:T:CVN",
        ["generate IBM offset"] = "V1:T:CGN",
        ["generate IBM PIN"] = "V1:T:CGN",
        ["verify card code"] = "C0:T:CVN",
        ["generate card code"] = "C0:T:CGN",
        ["verify dCVV"] = "E4:T:XN",
        ["verify CVC3"] = "E4:T:XN",
        ["verify ARQC"] = "E0:T:XN",
        ["generate ARPC"] = "E0:T:XN",
        ["verify ARQC, generate ARPC"] = "E0:T:XN",
        ["script MAC"] = "E2:T:XN",
        ["generate MAC"] = "M0:T:CGN M1:T:CGN M3:T:CGN M6:TA:CGN M7:H:CGN B0:TA:XN",
        ["verify MAC"] = "M0:T:CVN M1:T:CVN M3:T:CVN M6:TA:CVN M7:H:CVN B0:TA:XN",
        ["encrypt data"] = "D0:TA:BEN B0:TA:XN",
        ["decrypt data"] = "D0:TA:BDN B0:TA:XN",
        ["re-encrypt from"] = "D0:TA:BDN B0:TA:XN",
        ["re-encrypt to"] = "D0:TA:BEN B0:TA:XN",
        ["tokenise"] = "10:A:BEN",
        ["detokenise"] = "10:A:BDN",
        ["import"] = "K0:TA:BDN K1:TA:BDN",
        ["export"] = "K0:TA:BEN K1:TA:BEN",
        ["initial key"] = "B0:TA:XN",
    };

    [Fact]
    public void A_key_does_what_it_is_for_and_nothing_else()
    {
        var (done, refused) = (0, 0);
        var calls = Calls();
        Assert.Equal(_allowed.Keys.Order(), calls.Keys.Order());
        foreach (var key in AllKeys())
        {
            var (usage, algorithm, mode) = (key.ToString()[..2], (char)key.Attributes.Algorithm, (char)key.Attributes.Mode);
            foreach (var (name, call) in calls)
            {
                var rule = _allowed[name].Split(' ').Select(each => each.Split(':')).SingleOrDefault(each => each[0] == usage);
                var expected = rule is null ? HsmResult.KeyUsage
                    : !rule[1].Contains(algorithm) ? HsmResult.KeyAlgorithm
                    : !rule[2].Contains(mode) ? HsmResult.KeyMode
                    : HsmResult.Done;
                var result = call(key);
                // A key that may do it is asked with input that need not be right.
                var isRefusal = result is HsmResult.KeyUsage or HsmResult.KeyAlgorithm or HsmResult.KeyMode;
                Assert.True(expected == HsmResult.Done ? !isRefusal : result == expected, $"{name} with {usage} {algorithm} {mode}: {result}");
                if (isRefusal) refused++;
                else done++;
            }
        }

        Assert.True(done > 150 && refused > 2_000, $"{done} {refused}");
    }

    [Fact]
    public void There_is_no_key_whose_usage_algorithm_or_mode_does_not_fit()
    {
        var made = 0;
        foreach (var usage in Enum.GetValues<KeyUsage>())
        {
            foreach (var algorithm in Enum.GetValues<KeyAlgorithm>())
            {
                foreach (var mode in Enum.GetValues<KeyMode>())
                {
                    var result = _rig.Hsm.GenerateKey(new KeyAttributes(usage, algorithm, mode), 128, out var key);
                    Assert.Equal(result == HsmResult.Done, key is not null);
                    Assert.True(result is HsmResult.Done or HsmResult.KeyUsage or HsmResult.KeyAlgorithm or HsmResult.KeyMode);
                    if (key is not null) made++;
                }
            }
        }

        Assert.Equal(AllKeys().Count(), made);
        Assert.Equal(HsmResult.KeyUsage, _rig.Hsm.GenerateKey(new KeyAttributes((KeyUsage)0x5A5A, KeyAlgorithm.Tdea, KeyMode.Any), 128, out _));
        Assert.Equal(HsmResult.KeyAlgorithm, _rig.Hsm.GenerateKey(new KeyAttributes(KeyUsage.Data, (KeyAlgorithm)'D', KeyMode.Any), 128, out _));
        Assert.Equal(HsmResult.KeyMode, _rig.Hsm.GenerateKey(new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Aes, (KeyMode)'S'), 128, out _));
    }

    [Fact]
    public void Handles_of_another_module_and_of_removed_keys_are_refused_by_every_operation()
    {
        using var other = new Rig();
        var foreign = other.Key(KeyUsage.Data);
        var removed = _rig.New(KeyUsage.PinEncryption, KeyMode.Both);
        Assert.Equal(HsmResult.Done, _rig.Hsm.RemoveKey(removed));
        Assert.Equal(HsmResult.UnknownKey, _rig.Hsm.RemoveKey(removed));
        foreach (var (name, call) in Calls())
        {
            foreach (var key in new[] { foreign, removed, null! }) Assert.True(call(key) == HsmResult.UnknownKey, $"{name}: {call(key)}");
        }
    }

    public void Dispose() => _rig.Dispose();

    private IEnumerable<HsmKey> AllKeys()
    {
        var made = new HashSet<(string, char, char)>();
        foreach (var rule in _allowed.Values.Append("B1:TA:XN").SelectMany(each => each.Split(' ')).Select(each => each.Split(':')))
        {
            foreach (var (algorithm, mode) in rule[1].SelectMany(algorithm => rule[2].Select(mode => (algorithm, mode))))
            {
                if (!made.Add((rule[0], algorithm, mode))) continue;
                yield return _rig.New((KeyUsage)(rule[0][0] << 8 | rule[0][1]), (KeyMode)mode, (KeyAlgorithm)algorithm);
            }
        }
    }

    private Dictionary<string, Call> Calls()
    {
        var (hsm, pan) = (_rig.Hsm, Rig.PanDigits);
        byte[] block = _rig.Block("1234"), target = new byte[64], text = new byte[32], big = new byte[256];
        return new Dictionary<string, Call>
        {
            ["translate from"] = key =>
                hsm.TranslatePin(Side(key), IsAes(key) ? text.AsSpan(0, 16) : block, _rig.Side(), pan, target, out _),
            ["translate to"] = key => hsm.TranslatePin(_rig.Side(), block, Side(key), pan, target, out _),
            ["generate PIN"] = key => hsm.GeneratePin(Side(key), pan, 4, target, out _),
            ["verify PVV"] = key => hsm.VerifyPvv(_rig.Side(), block, pan, key, 1, "1234"u8),
            ["generate PVV"] = key => hsm.GeneratePvv(_rig.Side(), block, pan, key, 1, target),
            ["verify IBM"] = key => hsm.VerifyIbmPin(_rig.Side(), block, pan, key, Terms, "0000"u8),
            ["generate IBM offset"] = key => hsm.GenerateIbmOffset(_rig.Side(), block, pan, key, Terms, target, out _),
            ["generate IBM PIN"] = key => hsm.GenerateIbmPin(key, Terms, "0000"u8, _rig.Side(), pan, target, out _),
            ["verify card code"] = key => hsm.VerifyCardCode(key, CardTerms, "123"u8),
            ["generate card code"] = key => hsm.GenerateCardCode(key, CardTerms, target),
            ["verify dCVV"] = key => hsm.VerifyDcvv(key, new EmvCard(pan, 1), CardTerms, "0001"u8, "123"u8),
            ["verify CVC3"] = key => hsm.VerifyCvc3(key, new EmvCard(pan, 1), text, 1, 1, "123"u8),
            ["verify ARQC"] = key => hsm.VerifyArqc(key, new EmvCard(pan, 1), Cryptogram(text)),
            ["generate ARPC"] = key =>
                hsm.GenerateArpc(key, new EmvCard(pan, 1), EmvSession.None, text.AsSpan(0, 8), ArpcMethod.ResponseCode, "00"u8, target),
            ["verify ARQC, generate ARPC"] = key => hsm.VerifyArqcGenerateArpc(
                key, new EmvCard(pan, 1), Cryptogram(text), ArpcMethod.ResponseCode, "00"u8, target),
            ["script MAC"] = key => hsm.GenerateScriptMac(key, new EmvCard(pan, 1), EmvSession.None, text, MacPadding.Zeros, target.AsSpan(0, 8)),
            ["generate MAC"] = key => hsm.GenerateMac(new MacSide(key, MacPadding.Zeros, Ksn(key)), text, target.AsSpan(0, 4)),
            ["verify MAC"] = key => hsm.VerifyMac(new MacSide(key, MacPadding.Zeros, Ksn(key)), text, text.AsSpan(0, 4)),
            ["encrypt data"] = key => hsm.EncryptData(Cipher(key), text, target),
            ["decrypt data"] = key => hsm.DecryptData(Cipher(key), text, target),
            ["re-encrypt from"] = key => hsm.ReEncryptData(Cipher(key), Cipher(_rig.Key(KeyUsage.Data)), text, target),
            ["re-encrypt to"] = key => hsm.ReEncryptData(Cipher(_rig.Key(KeyUsage.Data)), Cipher(key), text, target),
            ["tokenise"] = key => hsm.Tokenise(key, default, 10, "1234567"u8, target),
            ["detokenise"] = key => hsm.Detokenise(key, default, 10, "1234567"u8, target),
            ["import"] = key => hsm.ImportKeyBlock(key, big, out _),
            ["export"] = key => hsm.ExportKeyBlock(key, _rig.Key(KeyUsage.Data), big, out _),
            ["initial key"] = key =>
                hsm.DeriveInitialKey(key, text.AsSpan(0, IsAes(key) ? 8 : 10), out _),
        };
    }

    private static Ibm3624Terms Terms => new("0123456789012345"u8, "0123456789ABCDEF"u8);

    private static CardCodeTerms CardTerms => new(CardCodeKind.Cvv, Rig.PanDigits, "3012"u8, "201"u8);

    private static EmvCryptogram Cryptogram(byte[] text) => new(EmvSession.None, text, MacPadding.Zeros, text.AsSpan(0, 8));

    private static CipherSide Cipher(HsmKey key) => new(key, BlockMode.Ecb, ksn: Ksn(key));

    private static PinSide Side(HsmKey key) => new(key, IsAes(key) ? PinFormat.Iso4 : PinFormat.Iso0, Ksn(key));

    private static bool IsAes(HsmKey? key) => key?.Attributes.Algorithm == KeyAlgorithm.Aes;

    private static byte[] Ksn(HsmKey? key) => key?.Attributes.Usage != KeyUsage.BaseDerivation ? []
        : Rig.Bytes(key.Attributes.Algorithm == KeyAlgorithm.Aes ? "123456789012345600000001" : "FFFF9876543210E00001");
}

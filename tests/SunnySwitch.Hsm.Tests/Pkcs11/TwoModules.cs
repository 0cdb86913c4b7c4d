using System.Text;
using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Pkcs11;

/// <summary>The same keys in the software module and in a token, and the operations that give the same on both.</summary>
internal sealed class TwoModules
{
    private readonly Random _random;
    private readonly Dictionary<HsmKey, HsmKey> _twin = [];

    public TwoModules(IPaymentHsm token, int seed)
    {
        (Token, _random) = (token, new Random(seed));
        foreach (var (name, usage, algorithm, mode, bits) in Kinds) Keys[name] = Enter(usage, algorithm, mode, bits / 8);
    }

    /// <summary>Another token that has the same keys.</summary>
    public TwoModules(TwoModules before, IPaymentHsm token, Dictionary<string, HsmKey> keys, int seed)
    {
        (Software, Token, _random) = (before.Software, token, new Random(seed));
        foreach (var (name, key) in before.Keys) (Keys[name], _twin[key]) = (key, keys[name]);
    }

    private static readonly (string Name, KeyUsage Usage, KeyAlgorithm Algorithm, KeyMode Mode, int Bits)[] Kinds =
    [
        ("pin", KeyUsage.PinEncryption, KeyAlgorithm.Tdea, KeyMode.Both, 128),
        ("pin3", KeyUsage.PinEncryption, KeyAlgorithm.Tdea, KeyMode.Any, 192),
        ("pinAes", KeyUsage.PinEncryption, KeyAlgorithm.Aes, KeyMode.Both, 256),
        ("pvk", KeyUsage.PinVerificationPvv, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify, 128),
        ("ibm", KeyUsage.PinVerificationIbm3624, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify, 192),
        ("cvk", KeyUsage.CardVerification, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify, 128),
        ("arqc", KeyUsage.EmvCryptogram, KeyAlgorithm.Tdea, KeyMode.Derive, 128),
        ("script", KeyUsage.EmvScriptMac, KeyAlgorithm.Tdea, KeyMode.Derive, 128),
        ("dynamic", KeyUsage.EmvDynamicNumber, KeyAlgorithm.Tdea, KeyMode.Derive, 192),
        ("m1", KeyUsage.MacAlgorithm1, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify, 128),
        ("m3", KeyUsage.MacAlgorithm3, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify, 192),
        ("cmac", KeyUsage.MacCmac, KeyAlgorithm.Tdea, KeyMode.Any, 128),
        ("cmacAes", KeyUsage.MacCmac, KeyAlgorithm.Aes, KeyMode.Any, 192),
        ("hmac", KeyUsage.MacHmac, KeyAlgorithm.Hmac, KeyMode.Any, 128),
        ("hmacLong", KeyUsage.MacHmac, KeyAlgorithm.Hmac, KeyMode.Any, 512),
        ("data", KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Both, 192),
        ("dataAes", KeyUsage.Data, KeyAlgorithm.Aes, KeyMode.Both, 128),
        ("tokens", KeyUsage.Tokens, KeyAlgorithm.Aes, KeyMode.Both, 256),
        ("bdk", KeyUsage.BaseDerivation, KeyAlgorithm.Tdea, KeyMode.Derive, 128),
        ("bdkAes", KeyUsage.BaseDerivation, KeyAlgorithm.Aes, KeyMode.Derive, 192),
    ];

    public SoftwareHsm Software { get; private init; } = new();

    public IPaymentHsm Token { get; }

    /// <summary>Handles of the software module, by name.</summary>
    public Dictionary<string, HsmKey> Keys { get; } = [];

    /// <summary>The same key in a module.</summary>
    public HsmKey In(IPaymentHsm hsm, string name) => hsm == Software ? Keys[name] : _twin[Keys[name]];

    /// <summary>A random key, by components, in both.</summary>
    private HsmKey Enter(KeyUsage usage, KeyAlgorithm algorithm, KeyMode mode, int bytes)
    {
        var attributes = new KeyAttributes(usage, algorithm, mode, KeyExportability.Exportable);
        byte[] first = new byte[bytes], second = new byte[bytes];
        _random.NextBytes(first);
        _random.NextBytes(second);
        if (algorithm == KeyAlgorithm.Tdea) KeyChecks.SetOddParity(first);
        for (var index = 0; index < bytes; index++) second[index] &= 0xFE;
        if (algorithm == KeyAlgorithm.Tdea) for (var index = 0; index < bytes; index++) second[index] ^= (byte)(byte.PopCount(second[index]) & 1);
        Assert.Equal(HsmResult.Done, Software.FormKey(in attributes, first, second, default, out var mine));
        Assert.Equal(HsmResult.Done, Token.FormKey(in attributes, first, second, default, out var theirs));
        Assert.Equal(mine!.CheckValue, theirs!.CheckValue);
        _twin[mine] = theirs;
        return mine;
    }

    /// <summary>One round of every operation whose outcome is no chance, with the input of this round: what each module said.</summary>
    public IEnumerable<(string Operation, string Mine, string Theirs)> Round()
    {
        var pan = Digits(_random.Next(13, 20));
        var (length, sequence, counter) = (_random.Next(1, 257), _random.Next(0, 100), (ushort)_random.Next(0, 65536));
        byte[] data = new byte[length], blocks = new byte[16 * _random.Next(1, 20)], vector = new byte[16];
        _random.NextBytes(data);
        _random.NextBytes(blocks);
        _random.NextBytes(vector);
        var padding = (MacPadding)_random.Next(1, 3);
        var session = _random.Next(3) switch
        {
            0 => EmvSession.None,
            1 => EmvSession.Common(counter),
            _ => EmvSession.Mastercard(counter, (uint)_random.Next()),
        };
        var derivation = (EmvDerivation)_random.Next(2);
        foreach (var each in Pins(pan, Digits(_random.Next(4, 13)))) yield return each;
        foreach (var each in Cards(pan, sequence, derivation, session, data, padding, counter)) yield return each;
        foreach (var name in new[] { "m1", "m3", "cmac", "cmacAes", "hmac", "hmacLong" })
        {
            var size = name switch { "cmacAes" => 16, "hmac" or "hmacLong" => 32, _ => 8 };
            yield return Both($"MAC {name}", size, (hsm, target) => hsm.GenerateMac(new MacSide(In(hsm, name), padding), data, target));
        }

        foreach (var (name, size) in new[] { ("data", 8), ("dataAes", 16) })
        {
            yield return Both($"ECB {name}", blocks.Length, (hsm, to) => hsm.EncryptData(new CipherSide(In(hsm, name), BlockMode.Ecb), blocks, to));
            yield return Both($"CBC {name}", blocks.Length, (hsm, to) =>
                hsm.EncryptData(new CipherSide(In(hsm, name), BlockMode.Cbc, vector.AsSpan(0, size)), blocks, to));
            yield return Both($"back {name}", blocks.Length, (hsm, to) =>
                hsm.DecryptData(new CipherSide(In(hsm, name), BlockMode.Cbc, vector.AsSpan(0, size)), blocks, to));
        }

        yield return Both("re-encrypt", blocks.Length, (hsm, to) => hsm.ReEncryptData(
            new CipherSide(In(hsm, "data"), BlockMode.Ecb), new CipherSide(In(hsm, "dataAes"), BlockMode.Cbc, vector), blocks, to));
        yield return Both("token", 8, (hsm, to) => hsm.Tokenise(In(hsm, "tokens"), pan.AsSpan(0, 4), 10, Encoding.ASCII.GetBytes("04611219"), to));
        foreach (var each in Devices(data, padding)) yield return each;
    }

    private IEnumerable<(string, string, string)> Pins(byte[] pan, byte[] pin)
    {
        // The block of a PIN is made of an offset, by the one operation that takes one.
        byte[] table = "0123456789012345"u8.ToArray(), validation = "0123456789ABCDEF"u8.ToArray(), block = new byte[8];
        var fine = Software.GenerateIbmPin(Keys["ibm"], new Ibm3624Terms(table, validation), pin, new PinSide(Keys["pin"], PinFormat.Iso0), pan, block, out _);
        Assert.Equal(HsmResult.Done, fine);
        if (_random.Next(4) == 0) block[_random.Next(8)] ^= (byte)(1 << _random.Next(8));
        yield return Both("IBM PIN", 8, (hsm, to) => hsm.GenerateIbmPin(
            In(hsm, "ibm"), new Ibm3624Terms(table, validation), pin, new PinSide(In(hsm, "pin"), PinFormat.Iso0), pan, to, out _));
        yield return Both("IBM offset", 12, (hsm, to) => hsm.GenerateIbmOffset(
            new PinSide(In(hsm, "pin"), PinFormat.Iso0), block, pan, In(hsm, "ibm"), new Ibm3624Terms(table, validation), to, out _));
        yield return Both("PVV", 4, (hsm, to) => hsm.GeneratePvv(new PinSide(In(hsm, "pin"), PinFormat.Iso0), block, pan, In(hsm, "pvk"), 3, to));
        yield return Both("translate", 8, (hsm, to) => hsm.TranslatePin(
            new PinSide(In(hsm, "pin"), PinFormat.Iso0), block, new PinSide(In(hsm, "pin3"), PinFormat.Iso0), pan, to, out _));
        // Format 4 is random: there by one module, back by the other.
        var four = new byte[16];
        var there = Token.TranslatePin(
            new PinSide(In(Token, "pin"), PinFormat.Iso0), block, new PinSide(In(Token, "pinAes"), PinFormat.Iso4), pan, four, out _);
        var own = new byte[16];
        var mine = Software.TranslatePin(
            new PinSide(Keys["pin"], PinFormat.Iso0), block, new PinSide(Keys["pinAes"], PinFormat.Iso4), pan, own, out _);
        Assert.Equal(mine, there);
        if (there != HsmResult.Done) four = own = new byte[16];
        yield return Both("from format 4", 8, (hsm, to) => hsm.TranslatePin(
            new PinSide(In(hsm, "pinAes"), PinFormat.Iso4), hsm == Software ? four : own, new PinSide(In(hsm, "pin"), PinFormat.Iso0), pan, to, out _));
    }

    private IEnumerable<(string, string, string)> Cards(
        byte[] pan, int sequence, EmvDerivation derivation, EmvSession session, byte[] data, MacPadding padding, ushort counter)
    {
        byte[] expiry = "3012"u8.ToArray(), service = "201"u8.ToArray(), cryptogram = new byte[8], code = Digits(3);
        _random.NextBytes(cryptogram);
        yield return Both("CVV", 3, (hsm, to) => hsm.GenerateCardCode(In(hsm, "cvk"), new CardCodeTerms(CardCodeKind.Cvv, pan, expiry, service), to));
        yield return Both("script MAC", 8, (hsm, to) =>
            hsm.GenerateScriptMac(In(hsm, "script"), new EmvCard(pan, sequence, derivation), session, data, padding, to));
        foreach (var (method, answer) in new[] { (ArpcMethod.ResponseCode, "00"u8.ToArray()), (ArpcMethod.CardStatusUpdate, new byte[7]) })
        {
            yield return Both($"ARPC {method}", 8, (hsm, to) =>
                hsm.GenerateArpc(In(hsm, "arqc"), new EmvCard(pan, sequence, derivation), session, cryptogram, method, answer, to));
        }

        yield return Both("wrong ARQC", 1, (hsm, _) =>
            hsm.VerifyArqc(In(hsm, "arqc"), new EmvCard(pan, sequence, derivation), new EmvCryptogram(session, data, padding, cryptogram)));
        yield return Both("dCVV", 1, (hsm, _) => hsm.VerifyDcvv(
            In(hsm, "dynamic"), new EmvCard(pan, sequence, derivation), new CardCodeTerms(CardCodeKind.Cvv, pan, expiry, service), "0017"u8, code));
        yield return Both("CVC3", 1, (hsm, _) => hsm.VerifyCvc3(
            In(hsm, "dynamic"), new EmvCard(pan, sequence, derivation), data.AsSpan(0, Math.Min(64, data.Length)), counter, 7, code.AsSpan(0, 1)));
    }

    private IEnumerable<(string, string, string)> Devices(byte[] data, MacPadding padding)
    {
        byte[] ksn = Convert.FromHexString("FFFF9876543210E00000"), aesKsn = Convert.FromHexString("123456789012345600000000");
        for (var bit = 0; bit < 9; bit++) ksn[7 + _random.Next(3)] |= (byte)(1 << _random.Next(5));
        for (var bit = 0; bit < 12; bit++) aesKsn[8 + _random.Next(4)] |= (byte)(1 << _random.Next(8));
        var use = (DukptUse)_random.Next(1, 3);
        var working = (DukptKeyType)new[] { 0, 2, 3, 4 }[_random.Next(4)];
        yield return Both("DUKPT MAC", 8, (hsm, to) => hsm.GenerateMac(new MacSide(In(hsm, "bdk"), padding, ksn, use), data, to));
        yield return Both("AES DUKPT MAC", 16, (hsm, to) => hsm.GenerateMac(new MacSide(In(hsm, "bdkAes"), padding, aesKsn, use, working), data, to));
        yield return Both("DUKPT data", 16, (hsm, to) => hsm.EncryptData(
            new CipherSide(In(hsm, "bdk"), BlockMode.Cbc, new byte[8], ksn, DukptUse.DataResponse), new byte[16], to));
        yield return Both("AES DUKPT data", 16, (hsm, to) => hsm.DecryptData(
            new CipherSide(In(hsm, "bdkAes"), BlockMode.Ecb, default, aesKsn, DukptUse.DataRequest, working), new byte[16], to));
    }

    private delegate HsmResult Work(IPaymentHsm hsm, Span<byte> target);

    private (string, string, string) Both(string operation, int bytes, Work work) => (operation, Run(Software, bytes, work), Run(Token, bytes, work));

    private static string Run(IPaymentHsm hsm, int bytes, Work work)
    {
        var target = new byte[bytes];
        return $"{work(hsm, target)} {Convert.ToHexString(target)}";
    }

    private byte[] Digits(int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)('0' + _random.Next(10)))];
}

using SunnySwitch.Hsm.Cards;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Pkcs11;

namespace SunnySwitch.Hsm.Tests.Pkcs11;

/// <summary>What a token does is what the software module does; and what it leaves behind.</summary>
public sealed class Pkcs11OperationTests : IDisposable
{
    private readonly Pkcs11Hsm _hsm = SoftToken.Open();

    [Theory, InlineData(1), InlineData(7), InlineData(42)]
    public void A_token_says_what_the_software_module_says(int seed)
    {
        var both = new TwoModules(_hsm, seed);
        var (rounds, done) = (40, 0);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (operation, mine, theirs) in both.Round())
            {
                Assert.Equal($"{operation}: {mine}", $"{operation}: {theirs}");
                if (mine.StartsWith("Done", StringComparison.Ordinal)) done++;
            }
        }

        Assert.True(done > rounds * 15, $"{done} of all came to a value");
    }

    [Theory]
    [InlineData(KeyAlgorithm.Tdea, 128), InlineData(KeyAlgorithm.Tdea, 192)]
    [InlineData(KeyAlgorithm.Aes, 128), InlineData(KeyAlgorithm.Aes, 192), InlineData(KeyAlgorithm.Aes, 256)]
    [InlineData(KeyAlgorithm.Hmac, 128), InlineData(KeyAlgorithm.Hmac, 320), InlineData(KeyAlgorithm.Hmac, 512)]
    public void A_key_that_a_token_made_is_the_same_in_the_software_module_by_its_key_block(KeyAlgorithm algorithm, int bits)
    {
        using var software = new Hsm.Software.SoftwareHsm();
        var kek = new TwoKeks(_hsm, software);
        var usage = algorithm == KeyAlgorithm.Hmac ? KeyUsage.MacHmac : KeyUsage.MacCmac;
        var attributes = new KeyAttributes(usage, algorithm, KeyMode.Any, KeyExportability.Exportable);
        Assert.Equal(HsmResult.Done, _hsm.GenerateKey(in attributes, bits, out var made));
        var (block, mine, theirs) = (new byte[256], new byte[8], new byte[8]);
        Assert.Equal(HsmResult.Done, _hsm.ExportKeyBlock(kek.Token, made!, block, out var characters));
        Assert.Equal(HsmResult.Done, software.ImportKeyBlock(kek.Software, block.AsSpan(0, characters), out var again));
        Assert.Equal((made!.CheckValue, made.Bits, made.Attributes), (again!.CheckValue, again.Bits, again.Attributes));
        Assert.Equal(HsmResult.Done, software.GenerateMac(new MacSide(again), "a message"u8, mine));
        Assert.Equal(HsmResult.Done, _hsm.GenerateMac(new MacSide(made), "a message"u8, theirs));
        Assert.Equal(mine, theirs);
        Assert.Equal(HsmResult.Done, software.ExportKeyBlock(kek.Software, again, block, out characters));
        Assert.Equal(HsmResult.Done, _hsm.ImportKeyBlock(kek.Token, block.AsSpan(0, characters), out again));
        Assert.Equal(HsmResult.Done, _hsm.VerifyMac(new MacSide(again!), "a message"u8, mine));
        block[characters - 1] = (byte)(block[characters - 1] == '0' ? '1' : '0');
        Assert.Equal(HsmResult.KeyBlockMac, _hsm.ImportKeyBlock(kek.Token, block.AsSpan(0, characters), out _));
    }

    [Fact]
    public void A_key_that_may_never_leave_does_not_and_a_removed_one_is_refused()
    {
        var kek = New(KeyUsage.KeyBlockProtection, KeyMode.Both, KeyAlgorithm.Aes, 256);
        var key = New(KeyUsage.Data, KeyMode.Both, KeyAlgorithm.Aes, 128, KeyExportability.Never);
        Assert.Equal(HsmResult.KeyNotExportable, _hsm.ExportKeyBlock(kek, key, new byte[256], out _));
        Assert.Equal(HsmResult.Done, _hsm.RemoveKey(key));
        Assert.Equal(HsmResult.UnknownKey, _hsm.RemoveKey(key));
        Assert.Equal(HsmResult.UnknownKey, _hsm.EncryptData(new CipherSide(key, BlockMode.Ecb), new byte[16], new byte[16]));
    }

    [Fact]
    public void Keys_are_used_for_what_they_are_for_by_the_rules_and_by_the_token_itself()
    {
        var issuer = New(KeyUsage.EmvCryptogram, KeyMode.Derive, KeyAlgorithm.Tdea, 128);
        Assert.Equal(HsmResult.KeyUsage, _hsm.EncryptData(new CipherSide(issuer, BlockMode.Ecb), new byte[8], new byte[8]));
        var mac = New(KeyUsage.MacCmac, KeyMode.Verify, KeyAlgorithm.Aes, 128);
        Assert.Equal(HsmResult.KeyMode, _hsm.GenerateMac(new MacSide(mac), "a message"u8, new byte[8]));
        Assert.True(_hsm.TryTakeHome(out var engine, out _));
        try
        {
            // Past the rules: the objects themselves refuse.
            var objects = engine.Find(issuer)!;
            Assert.Equal(HsmResult.KeyUsage, Assert.Throws<HsmException>(() => engine.Session.Encrypt64(objects.Whole.Number, 0)).Result);
            Assert.Equal(HsmResult.KeyUsage, Assert.Throws<HsmException>(() => engine.Session.Decrypt64(objects.Whole.Number, 0)).Result);
            var refused = Assert.Throws<HsmException>(() => engine.Session.Wrap(engine.Wrapping, objects.Whole.Number));
            Assert.Equal(HsmResult.KeyNotExportable, refused.Result);
            refused = Assert.Throws<HsmException>(() => engine.Session.Wrap(engine.Wrapping, engine.Wrapping));
            Assert.Equal(HsmResult.KeyNotExportable, refused.Result);
        }
        finally
        {
            _hsm.GiveHome();
        }
    }

    [Fact]
    public void Nothing_is_left_in_a_session_after_an_operation_whether_it_went_well_or_not()
    {
        var both = new TwoModules(_hsm, 3);
        foreach (var (operation, _, _) in both.Round())
        {
            Assert.True(_hsm.TryTake(out var engine, out _));
            var isWiped = engine.Session.IsWiped;
            _hsm.Give(engine);
            Assert.True(isWiped, operation);
        }

        Assert.True(_hsm.TryTakeHome(out var home, out _));
        var isHomeWiped = home.Session.IsWiped;
        _hsm.GiveHome();
        Assert.True(isHomeWiped);
        Assert.True(_hsm.TryTake(out var used, out _));
        used.Session.Encrypt64(((TokenKey)used.Find(both.In(_hsm, "pin"))!).Whole.Number, 7);
        Assert.False(used.Session.IsWiped);                             // Control.
        _hsm.Give(used);
    }

    [Fact]
    public void Operations_allocate_nothing()
    {
        HsmKey one = New(KeyUsage.PinEncryption, KeyMode.Both), pvk = New(KeyUsage.PinVerificationPvv, KeyMode.Any);
        HsmKey cvk = New(KeyUsage.CardVerification, KeyMode.Any), issuer = New(KeyUsage.EmvCryptogram, KeyMode.Derive);
        HsmKey mac = New(KeyUsage.MacAlgorithm3, KeyMode.Any), bdk = New(KeyUsage.BaseDerivation, KeyMode.Derive, KeyAlgorithm.Aes);
        byte[] block = new byte[8], target = new byte[16], ksn = Convert.FromHexString("123456789012345600000003"), data = new byte[200];
        Assert.Equal(HsmResult.Done, _hsm.GeneratePin(new PinSide(one, PinFormat.Iso0), Rig.PanDigits, 4, block, out _));
        void All()
        {
            _hsm.TranslatePin(new PinSide(one, PinFormat.Iso0), block, new PinSide(one, PinFormat.Iso3), Rig.PanDigits, target, out _);
            _hsm.VerifyPvv(new PinSide(one, PinFormat.Iso0), block, Rig.PanDigits, pvk, 1, "0000"u8);
            _hsm.VerifyCardCode(cvk, new CardCodeTerms(CardCodeKind.Cvv2, Rig.PanDigits, "3012"u8), "000"u8);
            _hsm.VerifyArqc(issuer, new EmvCard(Rig.PanDigits, 1), new EmvCryptogram(EmvSession.Common(7), data, MacPadding.Zeros, block));
            _hsm.GenerateMac(new MacSide(mac), data, target.AsSpan(0, 8));
            _hsm.GenerateMac(new MacSide(bdk, ksn: ksn), data, target);
        }

        for (var round = 0; round < 100; round++) All();
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var round = 0; round < 50; round++) All();
        }));
    }

    [Fact]
    public void Many_threads_ask_one_module_and_a_full_one_says_so_in_time()
    {
        var key = New(KeyUsage.MacCmac, KeyMode.Any, KeyAlgorithm.Aes, 128);
        var expected = new byte[16];
        Assert.Equal(HsmResult.Done, _hsm.GenerateMac(new MacSide(key), "a message"u8, expected));
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ =>
            Assert.Equal(HsmResult.Done, _hsm.VerifyMac(new MacSide(key), "a message"u8, expected)));
        using var narrow = Pkcs11Hsm.Open(SoftToken.Options() with { Sessions = 1, SessionWait = TimeSpan.FromMilliseconds(1) }, "492816"u8);
        Assert.True(narrow.TryTake(out var engine, out _));
        Assert.Equal(HsmResult.TimedOut, narrow.Random(new byte[8]));
        narrow.Give(engine);
        Assert.Equal(HsmResult.Done, narrow.Random(new byte[8]));
    }

    [Fact]
    public void A_full_table_and_a_published_key_are_refused_and_leave_no_object_behind()
    {
        using var small = Pkcs11Hsm.Open(SoftToken.Options() with { KeysMax = 1, RefusesPublishedKeys = true }, "492816"u8);
        var attributes = new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Both);
        var (first, second) = Rig.Components("0123456789ABCDEFFEDCBA9876543210");
        Assert.Equal(HsmResult.KeyPublished, small.FormKey(in attributes, first, second, default, out _));
        Assert.Equal(HsmResult.Done, small.GenerateKey(in attributes, 128, out var key));
        Assert.Equal(HsmResult.ModuleFailed, small.GenerateKey(in attributes, 128, out _));
        Assert.Equal(HsmResult.Done, small.RemoveKey(key!));
        Assert.Equal(HsmResult.Done, small.GenerateKey(in attributes, 192, out _));
    }

    public void Dispose() => _hsm.Dispose();

    private HsmKey New(
        KeyUsage usage, KeyMode mode, KeyAlgorithm algorithm = KeyAlgorithm.Tdea, int bits = 128,
        KeyExportability exportability = KeyExportability.Exportable)
    {
        Assert.Equal(HsmResult.Done, _hsm.GenerateKey(new KeyAttributes(usage, algorithm, mode, exportability), bits, out var key));
        return key!;
    }

    private sealed class TwoKeks
    {
        public TwoKeks(IPaymentHsm token, IPaymentHsm software)
        {
            var attributes = new KeyAttributes(KeyUsage.KeyBlockProtection, KeyAlgorithm.Aes, KeyMode.Both);
            var (first, second) = Rig.Components("88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6");
            Assert.Equal(HsmResult.Done, token.FormKey(in attributes, first, second, default, out var theirs));
            Assert.Equal(HsmResult.Done, software.FormKey(in attributes, first, second, default, out var mine));
            (Token, Software) = (theirs!, mine!);
        }

        public HsmKey Token { get; }

        public HsmKey Software { get; }
    }
}

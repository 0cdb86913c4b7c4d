using FsCheck.Xunit;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Blocks;

/// <summary>Key blocks come back as they went, and nothing that was changed, cut or wrapped by another key is taken.</summary>
public sealed class KeyBlockTests : IDisposable
{
    private readonly Rig _rig = new();

    [Property(MaxTest = 150)]
    public void A_key_that_leaves_comes_back_the_same(byte kindSeed, byte versionSeed, bool isSensitive)
    {
        var (usage, mode, algorithm, bits) = Kinds[kindSeed % Kinds.Length];
        var exportability = isSensitive ? KeyExportability.Sensitive : KeyExportability.Exportable;
        var attributes = new KeyAttributes(usage, algorithm, mode, exportability, $"{versionSeed % 100:D2}");
        Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateKey(in attributes, bits, out var key));
        var strength = KeyRules.Strength(algorithm, bits / 8);
        foreach (var (kek, kekStrength) in Keks())
        {
            var block = new byte[256];
            var result = _rig.Hsm.ExportKeyBlock(kek, key!, block, out var characters);
            Assert.Equal(strength > kekStrength ? HsmResult.KekTooWeak : HsmResult.Done, result);
            if (result != HsmResult.Done) continue;
            block = block[..characters];
            Assert.Equal(kek.Attributes.Algorithm == KeyAlgorithm.Aes ? 'D' : 'B', (char)block[0]);
            Assert.Equal(HsmResult.Done, _rig.Hsm.ImportKeyBlock(kek, block, out var again));
            Assert.Equal((attributes, key!.Bits, key.CheckValue), (again!.Attributes, again.Bits, again.CheckValue));
            Assert.True(_rig.Hsm.Held(key).Bytes.SequenceEqual(_rig.Hsm.Held(again).Bytes));
            Assert.Equal(HsmResult.TargetTooShort, _rig.Hsm.ExportKeyBlock(kek, key, block.AsSpan(1), out _));
        }
    }

    [Theory, InlineData('T'), InlineData('A')]
    public void A_block_that_was_changed_in_any_character_is_refused(char algorithm)
    {
        var (kek, block) = Exported((KeyAlgorithm)algorithm);
        var refusals = new HashSet<HsmResult>();
        for (var place = 0; place < block.Length; place++)
        {
            foreach (var other in "0123456789ABCDEFabcdefNSTXPK ~\0\u00ff".Where(each => each != block[place]))
            {
                var changed = block.ToArray();
                changed[place] = (byte)other;
                var result = _rig.Hsm.ImportKeyBlock(kek, changed, out var key);
                refusals.Add(result);
                Assert.Null(key);
            }
        }

        HsmResult[] expected = [HsmResult.KeyBlockLength, HsmResult.KeyBlockMalformed, HsmResult.KeyBlockMac, HsmResult.KeyBlockVersion];
        Assert.Equal(expected, refusals.Order());
    }

    [Theory, InlineData('T'), InlineData('A')]
    public void A_block_of_any_other_length_is_refused(char algorithm)
    {
        var (kek, block) = Exported((KeyAlgorithm)algorithm);
        for (var length = 0; length < block.Length; length++)
        {
            Assert.Equal(HsmResult.KeyBlockLength, _rig.Hsm.ImportKeyBlock(kek, block.AsSpan(0, length), out _));
            if (length < 16) continue;
            // Also if the length in the header is made to fit.
            var cut = block[..length];
            Rig.Ascii($"{length:D4}").CopyTo(cut, 1);
            var result = _rig.Hsm.ImportKeyBlock(kek, cut, out _);
            Assert.True(result is HsmResult.KeyBlockLength or HsmResult.KeyBlockMac, $"{length}: {result}");
        }

        Assert.Equal(HsmResult.KeyBlockLength, _rig.Hsm.ImportKeyBlock(kek, [.. block, (byte)'0'], out _));
        Assert.Equal(HsmResult.KeyBlockMalformed, _rig.Hsm.ImportKeyBlock(kek, new byte[2_000], out _));
    }

    [Theory, InlineData('T'), InlineData('A')]
    public void A_block_is_its_own_key_encrypting_keys_alone(char algorithm)
    {
        var (_, block) = Exported((KeyAlgorithm)algorithm);
        foreach (var (kek, _) in Keks())
        {
            var expected = (char)kek.Attributes.Algorithm == algorithm ? HsmResult.KeyBlockMac : HsmResult.KeyBlockVersion;
            Assert.Equal(expected, _rig.Hsm.ImportKeyBlock(kek, block, out _));
        }
    }

    [Fact]
    public void A_devices_initial_key_leaves_and_comes_back_whatever_its_parity()
    {
        var kek = _rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, KeyAlgorithm.Aes, 256);
        var (bdk, block) = (_rig.Enter(KeyUsage.BaseDerivation, "0123456789ABCDEFFEDCBA9876543210"), new byte[256]);
        for (byte device = 0; device < 16; device++)
        {
            byte[] ksn = [0xFF, 0xFF, 0x98, 0x76, 0x54, 0x32, device, 0xE0, 0, 0];
            Assert.Equal(HsmResult.Done, _rig.Hsm.DeriveInitialKey(bdk, ksn, out var initial));
            Assert.Equal(HsmResult.Done, _rig.Hsm.ExportKeyBlock(kek, initial!, block, out var characters));
            Assert.Equal("B1TX", Rig.Text(block[5..9]));
            Assert.Equal(HsmResult.Done, _rig.Hsm.ImportKeyBlock(kek, block.AsSpan(0, characters), out var again));
            Assert.Equal(initial!.CheckValue, again!.CheckValue);
        }
    }

    [Fact]
    public void What_may_not_leave_does_not()
    {
        var kek = _rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, KeyAlgorithm.Aes, 256);
        var key = _rig.New(KeyUsage.PinEncryption, KeyMode.Both, exportability: KeyExportability.Never);
        var block = new byte[256];
        Assert.Equal(HsmResult.KeyNotExportable, _rig.Hsm.ExportKeyBlock(kek, key, block, out var characters));
        Assert.Equal((0, true), (characters, block.All(each => each == 0)));
        using var other = new Rig();
        Assert.Equal(HsmResult.UnknownKey, _rig.Hsm.ExportKeyBlock(kek, other.Key(KeyUsage.Data), block, out _));
    }

    [Fact]
    public void Versions_A_and_C_are_read_only_and_only_when_that_is_allowed()
    {
        const string KekA = "89E88CF7931444F334BD7547FC3F380C", KekC = "B8ED59E0A279A295E9F5ED7944FD06B9";
        const string BlockA = "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701";
        const string BlockC = "C0096B0TX12S0100KS1800604B120F9292800000BFB9B689CB567E66FC3FEE5AD5F52161FC6545B9D60989015D02155C";
        // The published examples have keys of wrong parity.
        using var closed = new SoftwareHsm(new SoftwareHsmOptions { TakesAnyKey = true });
        using var open = new SoftwareHsm(new SoftwareHsmOptions { TakesAnyKey = true, TakesVariantBlocks = true });
        foreach (var (kek, block) in new[] { (KekA, BlockA), (KekC, BlockC) })
        {
            var text = Rig.Ascii(block);
            var refusing = Rig.Enter(closed, KeyUsage.KeyBlockProtection, kek);
            var taking = Rig.Enter(open, KeyUsage.KeyBlockProtection, kek);
            Assert.Equal(HsmResult.KeyBlockVersion, closed.ImportKeyBlock(refusing, text, out _));
            Assert.Equal(HsmResult.Done, open.ImportKeyBlock(taking, text, out var key));
            for (var place = 0; place < text.Length; place++)
            {
                var changed = text.ToArray();
                changed[place] ^= 1;
                Assert.NotEqual(HsmResult.Done, open.ImportKeyBlock(taking, changed, out _));
            }

            var target = new byte[256];
            Assert.Equal(HsmResult.Done, open.ExportKeyBlock(taking, key!, target, out _));
            Assert.Equal((byte)'B', target[0]);
        }
    }

    [Fact]
    public void Keys_of_wrong_parity_and_unknown_usage_are_refused_inside_a_block_that_is_right()
    {
        // A block made here by the same algorithm around a key that no module would give away.
        var kek = _rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, KeyAlgorithm.Aes, 256);
        foreach (var (attributes, key, expected) in new (KeyAttributes, string, HsmResult)[]
        {
            (new(KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Both), "2215208C9110AD402315BA7C10D5E9C7", HsmResult.KeyParity),
            (new(KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Both), "2315208C9110AD402315208C9110AD40", HsmResult.KeyWeak),
            (new(KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Both), "2315208C9110AD40", HsmResult.KeyAlgorithm),
            (new(KeyUsage.Data, (KeyAlgorithm)'D', KeyMode.Both), "2315208C9110AD40", HsmResult.KeyAlgorithm),
            (new(KeyUsage.Data, KeyAlgorithm.Aes, KeyMode.Both), "2315208C9110AD402315BA7C10D5E9", HsmResult.KeyLength),
            (new((KeyUsage)0x5330, KeyAlgorithm.Aes, KeyMode.Both), "2315208C9110AD402315BA7C10D5E9C7", HsmResult.KeyUsage),
            (new(KeyUsage.Data, KeyAlgorithm.Aes, KeyMode.Verify), "2315208C9110AD402315BA7C10D5E9C7", HsmResult.KeyMode),
            (new(KeyUsage.MacHmac, KeyAlgorithm.Hmac, KeyMode.Any), "2315208C9110AD402315BA7C10D5E9C7", HsmResult.KeyAlgorithm),
        })
        {
            var bytes = Rig.Bytes(key);
            var block = new byte[Hsm.Blocks.KeyBlock.Characters(isAesKek: true, bytes.Length)];
            Hsm.Blocks.KeyBlock.Wrap(_rig.Hsm.Held(kek), bytes, in attributes, default, 0, block);
            Assert.Equal(expected, _rig.Hsm.ImportKeyBlock(kek, block, out _));
        }
    }

    [Fact]
    public void A_key_that_is_stronger_than_what_it_came_under_is_refused()
    {
        // Made here by the same algorithm: no module would wrap it.
        foreach (var (kekAlgorithm, algorithm, bytes) in new[]
        {
            (KeyAlgorithm.Tdea, KeyAlgorithm.Tdea, 24), (KeyAlgorithm.Tdea, KeyAlgorithm.Aes, 16), (KeyAlgorithm.Aes, KeyAlgorithm.Aes, 24),
            (KeyAlgorithm.Aes, KeyAlgorithm.Aes, 32),
        })
        {
            var kek = _rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, kekAlgorithm);
            var attributes = new KeyAttributes(KeyUsage.Data, algorithm, KeyMode.Both);
            var key = _rig.Hsm.Held(_rig.New(KeyUsage.Data, KeyMode.Both, algorithm, bytes * 8)).Bytes;
            var block = new byte[Hsm.Blocks.KeyBlock.Characters(kekAlgorithm == KeyAlgorithm.Aes, bytes)];
            Hsm.Blocks.KeyBlock.Wrap(_rig.Hsm.Held(kek), key, in attributes, default, 0, block);
            Assert.Equal(HsmResult.KekTooWeak, _rig.Hsm.ImportKeyBlock(kek, block, out _));
        }
    }

    public void Dispose() => _rig.Dispose();

    private static (KeyUsage Usage, KeyMode Mode, KeyAlgorithm Algorithm, int Bits)[] Kinds =>
    [
        (KeyUsage.PinEncryption, KeyMode.Encrypt, KeyAlgorithm.Tdea, 128), (KeyUsage.PinEncryption, KeyMode.Both, KeyAlgorithm.Tdea, 192),
        (KeyUsage.PinEncryption, KeyMode.Decrypt, KeyAlgorithm.Aes, 128), (KeyUsage.Data, KeyMode.Any, KeyAlgorithm.Aes, 192),
        (KeyUsage.BaseDerivation, KeyMode.Derive, KeyAlgorithm.Aes, 256), (KeyUsage.MacHmac, KeyMode.Generate, KeyAlgorithm.Hmac, 128),
        (KeyUsage.MacHmac, KeyMode.Verify, KeyAlgorithm.Hmac, 512), (KeyUsage.Tokens, KeyMode.Both, KeyAlgorithm.Aes, 256),
    ];

    private IEnumerable<(HsmKey Kek, int Strength)> Keks()
    {
        yield return (_rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, KeyAlgorithm.Tdea, 128), 80);
        yield return (_rig.New(KeyUsage.KeyEncryption, KeyMode.Both, KeyAlgorithm.Tdea, 192), 112);
        yield return (_rig.New(KeyUsage.KeyBlockProtection, KeyMode.Any, KeyAlgorithm.Aes, 128), 128);
        yield return (_rig.New(KeyUsage.KeyEncryption, KeyMode.Any, KeyAlgorithm.Aes, 192), 192);
        yield return (_rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, KeyAlgorithm.Aes, 256), 256);
    }

    private (HsmKey Kek, byte[] Block) Exported(KeyAlgorithm algorithm)
    {
        var kek = _rig.New(KeyUsage.KeyBlockProtection, KeyMode.Both, algorithm);
        var block = new byte[256];
        Assert.Equal(HsmResult.Done, _rig.Hsm.ExportKeyBlock(kek, _rig.Key(KeyUsage.PinEncryption, algorithm), block, out var characters));
        return (kek, block[..characters]);
    }
}

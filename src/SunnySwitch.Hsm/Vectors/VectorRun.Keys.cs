using System.Buffers.Binary;
using System.Text;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Vectors;

/// <content>DUKPT, MACs, key blocks, check values, tokens.</content>
public sealed partial class VectorRun
{
    private void DeriveTdesInitial(VectorCase test)
    {
        var key = EnterTdes(KeyUsage.BaseDerivation, KeyMode.Derive, test.Hex("bdk"));
        test.Expect(HsmResult.Done, _hsm.DeriveInitialKey(key, test.Hex("ksn"), out var initial), "derive");
        test.Expect("ik", ClearOf(initial!));
    }

    private void DeriveAesInitial(VectorCase test)
    {
        var key = Enter(KeyUsage.BaseDerivation, KeyAlgorithm.Aes, KeyMode.Derive, test.Hex("bdk"));
        test.Expect(HsmResult.Done, _hsm.DeriveInitialKey(key, test.Hex("ikid"), out var initial), "derive");
        test.Expect("ik", ClearOf(initial!));
    }

    private void RunTdesDukpt(VectorCase test)
    {
        var (ksn, pan, block) = (test.Hex("ksn"), test.Ascii("pan"), new byte[8]);
        var key = EnterTdes(KeyUsage.BaseDerivation, KeyMode.Derive, test.Hex("bdk"));
        var side = new PinSide(key, PinFormat.Iso0, ksn);
        var result = _hsm.TranslatePin(OwnSide, OwnBlock(test.Text("pin"), pan), in side, pan, block, out _);
        if (test.Error is not null)
        {
            test.ExpectRefusal(result);
            test.ExpectRefusal(_hsm.TranslatePin(in side, block, OwnSide, pan, block, out _));
            return;
        }

        test.Expect(HsmResult.Done, result, "translate");
        test.Expect("pin_block_fmt0", block);
        ExpectPin(test, in side, block, test.Text("pin"), pan);
        var message = test.Ascii("message_ascii");
        var mac = new byte[4];
        foreach (var (name, use) in new[] { ("mac_request", DukptUse.MacRequest), ("mac_response", DukptUse.MacResponse) })
        {
            test.Expect(HsmResult.Done, _hsm.GenerateMac(new MacSide(key, MacPadding.Zeros, ksn, use), message, mac), name);
            test.Expect(name, mac);
        }

        var padded = new byte[(message.Length + 7) / 8 * 8];
        message.CopyTo(padded, 0);
        var data = new CipherSide(key, BlockMode.Cbc, new byte[8], ksn);
        test.Expect(HsmResult.Done, _hsm.EncryptData(in data, padded, padded), "encrypt");
        test.Expect("data_request_cbc_pad1", padded);

        var baseKey = Schedule(false, test.Hex("bdk"));
        var own = default(DukptTdes.Key);
        DukptTdes.Initial(in baseKey, test.Hex("bdk"), ksn, ref own);
        DukptTdes.Transaction(ksn, ref own);
        var clear = new byte[16];
        own.CopyTo(clear);
        test.Expect("txn_key", clear);
    }

    private void RunAesDukpt(VectorCase test)
    {
        var (bdk, ksn) = (test.Hex("bdk"), test.Hex("ksn"));
        var key = Enter(KeyUsage.BaseDerivation, KeyAlgorithm.Aes, KeyMode.Derive, bdk);
        Span<byte> mac = stackalloc byte[16];
        Span<byte> expectedMac = stackalloc byte[16];
        var message = "4012345678909D987"u8;
        var result = _hsm.GenerateMac(new MacSide(key, ksn: ksn), message, mac);
        if (test.Error is not null)
        {
            test.ExpectRefusal(result);
            return;
        }

        test.Expect(HsmResult.Done, result, "MAC");
        var baseKey = Schedule(true, bdk);
        var (derivation, working) = (new byte[bdk.Length], new byte[bdk.Length]);
        DukptAes.Initial(in baseKey, ksn, derivation);
        test.Expect("ik", derivation);
        DukptAes.Transaction(ksn, derivation);
        test.Expect("txn_key", derivation);
        DukptAes.Working(DukptUse.MacRequest, ksn, derivation, working);
        test.Expect("mac_gen_key", working);
        var macKey = Schedule(true, working);
        Cmac.Compute(in macKey, message, expectedMac);
        test.Hold(mac.SequenceEqual(expectedMac), "the module's MAC is another key's");
        DukptAes.Working(DukptUse.DataRequest, ksn, derivation, working);
        test.Expect("data_enc_key", working);
        DukptAes.Working(DukptUse.Pin, ksn, derivation, working);
        test.Expect("pin_key", working);
        test.Expect("pin_key_aes256", working);
        DukptAes.Working(DukptUse.Pin, ksn, derivation, working.AsSpan(0, 16));
        test.Expect("pin_key_aes128", working.AsSpan(0, 16));
        ExpectAesPin(test, key, ksn, working.AsSpan(0, 16));
    }

    private void ExpectAesPin(VectorCase test, HsmKey key, byte[] ksn, ReadOnlySpan<byte> pinKey)
    {
        if (test.Expected("pin_block_fmt4") is not { } expected) return;
        var (pan, block) = (test.Ascii("pan"), new byte[16]);
        test.Hold(ClearPin.TryTake(test.Ascii("pin"), out var pin), "the PIN is none");
        var schedule = Schedule(true, pinKey);
        PinBlocks.Encipher4(in schedule, in pin, pan, BinaryPrimitives.ReadUInt64BigEndian(test.Hex("random")), block);
        test.Expect("pin_block_fmt4", block);
        ExpectPin(test, new PinSide(key, PinFormat.Iso4, ksn), Convert.FromHexString(expected.GetString()!), test.Text("pin"), pan);
    }

    // Single DES is no key of a module's; the algorithm is compared here, and the module refuses the key.
    private void ComputeAlgorithm1(VectorCase test)
    {
        var key = Schedule(false, test.Hex("key"));
        var mac = Iso9797.Algorithm1(in key, test.Hex("data"), (MacPadding)test.Number("padding")).ToString("X16", null);
        test.Expect("mac", mac);
        test.Expect("mac4", mac[..8]);
        var attributes = VectorCase.Attributes(KeyUsage.MacAlgorithm1, KeyAlgorithm.Tdea, KeyMode.Any);
        var result = _hsm.FormKey(in attributes, test.Hex("key"), new byte[8], default, out _);
        test.Expect(HsmResult.KeyAlgorithm, result, "single DES");
    }

    private void GenerateMac(VectorCase test)
    {
        var (isAes, isRetail) = (test.Expected("mac")!.Value.GetString()!.Length == 32, test.Text("padding").Length > 0);
        var algorithm = isAes ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea;
        var key = Enter(isRetail ? KeyUsage.MacAlgorithm3 : KeyUsage.MacCmac, algorithm, KeyMode.GenerateAndVerify, test.Hex("key"));
        var side = new MacSide(key, isRetail ? (MacPadding)test.Number("padding") : MacPadding.Zeros);
        var mac = new byte[isAes ? 16 : 8];
        test.Expect(HsmResult.Done, _hsm.GenerateMac(in side, test.Hex("data"), mac), "generate");
        test.Expect("mac", mac);
        test.Expect(HsmResult.Done, _hsm.VerifyMac(in side, test.Hex("data"), mac), "verify");
        mac[0] ^= 1;
        test.Expect(HsmResult.WrongMac, _hsm.VerifyMac(in side, test.Hex("data"), mac), "another MAC");
    }

    private void VerifyMac(VectorCase test)
    {
        var key = EnterTdes(KeyUsage.MacAlgorithm3, KeyMode.Verify, test.Hex("key"));
        var result = _hsm.VerifyMac(new MacSide(key, (MacPadding)test.Number("padding")), test.Hex("data"), test.Hex("mac"));
        test.Expect(test.Expected("valid")!.Value.GetBoolean() ? HsmResult.Done : HsmResult.WrongMac, result, "verify");
    }

    private void ImportKeyBlock(VectorCase test)
    {
        var (block, kekBytes) = (test.Ascii("block"), test.Hex("kbpk"));
        // A key of 32 bytes is AES whatever the block says: a block that says otherwise has been changed.
        var algorithm = kekBytes.Length == 32 || block[0] == 'D' ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea;
        var kek = Enter(KeyUsage.KeyBlockProtection, algorithm, KeyMode.Decrypt, kekBytes);
        var result = _hsm.ImportKeyBlock(kek, block, out var key);
        if (test.Error is not null)
        {
            test.ExpectRefusal(result);
            return;
        }

        test.Expect(HsmResult.Done, result, "import");
        if (key is null) return;
        test.Expect("key_usage", $"{(char)((int)key.Attributes.Usage >> 8)}{(char)((int)key.Attributes.Usage & 0xFF)}");
        test.Expect("algorithm", $"{(char)key.Attributes.Algorithm}");
        test.Expect("mode_of_use", $"{(char)key.Attributes.Mode}");
        test.Expect("key_version", key.Attributes.Version);
        test.Expect("exportability", $"{(char)key.Attributes.Exportability}");
        var clear = Convert.FromHexString(test.Expected("key")!.Value.GetString()!);
        test.Hold(key.CheckValue == KeyChecks.CheckValue(key.Attributes.Algorithm, clear), "check value");
        var own = new byte[64];
        var isOpen = KeyBlock.Unwrap(new KeyMaterial(kek, kekBytes), block, true, own, out var bytes, out var header);
        test.Expect(HsmResult.Done, isOpen, "unwrap");
        test.Expect("version", $"{header.Version}");
        test.Expect("key", own.AsSpan(0, bytes));
        foreach (var each in test.Expected("optional_blocks")!.Value.EnumerateObject())
        {
            var content = Encoding.ASCII.GetString(header.Optional(Encoding.ASCII.GetBytes(each.Name)));
            test.Hold(content == each.Value.GetString(), $"optional block {each.Name}");
        }
    }

    private void CheckValue(VectorCase test)
    {
        var algorithm = test.Text("alg") == "AES_CMAC" ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea;
        test.Expect("kcv", Enter(KeyUsage.Data, algorithm, KeyMode.Both, test.Hex("key")).CheckValue);
    }

    private static void CheckParity(VectorCase test)
    {
        var key = test.Hex("key");
        var isOdd = KeyChecks.HasOddParity(key);
        test.Hold(test.Expected("odd_parity")!.Value.GetBoolean() == isOdd, "parity");
        test.Hold(isOdd == (KeyChecks.Check(KeyAlgorithm.Tdea, key) == HsmResult.Done), "refusal");
        KeyChecks.SetOddParity(key);
        test.Expect("adjusted", key);
    }

    private static void CheckWeak(VectorCase test)
    {
        var isRefused = KeyChecks.Check(KeyAlgorithm.Tdea, test.Hex("key")) == HsmResult.KeyWeak;
        test.Hold(test.Expected("reject")!.Value.GetBoolean() == isRefused, "weak key");
    }

    private void Tokenise(VectorCase test)
    {
        var (symbols, tweak, radix) = (test.Ascii("plain"), test.Hex("tweak"), test.Number("radix"));
        var key = Enter(KeyUsage.Tokens, KeyAlgorithm.Aes, KeyMode.Both, test.Hex("key"));
        var token = new byte[symbols.Length];
        var result = _hsm.Tokenise(key, tweak, radix, symbols, token);
        if (test.Error is not null)
        {
            test.ExpectRefusal(result);
            return;
        }

        test.Expect(HsmResult.Done, result, "tokenise");
        var text = Encoding.ASCII.GetString(token);
        test.Expect("cipher", text);
        // A PAN's middle digits, with the six before and the four behind as the tweak.
        if (tweak.Length == 10) test.Expect("token", $"{Encoding.ASCII.GetString(tweak, 0, 6)}{text}{Encoding.ASCII.GetString(tweak, 6, 4)}");
        test.Expect(HsmResult.Done, _hsm.Detokenise(key, tweak, radix, token, token), "detokenise");
        test.Hold(token.AsSpan().SequenceEqual(symbols), "the token gives other symbols back");
    }

    private static void CheckLuhn(VectorCase test)
    {
        var pan = test.Ascii("pan");
        if (!Nibble.IsPan(pan))
        {
            test.ExpectRefusal(HsmResult.BadInput);
            return;
        }

        var sum = 0;
        for (var index = 0; index < pan.Length - 1; index++)
        {
            var digit = pan[pan.Length - 2 - index] - '0';
            sum += index % 2 == 1 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
        }

        var check = (10 - sum % 10) % 10;
        test.Expect("check_digit", $"{check}");
        test.Hold(test.Expected("valid")!.Value.GetBoolean() == (check == pan[^1] - '0'), "valid");
    }
}

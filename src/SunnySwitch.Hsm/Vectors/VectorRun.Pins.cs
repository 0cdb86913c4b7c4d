using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Vectors;

/// <content>PIN blocks, translation and verification.</content>
public sealed partial class VectorRun
{
    private static void EncodePinBlock(VectorCase test)
    {
        test.Hold(ClearPin.TryTake(test.Ascii("pin"), out var pin), "the PIN is none");
        var format = (PinFormat)test.Number("format");
        var fill = test.Text("filler") is { Length: > 0 } text ? Convert.ToUInt64(text, 16) : 0;
        var pan = test.Ascii("pan");
        var account = pan.Length == 0 ? 0 : Nibble.Account(pan);
        Span<byte> block = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(block, PinBlocks.Encode(format, in pin, account, fill));
        test.Expect("block", block);
        var result = PinBlocks.Decode(format, BinaryPrimitives.ReadUInt64BigEndian(block), account, out var again);
        test.Expect(HsmResult.Done, result, "decode");
        test.Hold(again.IsSame(in pin), "the PIN comes back");
    }

    private void EncipherPinBlock(VectorCase test)
    {
        test.Hold(ClearPin.TryTake(test.Ascii("pin"), out var pin), "the PIN is none");
        var (pan, random) = (test.Ascii("pan"), BinaryPrimitives.ReadUInt64BigEndian(test.Hex("random")));
        Span<byte> field = stackalloc byte[PinBlocks.Bytes4];
        PinBlocks.PinField4(in pin, random, field);
        test.Expect("pin_field", field);
        PinBlocks.PanField4(pan, field);
        test.Expect("pan_field", field);
        var schedule = Schedule(true, test.Hex("key"));
        PinBlocks.Encipher4(in schedule, in pin, pan, random, field);
        test.Expect("block", field);
        var side = new PinSide(Enter(KeyUsage.PinEncryption, KeyAlgorithm.Aes, KeyMode.Both, test.Hex("key")), PinFormat.Iso4);
        ExpectPin(test, side, field, test.Text("pin"), pan);
    }

    private static void DecodePinBlock(VectorCase test)
    {
        var pan = test.Ascii("pan");
        var account = pan.Length == 0 ? 0 : Nibble.Account(pan);
        var block = BinaryPrimitives.ReadUInt64BigEndian(test.Hex("block"));
        test.ExpectRefusal(PinBlocks.Decode((PinFormat)test.Number("format"), block, account, out _));
    }

    private void TranslatePin(VectorCase test)
    {
        var (from, to, pan) = (test.Part("src"), test.Part("dst"), test.Ascii("pan"));
        if (test.Text("dst_pan") is { Length: > 0 } other)
        {
            // The operation has one PAN for both sides, so that only the rule can be asked about two.
            test.ExpectRefusal(PinTranslations.Check(Format(from), Format(to), other == test.Text("pan")));
            return;
        }

        var target = new byte[16];
        var source = Side(from, KeyMode.Decrypt);
        var result = _hsm.TranslatePin(in source, Hex(from, "block"), Side(to, KeyMode.Encrypt), pan, target, out var bytes);
        if (test.Error is not null)
        {
            test.ExpectRefusal(result);
            return;
        }

        test.Expect(HsmResult.Done, result, "translate");
        var expected = Convert.FromHexString(test.Expected("block")!.Value.GetString()!);
        test.Hold(bytes == expected.Length, "length of the block");
        // Formats 3 and 4 are filled at random: what both blocks hold is the same.
        var reader = Side(to, KeyMode.Decrypt);
        if (Format(to) == PinFormat.Iso0) test.Expect("block", target.AsSpan(0, bytes));
        var own = Translated(reader, target.AsSpan(0, bytes), pan);
        test.Hold(own.AsSpan().SequenceEqual(Translated(reader, expected, pan)), "block differs");
        if (test.Expected("clear_pin_never_leaves") is not { } pin) return;
        test.Hold(own.AsSpan().SequenceEqual(OwnBlock(pin.GetString()!, pan)), "the PIN differs");
    }

    private void VerifyIbmPin(VectorCase test)
    {
        // Validation data is the issuer's; the PIN's PAN is any.
        var (pan, offset) = ("4111111111111111"u8.ToArray(), test.Ascii("offset"));
        var (decimalisation, validation) = (test.Ascii("dec_table"), test.Ascii("validation_data"));
        var terms = new Ibm3624Terms(decimalisation, validation);
        var key = EnterTdes(KeyUsage.PinVerificationIbm3624, KeyMode.GenerateAndVerify, test.Hex("pvk"));
        var target = new byte[8];
        foreach (var (name, digits) in new[] { ("pin", offset), ("natural_pin", Encoding.ASCII.GetBytes(new string('0', offset.Length))) })
        {
            var pin = test.Expected(name)!.Value.GetString()!;
            test.Expect(HsmResult.Done, _hsm.GenerateIbmPin(key, in terms, digits, OwnSide, pan, target, out _), "generate");
            test.Hold(target.AsSpan().SequenceEqual(OwnBlock(pin, pan)), $"{name} differs");
            test.Expect(HsmResult.Done, _hsm.VerifyIbmPin(OwnSide, OwnBlock(pin, pan), pan, key, in terms, digits), "verify");
        }

        var (made, own) = (new byte[12], OwnBlock(test.Expected("pin")!.Value.GetString()!, pan));
        test.Expect(HsmResult.Done, _hsm.GenerateIbmOffset(OwnSide, own, pan, key, in terms, made, out var count), "offset");
        test.Expect("offset", Encoding.ASCII.GetString(made, 0, count));
    }

    private void GenerateIbmOffset(VectorCase test)
    {
        var (pan, digits) = ("4111111111111111"u8.ToArray(), new byte[12]);
        var (decimalisation, validation) = (test.Ascii("dec_table"), test.Ascii("validation_data"));
        var terms = new Ibm3624Terms(decimalisation, validation);
        var key = EnterTdes(KeyUsage.PinVerificationIbm3624, KeyMode.GenerateAndVerify, test.Hex("pvk"));
        var own = OwnBlock(test.Text("pin"), pan);
        test.Expect(HsmResult.Done, _hsm.GenerateIbmOffset(OwnSide, own, pan, key, in terms, digits, out var count), "offset");
        test.Expect("offset", Encoding.ASCII.GetString(digits, 0, count));
        var block = new byte[8];
        var zeros = Encoding.ASCII.GetBytes(new string('0', count));
        test.Expect(HsmResult.Done, _hsm.GenerateIbmPin(key, in terms, zeros, OwnSide, pan, block, out _), "natural PIN");
        test.Hold(block.AsSpan().SequenceEqual(OwnBlock(test.Expected("natural_pin")!.Value.GetString()!, pan)), "natural_pin differs");
    }

    private void GeneratePvv(VectorCase test)
    {
        var (pan, pvv) = (test.Ascii("pan"), new byte[4]);
        var key = EnterTdes(KeyUsage.PinVerificationPvv, KeyMode.GenerateAndVerify, test.Hex("pvk"));
        var index = test.Text("pvki")[0] - '0';
        var result = OwnBlock(test.Text("pin"), pan) is { } block ? _hsm.GeneratePvv(OwnSide, block, pan, key, index, pvv) : HsmResult.BadInput;
        if (test.Error is not null)
        {
            test.ExpectRefusal(result);
            return;
        }

        test.Expect(HsmResult.Done, result, "generate");
        test.Expect("pvv", Encoding.ASCII.GetString(pvv));
        test.Expect(HsmResult.Done, _hsm.VerifyPvv(OwnSide, OwnBlock(test.Text("pin"), pan), pan, key, index, pvv), "verify");
        test.Hold(ClearPin.TryTake(test.Ascii("pin"), out var pin), "the PIN is none");
        var parameter = Nibble.Account(pan, 11) << 20 | (ulong)index << 16 | pin.Nibbles >> 48;
        test.Expect("tsp", parameter.ToString("X16", null));
        test.Expect("cipher", Schedule(false, test.Hex("pvk")).Encrypt64(parameter).ToString("X16", null));
    }

    private void VerifyPvv(VectorCase test)
    {
        var pan = test.Ascii("pan");
        var key = EnterTdes(KeyUsage.PinVerificationPvv, KeyMode.Verify, test.Hex("pvk"));
        var result = _hsm.VerifyPvv(OwnSide, OwnBlock(test.Text("pin"), pan), pan, key, test.Number("pvki"), test.Ascii("pvv"));
        test.Expect(test.Expected("valid")!.Value.GetBoolean() ? HsmResult.Done : HsmResult.WrongPin, result, "verify");
    }

    private static PinFormat Format(JsonElement side) => (PinFormat)side.GetProperty("format").GetInt32();

    private static byte[] Hex(JsonElement side, string name) => Convert.FromHexString(side.GetProperty(name).GetString()!);

    private PinSide Side(JsonElement side, KeyMode mode) => side.GetProperty("key_alg").GetString() switch
    {
        "TDES_DUKPT" => new PinSide(EnterTdes(KeyUsage.BaseDerivation, KeyMode.Derive, Hex(side, "bdk")), Format(side), Hex(side, "ksn")),
        "AES" => new PinSide(Enter(KeyUsage.PinEncryption, KeyAlgorithm.Aes, mode, Hex(side, "key")), Format(side)),
        _ => new PinSide(EnterTdes(KeyUsage.PinEncryption, mode, Hex(side, "key")), Format(side)),
    };

    // To format 0 under the run's own key, where equal PINs are equal blocks.
    private byte[] Translated(in PinSide from, ReadOnlySpan<byte> block, ReadOnlySpan<byte> pan)
    {
        var target = new byte[8];
        var result = _hsm.TranslatePin(in from, block, OwnSide, pan, target, out _);
        return result == HsmResult.Done ? target : throw new InvalidOperationException($"translate back: {result.Text()}");
    }

    private void ExpectPin(VectorCase test, in PinSide side, ReadOnlySpan<byte> block, string pin, ReadOnlySpan<byte> pan) =>
        test.Hold(Translated(in side, block, pan).AsSpan().SequenceEqual(OwnBlock(pin, pan)), "the PIN differs");
}

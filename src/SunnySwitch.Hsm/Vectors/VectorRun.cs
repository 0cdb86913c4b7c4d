using System.Security.Cryptography;
using SunnySwitch.Hsm.Blocks;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Vectors;

/// <summary>
/// Runs vectors on a module. Whatever the module's operations can show is asked of them; clear values in between (a derived key,
/// a clear PIN block), which no module gives away, are compared with this assembly's own algorithms. A value that a vector
/// expects and nobody looked at is a failure.
/// </summary>
public sealed partial class VectorRun
{
    private readonly IPaymentHsm _hsm;
    private readonly HsmKey _pinKey;
    private readonly byte[] _pinKeyBytes = Convert.FromHexString("2315208C9110AD402315BA7C10D5E9C7");
    private readonly HsmKey _kek;
    private readonly KeyMaterial _kekCopy;
    private readonly Dictionary<string, Action<VectorCase>> _ops;

    /// <summary>Enters two keys of its own: one for PIN blocks, one to take keys out.</summary>
    public VectorRun(IPaymentHsm hsm)
    {
        _hsm = hsm;
        _pinKey = Enter(KeyUsage.PinEncryption, KeyAlgorithm.Tdea, KeyMode.Both, _pinKeyBytes);
        var kek = RandomNumberGenerator.GetBytes(32);
        _kek = Enter(KeyUsage.KeyBlockProtection, KeyAlgorithm.Aes, KeyMode.Both, kek);
        _kekCopy = new KeyMaterial(_kek, kek);
        _ops = new Dictionary<string, Action<VectorCase>>(StringComparer.Ordinal)
        {
            ["pinblock.encode"] = EncodePinBlock,
            ["pinblock.encipher4"] = EncipherPinBlock,
            ["pinblock.decode"] = DecodePinBlock,
            ["pin.translate"] = TranslatePin,
            ["pin.ibm3624"] = VerifyIbmPin,
            ["pin.ibm3624_offset"] = GenerateIbmOffset,
            ["pin.pvv"] = GeneratePvv,
            ["pin.pvv_verify"] = VerifyPvv,
            ["cvv.generate"] = GenerateCardCode,
            ["cvv.verify"] = VerifyCardCode,
            ["dcvv.verify"] = VerifyDcvv,
            ["cvc3.generate"] = VerifyCvc3,
            ["emv.icc_mk"] = DeriveCardKey,
            ["emv.common_sk"] = DeriveSessionKey,
            ["emv.arqc"] = ComputeCryptogram,
            ["emv.arpc1"] = ComputeArpc,
            ["emv.arpc2"] = ComputeArpc,
            ["emv.cvn"] = RunCryptogramVersion,
            ["emv.arqc_verify"] = VerifyArqc,
            ["emv.arpc"] = GenerateArpc,
            ["dukpt.ik"] = DeriveTdesInitial,
            ["dukpt.tdes"] = RunTdesDukpt,
            ["dukpt_aes.ik"] = DeriveAesInitial,
            ["dukpt_aes.working"] = RunAesDukpt,
            ["dukpt_aes.txn_key"] = RunAesDukpt,
            ["mac.iso9797_1.alg1"] = ComputeAlgorithm1,
            ["mac.iso9797_1.alg3"] = GenerateMac,
            ["mac.aes_cmac"] = GenerateMac,
            ["mac.tdes_cmac"] = GenerateMac,
            ["mac.verify"] = VerifyMac,
            ["tr31.unwrap"] = ImportKeyBlock,
            ["kcv"] = CheckValue,
            ["des.parity_check"] = CheckParity,
            ["des.weak_check"] = CheckWeak,
            ["ff1.encrypt"] = Tokenise,
            ["luhn.check"] = CheckLuhn,
        };
    }

    /// <summary>Runs one; null if it passed, else what was wrong.</summary>
    public string? Run(Vector vector)
    {
        if (!_ops.TryGetValue(vector.Op, out var op)) return $"unknown operation {vector.Op}";
        var test = new VectorCase(vector);
        try
        {
            op(test);
            return test.End();
        }
        catch (Exception error) when (error is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return error.Message;       // The vector is not of the shape that its operation has.
        }
    }

    /// <summary>Takes a clear key of a vector by two components.</summary>
    private HsmKey Enter(KeyUsage usage, KeyAlgorithm algorithm, KeyMode mode, ReadOnlySpan<byte> key)
    {
        var first = RandomNumberGenerator.GetBytes(key.Length);
        var second = key.ToArray();
        for (var index = 0; index < second.Length; index++) second[index] ^= first[index];
        var result = _hsm.FormKey(VectorCase.Attributes(usage, algorithm, mode), first, second, default, out var handle);
        return handle ?? throw new InvalidOperationException($"the vector's key: {result.Text()}");
    }

    private HsmKey EnterTdes(KeyUsage usage, KeyMode mode, ReadOnlySpan<byte> key) => Enter(usage, KeyAlgorithm.Tdea, mode, key);

    // Out of the module in a key block, and opened here.
    private byte[] ClearOf(HsmKey key)
    {
        var block = new byte[256];
        var result = _hsm.ExportKeyBlock(_kek, key, block, out var characters);
        if (result != HsmResult.Done) throw new InvalidOperationException($"export: {result.Text()}");
        var clear = new byte[64];
        result = KeyBlock.Unwrap(_kekCopy, block.AsSpan(0, characters), false, clear, out var bytes, out _);
        return result == HsmResult.Done ? clear[..bytes] : throw new InvalidOperationException($"export: {result.Text()}");
    }

    private static KeySchedule Schedule(bool isAes, ReadOnlySpan<byte> key)
    {
        var schedule = default(KeySchedule);
        schedule.Load(isAes, key);
        return schedule;
    }

    /// <summary>The block of a PIN in format 0 under the run's own key; null if it is no PIN.</summary>
    private byte[]? OwnBlock(string pin, ReadOnlySpan<byte> pan)
    {
        if (!ClearPin.TryTake(System.Text.Encoding.ASCII.GetBytes(pin), out var clear)) return null;
        var block = new byte[8];
        var schedule = Schedule(false, _pinKeyBytes);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(
            block, schedule.Encrypt64(PinBlocks.Encode(PinFormat.Iso0, in clear, Nibble.Account(pan), 0)));
        clear.Wipe();
        return block;
    }

    private PinSide OwnSide => new(_pinKey, PinFormat.Iso0);
}

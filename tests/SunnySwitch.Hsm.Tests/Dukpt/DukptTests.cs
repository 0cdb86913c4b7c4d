using FsCheck;
using System.Buffers.Binary;
using System.Numerics;
using FsCheck.Xunit;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Dukpt;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;

namespace SunnySwitch.Hsm.Tests.Dukpt;

/// <summary>Counters that a device can send, and keys that are the device's for every counter there is.</summary>
public sealed class DukptTests : IDisposable
{
    private readonly Rig _rig = new();

    [Property(MaxTest = 500)]
    public void Only_counters_that_a_device_can_send_are_taken(DoNotSize<uint> counterOf, bool isAes)
    {
        var counter = counterOf.Item;
        var ksn = Ksn(isAes, counter);
        counter = DukptCounter.Of(ksn);
        var isGood = counter != 0 && BitOperations.PopCount(counter) <= (isAes ? 16 : 10);
        Assert.Equal(isGood ? HsmResult.Done : HsmResult.CounterNotAllowed, DukptCounter.Check(ksn));
        var key = _rig.Key(KeyUsage.BaseDerivation, isAes ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea);
        var side = new PinSide(key, isAes ? PinFormat.Iso4 : PinFormat.Iso0, ksn);
        var result = _rig.Hsm.TranslatePin(_rig.Side(), _rig.Block("1234"), in side, Rig.PanDigits, new byte[16], out _);
        Assert.Equal(isGood ? HsmResult.Done : HsmResult.CounterNotAllowed, result);
    }

    [Fact]
    public void A_KSN_of_another_length_is_malformed()
    {
        var ksn = Rig.Bytes("FFFF9876543210E00008");
        for (var length = 0; length < 20; length++)
        {
            if (length is 10 or 12) continue;
            Assert.Equal(HsmResult.KsnMalformed, DukptCounter.Check(new byte[length]));
            var side = new MacSide(_rig.Key(KeyUsage.BaseDerivation), MacPadding.Zeros, new byte[length]);
            Assert.Equal(HsmResult.KsnMalformed, _rig.Hsm.GenerateMac(in side, "abc"u8, new byte[4]));
        }

        // A KSN beside a key that has none, and an AES KSN beside a TDEA key.
        var mac = new MacSide(_rig.Key(KeyUsage.MacAlgorithm3), MacPadding.Zeros, ksn);
        Assert.Equal(HsmResult.KsnMalformed, _rig.Hsm.GenerateMac(in mac, "abc"u8, new byte[4]));
        mac = new MacSide(_rig.Key(KeyUsage.BaseDerivation), MacPadding.Zeros, Rig.Bytes("123456789012345600000008"));
        Assert.Equal(HsmResult.KsnMalformed, _rig.Hsm.GenerateMac(in mac, "abc"u8, new byte[4]));
    }

    [Property(MaxTest = 200)]
    public void TDEA_keys_are_what_the_standard_gives_for_any_counter(DoNotSize<uint> seedOf, DoNotSize<ulong> leftOf, DoNotSize<ulong> rightOf)
    {
        var (seed, left, right) = (seedOf.Item, leftOf.Item, rightOf.Item);
        var ksn = Ksn(false, seed);
        var bdk = Rig.Bytes(Rig.Hex(left) + Rig.Hex(right));
        var schedule = default(KeySchedule);
        schedule.LoadTdes(bdk);
        var key = default(DukptTdes.Key);
        DukptTdes.Initial(in schedule, bdk, ksn, ref key);
        DukptTdes.Transaction(ksn, ref key);
        var mine = new byte[16];
        key.CopyTo(mine);
        Assert.Equal(Reference(bdk, ksn), mine);
    }

    [Fact]
    public void What_the_device_enciphers_for_each_use_the_host_reads_with_the_same_use_only()
    {
        foreach (var isAes in (bool[])[false, true])
        {
            var key = _rig.Key(KeyUsage.BaseDerivation, isAes ? KeyAlgorithm.Aes : KeyAlgorithm.Tdea);
            var ksn = Ksn(isAes, 0x10003);
            byte[] vector = new byte[isAes ? 16 : 8], clear = new byte[32], cipher = new byte[32], back = new byte[32];
            var request = new CipherSide(key, BlockMode.Cbc, vector, ksn);
            Assert.Equal(HsmResult.Done, _rig.Hsm.EncryptData(in request, clear, cipher));
            Assert.Equal(HsmResult.Done, _rig.Hsm.DecryptData(in request, cipher, back));
            Assert.Equal(clear, back);
            var answer = new CipherSide(key, BlockMode.Cbc, vector, ksn, DukptUse.DataResponse);
            Assert.Equal(HsmResult.Done, _rig.Hsm.DecryptData(in answer, cipher, back));
            Assert.NotEqual(clear, back);
            var mac = new byte[8];
            Assert.Equal(HsmResult.Done, _rig.Hsm.GenerateMac(new MacSide(key, MacPadding.Zeros, ksn), clear, mac));
            Assert.Equal(HsmResult.Done, _rig.Hsm.VerifyMac(new MacSide(key, MacPadding.Zeros, ksn), clear, mac));
            var response = new MacSide(key, MacPadding.Zeros, ksn, DukptUse.MacResponse);
            Assert.Equal(HsmResult.WrongMac, _rig.Hsm.VerifyMac(in response, clear, mac));
            Assert.Equal(HsmResult.BadInput, _rig.Hsm.DecryptData(new CipherSide(key, BlockMode.Cbc, vector, ksn, DukptUse.Pin), cipher, back));
            Assert.Equal(HsmResult.BadInput, _rig.Hsm.GenerateMac(new MacSide(key, MacPadding.Zeros, ksn, DukptUse.DataRequest), clear, back));
        }
    }

    [Fact]
    public void A_working_key_is_never_stronger_than_the_base_key()
    {
        var side = new PinSide(_rig.Key(KeyUsage.BaseDerivation, KeyAlgorithm.Aes), PinFormat.Iso4, Ksn(true, 1), DukptKeyType.Aes256);
        Assert.Equal(HsmResult.KekTooWeak, _rig.Hsm.GeneratePin(in side, Rig.PanDigits, 4, new byte[16], out _));
        side = new PinSide(_rig.Key(KeyUsage.BaseDerivation, KeyAlgorithm.Aes), PinFormat.Iso4, Ksn(true, 1), (DukptKeyType)9);
        Assert.Equal(HsmResult.BadInput, _rig.Hsm.GeneratePin(in side, Rig.PanDigits, 4, new byte[16], out _));
    }

    public void Dispose() => _rig.Dispose();

    private static byte[] Ksn(bool isAes, uint counter)
    {
        var ksn = Rig.Bytes(isAes ? "123456789012345600000000" : "FFFF9876543210E00000");
        var kept = isAes ? 0 : BinaryPrimitives.ReadUInt32BigEndian(ksn.AsSpan(6)) & ~0x1FFFFFU;
        BinaryPrimitives.WriteUInt32BigEndian(ksn.AsSpan(^4..), isAes ? counter : kept | counter & 0x1FFFFF);
        return ksn;
    }

    // X9.24-1:2009 annex A as it is written, over byte arrays and another library's DES.
    private static byte[] Reference(byte[] bdk, byte[] ksn)
    {
        var serial = ksn[..8];
        serial[7] &= 0xE0;
        var key = Cipher(bdk, serial).Concat(Cipher(Scrambled(bdk), serial)).ToArray();
        var register = ksn[2..];
        register[5] &= 0xE0;
        (register[6], register[7]) = (0, 0);
        for (var bit = 20; bit >= 0; bit--)
        {
            var (at, mask) = (7 - bit / 8, (byte)(1 << bit % 8));
            if ((ksn[2 + at] & mask) == 0) continue;
            register[at] |= mask;
            key = [.. Half(Scrambled(key), register), .. Half(key, register)];
        }

        return key;
    }

    private static byte[] Half(byte[] key, byte[] register) => Xor(Cipher(key[..8], Xor(register, key[8..])), key[8..]);

    private static byte[] Scrambled(byte[] key) => [.. key.Select((value, index) => (byte)(index % 8 < 4 ? value ^ 0xC0 : value))];

    private static byte[] Xor(byte[] one, byte[] other) => [.. one.Select((value, index) => (byte)(value ^ other[index]))];

    private static byte[] Cipher(byte[] key, byte[] block)
    {
        var engine = key.Length == 8 ? new DesEngine() : new DesEdeEngine();
        engine.Init(true, new KeyParameter(key.Length == 8 ? key : [.. key, .. key[..8]]));
        var output = new byte[8];
        engine.ProcessBlock(block, 0, output, 0);
        return output;
    }
}

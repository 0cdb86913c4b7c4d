using FsCheck;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using FsCheck.Xunit;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Fpe;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Macs;

namespace SunnySwitch.Hsm.Tests.Ciphers;

/// <summary>The ciphers against two others: .NET's, which is OpenSSL, and BouncyCastle.</summary>
public sealed class CipherTests
{
    [Property(MaxTest = 300)]
    public void TDEA_is_what_two_other_libraries_say(
        DoNotSize<ulong> k1Of, DoNotSize<ulong> k2Of, DoNotSize<ulong> k3Of, DoNotSize<ulong> blockOf, bool isDouble)
    {
        var (k1, k2, k3, block) = (k1Of.Item, k2Of.Item, k3Of.Item, blockOf.Item);
        var key = MemoryMarshal.AsBytes<ulong>(isDouble ? [k1, k2] : [k1, k2, k3]).ToArray();
        var input = MemoryMarshal.AsBytes<ulong>([block]).ToArray();
        var schedule = default(KeySchedule);
        schedule.LoadTdes(key);
        byte[] mine = new byte[8], theirs = new byte[8], back = new byte[8];
        schedule.Encrypt(input, mine);
        schedule.Decrypt(mine, back);
        Assert.Equal(input, back);

        var engine = new DesEdeEngine();
        engine.Init(true, new KeyParameter(isDouble ? [.. key, .. key[..8]] : key));
        engine.ProcessBlock(input, 0, theirs, 0);
        Assert.Equal(theirs, mine);
#pragma warning disable CA5350                              // It is the one under test.
        using var tdes = TripleDES.Create();
#pragma warning restore CA5350
        tdes.Mode = CipherMode.ECB;
        tdes.Padding = PaddingMode.None;
        using var transform = tdes.CreateEncryptor(isDouble ? [.. key, .. key[..8]] : key, null);
        Assert.Equal(theirs, transform.TransformFinalBlock(input, 0, 8));
    }

    [Property(MaxTest = 300)]
    public void Single_DES_is_the_engines(DoNotSize<ulong> keyOf, DoNotSize<ulong> blockOf)
    {
        var (key, block) = (keyOf.Item, blockOf.Item);
        Span<uint> words = stackalloc uint[Des.ScheduleWords];
        Des.Expand(key, words);
        var engine = new DesEngine();
        byte[] bytes = Rig.Bytes(Rig.Hex(key)), input = Rig.Bytes(Rig.Hex(block)), output = new byte[8];
        engine.Init(true, new KeyParameter(bytes));
        engine.ProcessBlock(input, 0, output, 0);
        Assert.Equal(Convert.ToHexString(output), Rig.Hex(Des.Encrypt(block, words)));
        var schedule = default(KeySchedule);
        schedule.LoadTdes(bytes);
        Assert.Equal(Des.Encrypt(block, words), schedule.Encrypt64(block));
        Assert.Equal(block, schedule.Decrypt64(schedule.Encrypt64(block)));
    }

    [Theory, InlineData(16), InlineData(24), InlineData(32)]
    public void AES_by_the_processor_and_without_it_is_the_same_and_right(int keyBytes)
    {
        for (var round = 0; round < 100; round++)
        {
            byte[] key = RandomNumberGenerator.GetBytes(keyBytes), input = RandomNumberGenerator.GetBytes(16);
            byte[] mine = new byte[16], schedule = new byte[Aes128.ScheduleBytes];
            var rounds = Aes128.Expand(key, schedule);
            var expanded = default(KeySchedule);
            expanded.LoadAes(key);
            expanded.Encrypt(input, mine);
            using var aes = Aes.Create();
            aes.SetKey(key);
            Assert.Equal(aes.EncryptEcb(input, PaddingMode.None), mine);
            Assert.Equal(Vector128.Create(mine), Aes128.Portable(Vector128.Create(input), schedule, rounds, decrypts: false));
            Assert.Equal(Vector128.Create(input), Aes128.Portable(Vector128.Create(mine), schedule, rounds, decrypts: true));
            expanded.Decrypt(mine, mine);
            Assert.Equal(input, mine);
        }
    }

    [Property(MaxTest = 300)]
    public void CMAC_and_the_CBC_MACs_are_the_other_librarys(byte[] message, byte kind)
    {
        var isAes = kind % 2 == 0;
        var key = RandomNumberGenerator.GetBytes(isAes ? (kind % 3 + 2) * 8 : 16);
        var schedule = default(KeySchedule);
        schedule.Load(isAes, key);
        var mine = new byte[isAes ? 16 : 8];
        Cmac.Compute(in schedule, message, mine);
        Assert.Equal(Theirs(isAes ? new CMac(new AesEngine()) : new CMac(new DesEdeEngine()), key, message), mine);
        if (isAes) return;
        var retail = Theirs(new ISO9797Alg3Mac(new DesEngine(), 64), key, message);
        if (message.Length > 0) Assert.Equal(Convert.ToHexString(retail), Rig.Hex(Iso9797.Algorithm3(in schedule, message, MacPadding.Zeros)));
        var padded = Theirs(new ISO9797Alg3Mac(new DesEngine(), 64, new Org.BouncyCastle.Crypto.Paddings.ISO7816d4Padding()), key, message);
        Assert.Equal(Convert.ToHexString(padded), Rig.Hex(Iso9797.Algorithm3(in schedule, message, MacPadding.OneAndZeros)));
        var first = Theirs(new CbcBlockCipherMac(new DesEdeEngine(), 64, new Org.BouncyCastle.Crypto.Paddings.ISO7816d4Padding()), key, message);
        Assert.Equal(Convert.ToHexString(first), Rig.Hex(Iso9797.Algorithm1(in schedule, message, MacPadding.OneAndZeros)));
    }

    [Property(MaxTest = 300)]
    public void FF1_is_the_other_librarys_and_comes_back(byte[] tweak, byte lengthSeed, bool isWide)
    {
        tweak = tweak[..Math.Min(tweak.Length, Ff1.TweakBytesMax)];
        var radix = isWide ? 36 : 10;
        var length = isWide ? 4 + lengthSeed % 21 : 6 + lengthSeed % 33;
        var key = RandomNumberGenerator.GetBytes(16 + lengthSeed % 3 * 8);
        var numerals = RandomNumberGenerator.GetBytes(length).Select(value => (byte)(value % radix)).ToArray();
        var (mine, theirs) = (numerals.ToArray(), new byte[length]);
        var schedule = default(KeySchedule);
        schedule.LoadAes(key);
        Ff1.Apply(in schedule, tweak, radix, mine, decrypts: false);
        var engine = new FpeFf1Engine();
        engine.Init(true, new FpeParameters(new KeyParameter(key), radix, tweak));
        engine.ProcessBlock(numerals, 0, length, theirs, 0);
        Assert.Equal(theirs, mine);
        Ff1.Apply(in schedule, tweak, radix, mine, decrypts: true);
        Assert.Equal(numerals, mine);
    }

    [Fact]
    public void FF1_takes_a_million_values_at_least_and_no_more_than_its_words_hold()
    {
        Assert.Equal((false, true, true, false), (Ff1.IsDomain(10, 5), Ff1.IsDomain(10, 6), Ff1.IsDomain(10, 38), Ff1.IsDomain(10, 39)));
        Assert.Equal((false, true, true, false), (Ff1.IsDomain(36, 3), Ff1.IsDomain(36, 4), Ff1.IsDomain(36, 24), Ff1.IsDomain(36, 25)));
        Assert.Equal((false, false), (Ff1.IsDomain(1, 20), Ff1.IsDomain(37, 20)));
    }

    private static byte[] Theirs(Org.BouncyCastle.Crypto.IMac mac, byte[] key, byte[] message)
    {
        mac.Init(new KeyParameter(mac is CMac && key.Length == 16 && mac.GetMacSize() == 8 ? [.. key, .. key[..8]] : key));
        mac.BlockUpdate(message, 0, message.Length);
        var result = new byte[mac.GetMacSize()];
        mac.DoFinal(result, 0);
        return result;
    }
}

using System.Collections.Concurrent;
using System.Runtime.Versioning;
using System.Text;
using SunnySwitch.Core.State;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pkcs11;

namespace SunnySwitch.Hsm.Tests.Pkcs11;

/// <summary>Keys at rest, sealed by a token; and a token that is taken away.</summary>
[SupportedOSPlatform("linux")]
public sealed class Pkcs11LedgerTests : IDisposable
{
    private static readonly KeyAttributes Zpk = new(KeyUsage.PinEncryption, KeyAlgorithm.Tdea, KeyMode.Both);
    private readonly Pkcs11Hsm _hsm = SoftToken.Open();

    [Fact]
    public void Keys_of_every_usage_come_back_in_another_life_and_do_the_same()
    {
        var both = new TwoModules(_hsm, 5);
        var seal = new Pkcs11KeySeal(_hsm);
        var found = seal.MakeMaster();
        var blocks = both.Keys.Keys.ToDictionary(name => name, name => Seal(seal, both.In(_hsm, name), name));
        using var later = SoftToken.Open();
        var again = new Pkcs11KeySeal(later);
        again.TakeMaster(found);
        Assert.Equal(seal.MasterCheck, again.MasterCheck);
        Assert.Equal(10, again.MasterCheck.Length);
        var opened = new Dictionary<string, HsmKey>();
        foreach (var (name, block) in blocks)
        {
            Assert.Equal(HsmResult.Done, again.OpenKey(block, Encoding.ASCII.GetBytes(name), out var key));
            var before = both.In(_hsm, name);
            Assert.Equal((before.Attributes, before.Bits, before.CheckValue), (key!.Attributes, key.Bits, key.CheckValue));
            opened[name] = key;
        }

        var second = new TwoModules(both, later, opened, seed: 6);
        for (var round = 0; round < 5; round++)
        {
            foreach (var (operation, mine, theirs) in second.Round()) Assert.Equal($"{operation}: {mine}", $"{operation}: {theirs}");
        }
    }

    [Fact]
    public void A_block_that_was_changed_at_any_place_is_refused_and_so_is_one_under_another_name_or_master()
    {
        var seal = new Pkcs11KeySeal(_hsm);
        seal.MakeMaster();
        Assert.Equal(HsmResult.Done, _hsm.GenerateKey(in Zpk, 128, out var key));
        var block = Seal(seal, key!, "zpk-acme#1");
        Assert.StartsWith("10120P0TB00N0100LB0Ezpk-acme#10128", Encoding.ASCII.GetString(block), StringComparison.Ordinal);
        for (var at = 0; at < block.Length; at++)
        {
            var changed = block.ToArray();
            changed[at] = (byte)(changed[at] == '0' ? '1' : '0');
            Assert.NotEqual(HsmResult.Done, seal.OpenKey(changed, "zpk-acme#1"u8, out var none));
            Assert.Null(none);
        }

        Assert.Equal(HsmResult.KeyBlockMac, seal.OpenKey(block, "zpk-acme#2"u8, out _));
        Assert.Equal(HsmResult.KeyBlockLength, seal.OpenKey(block.AsSpan(0, block.Length - 1), "zpk-acme#1"u8, out _));
        var other = new Pkcs11KeySeal(_hsm);
        other.MakeMaster();
        Assert.Equal(HsmResult.KeyBlockMac, other.OpenKey(block, "zpk-acme#1"u8, out _));
        Assert.Equal(HsmResult.Done, seal.OpenKey(block, "zpk-acme#1"u8, out _));          // Control.
    }

    [Fact]
    public void A_master_key_that_is_not_in_the_token_is_named()
    {
        var seal = new Pkcs11KeySeal(_hsm);
        Assert.Equal(HsmResult.BadInput, seal.OpenKey("1"u8, "a"u8, out _));
        foreach (var found in new[] { "SunnySwitch/0123456789ABCDEF", "Another/0123456789ABCDEF", "SunnySwitch/", "" })
        {
            var error = Assert.Throws<InvalidDataException>(() => seal.TakeMaster(Encoding.ASCII.GetBytes(found)));
            Assert.Contains("SunnySwitch", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_ledger_works_over_a_token_as_over_the_software_module()
    {
        var folder = Directory.CreateTempSubdirectory("sunny-ledger-").FullName;
        try
        {
            var path = Path.Combine(folder, "keys.blocks");
            var ledger = KeyLedger.Open(path, _hsm, new Pkcs11KeySeal(_hsm), mayCreate: true);
            Assert.Equal(HsmResult.Done, _hsm.GenerateKey(in Zpk, 192, out var key));
            ledger.Add("zpk-acme", 1, key!);
            var note = new KeyNote(
                "zpk-acme", 1, KeyState.Current, KeyText.CheckValue(key!), (ushort)Zpk.Usage, (byte)Zpk.Algorithm, (byte)Zpk.Mode,
                (byte)Zpk.Exportability, 192, 1, 1, 0, "anna, boris");
            Assert.Empty(ledger.Follow([note]));
            using var later = SoftToken.Open();
            var again = KeyLedger.Open(path, later, new Pkcs11KeySeal(later), mayCreate: false);
            Assert.Empty(again.Follow([note]));
            Assert.True(again.TryCurrent("zpk-acme", out var current));
            Assert.Equal((Zpk, 192), (current.Attributes, current.Bits));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_token_that_is_taken_away_under_load_makes_results_and_never_a_wrong_verdict()
    {
        using var hsm = SoftToken.Open(SoftToken.Removed);
        var attributes = new KeyAttributes(KeyUsage.MacCmac, KeyAlgorithm.Aes, KeyMode.Any);
        Assert.Equal(HsmResult.Done, hsm.GenerateKey(in attributes, 128, out var key));
        var seal = new Pkcs11KeySeal(hsm);
        var found = seal.MakeMaster();
        var block = Seal(seal, key!, "mac");
        var (expected, results) = (new byte[16], new ConcurrentDictionary<HsmResult, int>());
        Assert.Equal(HsmResult.Done, hsm.GenerateMac(new MacSide(key!), "a message"u8, expected));
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 4 }, index =>
        {
            if (index == 100) SoftToken.TakeAway(SoftToken.Removed);
            var result = hsm.VerifyMac(new MacSide(key!), "a message"u8, expected);
            results.AddOrUpdate(result, 1, static (_, count) => count + 1);
            if (index % 10 == 0) results.AddOrUpdate(seal.OpenKey(block, "mac"u8, out _), 1, static (_, count) => count + 1);
        });

        Assert.DoesNotContain(HsmResult.WrongMac, results.Keys);
        Assert.DoesNotContain(HsmResult.KeyBlockMac, results.Keys);
        // What lies in the folder is gone: the master key cannot be used or made, and the module says so.
        var gone = seal.OpenKey(block, "mac"u8, out _);
        Assert.True(gone == HsmResult.DeviceRemoved, $"{gone}: {hsm.LastFailure}; under load: {string.Join(", ", results)}");
        Assert.Equal("96", gone.Code().ToString());
        Assert.Throws<InvalidDataException>(() => seal.MakeMaster());
        Assert.Throws<InvalidDataException>(() => new Pkcs11KeySeal(hsm).TakeMaster(found));
    }

    public void Dispose() => _hsm.Dispose();

    private static byte[] Seal(Pkcs11KeySeal seal, HsmKey key, string name)
    {
        var block = new byte[1_024];
        Assert.Equal(HsmResult.Done, seal.SealKey(key, Encoding.ASCII.GetBytes(name), block, out var characters));
        return block[..characters];
    }
}

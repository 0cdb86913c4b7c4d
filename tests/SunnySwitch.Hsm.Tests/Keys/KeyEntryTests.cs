using FsCheck;
using FsCheck.Xunit;
using SunnySwitch.Hsm.Ciphers;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Keys;

/// <summary>What is taken for a key: parity, weakness, length, publicity, each with its own reason.</summary>
public sealed class KeyEntryTests : IDisposable
{
    private const string Good = "2315208C9110AD402315BA7C10D5E9C7";
    private readonly Rig _rig = new();

    public static TheoryData<string, char, HsmResult> Entries => new()
    {
        { Good, 'T', HsmResult.Done },
        { Good + "0123456789ABCDEF", 'T', HsmResult.Done },
        { "2215208C9110AD402315BA7C10D5E9C7", 'T', HsmResult.KeyParity },
        { "2315208C9110AD402315BA7C10D5E9C6", 'T', HsmResult.KeyParity },
        { Good + "0123456789ABCDEE", 'T', HsmResult.KeyParity },
        { "2315208C9110AD402315208C9110AD40", 'T', HsmResult.KeyWeak },
        { "0123456789ABCDEF2315208C9110AD402315208C9110AD40", 'T', HsmResult.KeyWeak },
        { "2315208C9110AD402315208C9110AD400123456789ABCDEF", 'T', HsmResult.KeyWeak },
        { "01010101010101012315208C9110AD40", 'T', HsmResult.KeyWeak },
        { "2315208C9110AD40E0E0E0E0F1F1F1F1", 'T', HsmResult.KeyWeak },
        { "2315208C9110AD4001FE01FE01FE01FE", 'T', HsmResult.KeyWeak },
        { "2315208C9110AD40", 'T', HsmResult.KeyAlgorithm },                // Single DES.
        { "2315208C9110AD402315BA7C10D5E9", 'T', HsmResult.KeyLength },
        { Good, 'A', HsmResult.Done },
        { Good + Good, 'A', HsmResult.Done },
        { "00000000000000000000000000000000", 'A', HsmResult.KeyWeak },
        { "2315208C9110AD40", 'A', HsmResult.KeyLength },
        { Good + "2315208C9110", 'A', HsmResult.KeyLength },
    };

    [Theory, MemberData(nameof(Entries))]
    public void A_key_is_taken_or_refused_for_what_is_wrong_with_it(string hex, char algorithm, HsmResult expected)
    {
        var (first, second) = Rig.Components(hex);
        var attributes = new KeyAttributes(KeyUsage.Data, (KeyAlgorithm)algorithm, KeyMode.Both);
        Assert.Equal(expected, _rig.Hsm.FormKey(in attributes, first, second, default, out var key));
        Assert.Equal(expected == HsmResult.Done, key is not null);
    }

    [Property(MaxTest = 200)]
    public void Every_byte_of_even_parity_is_found(byte place, byte bit)
    {
        var key = Rig.Bytes(Good);
        key[place % 16] ^= (byte)(1 << bit % 8);
        Assert.Equal(HsmResult.KeyParity, KeyChecks.Check(KeyAlgorithm.Tdea, key));
        KeyChecks.SetOddParity(key);
        Assert.True(KeyChecks.HasOddParity(key));
    }

    [Property(MaxTest = 200)]
    public void Parity_of_a_word_is_the_parity_of_its_bytes(DoNotSize<ulong> wordOf)
    {
        var word = wordOf.Item;
        var bytes = Rig.Bytes(Rig.Hex(word));
        KeyChecks.SetOddParity(bytes);
        Assert.Equal(Convert.ToHexString(bytes), Rig.Hex(KeyChecks.WithOddParity(word)));
    }

    [Fact]
    public void Components_add_up_and_need_to_be_two_of_the_keys_length()
    {
        var attributes = new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Tdea, KeyMode.Both);
        byte[] key = Rig.Bytes(Good), first = new byte[16], second = new byte[16], third = new byte[16];
        for (var index = 0; index < 16; index++)
        {
            (first[index], second[index]) = ((byte)(3 * index), (byte)(0x80 | index));
            third[index] = (byte)(key[index] ^ first[index] ^ second[index]);
        }

        Assert.Equal(HsmResult.Done, _rig.Hsm.FormKey(in attributes, first, second, third, out var made));
        Assert.Equal(KeyChecks.CheckValue(KeyAlgorithm.Tdea, key), made!.CheckValue);
        Assert.Equal(HsmResult.KeyLength, _rig.Hsm.FormKey(in attributes, first, default, default, out _));
        Assert.Equal(HsmResult.KeyLength, _rig.Hsm.FormKey(in attributes, first, second.AsSpan(1), default, out _));
        Assert.Equal(HsmResult.KeyLength, _rig.Hsm.FormKey(in attributes, first, second, third.AsSpan(1), out _));
        Assert.Equal(HsmResult.KeyLength, _rig.Hsm.FormKey(in attributes, new byte[65], new byte[65], default, out _));
        Assert.NotEqual(HsmResult.Done, _rig.Hsm.FormKey(in attributes, first, first, default, out _));
        Assert.Equal(HsmResult.Done, _rig.Hsm.CheckComponent(KeyAlgorithm.Tdea, key, out var check));
        Assert.Equal(made.CheckValue, check);
        Assert.Equal(HsmResult.KeyAlgorithm, _rig.Hsm.CheckComponent(KeyAlgorithm.Tdea, key.AsSpan(0, 8), out _));
    }

    [Theory, InlineData('T', 128), InlineData('T', 192), InlineData('A', 128), InlineData('A', 192), InlineData('A', 256), InlineData('H', 512)]
    public void Random_keys_differ_and_are_good(char algorithm, int bits)
    {
        var usage = algorithm == 'H' ? KeyUsage.MacHmac : KeyUsage.MacCmac;
        var keys = Enumerable.Range(0, 50).Select(_ => _rig.New(usage, KeyMode.Any, (KeyAlgorithm)algorithm, bits)).ToList();
        Assert.True(keys.DistinctBy(key => key.CheckValue).Count() >= 49);
        Assert.All(keys, key => Assert.Equal(bits, key.Bits));
        Assert.Equal(HsmResult.KeyLength, _rig.Hsm.GenerateKey(new KeyAttributes(usage, (KeyAlgorithm)algorithm, KeyMode.Any), 120, out _));
    }

    [Fact]
    public void Published_keys_are_refused_where_they_shall_be()
    {
        using var production = new SoftwareHsm(new SoftwareHsmOptions { RefusesPublishedKeys = true });
        foreach (var (hex, algorithm) in new[]
        {
            ("0123456789ABCDEFFEDCBA9876543210", KeyAlgorithm.Tdea), ("2020202020202020313131313131313" + "1", KeyAlgorithm.Tdea),
            ("FEDCBA9876543210F1F1F1F1F1F1F1F1", KeyAlgorithm.Aes), ("000102030405060708090A0B0C0D0E0F", KeyAlgorithm.Aes),
        })
        {
            var (first, second) = Rig.Components(hex);
            var attributes = new KeyAttributes(KeyUsage.Data, algorithm, KeyMode.Both);
            Assert.Equal(HsmResult.KeyPublished, production.FormKey(in attributes, first, second, default, out _));
            Assert.Equal(HsmResult.Done, _rig.Hsm.FormKey(in attributes, first, second, default, out var key));
            Assert.NotNull(PublishedKeys.NameOf(key!));
        }

        Assert.Null(PublishedKeys.NameOf(_rig.Enter(KeyUsage.Data, Good)));
    }

    [Fact]
    public void A_full_module_says_so_and_takes_another_key_when_one_is_removed()
    {
        using var small = new SoftwareHsm(new SoftwareHsmOptions { KeysMax = 2 });
        var attributes = new KeyAttributes(KeyUsage.Data, KeyAlgorithm.Aes, KeyMode.Both);
        Assert.Equal(HsmResult.Done, small.GenerateKey(in attributes, 128, out var first));
        Assert.Equal(HsmResult.Done, small.GenerateKey(in attributes, 128, out _));
        Assert.Equal(HsmResult.ModuleFailed, small.GenerateKey(in attributes, 128, out _));
        Assert.Equal(HsmResult.Done, small.RemoveKey(first!));
        Assert.Equal(HsmResult.Done, small.GenerateKey(in attributes, 128, out var other));
        Assert.Equal(first!.Number, other!.Number);
        Assert.Equal(HsmResult.UnknownKey, small.EncryptData(new CipherSide(first, BlockMode.Ecb), new byte[16], new byte[16]));
        Assert.Equal(HsmResult.Done, small.EncryptData(new CipherSide(other, BlockMode.Ecb), new byte[16], new byte[16]));
    }

    [Fact]
    public void Keys_are_wiped_with_their_module_and_removed_ones_too()
    {
        var hsm = new SoftwareHsm();
        var (kept, removed) = (Rig.Enter(hsm, KeyUsage.Data, Good), Rig.Enter(hsm, KeyUsage.Data, Good));
        var held = new[] { hsm.Held(kept), hsm.Held(removed) };
        Assert.Equal(HsmResult.Done, hsm.RemoveKey(removed));
        hsm.Dispose();
        foreach (var each in held)
        {
            Assert.True(each.Bytes.IndexOfAnyExcept((byte)0) < 0);
            Assert.Equal(0, each.Schedule.BlockBytes);
        }

        Assert.Equal(HsmResult.UnknownKey, hsm.EncryptData(new CipherSide(kept, BlockMode.Ecb), new byte[8], new byte[8]));
    }

    public void Dispose() => _rig.Dispose();
}

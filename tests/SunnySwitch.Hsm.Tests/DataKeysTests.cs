using System.Runtime.Versioning;
using System.Text;
using SunnySwitch.Core.Domain;

namespace SunnySwitch.Hsm.Tests;

/// <summary>Keys at rest: wrapped, owned by one, never lost by a rotation, and refused in words when they do not fit.</summary>
[SupportedOSPlatform("linux")]
public sealed class DataKeysTests : IDisposable
{
    private static readonly PanToken Token = new(1, 2);
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-keys-").FullName;

    private string MasterFile => Path.Combine(_folder, "master.key");

    private string KeysFile => Path.Combine(_folder, "data.keys");

    [Fact]
    public void What_an_older_key_sealed_opens_after_a_rotation_and_after_a_restart()
    {
        SealedPan first, second;
        using (var master = FileMasterKey.Open(MasterFile, mayCreate: true))
        using (var keys = DataKeys.Open(KeysFile, master, mayCreate: true))
        {
            first = keys.Vault.Seal(Block("4761739001010119"), Token, 1, 7);
            Assert.Equal(2U, keys.Rotate());
            second = keys.Vault.Seal(Block("4761739001010119"), Token, 1, 8);
        }

        using var again = FileMasterKey.Open(MasterFile, mayCreate: false);
        using var reopened = DataKeys.Open(KeysFile, again, mayCreate: false);
        Assert.Equal((1U, 2U, 2U), (first.DataKey, second.DataKey, reopened.Vault.CurrentKey));
        foreach (var each in new[] { first, second })
        {
            var block = new byte[PanBlock.Bytes];
            Assert.True(reopened.Vault.TryOpen(in each, Token, block));
            Assert.Equal(Block("4761739001010119"), block);
        }
    }

    [Fact]
    public void A_ciphertext_belongs_to_its_card_its_key_and_its_frame()
    {
        using var master = FileMasterKey.Open(MasterFile, mayCreate: true);
        using var keys = DataKeys.Open(KeysFile, master, mayCreate: true);
        var made = keys.Vault.Seal(Block("5555555555554444"), Token, 3, 9);
        var block = new byte[PanBlock.Bytes];
        Assert.False(keys.Vault.TryOpen(in made, new PanToken(1, 3), block));
        var moved = made;
        moved.Sequence++;
        Assert.False(keys.Vault.TryOpen(in moved, Token, block));
        moved = made;
        moved.DataKey = 2;
        Assert.False(keys.Vault.TryOpen(in moved, Token, block));
        keys.Rotate();
        Assert.False(keys.Vault.TryOpen(in moved, Token, block));
    }

    [Fact]
    public void Every_flipped_bit_of_the_wrapped_keys_is_refused()
    {
        using var master = FileMasterKey.Open(MasterFile, mayCreate: true);
        var key = new byte[32];
        var wrapped = master.Wrap(key, "data key 1");
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            var damaged = wrapped.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => master.Unwrap(damaged, "data key 1"));
        }

        Assert.Throws<InvalidDataException>(() => master.Unwrap(wrapped, "data key 2"));
        for (var length = 0; length < wrapped.Length; length++)
            Assert.Throws<InvalidDataException>(() => master.Unwrap(wrapped.AsSpan(0, length), "data key 1"));
    }

    [Fact]
    public void Another_master_key_is_refused_in_words()
    {
        using (var master = FileMasterKey.Open(MasterFile, mayCreate: true)) DataKeys.Open(KeysFile, master, mayCreate: true).Dispose();
        File.Delete(MasterFile);
        using var other = FileMasterKey.Open(MasterFile, mayCreate: true);
        var refusal = Assert.Throws<InvalidDataException>(() => DataKeys.Open(KeysFile, other, mayCreate: false));
        Assert.Contains($"not wrapped by master key {other.Check}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_keys_are_never_made_anew_over_sealed_PANs()
    {
        Assert.Throws<InvalidDataException>(() => FileMasterKey.Open(MasterFile, mayCreate: false));
        using var master = FileMasterKey.Open(MasterFile, mayCreate: true);
        Assert.Throws<InvalidDataException>(() => DataKeys.Open(KeysFile, master, mayCreate: false));
        Assert.False(File.Exists(KeysFile));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[{\"Number\":2,\"Wrapped\":\"AAAA\"}]")]
    [InlineData("[{\"Number\":1,\"Wrapped\":\"*\"}]")]
    [InlineData("[{\"Number\":1,\"Wrapped\":\"AAAA\"}]")]
    [InlineData("[{\"Number\":1}]")]
    [InlineData("[null]")]
    public void A_damaged_list_of_keys_is_refused(string content)
    {
        using var master = FileMasterKey.Open(MasterFile, mayCreate: true);
        File.WriteAllText(KeysFile, content);
        File.SetUnixFileMode(KeysFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Throws<InvalidDataException>(() => DataKeys.Open(KeysFile, master, mayCreate: false));
        Assert.Equal(content, File.ReadAllText(KeysFile));
    }

    [Fact]
    public void Files_are_their_owners_alone_and_others_are_refused()
    {
        using (var master = FileMasterKey.Open(MasterFile, mayCreate: true)) DataKeys.Open(KeysFile, master, mayCreate: true).Dispose();
        foreach (var file in new[] { MasterFile, KeysFile })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.DoesNotContain(Directory.GetFiles(_folder), path => path.EndsWith(".new", StringComparison.Ordinal));
        }

        File.SetUnixFileMode(MasterFile, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Throws<InvalidDataException>(() => FileMasterKey.Open(MasterFile, mayCreate: false));
    }

    [Fact]
    public void No_file_and_no_text_shows_a_key()
    {
        using var master = FileMasterKey.Open(MasterFile, mayCreate: true);
        var key = Enumerable.Range(1, 32).Select(value => (byte)value).ToArray();
        Assert.True(master.Wrap(key, "data key 1").AsSpan().IndexOf(key) < 0);
        var secret = File.ReadAllBytes(MasterFile);
        Assert.DoesNotContain(Convert.ToHexString(secret)[..8], master.Check, StringComparison.Ordinal);
        Assert.Matches("^[0-9A-F]{8}$", master.Check);
        using var keys = DataKeys.Open(KeysFile, master, mayCreate: true);
        var sealedPan = keys.Vault.Seal(Block("4111111111111111"), Token, 1, 1);
        Assert.DoesNotContain("4111111111111111", sealedPan.ToString() + File.ReadAllText(KeysFile), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Block(string pan)
    {
        var block = new byte[PanBlock.Bytes];
        PanBlock.Write(Encoding.ASCII.GetBytes(pan), block);
        return block;
    }
}

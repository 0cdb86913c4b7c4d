using System.Runtime.Versioning;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Ledger;

/// <summary>A master key that a module holds: what it wrapped comes back in another life, and nothing else does.</summary>
[SupportedOSPlatform("linux")]
public sealed class HsmMasterKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-master-").FullName;
    private readonly FileMasterKey _root;
    private byte[] _found = [];

    public HsmMasterKeyTests() => _root = FileMasterKey.Open(Path.Combine(_folder, "master.key"), mayCreate: true);

    private string Blocks => Path.Combine(_folder, "master.blocks");

    [Theory, InlineData(0), InlineData(1), InlineData(16), InlineData(32), InlineData(33)]
    public void What_was_wrapped_comes_back_in_another_life_and_shows_nothing(int length)
    {
        var key = Enumerable.Range(1, length).Select(each => (byte)(each * 37)).ToArray();
        byte[] wrapped;
        string check;
        using (var life = new Life(this))
        {
            wrapped = life.Master.Wrap(key, "data key");
            Assert.NotEqual(wrapped, life.Master.Wrap(key, "data key"));
            check = life.Master.Check;
            if (length > 8) Assert.Equal(-1, wrapped.AsSpan().IndexOf(key.AsSpan(0, 8)));
        }

        using var again = new Life(this);
        Assert.Equal(check, again.Master.Check);
        Assert.Equal(key, again.Master.Unwrap(wrapped, "data key"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Blocks));
    }

    [Fact]
    public void Whatever_is_changed_or_meant_for_another_use_is_refused()
    {
        using var life = new Life(this);
        var wrapped = life.Master.Wrap(new byte[32], "data key");
        Assert.Throws<InvalidDataException>(() => life.Master.Unwrap(wrapped, "data kez"));
        for (var bit = 0; bit < 8 * wrapped.Length; bit++)
        {
            wrapped[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Throws<InvalidDataException>(() => life.Master.Unwrap(wrapped, "data key"));
            wrapped[bit / 8] ^= (byte)(1 << bit % 8);
        }

        foreach (var length in (int[])[0, 16, 32, 47, wrapped.Length - 16, 4_096])
        {
            var other = wrapped.Concat(new byte[length]).Take(length).ToArray();
            Assert.Throws<InvalidDataException>(() => life.Master.Unwrap(other, "data key"));
        }
    }

    [Theory, InlineData("{}"), InlineData("[]"), InlineData(""), InlineData("{\"Format\":2,\"Cipher\":\"\",\"Mac\":\"\"}")]
    public void A_damaged_or_missing_file_is_told(string text)
    {
        using (new Life(this))
        {
        }

        File.WriteAllText(Blocks, text);
        Assert.Throws<InvalidDataException>(() => new Life(this));
        File.Delete(Blocks);
        Assert.Throws<InvalidDataException>(() => new Life(this, mayCreate: false));
    }

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Life : IDisposable
    {
        private readonly SoftwareHsm _hsm = new();
        private readonly SoftwareKeySeal _seal;

        public Life(HsmMasterKeyTests test, bool mayCreate = true)
        {
            _seal = new SoftwareKeySeal(_hsm, test._root);
            if (test._found.Length == 0) test._found = _seal.MakeMaster();
            else _seal.TakeMaster(test._found);
            Master = HsmMasterKey.Open(test.Blocks, _hsm, _seal, mayCreate);
        }

        public HsmMasterKey Master { get; }

        public void Dispose()
        {
            _seal.Dispose();
            _hsm.Dispose();
        }
    }
}

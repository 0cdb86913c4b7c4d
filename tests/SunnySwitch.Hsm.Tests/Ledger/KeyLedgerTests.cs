using System.Runtime.Versioning;
using System.Text;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Hsm.Desk;
using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Macs;
using SunnySwitch.Hsm.Pins;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Ledger;

/// <summary>Key blocks at rest, what the journal says of them, and the ring that comes of both.</summary>
[SupportedOSPlatform("linux")]
public sealed class KeyLedgerTests : IDisposable
{
    private static readonly KeyAttributes Zpk = new(KeyUsage.PinEncryption, KeyAlgorithm.Tdea, KeyMode.Both);
    private readonly string _folder = Directory.CreateTempSubdirectory("sunny-ledger-").FullName;
    private readonly FileMasterKey _master;

    public KeyLedgerTests() => _master = FileMasterKey.Open(Path.Combine(_folder, "master.key"), mayCreate: true);

    private string Blocks => Path.Combine(_folder, "keys.blocks");

    [Fact]
    public void Keys_of_every_kind_come_back_after_a_restart_as_they_were()
    {
        KeyAttributes[] all =
        [
            Zpk, new(KeyUsage.KeyEncryption, KeyAlgorithm.Aes, KeyMode.Both, KeyExportability.Exportable, "07"),
            new(KeyUsage.MacHmac, KeyAlgorithm.Hmac, KeyMode.GenerateAndVerify), new(KeyUsage.BaseDerivation, KeyAlgorithm.Aes, KeyMode.Derive),
        ];
        var (labels, bits) = (new[] { "z", "kek-of-16-chars.", "mac_1", "Bdk.7" }, new[] { 192, 256, 512, 128 });
        var notes = new List<KeyNote>();
        string check;
        using (var life = new Life(this))
        {
            for (var index = 0; index < all.Length; index++) notes.Add(Bring(life, labels[index], 1, KeyState.Current, in all[index], bits[index]));
            Assert.Empty(life.Ledger.Follow(notes));
            check = life.Ledger.MasterCheck;
        }

        using var again = new Life(this);
        Assert.Empty(again.Ledger.Follow(notes));
        Assert.Equal(check, again.Ledger.MasterCheck);
        for (var index = 0; index < all.Length; index++)
        {
            Assert.True(again.Ledger.TryCurrent(labels[index], out var key));
            Assert.Equal((all[index], bits[index]), (key.Attributes, key.Bits));
            Assert.False(again.Ledger.TryPrevious(labels[index], out _));
        }

        Assert.False(again.Ledger.TryCurrent("unknown", out _));
    }

    [Fact]
    public void The_file_is_its_owners_alone_and_holds_blocks_of_version_D_with_label_and_version()
    {
        using var life = new Life(this);
        Bring(life, "zpk-acme", 1, KeyState.Current);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Blocks));
        Assert.Contains("\"D0144P0TB00N0200LB0Ezpk-acme#1PB12", File.ReadAllText(Blocks), StringComparison.Ordinal);
        File.SetUnixFileMode(Blocks, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Throws<InvalidDataException>(() => new Life(this));
    }

    [Fact]
    public void Every_changed_character_of_a_block_is_refused()
    {
        using (var life = new Life(this)) Bring(life, "zpk-acme", 1, KeyState.Current);
        var good = File.ReadAllText(Blocks);
        var begin = good.IndexOf("\"D0144P0", StringComparison.Ordinal) + 1; // a wrapped master may begin with "D0
        Assert.NotEqual(0, begin);
        for (var at = begin; good[at] != '"'; at++)
        {
            foreach (var other in "0F")
            {
                if (good[at] == other) continue;
                File.WriteAllText(Blocks, string.Concat(good.AsSpan(0, at), [other], good.AsSpan(at + 1)));
                var refusal = Assert.Throws<InvalidDataException>(() => new Life(this));
                Assert.Contains("zpk-acme version 1", refusal.Message, StringComparison.Ordinal);
            }
        }

        File.WriteAllText(Blocks, good);
        new Life(this).Dispose();
    }

    [Theory]
    [InlineData("\"Version\":1", "\"Version\":2")]
    [InlineData("\"Label\":\"zpk-acme\"", "\"Label\":\"zpk-evil\"")]
    [InlineData("\"Label\":\"zpk-acme\"", "\"Label\":\"\\u001b[2J\"")]
    [InlineData("\"Format\":1", "\"Format\":2")]
    [InlineData("\"Keys\":[", "\"Keys\":[null,")]
    [InlineData("\"Master\":\"", "\"Master\":\"AAAA")]
    [InlineData("{", "")]
    public void A_block_stands_for_its_own_label_and_version_only(string was, string changed)
    {
        using (var life = new Life(this)) Bring(life, "zpk-acme", 1, KeyState.Current);
        var text = File.ReadAllText(Blocks);
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(Blocks, text.Replace(was, changed, StringComparison.Ordinal));
        var refusal = Assert.Throws<InvalidDataException>(() => new Life(this));
        Assert.DoesNotContain("\u001b", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_substituted_key_is_refused_by_label_and_expected_check_value()
    {
        KeyNote note;
        using (var life = new Life(this))
        {
            note = Bring(life, "zpk-acme", 1, KeyState.Current);
            Assert.Empty(life.Ledger.Follow([note]));
            var check = KeyText.CheckValue(note.Algorithm, note.CheckValue);
            foreach (var wrong in new[]
            {
                note with { CheckValue = note.CheckValue ^ 1 }, note with { Usage = 0x4330 }, note with { Bits = 192 }, note with { Mode = (byte)'E' },
                note with { Exportability = (byte)'E' },
            })
            {
                var substituted = Assert.Throws<InvalidDataException>(() => life.Ledger.Follow([wrong]));
                Assert.Contains("key zpk-acme version 1: the key was substituted", substituted.Message, StringComparison.Ordinal);
                Assert.Contains(KeyText.CheckValue(wrong.Algorithm, wrong.CheckValue), substituted.Message, StringComparison.Ordinal);
            }

            var missing = Assert.Throws<InvalidDataException>(() => life.Ledger.Follow([note with { Version = 2 }]));
            Assert.Contains(
                $"key zpk-acme version 2: {Blocks} does not have it; the journal expects check value {check}", missing.Message, StringComparison.Ordinal);
            Assert.True(life.Ledger.TryCurrent("zpk-acme", out _));      // What was refused changed nothing.
        }

        File.Delete(Blocks);
        Assert.Throws<InvalidDataException>(() => new Life(this, mayCreate: false));
        Assert.False(File.Exists(Blocks));
    }

    [Fact]
    public void Another_master_key_opens_nothing()
    {
        using (var life = new Life(this)) Bring(life, "zpk-acme", 1, KeyState.Current);
        using var other = FileMasterKey.Open(Path.Combine(_folder, "other.key"), mayCreate: true);
        using var hsm = new SoftwareHsm();
        using var seal = new SoftwareKeySeal(hsm, other);
        var refusal = Assert.Throws<InvalidDataException>(() => KeyLedger.Open(Blocks, hsm, seal, mayCreate: false));
        Assert.Contains($"not wrapped by master key {other.Check}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_journal_does_not_know_is_dropped_and_told_and_so_is_what_it_has_retired()
    {
        KeyNote first, second;
        using (var life = new Life(this))
        {
            first = Bring(life, "zpk-acme", 1, KeyState.Current);
            second = Bring(life, "zpk-acme", 2, KeyState.Next);
        }

        using (var life = new Life(this))
        {
            var said = Assert.Single(life.Ledger.Follow([first]));
            Assert.Equal("key zpk-acme version 2: the journal does not know it: an unfinished ceremony, dropped", said);
        }

        using (var life = new Life(this))
        {
            Assert.Empty(life.Ledger.Follow([first]));
            var said = Assert.Single(life.Ledger.Follow([first with { State = KeyState.Retired }]));
            Assert.Equal("key zpk-acme version 1: retired, and gone from keys.blocks", said);
        }

        Assert.DoesNotContain("zpk-acme", File.ReadAllText(Blocks), StringComparison.Ordinal);
        Assert.NotEqual(first.CheckValue, second.CheckValue);
    }

    [Fact]
    public void A_handle_that_left_the_ring_works_on_until_the_second_sweep()
    {
        using var life = new Life(this);
        var note = Bring(life, "zpk-acme", 1, KeyState.Current);
        life.Ledger.Follow([note]);
        Assert.True(life.Ledger.TryCurrent("zpk-acme", out var key));
        var generation = life.Ledger.Generation;
        life.Ledger.Follow([note with { State = KeyState.Retired }]);
        Assert.True(life.Ledger.Generation > generation);
        Assert.False(life.Ledger.TryCurrent("zpk-acme", out _));
        life.Ledger.Sweep();
        Assert.True(life.Hsm.TryHeld(key, out _));
        life.Ledger.Sweep();
        Assert.False(life.Hsm.TryHeld(key, out _));
    }

    [Fact]
    public void The_generation_rises_with_a_change_and_only_then()
    {
        using var life = new Life(this);
        var note = Bring(life, "zpk-acme", 1, KeyState.Current);
        life.Ledger.Follow([note]);
        var generation = life.Ledger.Generation;
        life.Ledger.Follow([note]);
        Assert.Equal(generation, life.Ledger.Generation);
        life.Ledger.Follow([note, Bring(life, "zpk-acme", 2, KeyState.Next)]);
        Assert.Equal(generation + 1, life.Ledger.Generation);
    }

    [Fact]
    public void Uses_count_by_version_and_by_state()
    {
        using var life = new Life(this);
        var (one, two) = (Bring(life, "zpk-acme", 1, KeyState.Current), Bring(life, "zpk-acme", 2, KeyState.Next));
        life.Ledger.Follow([one, two]);
        Assert.True(life.Ledger.TryCurrent("zpk-acme", out var first));
        Parallel.For(0, 1_000, _ => life.Ledger.Used(first));
        life.Ledger.Follow([one with { State = KeyState.Previous }, two with { State = KeyState.Current }]);
        Assert.True(life.Ledger.TryCurrent("zpk-acme", out var second));
        life.Ledger.Used(first);
        life.Ledger.Used(second);
        life.Ledger.Used(second);
        Assert.Equal((1_001, 2), (life.Ledger.UsesOf("zpk-acme", 1), life.Ledger.UsesOf("zpk-acme", 2)));
        Assert.Equal([("zpk-acme", KeyState.Current, 1_002L), ("zpk-acme", KeyState.Previous, 1L)], life.Ledger.Uses());
    }

    [Fact]
    public void Uses_are_counted_over_lives_and_over_the_end_of_a_version_and_a_file_that_is_none_stops_nothing()
    {
        var file = Path.Combine(_folder, "keys.uses");
        KeyNote note;
        using (var life = new Life(this))
        {
            note = Bring(life, "zpk-acme", 1, KeyState.Current);
            Use(life, note, 3);
            life.Ledger.SaveUses();
            Use(life, note, 2);                                             // A crash: these are lost.
        }

        using (var life = new Life(this))
        {
            Use(life, note, 4);
            Assert.Equal(7, life.Ledger.UsesOf("zpk-acme", 1));
            life.Ledger.Follow([note with { State = KeyState.Retired }]);
            Assert.Equal(7, life.Ledger.UsesOf("zpk-acme", 1));
            life.Ledger.SaveUses();
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            var written = File.GetLastWriteTimeUtc(file);
            File.SetLastWriteTimeUtc(file, written.AddDays(-1));
            life.Ledger.SaveUses();                                        // Nothing was used: nothing is written.
            Assert.Equal(written.AddDays(-1), File.GetLastWriteTimeUtc(file));
        }

        using (var life = new Life(this)) Assert.Equal(7, life.Ledger.UsesOf("zpk-acme", 1));
        foreach (var broken in new[] { "", "[", "{}", "[null]", "[{\"Label\":null,\"Version\":1,\"Count\":9}]", $"[{Much(1)},{Much(2)}]" })
        {
            File.WriteAllText(file, broken);
            using var life = new Life(this);
            Assert.Equal(0, life.Ledger.UsesOf("zpk-acme", 1));
        }

        static string Much(int version) => $"{{\"Label\":\"zpk-acme\",\"Version\":{version},\"Count\":{long.MaxValue}}}";

        static void Use(Life life, in KeyNote note, int times)
        {
            life.Ledger.Follow([note]);
            Assert.True(life.Ledger.TryCurrent(note.Label, out var key));
            while (times-- > 0) life.Ledger.Used(key);
        }
    }

    [Fact]
    public void In_a_module_that_was_opened_again_the_keys_are_the_same_and_their_uses_go_on()
    {
        using var life = new Life(this);
        var note = Bring(life, "zpk-acme", 1, KeyState.Current);
        life.Ledger.Follow([note]);
        Assert.True(life.Ledger.TryCurrent("zpk-acme", out var before));
        life.Ledger.Used(before);
        var generation = life.Ledger.Generation;
        using var again = new SoftwareHsm();
        using var seal = new SoftwareKeySeal(again, _master);
        Assert.Throws<InvalidDataException>(() => life.Ledger.Reopen(again, seal));       // Without its master key.
        Assert.Same(life.Hsm, life.Ledger.Hsm);
        seal.TakeMaster(life.Ledger.Master);
        life.Ledger.Reopen(again, seal);
        Assert.True(life.Ledger.TryCurrent("zpk-acme", out var key));
        Assert.Equal((before.CheckValue, true, false), (key.CheckValue, again.TryHeld(key, out _), again.TryHeld(before, out _)));
        Assert.True(life.Ledger.Generation > generation);
        life.Ledger.Used(key);
        Assert.Equal(2, life.Ledger.UsesOf("zpk-acme", 1));
        Assert.Equal(HsmResult.Done, again.GenerateKey(in Zpk, 128, out var next));
        life.Ledger.Add("zpk-acme", 2, next!);
        Assert.Single(life.Ledger.Follow([note]));                         // Sealed, and dropped again.
    }

    [Fact]
    public void A_change_of_a_key_under_load_refuses_no_mac_of_either_key()
    {
        using var life = new Life(this);
        var attributes = new KeyAttributes(KeyUsage.MacAlgorithm3, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify);
        var notes = new List<KeyNote> { Bring(life, "mac-acme", 1, KeyState.Current, in attributes) };
        life.Ledger.Follow(notes);
        var (wrong, stopped, looked) = (0L, false, new int[3]);
        var threads = Enumerable.Range(0, looked.Length).Select(party => new Thread(() =>
        {
            // A party that changes over whenever it likes: it makes MACs with what was current when it looked last.
            Span<byte> mac = stackalloc byte[8];
            while (!Volatile.Read(ref stopped))
            {
                var generation = life.Ledger.Generation;
                life.Ledger.TryCurrent("mac-acme", out var theirs);
                Volatile.Write(ref looked[party], generation);
                for (var message = 0; message < 50; message++)
                {
                    life.Hsm.GenerateMac(new MacSide(theirs!), "a message"u8, mac);
                    if (!IsRight(life, mac)) Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        for (uint version = 2; version <= 30; version++)
        {
            notes.Add(Bring(life, "mac-acme", version, KeyState.Next, in attributes));
            life.Ledger.Follow(notes);
            notes[^2] = notes[^2] with { State = KeyState.Previous };
            notes[^1] = notes[^1] with { State = KeyState.Current };
            life.Ledger.Follow(notes);
            // The version before ends when all parties have changed over, as operators do it.
            var activated = life.Ledger.Generation;
            Assert.True(SpinWait.SpinUntil(() => looked.All(generation => generation >= activated), TimeSpan.FromSeconds(30)));
            notes[^2] = notes[^2] with { State = KeyState.Retired };
            life.Ledger.Follow(notes);
            life.Ledger.Sweep();
        }

        Volatile.Write(ref stopped, true);
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Another_module_with_the_same_master_key_has_the_same_ring_after_every_change()
    {
        using var life = new Life(this);
        using var other = new SoftwareHsm();
        using var seal = new SoftwareKeySeal(other, _master);
        seal.TakeMaster(life.Ledger.Master);
        var mirror = new MirrorRing(life.Ledger, other, seal);
        var attributes = new KeyAttributes(KeyUsage.MacAlgorithm3, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify);
        var notes = new List<KeyNote> { Bring(life, "mac-acme", 1, KeyState.Current, in attributes), Bring(life, "mac-acme", 2, KeyState.Next, in attributes) };
        life.Ledger.Follow(notes);
        AssertSame();
        (notes[0], notes[1]) = (notes[0] with { State = KeyState.Previous }, notes[1] with { State = KeyState.Current });
        life.Ledger.Follow(notes);
        AssertSame();
        Assert.True(mirror.TryPrevious("mac-acme", out var before));
        mirror.Used(before);
        Assert.Equal(1, life.Ledger.UsesOf("mac-acme", 1));
        notes[0] = notes[0] with { State = KeyState.Retired };
        life.Ledger.Follow(notes);
        AssertSame();
        Assert.Equal(HsmResult.Done, other.GenerateMac(new MacSide(before), "a message"u8, new byte[8]));     // A thread may be using it still.
        notes.Add(Bring(life, "mac-other", 1, KeyState.Current, in attributes));
        life.Ledger.Follow(notes);
        AssertSame();
        Assert.Equal(HsmResult.UnknownKey, other.GenerateMac(new MacSide(before), "a message"u8, new byte[8]));

        void AssertSame()
        {
            Assert.True(mirror.TryCatchUp());
            Assert.Equal(life.Ledger.Generation, mirror.Generation);
            foreach (var label in notes.Select(note => note.Label).Distinct())
            {
                Assert.Equal(life.Ledger.TryCurrent(label, out var ours), mirror.TryCurrent(label, out var theirs));
                Assert.Equal(life.Ledger.TryPrevious(label, out var oursBefore), mirror.TryPrevious(label, out var theirsBefore));
                Assert.Equal((ours?.CheckValue, oursBefore?.CheckValue), (theirs?.CheckValue, theirsBefore?.CheckValue));
            }
        }
    }

    [Fact]
    public void A_module_that_cannot_take_in_a_change_is_not_asked()
    {
        using var life = new Life(this);
        using var other = new SoftwareHsm();
        using var seal = new SoftwareKeySeal(other, _master);
        var mirror = new MirrorRing(life.Ledger, other, seal);                                                  // It has no master key yet.
        var desk = new PaymentDesk(other, mirror, [new LinkKeys(1, null, PinFormat.Iso0, "mac-acme")], []);
        var attributes = new KeyAttributes(KeyUsage.MacAlgorithm3, KeyAlgorithm.Tdea, KeyMode.GenerateAndVerify);
        life.Ledger.Follow([Bring(life, "mac-acme", 1, KeyState.Current, in attributes)]);
        Assert.Equal(DeskAnswer.Failed, desk.Sign(1, 1, "an answer"u8, new byte[8]));
        seal.TakeMaster(life.Ledger.Master);
        Assert.Equal(DeskAnswer.Done, desk.Sign(1, 1, "an answer"u8, new byte[8]));
    }

    [Fact]
    public void No_file_holds_a_clear_key_and_published_ones_are_named()
    {
        using var life = new Life(this);
        const string published = "0123456789ABCDEFFEDCBA9876543210";
        var key = Rig.Enter(life.Hsm, KeyUsage.PinEncryption, published);
        life.Ledger.Add("zpk-test", 1, key);
        Assert.StartsWith("key zpk-test version 1 is published (", Assert.Single(life.Ledger.Published()), StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(_folder))
        {
            var bytes = File.ReadAllBytes(file);
            Assert.True(bytes.AsSpan().IndexOf(Rig.Bytes(published)) < 0, file);
            Assert.DoesNotContain(published, Encoding.Latin1.GetString(bytes), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("zpk-acme", true)]
    [InlineData("A.b_c-9", true)]
    [InlineData("sixteen-letters.", true)]
    [InlineData("seventeen-letters", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a b", false)]
    [InlineData("a#1", false)]
    [InlineData("ä", false)]
    public void A_label_is_plain(string? label, bool isGood) => Assert.Equal(isGood, KeyLedger.ProblemOf(label) is null);

    public void Dispose()
    {
        _master.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // As the desk does it: current first, then previous.
    private static bool IsRight(Life life, ReadOnlySpan<byte> mac) =>
        (life.Ledger.TryCurrent("mac-acme", out var key) && life.Hsm.VerifyMac(new MacSide(key), "a message"u8, mac) == HsmResult.Done)
        || (life.Ledger.TryPrevious("mac-acme", out key) && life.Hsm.VerifyMac(new MacSide(key), "a message"u8, mac) == HsmResult.Done);

    private static KeyNote Bring(Life life, string label, uint version, KeyState state) => Bring(life, label, version, state, in Zpk);

    private static KeyNote Bring(Life life, string label, uint version, KeyState state, in KeyAttributes attributes, int bits = 128)
    {
        Assert.Equal(HsmResult.Done, life.Hsm.GenerateKey(in attributes, bits, out var key));
        life.Ledger.Add(label, version, key!);
        return new KeyNote(
            label, version, state, KeyText.CheckValue(key!), (ushort)attributes.Usage, (byte)attributes.Algorithm, (byte)attributes.Mode,
            (byte)attributes.Exportability, (ushort)bits, 1, 1, 0, "anna, boris");
    }

    /// <summary>One life of a module and its ledger.</summary>
    private sealed class Life : IDisposable
    {
        private readonly SoftwareKeySeal _seal;

        public Life(KeyLedgerTests test, bool mayCreate = true)
        {
            _seal = new SoftwareKeySeal(Hsm, test._master);
            Ledger = KeyLedger.Open(test.Blocks, Hsm, _seal, mayCreate);
        }

        public SoftwareHsm Hsm { get; } = new();

        public KeyLedger Ledger { get; }

        public void Dispose()
        {
            _seal.Dispose();
            Hsm.Dispose();
        }
    }
}

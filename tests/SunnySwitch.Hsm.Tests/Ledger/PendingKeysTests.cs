using SunnySwitch.Hsm.Keys;
using SunnySwitch.Hsm.Ledger;
using SunnySwitch.Hsm.Software;

namespace SunnySwitch.Hsm.Tests.Ledger;

/// <summary>Components by custodians: split knowledge, check values, and nothing that stays.</summary>
public sealed class PendingKeysTests : IDisposable
{
    private const string Key = "89CB2D7F6B4A1C5E0D3E7A5B9261C4F2";
    private readonly SoftwareHsm _hsm = new();
    private readonly Hands _clock = new();
    private readonly PendingKeys _pending;

    public PendingKeysTests() => _pending = new PendingKeys(_hsm, _clock);

    [Fact]
    public void Two_custodians_make_a_key_that_neither_has_seen()
    {
        var (first, second) = Rig.Components(Key);
        var taken = _pending.Enter(Terms(), 1, "anna", first);
        Assert.Equal((null, 1, null), (taken.Problem, taken.Missing, taken.Key));
        Assert.Equal(KeyChecks.CheckValue(KeyAlgorithm.Tdea, first), taken.CheckValue);
        Assert.Equal([("zpk", 1)], _pending.Waiting);
        taken = _pending.Enter(Terms(), 2, "boris", second);
        Assert.Equal(KeyChecks.CheckValue(KeyAlgorithm.Tdea, second), taken.CheckValue);
        Assert.Equal(KeyChecks.CheckValue(KeyAlgorithm.Tdea, Rig.Bytes(Key)), taken.Key!.CheckValue);
        Assert.Equal(["anna", "boris"], taken.Custodians);
        Assert.Empty(_pending.Waiting);
        Assert.Equal(Odd(Rig.Bytes(Key)), _hsm.Held(taken.Key).Bytes.ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Components_of_odd_parity_make_a_key_of_odd_parity(int of)
    {
        var parts = Enumerable.Range(1, of).Select(part => Odd([.. Enumerable.Range(0, 16).Select(index => (byte)(part * 37 + index * 11))])).ToList();
        var taken = default(ComponentTaken);
        for (var part = 0; part < of; part++) taken = _pending.Enter(Terms(of: of), part + 1, $"custodian{part}", parts[part]);
        Assert.Null(taken.Problem);
        Assert.True(KeyChecks.HasOddParity(_hsm.Held(taken.Key!).Bytes));
    }

    [Fact]
    public void An_AES_key_is_the_sum_of_its_components_and_nothing_else()
    {
        var (first, second) = Rig.Components(Key);
        var terms = Terms() with { Attributes = new KeyAttributes(KeyUsage.PinEncryption, KeyAlgorithm.Aes, KeyMode.Both) };
        _pending.Enter(in terms, 1, "anna", first);
        var taken = _pending.Enter(in terms, 2, "boris", second);
        Assert.Equal(Rig.Bytes(Key), _hsm.Held(taken.Key!).Bytes.ToArray());
    }

    [Fact]
    public void One_custodian_enters_one_part_and_may_put_it_right()
    {
        var (first, second) = Rig.Components(Key);
        Assert.Null(_pending.Enter(Terms(), 1, "anna", second).Problem);
        Assert.Null(_pending.Enter(Terms(), 1, "ANNA", first).Problem);
        Assert.Equal("Anna has entered part 1: another custodian has to enter part 2", _pending.Enter(Terms(), 2, "Anna", second).Problem);
        Assert.Equal("part 1 was entered by ANNA", _pending.Enter(Terms(), 1, "boris", first).Problem);
        Assert.Equal(KeyChecks.CheckValue(KeyAlgorithm.Tdea, Rig.Bytes(Key)), _pending.Enter(Terms(), 2, "boris", second).Key!.CheckValue);
    }

    [Fact]
    public void What_makes_no_sense_is_refused_and_kept_nowhere()
    {
        var (first, second) = Rig.Components(Key);
        Assert.NotNull(_pending.Enter(Terms(of: 1), 1, "anna", first).Problem);
        Assert.NotNull(_pending.Enter(Terms(of: 4), 1, "anna", first).Problem);
        Assert.NotNull(_pending.Enter(Terms(), 0, "anna", first).Problem);
        Assert.NotNull(_pending.Enter(Terms(), 3, "anna", first).Problem);
        Assert.NotNull(_pending.Enter(Terms(), 1, "anna", first.AsSpan(1)).Problem);
        Assert.NotNull(_pending.Enter(Terms() with { Bits = 64 }, 1, "anna", first.AsSpan(0, 8)).Problem);
        Assert.Empty(_pending.Waiting);
        Assert.Null(_pending.Enter(Terms(), 1, "anna", first).Problem);
        Assert.NotNull(_pending.Enter(Terms(of: 3), 2, "boris", second).Problem);
        Assert.NotNull(_pending.Enter(Terms() with { IsNext = true }, 2, "boris", second).Problem);
    }

    [Fact]
    public void Parts_that_add_up_to_a_weak_key_are_all_forgotten()
    {
        var (first, _) = Rig.Components(Key);
        _pending.Enter(Terms(), 1, "anna", first);
        Assert.Contains("the key is weak", _pending.Enter(Terms(), 2, "boris", first).Problem!, StringComparison.Ordinal);
        Assert.Empty(_pending.Waiting);
    }

    [Fact]
    public void Parts_that_nobody_completes_are_wiped_after_ten_minutes()
    {
        var (first, second) = Rig.Components(Key);
        _pending.Enter(Terms(), 1, "anna", first);
        _clock.Now += TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1);
        _pending.WipeOverdue();
        Assert.Single(_pending.Waiting);
        _clock.Now += TimeSpan.FromTicks(1);
        Assert.Equal(1, _pending.Enter(Terms(), 2, "boris", second).Missing);      // The first part is gone.
        _clock.Now += TimeSpan.FromMinutes(10);
        _pending.WipeOverdue();
        Assert.Empty(_pending.Waiting);
    }

    [Fact]
    public void Only_so_many_keys_wait_at_a_time()
    {
        var (first, _) = Rig.Components(Key);
        for (var count = 0; count < PendingKeys.Most; count++) Assert.Null(_pending.Enter(Terms($"k{count}"), 1, "anna", first).Problem);
        Assert.NotNull(_pending.Enter(Terms("another"), 1, "anna", first).Problem);
    }

    [Theory]
    [InlineData("P0", "T", null, null, "B", "N")]
    [InlineData("M3", "T", null, "E", "C", "E")]
    [InlineData("E0", "T", null, null, "X", "N")]
    [InlineData("V2", "T", "V", null, "V", "N")]
    [InlineData("10", "A", null, null, "B", "N")]
    public void Attributes_are_read_and_what_is_not_said_is_the_usual(
        string usage, string algorithm, string? mode, string? exportability, string read, string leaves)
    {
        var problems = new List<string>();
        var attributes = KeyText.Read(usage, algorithm, mode, exportability, problems)!.Value;
        Assert.Empty(problems);
        Assert.Equal((usage, algorithm[0], read[0], leaves[0]), (
            KeyText.Usage((ushort)attributes.Usage), (char)attributes.Algorithm, (char)attributes.Mode, (char)attributes.Exportability));
    }

    [Theory]
    [InlineData("XX", "T", null, null)]
    [InlineData(null, "T", null, null)]
    [InlineData("P0", "D", null, null)]
    [InlineData("P0", null, null, null)]
    [InlineData("P0", "T", "Z", null)]
    [InlineData("P0", "T", null, "Y")]
    [InlineData("P0", "H", null, null)]
    [InlineData("P0", "T", "X", null)]
    public void Attributes_that_no_key_can_have_are_refused(string? usage, string? algorithm, string? mode, string? exportability)
    {
        var problems = new List<string>();
        Assert.Null(KeyText.Read(usage, algorithm, mode, exportability, problems));
        Assert.NotEmpty(problems);
    }

    public void Dispose()
    {
        _pending.Dispose();
        _hsm.Dispose();
    }

    private static ComponentTerms Terms(string label = "zpk", int of = 2) =>
        new(label, new KeyAttributes(KeyUsage.PinEncryption, KeyAlgorithm.Tdea, KeyMode.Both), 128, of, IsNext: false, Expires: 0);

    private static byte[] Odd(byte[] key)
    {
        KeyChecks.SetOddParity(key);
        return key;
    }

    private sealed class Hands : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

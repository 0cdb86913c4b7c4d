using System.Text;
using System.Text.Json;
using SunnySwitch.Core.Domain;
using SunnySwitch.Host.Commands;
using SunnySwitch.Journal.Frames;
using Xunit;

namespace SunnySwitch.Host.Tests.Commands;

/// <summary>Why a decision came out so: what a chip or a device had counted, and what was said of an authentication.</summary>
public sealed class TxTextTests
{
    [Theory]
    [InlineData(InternalResult.Approved, 7, "passed; counter 27 of chip 1, the highest before was 26\n", true)]
    [InlineData(InternalResult.Approved, 3, "passed; counter 27 of chip 1, the first of this chip\n", true)]
    [InlineData(InternalResult.CounterSeen, 5, "used before: a copy of another payment's; counter 27 of chip 1, the highest before was 26: not taken\n", false)]
    public void A_chips_counter_is_told_with_the_highest_before_it(InternalResult result, byte flags, string line, bool isTaken)
    {
        var decided = Decided(result, Check.Cryptogram);
        decided.Request.CardSequence = 1;
        decided.Request.Has |= RequestHas.Proof;
        decided.Proof = new Proof { Counter = 27, HighestBefore = 26, Flags = (ProofFlags)flags };
        Assert.Contains(line, Describe(in decided), StringComparison.Ordinal);
        var json = Json(in decided);
        Assert.Equal((27, isTaken), (json.GetProperty("chip_counter").GetInt32(), json.GetProperty("chip_counter_taken").GetBoolean()));
        Assert.Equal((flags & 4) != 0, json.TryGetProperty("chip_counter_before", out _));
    }

    [Theory]
    [InlineData(InternalResult.Approved, 7, 26, "passed; serial number 27 of device FFFF9876543210E0, the highest before was 26\n", true)]
    [InlineData(InternalResult.PinWrong, 3, 0, "the PIN is wrong; serial number 27 of device FFFF9876543210E0, the first of this device\n", true)]
    [InlineData(InternalResult.PinReplayed, 5, 30, "serial number 27 of device FFFF9876543210E0, the highest before was 30: not taken\n", false)]
    [InlineData(InternalResult.PinReplayed, 5, 0x1FF800, "the highest before was 2095104, its last: it needs a new initial key\n", false)]
    public void A_devices_serial_number_is_told_with_the_highest_before_it(InternalResult result, byte flags, uint before, string line, bool isTaken)
    {
        var decided = Decided(result, Check.Pin);
        decided.Request.Has |= RequestHas.Serial;
        decided.Serial = new Serial { Device = 0xFFFF9876543210E0, Counter = 27, HighestBefore = before, Flags = (SerialFlags)flags };
        Assert.Contains(line, Describe(in decided), StringComparison.Ordinal);
        var json = Json(in decided);
        Assert.Equal((27, isTaken), (json.GetProperty("device_counter").GetInt32(), json.GetProperty("device_counter_taken").GetBoolean()));
        Assert.Equal((flags & 4) != 0, json.TryGetProperty("device_counter_before", out _));
    }

    [Fact]
    public void An_e_commerce_payment_is_told_with_its_indicator_and_what_became_of_its_proof()
    {
        var decided = Decided(InternalResult.Approved, Check.Authentication);
        decided.Request.Indicator = 5;
        decided.Request.Has |= RequestHas.AuthenticationValue;
        decided.Request.Security = SecurityVerdicts.Of(default, default, default, default, SecurityVerdict.Right);
        var text = Describe(in decided);
        Assert.Contains("e-commerce, indicator 5 with its proof: a fraud is the issuer's\n", text, StringComparison.Ordinal);
        Assert.Contains("18  Authentication", text, StringComparison.Ordinal);
        Assert.Contains("passed; the proof is right\n", text, StringComparison.Ordinal);
        Assert.Equal((5, "Right"), (Json(in decided).GetProperty("indicator").GetInt32(), Json(in decided).GetProperty("authentication").GetString()));
        Assert.DoesNotContain("e-commerce", Describe(Decided(InternalResult.Approved, Check.Cryptogram)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_other_cells_had_counted_is_told_or_why_it_was_not_known()
    {
        var decided = Decided(InternalResult.CountLimit, Check.Limits);
        Assert.DoesNotContain("other cells", Describe(in decided), StringComparison.Ordinal);
        decided.Request.Has |= RequestHas.SharedCounts;
        var shared = default(SharedCounts);
        shared.Add(3, 2, 0, areBits: false);
        shared.Add(9, 4, 5_000, areBits: false);
        Assert.Contains("  other cells: had counted 2 for limit 3, 4 and 5000 for limit 9\n", Describe(in decided, shared), StringComparison.Ordinal);
        var limits = Json(in decided, shared).GetProperty("other_cells").GetProperty("limits");
        Assert.Equal("{\"limit\":9,\"count\":4,\"amount\":5000}", limits[1].GetRawText());
        Assert.Contains("other cells: had counted nothing\n", Describe(in decided, SharedCounts.Without(SharedSource.Told)), StringComparison.Ordinal);
        var late = Describe(in decided, SharedCounts.Without(SharedSource.Late));
        Assert.Contains("other cells: not counted, no answer came in time\n", late, StringComparison.Ordinal);
        Assert.Equal("Full", Json(in decided, SharedCounts.Without(SharedSource.Full)).GetProperty("other_cells").GetProperty("source").GetString());
    }

    private static Decided Decided(InternalResult result, Check ran)
    {
        var outcome = Outcomes.Of(result);
        var decided = new Decided { Result = result, Code = outcome.Code, ApprovalCode = Core.Domain.Decided.NoApprovalCode, Origin = DecisionOrigin.Us };
        decided.Request.Mti = 0x0100;
        decided.Explanation.Ran(ran);
        decided.Explanation.DecidedBy = outcome.Check;
        return decided;
    }

    private static string Describe(in Decided decided, SharedCounts shared = default) =>
        TxText.Describe(new FrameHeader { Sequence = 9 }, in decided, default, default, in shared);

    private static JsonElement Json(in Decided decided, SharedCounts shared = default)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            TxText.WriteJson(writer, new FrameHeader { Sequence = 9 }, in decided, default, default, in shared);
            writer.WriteEndObject();
        }

        return JsonDocument.Parse(Encoding.UTF8.GetString(buffer.ToArray())).RootElement;
    }
}

using SunnySwitch.Core.Domain;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>Deciding frames anew: the same where nothing changed, named where something did. <c>ModelTests</c> does it after every run.</summary>
public sealed class RedecisionTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void Decisions_come_out_the_same_with_the_same_rules()
    {
        Play();
        Assert.Empty(_bench.Redecided());
    }

    [Fact]
    public void A_frame_that_says_otherwise_is_named_and_makes_no_other_differ()
    {
        var at = Play();
        var frame = _bench.Frames[at];
        Assert.True(Decided.TryRead(Decided.Version, frame.Payload, out var decided, out var original));
        Assert.Equal("51", decided.Code.ToString());
        (decided.Code, decided.Result) = (ResponseCode.Of('0', '5'), InternalResult.CardBlocked);
        Decided.Write(in decided, in original, default, default, frame.Payload);
        var difference = Assert.Single(_bench.Redecided());
        Assert.Equal(frame.Sequence, difference.Sequence);
        Assert.StartsWith("05 CardBlocked", difference.Was, StringComparison.Ordinal);
        Assert.StartsWith("51 InsufficientFunds", difference.Is, StringComparison.Ordinal);
    }

    // Returns where the decline for its funds is.
    private int Play()
    {
        _bench.Code(Purchase(1));
        _bench.Code(Purchase(2, mti: 0x0200));
        _bench.Code(Reversal(3, Purchase(1), stays: 300));
        _bench.Code(Reversal(4, Purchase(77)));
        _bench.OpenDay(FirstDay + 1);
        _bench.Code(Purchase(5, 1_000_000));
        var at = _bench.Frames.Count - 1;
        _bench.Code(Purchase(6));
        return at;
    }
}

using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.State;
using static SunnySwitch.Core.Tests.Bench;

namespace SunnySwitch.Core.Tests.Stages;

/// <summary>E-commerce payments: what is asked for of the cardholder's authentication, and what comes of its proof.</summary>
public sealed class AuthenticationTests : IDisposable
{
    private const int None = -1;
    private readonly Bench _bench = new();
    private uint _stan;

    public void Dispose() => Assert.Empty(_bench.Redecided());

    [Theory]
    [InlineData("never", None, "00")]
    [InlineData("never", 5, "00")]
    [InlineData("claimed", None, "00")]
    [InlineData("claimed", 7, "00")]
    [InlineData("claimed", 0, "00")]
    [InlineData("claimed", 5, "1A")]
    [InlineData("claimed", 6, "1A")]
    [InlineData("claimed", 2, "1A")]
    [InlineData("claimed", 1, "1A")]
    [InlineData("always", None, "00")]
    [InlineData("always", 7, "1A")]
    [InlineData("always", 0, "1A")]
    [InlineData("always", 5, "1A")]
    public void Without_a_proof_it_is_what_the_product_says(string asks, int indicator, string code)
    {
        Say(asks);
        Assert.Equal(code, Pay(indicator, null));
        if (code == "1A") Assert.Equal(InternalResult.AuthenticationMissing, _bench.Transaction.Decided.Result);
        Assert.Equal(code == "1A", _bench.Transaction.Decided.Explanation.HasRun(Check.Authentication));
        Assert.Equal(indicator, _bench.Transaction.Request.Indicator);
    }

    [Theory]
    [InlineData("never", SecurityVerdict.Right, "00")]
    [InlineData("never", SecurityVerdict.NotChecked, "00")]
    [InlineData("never", SecurityVerdict.Unable, "00")]
    [InlineData("never", SecurityVerdict.Wrong, "05")]
    [InlineData("never", SecurityVerdict.Malformed, "05")]
    [InlineData("never", SecurityVerdict.Fault, "05")]
    [InlineData("claimed", SecurityVerdict.Right, "00")]
    [InlineData("claimed", SecurityVerdict.Unable, "05")]
    [InlineData("claimed", SecurityVerdict.NotChecked, "05")]
    [InlineData("always", SecurityVerdict.Right, "00")]
    [InlineData("always", SecurityVerdict.Wrong, "05")]
    public void A_proof_that_is_wrong_is_declined_whoever_asks_and_one_that_nobody_can_check_where_it_is_asked_for(
        string asks, SecurityVerdict verdict, string code)
    {
        Say(asks);
        Assert.Equal(code, Pay(5, verdict));
        if (code == "05") Assert.Equal(InternalResult.AuthenticationWrong, _bench.Transaction.Decided.Result);
        Assert.Equal(verdict, _bench.Transaction.Decided.Request.Security.Authentication);
    }

    [Fact]
    public void An_electronic_payment_is_told_by_its_entry_mode_too_and_another_is_not_asked()
    {
        Say("always");
        Assert.Equal("1A", Pay(None, null, entryMode: 812));
        Assert.Equal("00", Pay(None, null, entryMode: 12));
    }

    [Fact]
    public void Verdicts_lie_beside_each_other()
    {
        var all = SecurityVerdicts.Of(SecurityVerdict.Right, SecurityVerdict.Wrong, SecurityVerdict.Unable, SecurityVerdict.Fault, SecurityVerdict.Malformed);
        Assert.Equal(
            (SecurityVerdict.Right, SecurityVerdict.Wrong, SecurityVerdict.Unable, SecurityVerdict.Fault, SecurityVerdict.Malformed),
            (all.Pin, all.CardCode, all.Cryptogram, all.Mac, all.Authentication));
        Assert.Equal(0x05034201U, all.Packed);
    }

    private string Pay(int indicator, SecurityVerdict? verdict, ushort entryMode = 12) => _bench.Code(Changed(Purchase(++_stan), t =>
    {
        ref var request = ref t.Request;
        request.EntryMode = entryMode;
        request.Has |= RequestHas.EntryMode;
        request.Indicator = indicator;
        if (verdict is not { } said) return t;
        request.Has |= RequestHas.AuthenticationValue;
        request.Security = SecurityVerdicts.Of(default, default, default, default, said);
        return t;
    }));

    private void Say(string asks)
    {
        var rules = new RuleSet { ProductCount = 1 };
        Encoding.ASCII.GetBytes("3ds", rules.Name);
        rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
        if (asks == "claimed") rules.AuthenticationClaimed = 1;
        if (asks == "always") rules.AuthenticationAlways = 1;
        Assert.True(new RulesDesk(_bench.State).TryActivate(in rules, out var payload, out _));
        _bench.Write(JournalKind.RulesActivated, payload);
    }
}

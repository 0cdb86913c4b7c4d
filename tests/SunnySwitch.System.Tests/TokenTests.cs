using System.Runtime.Versioning;

namespace SunnySwitch.SystemTests;

/// <summary>The running switch over real tokens: keys and the master key in them, one that is pulled out under load, one that is slow.</summary>
[SupportedOSPlatform("linux")]
public sealed class TokenTests
{
    private const string Link = "links.0.security.macKey=\"mak-live\"", MacKey = "5C1F8A3306D94B27E1702FA9C4B68D35";

    [Fact]
    public async Task Keys_and_the_master_key_are_in_the_token_and_come_back_with_it()
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        var tokens = new SoftTokens(test);
        tokens.Make("sunny-a");
        using (var first = await tokens.Start(["sunny-a"], "rehearse=false", Link))
        {
            Assert.Matches("keys: 1 data key under the master key in token sunny-a, check [0-9A-F]{8}", first.Output);
            Assert.Contains("SoftHSM, no secure device", first.Output, StringComparison.Ordinal);
            other.BringIn(first, MacKey);
            AssertSigned(first, other, 1);
            Assert.Equal(0, first.Terminate());
        }

        Assert.False(File.Exists(Path.Combine(test.Data, "master.key")));
        using (var again = await tokens.Start(["sunny-a"], "rehearse=false", Link))
        {
            Assert.Contains("ledger: 1 current key in the pkcs11 module", again.Output, StringComparison.Ordinal);
            AssertSigned(again, other, 2);
            Assert.Equal(0, again.Terminate());
        }

        // Without the token nothing can be opened, and nothing is made anew.
        tokens.Destroy("sunny-a");
        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => tokens.Start(["sunny-a"]));
        Assert.Contains("hsm.tokens.0: ", missing.Message, StringComparison.Ordinal);
        tokens.Make("sunny-a");
        var foreign = await Assert.ThrowsAsync<InvalidOperationException>(() => tokens.Start(["sunny-a"]));
        Assert.Contains("is not in the token", foreign.Message, StringComparison.Ordinal);
        var file = await Assert.ThrowsAsync<InvalidOperationException>(() => test.Start());
        Assert.Contains("is of a token (master.blocks)", file.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_pulled_out_under_load_costs_no_answer_and_is_used_again_when_it_is_well()
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        var tokens = new SoftTokens(test);
        await MakeTwo(tokens, other);
        using var running = await tokens.Start(["sunny-a", "sunny-b"], "rehearse=false", Link, "hsm.deadlineMilliseconds=10000");
        using var traffic = new SignedTraffic(running.Port(0), other, other);
        traffic.AwaitMore();
        foreach (var pulled in (string[])["sunny-b", "sunny-a"])
        {
            tokens.Fail(pulled, "removed");
            Fit(running, pulled, 0, traffic);
            Fit(running, pulled == "sunny-a" ? "sunny-b" : "sunny-a", 1, traffic);
            traffic.AwaitMore();
            Watch.Logs(running, $"WARNING: token {pulled}: ");
            tokens.Mend(pulled, "removed");
            Fit(running, pulled, 1, traffic);
            traffic.AwaitMore();
        }

        traffic.End();
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_ceremony_after_the_token_was_pulled_out_logs_in_again_and_a_PIN_that_became_wrong_is_shown_once_by_all()
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        var tokens = new SoftTokens(test);
        tokens.Make("sunny-a");
        using var running = await tokens.Start(["sunny-a"], "rehearse=false", Link);
        other.BringIn(running, MacKey);
        (int ExitCode, string Output, string Errors) Key(params string[] arguments) =>
            SwitchProcess.Run(["key", .. arguments, "--api", $"http://127.0.0.1:{running.HttpPort}"]);
        (int ExitCode, string Output, string Errors) Generate(string label) => Key(
            "generate", "--label", label, "--usage", "P0", "--algorithm", "T", "--bits", "128", "--operator", "anna", "--second", "boris");
        tokens.Fail("sunny-a", "removed");
        Watch.Says(running, "sunny_hsm_fit{token=\"sunny-a\"} 0");
        var refused = Generate("zpk-acme");
        Assert.True(refused.ExitCode == 1 && refused.Errors.Contains("hsm.tokens.0: ", StringComparison.Ordinal), refused.Errors);
        tokens.Mend("sunny-a", "removed");
        Watch.Says(running, "sunny_hsm_fit{token=\"sunny-a\"} 1");
        var made = Generate("zpk-acme");
        Assert.True(made.ExitCode == 0, made.Errors);
        // With the keys that were there before, and with the master key that wraps data keys.
        Assert.Equal(0, Key("rotate", "--label", "mak-live", "--operator", "anna", "--second", "boris").ExitCode);
        Assert.Contains("data key 2: ", Key("rotate-data").Output, StringComparison.Ordinal);
        AssertSigned(running, other, 5);

        var before = tokens.LogIns;
        tokens.WritePin("111111");
        tokens.Fail("sunny-a", "removed");
        Watch.Says(running, "sunny_hsm_fit{token=\"sunny-a\"} 0");
        tokens.Mend("sunny-a", "removed");
        Assert.True(SpinWait.SpinUntil(() => tokens.LogIns > before, TimeSpan.FromSeconds(30)));
        for (var times = 0; times < 3; times++)
        {
            refused = Generate("zpk-other");
            Assert.True(refused.ExitCode == 1 && refused.Errors.Contains("the user PIN is wrong", StringComparison.Ordinal), refused.Errors);
        }

        Assert.Equal(before + 1, tokens.LogIns);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Without_a_token_that_answers_in_time_requests_are_late_and_without_any_they_have_failed()
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        var tokens = new SoftTokens(test);
        tokens.Make("sunny-a");
        using var running = await tokens.Start(["sunny-a"], "rehearse=false", Link, "hsm.deadlineMilliseconds=200");
        other.BringIn(running, MacKey);
        using var client = new AcquirerClient(running.Port(0));
        tokens.Fail("sunny-a", "slow");
        // Nothing is answered: an answer has to have a MAC, and there is none to be had. What counts is that nothing was decided.
        for (var number = 10; number < 14; number++)
        {
            client.Send(other.Signed(OtherSide.Plain(number)));
            Watch.Says(running, $"sunny_hsm_failed_total {2 * (number - 9)}");                                 // The request, and the MAC of its 91.
        }

        Watch.Says(running, "sunny_hsm_fit{token=\"sunny-a\"} 0");
        tokens.Mend("sunny-a", "slow");
        Watch.Says(running, "sunny_hsm_fit{token=\"sunny-a\"} 1");
        var answer = client.Exchange(other.Signed(OtherSide.Plain(4)));
        Assert.Equal(("00", true), (AcquirerClient.Code(answer), other.IsSigned(answer)));
        tokens.Fail("sunny-a", "full");
        var refused = SwitchProcess.Run(
            "key", "generate", "--label", "zpk-acme", "--usage", "P0", "--algorithm", "T", "--bits", "128", "--operator", "anna", "--second", "boris",
            "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the token is full", refused.Errors, StringComparison.Ordinal);
        AssertSigned(running, other, 5);
        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task A_wrong_PIN_is_shown_to_a_token_once_and_a_token_that_is_no_device_is_refused_in_production()
    {
        using var test = new TestSwitch();
        var tokens = new SoftTokens(test);
        tokens.Make("sunny-a");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => tokens.Start(["sunny-a"], "mode=production"));
        Assert.Contains("the module is pkcs11, which is no secure device", refused.Message, StringComparison.Ordinal);
        tokens.WritePin("111111");
        var before = tokens.LogIns;
        Assert.True(before > 0);                                           // The control: those who come in are counted.
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => tokens.Start(["sunny-a"]));
        Assert.Equal(before + 1, tokens.LogIns);
        Assert.Contains("the user PIN is wrong", wrong.Message, StringComparison.Ordinal);
        tokens.WritePin(SoftTokens.Pin);
        File.SetUnixFileMode(Path.Combine(test.Folder, "token.pin"), UnixFileMode.UserRead | UnixFileMode.OtherRead | UnixFileMode.UserWrite);
        var open = await Assert.ThrowsAsync<InvalidOperationException>(() => tokens.Start(["sunny-a"]));
        Assert.Contains("token.pin: others than its owner can reach it", open.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_token_with_a_wrong_PIN_rests_is_not_shown_it_again_and_holds_nobody_up()
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        var tokens = new SoftTokens(test);
        await MakeTwo(tokens, other);
        tokens.WritePin("111111", "sunny-b.pin");
        var before = tokens.LogIns;
        using var running = await tokens.Start(["sunny-a", "sunny-b"], "rehearse=false", Link);
        Assert.Contains("it is left alone until the next start", running.Output, StringComparison.Ordinal);
        Watch.Says(running, "sunny_hsm_failures_total{token=\"sunny-b\"} 2");                                 // Probed twice since.
        Assert.Equal(before + 3, tokens.LogIns);                           // Ceremonies and desk of the first, and one try.
        AssertSigned(running, other, 1);
        Assert.Equal(0, running.Terminate());
    }

    /// <summary>A token that the key of the link's MACs was brought into, and another one like it.</summary>
    private static async Task MakeTwo(SoftTokens tokens, OtherSide other)
    {
        tokens.Make("sunny-a");
        using (var first = await tokens.Start(["sunny-a"], "rehearse=false", Link))
        {
            other.BringIn(first, MacKey);
            Assert.Equal(0, first.Terminate());
        }

        tokens.Clone("sunny-a", "sunny-b");
    }

    private static void AssertSigned(SwitchProcess running, OtherSide other, int number)
    {
        using var client = new AcquirerClient(running.Port(0));
        var answer = client.Exchange(other.Signed(OtherSide.Plain(number)));
        Assert.Equal(("00", true), (AcquirerClient.Code(answer), other.IsSigned(answer)));
    }

    private static void Fit(SwitchProcess running, string token, int expected, SignedTraffic traffic) => Watch.Until(running, () =>
    {
        traffic.AwaitMore();
        return Watch.Page(running).Contains($"sunny_hsm_fit{{token=\"{token}\"}} {expected}", StringComparison.Ordinal);
    });
}

using System.Text.Json.Nodes;

namespace SunnySwitch.SystemTests;

/// <summary>What became of a transaction, and why: <c>sunny tx explain</c> and <c>sunny replay</c> on a real journal.</summary>
public sealed class ExplainTests
{
    [Fact]
    public async Task A_transaction_is_explained_with_its_reversal_and_the_journal_decided_anew_is_the_same()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        using var client = new AcquirerClient(running.Port(0));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(1, 1))));
        Assert.Equal("51", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(1, 2, amount: "999999999999"))));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Reversal(1, 1, 3))));
        Assert.Equal(0, running.Terminate());

        var (exitCode, output, errors) = SwitchProcess.Run("tx", "explain", "--data", test.Data, "000002");
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("0100 purchase", output, StringComparison.Ordinal);
        Assert.Contains("of 0100 STAN 000002", output, StringComparison.Ordinal);
        Assert.DoesNotContain(AcquirerClient.Pan(1), output, StringComparison.Ordinal);

        (exitCode, output, _) = SwitchProcess.Run("tx", "explain", "--data", test.Data, "--json", "000000000002");
        var why = JsonNode.Parse(output)!;
        Assert.Equal((0, "51", "Account"), (exitCode, (string)why["response_code"]!, (string)why["decided_by"]!));
        Assert.Equal("Account", (string)why["checks"]!.AsArray()[^1]!);

        (exitCode, _, errors) = SwitchProcess.Run("tx", "explain", "--data", test.Data, "#999999");
        Assert.Equal((1, "sunny: #999999: no such transaction in this journal\n"), (exitCode, errors));
        (exitCode, _, errors) = SwitchProcess.Run("tx", "explain", "--data", test.Data, "whatever");
        Assert.Equal((2, "sunny: whatever: twelve characters of an RRN, up to six digits of a STAN, or # and a sequence\n"), (exitCode, errors));

        (exitCode, output, errors) = SwitchProcess.Run("replay", "--data", test.Data, "--config", test.ConfigFile);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.StartsWith("3 decided anew", output, StringComparison.Ordinal);
        Assert.EndsWith("3 the same, 0 different\n", output, StringComparison.Ordinal);
    }
}

using System.Text;

namespace SunnySwitch.SystemTests;

/// <summary>What an acquirer's engineer sees on a link, over real sockets.</summary>
public sealed class SessionTests
{
    private const string Pan = "4761739001010119";

    [Fact]
    public async Task A_link_that_needs_sign_on_refuses_until_it_signed_on()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        await AddCard(running);
        using var client = new AcquirerClient(running.Port(1));
        Assert.Equal("31", AcquirerClient.Code(client.Exchange(Purchase(1))));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(Network(1, "001"))));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(Network(2, "301"))));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(Purchase(1))));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(Network(3, "002"))));
        Assert.Equal("31", AcquirerClient.Code(client.Exchange(Purchase(2))));
    }

    [Fact]
    public async Task A_purchase_holds_money_and_its_reversal_gives_it_back()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        await AddCard(running);
        using var client = new AcquirerClient(running.Port(1));
        client.Exchange(Network(1, "001"));
        var first = client.Exchange(Purchase(7));
        Assert.Equal("00", AcquirerClient.Code(first));
        Assert.Equal((100_000, 12_345), await Balance(running));
        Assert.Equal(Convert.ToHexString(first), Convert.ToHexString(client.Exchange(Purchase(7, mti: 0x0101))));
        Assert.Equal((100_000, 12_345), await Balance(running));
        Assert.Equal("94", AcquirerClient.Code(client.Exchange(Purchase(7, amount: "000000099999"))));
        var reversal = Reversal(7, 8);
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(reversal)));
        Assert.Equal((100_000, 0), await Balance(running));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(Reversal(7, 9))));
        Assert.Equal((100_000, 0), await Balance(running));
    }

    [Fact]
    public async Task A_restart_remembers_holds_repeats_and_reversals()
    {
        using var test = new TestSwitch();
        byte[] first;
        using (var running = await test.Start("rehearse=false"))
        {
            await AddCard(running);
            using var client = new AcquirerClient(running.Port(1));
            client.Exchange(Network(1, "001"));
            first = client.Exchange(Purchase(7));
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await test.Start("rehearse=false"))
        {
            using var client = new AcquirerClient(running.Port(1));
            Assert.Equal("31", AcquirerClient.Code(client.Exchange(Purchase(7, mti: 0x0101))));
            client.Exchange(Network(1, "001"));
            Assert.Equal(Convert.ToHexString(first), Convert.ToHexString(client.Exchange(Purchase(7, mti: 0x0101))));
            Assert.Equal((100_000, 12_345), await Balance(running));
            Assert.Equal("00", AcquirerClient.Code(client.Exchange(Reversal(7, 8))));
            Assert.Equal((100_000, 0), await Balance(running));
        }
    }

    [Fact]
    public async Task Nothing_sensitive_is_in_journal_logs_metrics_or_exports()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        await AddCard(running);
        using (var client = new AcquirerClient(running.Port(1)))
        {
            client.Exchange(Network(1, "001"));
            client.Exchange(AcquirerClient.Encode(
                0x0200, (2, Pan), (3, "000000"), (4, "000000000500"), (7, "1122101010"), (11, "000042"), (12, "101010"),
                (13, "1122"), (14, "4912"), (22, "051"), (32, "12345678901"),
                (35, Pan + "=49122011234567890"), (37, "000000000042"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"), (52, "0123456789ABCDEF")));
            client.Send(Encoding.ASCII.GetBytes("0200" + Pan + "=49122011234567890"));
        }

        var said = running.Output + Watch.Page(running);
        Assert.Equal(0, running.Terminate());
        said += running.Output + SwitchProcess.Run("journal", "export", "--csv", "--data", test.Data).Output;
        said += SwitchProcess.Run("journal", "tail", "--data", test.Data).Output;
        AssertNothingSensitive(Encoding.ASCII.GetBytes(said));
        foreach (var file in Directory.EnumerateFiles(test.Data, "*", SearchOption.AllDirectories)) AssertNothingSensitive(File.ReadAllBytes(file));
    }

    private static void AssertNothingSensitive(ReadOnlySpan<byte> bytes)
    {
        Assert.True(bytes.IndexOf(Encoding.ASCII.GetBytes(Pan)) < 0, "a clear PAN");
        Assert.True(bytes.IndexOf(Convert.FromHexString(Pan)) < 0, "a packed PAN");
        Assert.True(bytes.IndexOf("49122011234567890"u8) < 0, "track data");
        Assert.True(bytes.IndexOf(Convert.FromHexString("0123456789ABCDEF")) < 0, "a PIN block");
        Assert.True(bytes.IndexOf("0123456789ABCDEF"u8) < 0, "a PIN block in hex");
    }

    private static byte[] Network(int stan, string code) => AcquirerClient.Encode(0x0800, (7, "1122165100"), (11, $"{stan:D6}"), (70, code));

    private static byte[] Purchase(int stan, ushort mti = 0x0100, string amount = "000000012345") => AcquirerClient.Encode(
        mti, (2, Pan), (3, "000000"), (4, amount), (7, "1122165047"), (11, $"{stan:D6}"), (12, "165047"), (13, "1122"), (14, "4912"), (32, "12345678901"),
        (37, $"{stan:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"));

    private static byte[] Reversal(int original, int stan) => AcquirerClient.Encode(
        0x0400, (2, Pan), (3, "000000"), (4, "000000012345"), (7, "1122165048"), (11, $"{stan:D6}"), (12, "165047"), (13, "1122"), (32, "12345678901"),
        (37, $"{original:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"), (90, $"0100{original:D6}11221650471234567890100000000000"));

    private static Task AddCard(SwitchProcess running)
    {
        var (exitCode, _, errors) = SwitchProcess.Run(
            "card", "add", "--pan", Pan, "--expiry", "4912", "--balance", "100000", "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.True(exitCode == 0, errors);
        return Task.CompletedTask;
    }

    private static async Task<(long Ledger, long Held)> Balance(SwitchProcess running)
    {
        using var client = new HttpClient();
        using var body = new StringContent($"{{\"pan\":\"{Pan}\"}}", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri($"http://127.0.0.1:{running.HttpPort}/cards/show"), body, TestContext.Current.CancellationToken);
        using var shown = global::System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (shown.RootElement.GetProperty("ledgerMinor").GetInt64(), shown.RootElement.GetProperty("heldMinor").GetInt64());
    }
}

using System.Text;

namespace SunnySwitch.SystemTests;

/// <summary>PINs, codes and MACs on the running switch, with the other side's cryptography made here; and that nothing of it stays anywhere.</summary>
public sealed class SecurityTests
{
    private const string CardsKeys = """{"bin":"400000","pinKey":"pvk","pinMethod":"ibm3624","cardCodeKey":"cvk","cavvKey":"cvk"}""";

    /// <summary>By the kernel itself, and by two threads beside it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_terminals_PIN_and_code_are_verified_tries_counted_and_forgotten_by_the_operator(int threads)
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        using (var running = await test.Start([.. Settings, Threads(threads), "links.0.security.pinKey=\"zpk\""]))
        {
            Assert.Contains("WARNING: development mode: keys lie in this process's memory", running.Output, StringComparison.Ordinal);
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal("00", Code(client, other.Purchase(1, 1, "0000")));
            Assert.Equal(["55", "55"], [Code(client, other.Purchase(1, 2, "1000")), Code(client, other.Purchase(1, 3, "2000"))]);
            Assert.Equal("55", Code(client, other.Purchase(1, 3, "2000", mti: 0x0101)));
            var shown = Ask(running, "card", "show", "--pan", AcquirerClient.Pan(1), "--json").Output;
            Assert.Contains("\"pinTries\":2", shown, StringComparison.Ordinal);
            Assert.Equal(["55", "75"], [Code(client, other.Purchase(1, 4, "3000")), Code(client, other.Purchase(1, 5, "0000"))]);
            Assert.Equal("00", Code(client, other.Purchase(2, 6, "0000")));
            Assert.Equal("82", Code(client, other.Purchase(2, 7, "0000", code: "999")));
            Assert.Equal("81", Code(client, other.Purchase(2, 8, "0000", breaks: true)));
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await test.Start([.. Settings, Threads(threads), "links.0.security.pinKey=\"zpk\""]))
        {
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal("75", Code(client, other.Purchase(1, 9, "0000")));
            Assert.Equal(0, Ask(running, "card", "pin", "--pan", AcquirerClient.Pan(1), "--method", "ibm3624", "--value", "4711").ExitCode);
            Assert.Equal(["00", "55"], [Code(client, other.Purchase(1, 10, "4711")), Code(client, other.Purchase(1, 11, "0000"))]);
            Assert.Equal(0, running.Terminate());
        }

        var replay = SwitchProcess.Run("replay", "--data", test.Data, "--config", test.ConfigFile);
        Assert.True(replay.ExitCode == 0, replay.Output);
        var explained = SwitchProcess.Run("tx", "explain", "--data", test.Data, "000000000005").Output;
        Assert.Contains("75 PinTriesExceeded: too many wrong PINs before", explained, StringComparison.Ordinal);
    }

    /// <summary>By the kernel itself, and by two threads beside it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Every_message_of_a_link_with_a_MAC_key_has_the_right_MAC_both_ways(int threads)
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        using var running = await test.Start([.. Settings, Threads(threads), "links.0.security.macKey=\"mak\""]);
        using var client = new AcquirerClient(running.Port(0));
        var answer = client.Exchange(other.Signed(OtherSide.Plain(1)));
        Assert.Equal(("00", true), (AcquirerClient.Code(answer), other.IsSigned(answer)));
        var forged = other.Signed(OtherSide.Plain(2));
        forged[^1] ^= 1;
        answer = client.Exchange(forged);
        Assert.Equal(("63", true), (AcquirerClient.Code(answer), other.IsSigned(answer)));
        answer = client.Exchange(AcquirerClient.Purchase(1, 3));
        Assert.Equal(("63", true), (AcquirerClient.Code(answer), other.IsSigned(answer)));
        answer = client.Exchange(other.Signed(OtherSide.Plain(2)));
        Assert.Equal("00", AcquirerClient.Code(answer));
        var metrics = Watch.Page(running);
        Assert.Contains("sunny_mac_wrong_total 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("sunny_hsm_results_total{result=\"WrongMac\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Equal(threads == 0, metrics.Contains("sunny_hsm_waits_total 0\n", StringComparison.Ordinal));
        Assert.Equal(0, running.Terminate());
    }

    /// <summary>By the kernel itself, and by two threads beside it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Nothing_that_was_verified_is_kept_in_memory_files_logs_or_metrics(int threads)
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        using var running = await test.Start(
            [.. Settings, Threads(threads), $"links.0.dialect={other.WriteDialect()}", "links.0.security.pinKey=\"zpk\"", "links.0.security.macKey=\"mak\""]);
        using (var client = new AcquirerClient(running.Port(0)))
        {
            // Fewer than the ring has slots: nothing is overwritten by what comes later, so that each slot has to be wiped.
            for (var number = 1; number <= 40; number++) Assert.Equal("00", Code(client, other.Signed(other.Purchase(7, number, "0000", blankMac: true))));
            Assert.Equal("00", Code(client, other.Signed(OtherSide.ChipPurchase(7, 49))));
            Assert.Equal("00", Code(client, other.Signed(other.ElectronicPurchase(7, 48))));
            Assert.Equal("05", Code(client, other.Signed(other.ElectronicPurchase(8, 47, of: 7))));
            Assert.Equal("00", Code(client, other.Signed(other.PrintedPurchase(7, 46))));
            Assert.Equal("N7", Code(client, other.Signed(other.PrintedPurchase(8, 45, of: 7))));
            client.Exchange(other.Signed(OtherSide.Plain(50)));
        }

        var metrics = Watch.Page(running);
        var planted = other.Planted(7);
        var places = ProcessMemory.Find(running.ProcessId, [.. planted.Select(each => each.Bytes), "MERCHANT0000001"u8.ToArray()]);
        Assert.NotEmpty(places[^1]);                                       // The control: what stays is found.
        foreach (var ((what, bytes), where) in planted.Zip(places))
        {
            Assert.True(where.Count == 0, $"{what} is in the memory of the process: {where.FirstOrDefault()}");
            var text = Encoding.Latin1.GetString(bytes);
            Assert.DoesNotContain(text, running.Output + metrics, StringComparison.Ordinal);
        }

        Assert.Equal(0, running.Terminate());
        foreach (var file in Directory.GetFiles(test.Data, "*", SearchOption.AllDirectories))
        {
            var content = File.ReadAllBytes(file);
            foreach (var (what, bytes) in planted) Assert.False(content.AsSpan().IndexOf(bytes) >= 0, $"{what} is in {file}");
        }
    }

    /// <summary>By the kernel itself, and by two threads beside it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_key_is_in_memory_once_where_the_module_holds_it_and_what_comes_from_it_or_made_it_is_nowhere(int threads)
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test, PlantedKeys.File);
        using var running = await test.Start(
            [.. Settings, Threads(threads), "links.0.dialect=pos-host", "links.0.security.pinKey=\"bdk\"", "links.0.security.macKey=\"mak\""]);
        using (var client = new AcquirerClient(running.Port(0)))
        {
            for (var number = 1; number <= 20; number++)
            {
                var code = Code(client, other.Signed(other.Purchase(7, number, "0000", blankMac: true, ksn: PlantedKeys.Ksn)));
                Assert.True(code is "81" or "55" or "63", code);           // Whatever its PIN is: the terminal's key was derived for it.
            }
        }

        const string Part = "6E09D2B8415FC3A07D1B64E9F2853C7A";
        other.BringIn(running, Part);
        var whole = PlantedKeys.Sum(Part, OtherSide.SecondPart);
        (byte[] part, byte[] second) = (Convert.FromHexString(Part), Convert.FromHexString(OtherSide.SecondPart));
        List<(string What, byte[] Bytes)> held = [.. PlantedKeys.Held, ("a key of two components", whole)];
        List<(string What, byte[] Bytes)> gone =
        [
            .. PlantedKeys.Gone, ("a component", part), ("another", second), .. held.SelectMany(key => PlantedKeys.AsText(key.Bytes)),
            .. PlantedKeys.AsText(part), .. PlantedKeys.AsText(second),
        ];
        var places = ProcessMemory.Find(running.ProcessId, [.. held.Select(key => key.Bytes), .. gone.Select(each => each.Bytes)]);
        foreach (var ((what, _), where) in held.Zip(places))
        {
            Assert.True(where.Count == 1, $"{what} is in memory {where.Count} times:\n{string.Join('\n', where)}");
        }

        foreach (var ((what, _), where) in gone.Zip(places.Skip(held.Count)))
        {
            Assert.True(where.Count == 0, $"{what} is in memory: {where.FirstOrDefault()}");
        }

        Assert.Equal(0, running.Terminate());
    }

    [Fact]
    public async Task Wrong_keys_are_told_before_anything_starts()
    {
        using var test = new TestSwitch();
        using var other = new OtherSide(test);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => test.Start([.. Settings, "links.0.security.pinKey=\"nobody\""]));
        Assert.Contains("hsm: no key has the label nobody", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InvalidOperationException>(() => test.Start([.. Settings, "mode=production"]));
        Assert.Contains("in production, published keys are refused", error.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(test.Folder, "test-keys.json"), """{"keys":[{"label":"zpk","usage":"P0","algorithm":"T","key":"00"}]}""");
        error = await Assert.ThrowsAsync<InvalidOperationException>(() => test.Start(Settings));
        Assert.Contains("key zpk: the key has a wrong length", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_MAC_key_is_changed_on_a_live_link_and_no_message_is_declined()
    {
        using var test = new TestSwitch();
        using var old = new OtherSide(test);
        using var next = new OtherSide(test);
        using var running = await test.Start(["rehearse=false", "hsm={\"products\":[]}", "links.0.security.macKey=\"mak-live\""]);
        Assert.Contains("WARNING: hsm: no key has the label mak-live yet", running.Output, StringComparison.Ordinal);
        old.BringIn(running, "5C1F8A3306D94B27E1702FA9C4B68D35");
        using var traffic = new SignedTraffic(running.Port(0), old, next);
        traffic.AwaitMore();
        next.BringIn(running, "90E47B1DA85236CF1F6B8D04E7325AC9", "--next");
        using var client = new AcquirerClient(running.Port(0));
        var answer = client.Exchange(old.Signed(OtherSide.Plain(1)));
        Assert.Equal(("00", true), (AcquirerClient.Code(answer), old.IsSigned(answer)));
        Assert.Equal(0, Ask(running, "key", "rotate", "--label", "mak-live", "--activate", "--operator", "anna", "--second", "boris").ExitCode);
        // The other side changes when it comes to it: until then both count.
        answer = client.Exchange(old.Signed(OtherSide.Plain(2)));
        Assert.Equal(("00", true), (AcquirerClient.Code(answer), next.IsSigned(answer)));
        traffic.AwaitMore();
        Assert.Matches("sunny_key_uses_total\\{label=\"mak-live\",state=\"previous\"\\} [1-9]", Watch.Page(running));
        traffic.Change();
        traffic.AwaitMore();
        Assert.Equal(0, Ask(running, "key", "retire", "--label", "mak-live", "--version", "1", "--operator", "anna", "--second", "boris").ExitCode);
        traffic.AwaitMore();
        traffic.End();
        answer = client.Exchange(old.Signed(OtherSide.Plain(3)));
        Assert.Equal(("63", true), (AcquirerClient.Code(answer), next.IsSigned(answer)));
        Assert.Matches("sunny_key_uses_total\\{label=\"mak-live\",state=\"current\"\\} [1-9]", Watch.Page(running));
        Assert.Equal(0, running.Terminate());
    }

    private static string Threads(int threads) => $"hsm.threads={threads}";

    private static string[] Settings => ["rehearse=false", "ring.slots=256", $"hsm={{\"testKeys\":\"test-keys.json\",\"products\":[{CardsKeys}]}}"];

    private static string Code(AcquirerClient client, byte[] message) => AcquirerClient.Code(client.Exchange(message));

    private static (int ExitCode, string Output, string Errors) Ask(SwitchProcess running, params string[] arguments) =>
        SwitchProcess.Run([.. arguments, "--api", $"http://127.0.0.1:{running.HttpPort}"]);
}

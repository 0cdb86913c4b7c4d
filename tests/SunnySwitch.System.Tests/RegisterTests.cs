namespace SunnySwitch.SystemTests;

/// <summary>What operators say of merchants, standing orders, addresses and hot regions, on the running switch and over a restart.</summary>
public sealed class RegisterTests
{
    private const string Street = "17 Elm Street";

    [Fact]
    public async Task Merchants_orders_addresses_and_regions_count_at_once_and_after_a_restart()
    {
        using var test = new TestSwitch();
        var (rules, list) = (Path.Combine(test.Folder, "rules.json"), Path.Combine(test.Folder, "acceptors.csv"));
        File.WriteAllText(rules, """{"rules":"known","limits":[],"acceptors":"terminals"}""");
        File.WriteAllText(list, "acquirer,merchant,terminal,category,status\n400001,MERCHANT0000001,,,\n400001,MERCHANT0000001,TERM0001,,active\n");
        using (var running = await test.Start("rehearse=false", "links.0.dialect=pos-host"))
        {
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal("00", Buy(client, 1));
            Assert.Equal(0, Ask(running, "rules", "activate", rules, "--operator", "anna", "--reason", "a test").ExitCode);
            Assert.Equal("03", Buy(client, 2));
            Assert.Equal("2 of 2\n", Ask(running, "acceptor", "import", list, "--operator", "anna").Output);
            Assert.Equal("00", Buy(client, 3));
            Assert.Equal("58", Buy(client, 4, terminal: "TERM0002"));

            var stopped = Ask(running, "card", "stop", "--pan", Pan, "--kind", "order", "--merchant", "MERCHANT0000001", "--operator", "anna");
            Assert.Equal(0, stopped.ExitCode);
            Assert.Equal(["R1", "00"], [Buy(client, 5, "00R"), Buy(client, 6)]);
            var addressed = Ask(running, "card", "address", "--pan", Pan, "--postal", "90210", "--street", Street, "--json").Output;
            Assert.Contains("\"hasAddress\":true", addressed, StringComparison.Ordinal);
            Assert.DoesNotContain("90210", addressed, StringComparison.Ordinal);
            Assert.Equal(["Y", "Z"], [Verdict(client, 7, "90210", Street), Verdict(client, 8, "90210", "18")]);
            Assert.Equal(["A", "N"], [Verdict(client, 9, "10001", "Elm 17"), Verdict(client, 10, "10001", "18")]);
            Assert.Equal("Z", Verdict(client, 8, "90210", "18"));        // The repeat.
            Assert.Equal("U", Verdict(client, 11, "90210", Street, card: 2));
            Assert.Null(Verdict(client, 12, "", ""));
            Assert.Equal(0, running.Terminate());
        }

        using (var running = await test.Start("rehearse=false", "links.0.dialect=pos-host"))
        {
            using var client = new AcquirerClient(running.Port(0));
            Assert.Equal(["00", "58", "R1"], [Buy(client, 20), Buy(client, 21, terminal: "TERM0002"), Buy(client, 22, "00R")]);
            Assert.Equal("Y", Verdict(client, 23, "90210", Street));
            Assert.Equal(0, Ask(running, "card", "stop", "--pan", Pan, "--kind", "none", "--merchant", "MERCHANT0000001").ExitCode);
            Assert.Equal("00", Buy(client, 24, "00R"));
            Assert.Equal(0, Ask(running, "acceptor", "set", "--acquirer", "400001", "--merchant", "MERCHANT0000001", "--status", "suspended").ExitCode);
            Assert.Equal("03", Buy(client, 25));
            var shown = Ask(running, "acceptor", "show", "--acquirer", "400001", "--merchant", "MERCHANT0000001").Output;
            Assert.Equal("acquirer 400001, merchant MERCHANT0000001: suspended\n", shown);
            Assert.Equal(0, running.Terminate());
        }

        var tail = SwitchProcess.Run("journal", "tail", "-n", "100", "--data", test.Data).Output;
        Assert.Contains("acquirer 400001, merchant MERCHANT0000001, terminal TERM0001: Active, by anna", tail, StringComparison.Ordinal);
        Assert.Contains(": Order, merchant MERCHANT0000001, by anna", tail, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)(?<![0-9A-F.])90210(?![0-9A-F])", tail);       // By itself: fractions of seconds and tokens have any five digits.
        var replay = SwitchProcess.Run("replay", "--data", test.Data, "--config", test.ConfigFile);
        Assert.True(replay.ExitCode == 0, replay.Output);
        var explained = SwitchProcess.Run("tx", "explain", "--data", test.Data, "000000000008").Output;
        Assert.Contains("the postal code is the cardholder's, the number is not", explained, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_in_words_and_changes_nothing()
    {
        using var test = new TestSwitch();
        var list = Path.Combine(test.Folder, "acceptors.csv");
        File.WriteAllText(list, "acquirer,merchant,terminal,category,status\n0,M,,,\n400001,,,41,gone\n400001,M\n400001,M,T,,\n");
        using var running = await test.Start("rehearse=false");
        var refused = Ask(running, "acceptor", "import", list, "--operator", "anna");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        string[] expected =
        [
            "line 2: acquirer: up to eleven digits, not all zero", "line 3: merchant: 1 to 16 printable characters", "line 3: category: four digits",
            "line 3: status: active, suspended or closed", "line 4: five cells, are 2",
        ];
        Assert.Equal(expected.Select(line => $"{list}: {line}"), refused.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        File.WriteAllText(list, "acquirer,merchant,terminal,category,status\n400001,M,T,,\n");
        refused = Ask(running, "acceptor", "import", list, "--operator", "anna");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("its merchant is not in the register", refused.Errors, StringComparison.Ordinal);
        refused = Ask(running, "card", "stop", "--pan", Pan, "--kind", "order");
        Assert.Equal((2, "sunny: merchant: missing\n"), (refused.ExitCode, refused.Errors));
        refused = Ask(running, "card", "stop", "--pan", Pan, "--kind", "none", "--merchant", "M");
        Assert.Equal((1, "sunny: there is no such card, or no such order to end\n"), (refused.ExitCode, refused.Errors));
        refused = Ask(running, "card", "change", "--pan", Pan, "--hot", "lost", "--hot-region", "999");
        Assert.Equal((2, "sunny: hotRegion: three digits, a country or region of UN M49\n"), (refused.ExitCode, refused.Errors));
        refused = Ask(running, "acceptor", "show", "--acquirer", "400001", "--merchant", "M");
        Assert.Equal((1, "sunny: it is not in the register\n"), (refused.ExitCode, refused.Errors));
        Assert.Equal(0, running.Terminate());
    }

    private static string Pan => AcquirerClient.Pan(1);

    private static string Buy(AcquirerClient client, int number, string? said = null, string terminal = "TERM0001") =>
        AcquirerClient.Code(client.Exchange(Message(number, said, terminal, 1)));

    private static string? Verdict(AcquirerClient client, int number, string postal, string street, int card = 1) =>
        AcquirerClient.Field(client.Exchange(Message(number, $"00 {postal,-9}{street}", "TERM0001", card)), 44);

    private static byte[] Message(int number, string? said, string terminal, int card)
    {
        (int Field, string Value)[] fields =
        [
            (2, AcquirerClient.Pan(card)), (3, "000000"), (4, "000000000100"), (7, $"11221200{number % 60:D2}"), (11, $"{number:D6}"), (12, "120000"),
            (13, "1122"), (32, "400001"), (37, $"{number:D12}"), (41, terminal.PadRight(8)), (42, "MERCHANT0000001"), (49, "840"),
        ];
        return AcquirerClient.Encode(0x0100, said is null ? fields : [.. fields, (60, said)]);
    }

    private static (int ExitCode, string Output, string Errors) Ask(SwitchProcess running, params string[] arguments) =>
        SwitchProcess.Run([.. arguments, "--api", $"http://127.0.0.1:{running.HttpPort}"]);
}

using System.Text.Json.Nodes;
using SunnySwitch.Ledger.Tests.Redis;

namespace SunnySwitch.SystemTests;

/// <summary>Two cells and a real Redis between them: a limit that they share is kept by both, and neither notices when Redis is gone.</summary>
public sealed class SharedLimitTests : IDisposable
{
    private const string RulesText = """
        {"rules":"shared","limits":[{"id":1,"name":"card","subject":"card","window":"day","countMax":MOST,"shared":true},
          {"id":2,"name":"shop","subject":"merchant","window":"60m","amountMax":100000000,"currency":840,"shared":true}]}
        """;

    private readonly RedisProcess _redis = new();
    private readonly TestSwitch _east = new(), _west = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _east.Dispose();
        _west.Dispose();
        _redis.Dispose();
    }

    [Fact]
    public async Task A_cards_limit_is_kept_across_two_cells_and_tx_explain_says_what_the_other_had_counted()
    {
        Midnight.Avoid();
        using var east = await Start(_east, "east");
        using var west = await Start(_west, "west");
        using var atEast = new AcquirerClient(east.Port(0));
        using var atWest = new AcquirerClient(west.Port(0));
        Assert.Equal("00", Buy(atEast, 1, 1));
        CatchesUp(east);
        Assert.Equal("00", Buy(atWest, 1, 2));
        CatchesUp(west);
        Assert.Equal("00", Buy(atEast, 1, 3));
        CatchesUp(east);
        Assert.Equal(["65", "65", "00"], [Buy(atWest, 1, 4), Buy(atEast, 1, 5), Buy(atWest, 2, 6)]);

        // One that is taken back is counted nowhere any more.
        Assert.Equal("00", AcquirerClient.Code(atEast.Exchange(AcquirerClient.Reversal(1, 3, 7))));
        CatchesUp(east);
        Assert.Equal("00", Buy(atWest, 1, 8));
        Assert.Equal((0, 0), (east.Terminate(), west.Terminate()));

        var (exitCode, output, errors) = SwitchProcess.Run("tx", "explain", "--data", _west.Data, "000000000004");
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("  other cells: had counted 2 for limit 1, 2 and 200 for limit 2\n", output, StringComparison.Ordinal);
        Assert.Contains("limit 1 of rules 1 had reached 3 transactions", output, StringComparison.Ordinal);
        (_, output, _) = SwitchProcess.Run("tx", "explain", "--data", _west.Data, "--json", "000000000004");
        var told = JsonNode.Parse(output)!["other_cells"]!;
        Assert.Equal(("Told", 2), ((string)told["source"]!, (int)told["limits"]![0]!["count"]!));
        foreach (var cell in new[] { _east, _west })
        {
            (exitCode, output, _) = SwitchProcess.Run("replay", "--data", cell.Data, "--config", cell.ConfigFile);
            Assert.True(exitCode == 0 && output.Contains(" 0 different", StringComparison.Ordinal), output);
        }
    }

    [Fact]
    public async Task Both_at_once_approve_no_more_than_each_alone_would_and_then_nothing()
    {
        Midnight.Avoid();
        using var east = await Start(_east, "east");
        using var west = await Start(_west, "west");
        var codes = await Task.WhenAll(Task.Run(() => Flood(east, 0), Stop), Task.Run(() => Flood(west, 50), Stop));
        Assert.All(codes, each => Assert.InRange(each.Count(code => code == "00"), 0, 3));
        Assert.InRange(codes.Sum(each => each.Count(code => code == "00")), 3, 6);
        CatchesUp(east);
        CatchesUp(west);
        Assert.All(Flood(east, 100).Concat(Flood(west, 150)), code => Assert.Equal("65", code));

        static List<string> Flood(SwitchProcess cell, int from)
        {
            using var client = new AcquirerClient(cell.Port(0));
            return [.. Enumerable.Range(from + 1, 50).Select(number => Buy(client, 1, number))];
        }
    }

    [Fact]
    public async Task Redis_that_is_frozen_and_then_gone_under_load_costs_no_answer()
    {
        using var east = await Start(_east, "east", cardMax: 1_000_000, answerMilliseconds: 20);
        var stop = false;
        var (answers, numbers) = (new int[4], 0);
        var load = Enumerable.Range(0, answers.Length).Select(place => Beside.Start(() =>
        {
            using var client = new AcquirerClient(east.Port(0));
            while (!Volatile.Read(ref stop))
            {
                var number = Interlocked.Increment(ref numbers);
                Assert.Equal("00", Buy(client, 1 + (number % 900), number));
                Interlocked.Increment(ref answers[place]);
            }
        })).ToArray();
        Watch.Until(east, () => Answered(east, "told") > 50);
        _redis.Freeze();
        // Who waited for Redis would wait for ever.
        Watch.Until(east, () => Answered(east, "late") > 0 && Watch.Metric(east, "sunny_shared_breaker") > 0);
        AllGoOn();
        _redis.Thaw();
        Watch.Until(east, () => Watch.Metric(east, "sunny_shared_breaker") == 0);
        var told = Answered(east, "told");
        Watch.Until(east, () => Answered(east, "told") > told);
        _redis.Kill();
        Watch.Until(east, () => Answered(east, "failed") > 50);
        AllGoOn();
        _redis.Start();
        told = Answered(east, "told");
        Watch.Until(east, () => Answered(east, "told") > told + 50);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(load);
        Assert.Equal(0, east.Terminate());
        var (exitCode, output, _) = SwitchProcess.Run("replay", "--data", _east.Data, "--config", _east.ConfigFile);
        Assert.True(exitCode == 0 && output.Contains(" 0 different", StringComparison.Ordinal), output);

        void AllGoOn()
        {
            var before = answers.ToArray();
            Watch.Until(east, () => answers.Zip(before, static (now, then) => now - then).Min() > 25);
        }
    }

    // Where counts are looked at, there is time for them: on a busy machine 20 ms may pass.
    private async Task<SwitchProcess> Start(TestSwitch cell, string name, int cardMax = 3, int answerMilliseconds = 5_000)
    {
        // One token key: a card is the same in both.
        Directory.CreateDirectory(cell.Data);
        var key = Path.Combine(_east.Data, "token.key");
        if (cell != _east) File.Copy(key, Path.Combine(cell.Data, "token.key"));
        var running = await cell.Start(
            "rehearse=false", $"redis.servers={_redis.Address}", $"redis.cell={name}", $"redis.answerMilliseconds={answerMilliseconds}");
        var file = Path.Combine(cell.Folder, "rules.json");
        File.WriteAllText(file, RulesText.Replace("MOST", $"{cardMax}", StringComparison.Ordinal));
        var (exitCode, _, errors) = SwitchProcess.Run(
            "rules", "activate", file, "--operator", "anna", "--reason", "a test", "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.True(exitCode == 0, errors);
        CatchesUp(running);
        return running;
    }

    private static void CatchesUp(SwitchProcess cell) => Watch.Until(
        cell, () => Watch.Metric(cell, "sunny_redis_lag_frames") == 0 && Watch.Page(cell).Contains("state=\"Following\"", StringComparison.Ordinal));

    private static string Buy(AcquirerClient client, int card, int number) => AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(card, number)));

    private static double Answered(SwitchProcess cell, string answer) =>
        Watch.Metric(cell, $"sunny_shared_requests_total{{answer=\"{answer}\"}}");
}

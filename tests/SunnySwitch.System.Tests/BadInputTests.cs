using System.Net.Sockets;

namespace SunnySwitch.SystemTests;

/// <summary>Bad input loses nothing and hurts nobody else: the link is closed with a reason that the operator can see.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("FFFF", "FrameTooLong")]
    [InlineData("0000", "FrameMalformed")]
    [InlineData("1001", "FrameTooLong")]
    public async Task A_wrong_length_closes_the_link_with_a_reason(string hex, string reason)
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        using (var client = new AcquirerClient(running.Port(0)))
        {
            client.SendRaw(Convert.FromHexString(hex));
            Assert.Null(client.Receive());
        }

        Watch.Says(running, $"sunny_connections_closed_total{{link=\"open\",reason=\"{reason}\"}} 1");
        Watch.Logs(running, reason);
        AssertServes(running);
    }

    [Fact]
    public async Task A_frame_that_never_ends_closes_the_link()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("links.0.limits.frameMillisecondsMax=300", "rehearse=false");
        using var client = new AcquirerClient(running.Port(0));
        client.SendRaw([0x00, 0x50, (byte)'0']);
        Assert.Null(client.Receive());
        Watch.Says(running, "FrameTooSlow");
        AssertServes(running);
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_cut_and_the_others_are_served()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("unreadKilobytesMax=64", "rehearse=false");
        using var deaf = new AcquirerClient(running.Port(0));
        deaf.Socket.ReceiveBufferSize = 4096;
        var number = 0;
        Assert.ThrowsAny<SocketException>(() =>
        {
            for (; number < 300_000; number++) deaf.Send(AcquirerClient.Purchase(1, number, terminal: "DEAF0001"));
        });
        AssertServes(running);
        Watch.Says(running, "SlowReader");
    }

    [Fact]
    public async Task A_connection_that_floods_has_its_share_of_the_ring_and_every_message_is_answered_in_order()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("links.0.limits.inFlightMax=16", "rehearse=false");
        using var flood = new AcquirerClient(running.Port(0));
        const int Messages = 5_000;
        var sender = Beside.Start(() =>
        {
            for (var number = 0; number < Messages; number++) flood.Send(AcquirerClient.Purchase(1, number));
        });
        for (var number = 0; number < Messages; number++)
        {
            var answer = flood.Receive()!;
            Assert.Equal(("00", $"{number:D12}"), (AcquirerClient.Code(answer), AcquirerClient.Field(answer, 37)));
        }

        await sender;
        Assert.DoesNotContain("sunny_starved_total 0\n", Watch.Page(running), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_before_a_broken_frame_are_still_delivered()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        using var client = new AcquirerClient(running.Port(0));
        client.Send(AcquirerClient.Purchase(1, 1));
        client.SendRaw([0x00, 0x00]);
        Assert.Equal("00", AcquirerClient.Code(client.Receive()!));
        Assert.Null(client.Receive());
    }

    [Fact]
    public async Task An_undecodable_message_with_a_stan_gets_30_and_the_link_stays()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        using var client = new AcquirerClient(running.Port(0));
        var whole = AcquirerClient.Purchase(1, 1);
        var answer = client.Exchange(whole.AsSpan(0, whole.Length - 5));
        Assert.Equal("0110", System.Text.Encoding.ASCII.GetString(answer, 0, 4));
        Assert.Equal("30", AcquirerClient.Code(answer));
        Assert.Equal("000002", AcquirerClient.Field(answer, 11));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(whole)));
    }

    [Fact]
    public async Task A_hundred_messages_of_garbage_close_the_link()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        using var client = new AcquirerClient(running.Port(0));
        for (var index = 0; index < 100; index++) client.Send("garbage that is no message at all"u8);
        Assert.Null(client.Receive());
        Watch.Says(running, "TooManyBadMessages");
        AssertServes(running);
    }

    [Fact]
    public async Task One_connection_too_many_is_closed_at_once()
    {
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        var clients = Enumerable.Range(0, 8).Select(_ => new AcquirerClient(running.Port(0))).ToList();
        for (var index = 0; index < clients.Count; index++) Assert.Equal("00", AcquirerClient.Code(clients[index].Exchange(AcquirerClient.Purchase(1, index))));
        using (var ninth = new AcquirerClient(running.Port(0))) Assert.Null(ninth.Receive());
        foreach (var client in clients) client.Dispose();
    }

    [Fact]
    public async Task Ten_thousand_connections_hurt_nobody_who_is_there_already()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SUNNY_LONG") is not null, "runs with tools/test --long");
        using var test = new TestSwitch();
        using var running = await test.Start("rehearse=false");
        using var first = new AcquirerClient(running.Port(0));
        Assert.Equal("00", AcquirerClient.Code(first.Exchange(AcquirerClient.Purchase(1, 1))));
        var crowd = new List<AcquirerClient>();
        try
        {
            for (var index = 0; index < 10_000; index++)
            {
                crowd.Add(new AcquirerClient(running.Port(0)));
                if (index % 100 == 0) Assert.Equal("00", AcquirerClient.Code(first.Exchange(AcquirerClient.Purchase(1, index + 2))));
            }

            Assert.Equal("00", AcquirerClient.Code(first.Exchange(AcquirerClient.Purchase(1, 20_000))));
        }
        finally
        {
            foreach (var each in crowd) each.Dispose();
        }

        Watch.Says(running, "reason=\"TooManyConnections\"");
    }

    [Fact]
    public void A_wrong_configuration_lists_every_problem_and_ends_with_2()
    {
        using var test = new TestSwitch();
        var (exitCode, _, errors) = SwitchProcess.Run(
            "serve", "--config", test.ConfigFile, "--data", test.Data, "--set", "ring.slots=1000", "--set", "mode=party",
            "--set", "links.0.framing=tape", "--set", "tables.holds=1");
        Assert.Equal(2, exitCode);
        Assert.Contains("4 problems", errors);
        foreach (var key in new[] { "ring.slots", "mode", "open.framing", "tables.holds" }) Assert.Contains(key, errors);
        (exitCode, _, errors) = SwitchProcess.Run("serve", "--config", test.ConfigFile, "--data", test.Data, "--set", "colour=red", "--set", "httpPort=x");
        Assert.Equal(2, exitCode);
        Assert.Contains("colour: no such key", errors);
        Assert.Contains("httpPort: a whole number is expected", errors);
    }

    private static void AssertServes(SwitchProcess running)
    {
        using var client = new AcquirerClient(running.Port(0));
        Assert.Equal("00", AcquirerClient.Code(client.Exchange(AcquirerClient.Purchase(2, 424_242, terminal: "GOODTERM"))));
    }
}

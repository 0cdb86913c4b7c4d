using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using SunnySwitch.Protocol.Codec;
using SunnySwitch.Protocol.Dialects;
using SunnySwitch.Protocol.Framing;

namespace SunnySwitch.SystemTests;

/// <summary>Counterparties as they come: their framing, their dialect, their keep-alives, on the real switch.</summary>
public sealed class CounterpartyTests
{
    private static readonly (string Dialect, string? Framing)[] _links =
    [
        ("iso87-ascii-binbm", "be16+tpdu5"), ("base1-like", null), ("iso87-ascii", "be16+etx"), ("iso87-ascii", "etx"),
        ("iso87-bcd-r0", "ascii-len6"), ("iso87-bcd-rF", "hex4"), ("iso87-ebcdic", "d04a+be16+0000"), ("postilion", "be16-inclusive"),
        ("base24", null), ("iso93-ascii", "be16"), ("iso93-ascii-binbm", "be16"), ("iso2003-bcd", null),
    ];

    [Fact]
    public async Task Each_gets_its_purchase_approved_and_its_unknown_card_declined_in_its_own_bytes()
    {
        using var test = new TestSwitch();
        Configure(test);
        using var running = await test.Start("rehearse=false");
        for (var index = 0; index < _links.Length; index++)
        {
            var dialect = Dialect.BuiltIn(_links[index].Dialect)!;
            var framing = Framing.Of(_links[index].Framing ?? dialect.Framing!, 4_096);
            using var peer = new Peer(running.Port(index), framing);
            var (mti, code, header) = Exchange(peer, dialect, AcquirerClient.Pan(1), 1);
            Assert.Equal((AnswerMti(dialect), Wire(dialect, "00")), (mti, code));
            if (framing.Name.Contains("tpdu5", StringComparison.Ordinal)) Assert.Equal("6000020001", header);
            if (dialect.Name == "base1-like") Assert.StartsWith("160102", header, StringComparison.Ordinal);
            (mti, code, _) = Exchange(peer, dialect, "4761739001010119", 2);
            Assert.Equal((AnswerMti(dialect), Wire(dialect, "14")), (mti, code));
        }
    }

    [Theory]
    [InlineData("iso93-ascii-binbm", "14", "18", "000", "914", "110")]
    [InlineData("iso2003-bcd", "24", "28", "0000", "9140", "1100")]
    public async Task Later_editions_sign_on_and_reverse_by_their_own_fields(
        string name, string reversal, string network, string approved, string notFound, string aboveOriginal)
    {
        using var test = new TestSwitch();
        Configure(test, signOn: true);
        using var running = await test.Start("rehearse=false");
        var dialect = Dialect.BuiltIn(name)!;
        var index = Array.FindIndex(_links, link => link.Dialect == name);
        using var peer = new Peer(running.Port(index), Framing.Of(_links[index].Framing ?? dialect.Framing!, 4_096));
        Assert.Equal(Wire(dialect, "31"), Exchange(peer, dialect, AcquirerClient.Pan(1), 1).Code);
        var signOn = Ask(peer, dialect, Convert.ToUInt16(network + "04", 16), 2, (24, "801"));
        Assert.Equal((Convert.ToInt32(network + "14", 16), approved), (signOn.Mti, signOn.Code));
        Assert.Equal(approved, Exchange(peer, dialect, AcquirerClient.Pan(1), 3).Code);

        var original = dialect.Standard == 1993 ? "110000000326112212000006400001" : "210000000000000320261122120000400001";
        var unknown = dialect.Standard == 1993 ? "110000000926112212000006400001" : "210000000000000920261122120000400001";
        var request = Convert.ToUInt16(reversal + "00", 16);
        var advice = Convert.ToUInt16(reversal + "20", 16);
        Assert.Equal(approved, Ask(peer, dialect, advice, 4, [.. Business(dialect, 4, 40), (24, "401"), (56, original)]).Code);
        Assert.Equal(aboveOriginal, Ask(peer, dialect, request, 5, [.. Business(dialect, 5, 90), (24, "401"), (56, original)]).Code);
        Assert.Equal(notFound, Ask(peer, dialect, request, 6, [.. Business(dialect, 6, 100), (24, "400"), (56, unknown)]).Code);
        Assert.Equal(approved, Ask(peer, dialect, request, 7, [.. Business(dialect, 7, 100), (24, "400"), (56, original)]).Code);
        var inquiry = Business(dialect, 8, 0).Where(field => field.Field is not (3 or 4 or 49)).Append((3, "310000"));
        Assert.Equal(approved, Ask(peer, dialect, (ushort)(AnswerMti(dialect) - 0x10), 8, [.. inquiry]).Code);
        var (exitCode, output, _) = SwitchProcess.Run(
            "card", "show", "--json", "--pan", AcquirerClient.Pan(1), "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.Equal(0, exitCode);
        Assert.Equal(0, JsonNode.Parse(output)!["heldMinor"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_keep_alive_is_answered_once_and_an_answer_to_the_answer_is_not()
    {
        using var test = new TestSwitch();
        Configure(test);
        using var running = await test.Start("rehearse=false");
        var dialect = Dialect.BuiltIn("iso87-ascii-binbm")!;
        var framing = Framing.Of("be16+tpdu5", 4_096);
        using var peer = new Peer(running.Port(0), framing);

        // As a peer that answers each keep-alive does: it sends, gets one back, answers that, and then nothing more comes.
        peer.Send([0, 0]);
        Assert.Equal(FrameStatus.KeepAlive, peer.Receive(out _, out _));
        for (var echo = 0; echo < 100; echo++) peer.Send([0, 0]);
        var (mti, code, _) = Exchange(peer, dialect, AcquirerClient.Pan(1), 1);
        Assert.Equal((0x0110, "00"), (mti, code));   // Whatever the switch had sent before the answer would have come first.
        Watch.Says(running, "sunny_keep_alives_total{link=\"link0\"} 101");
    }

    [Fact]
    public async Task A_keep_alive_where_none_is_agreed_closes_the_link_and_a_message_sent_back_is_counted()
    {
        using var test = new TestSwitch();
        Configure(test);
        using var running = await test.Start("rehearse=false");
        using (var refused = new Peer(running.Port(2), Framing.Of("be16+etx", 4_096)))
        {
            refused.Send([0, 0]);
            Assert.Null(refused.Receive(out _, out _));
        }

        Watch.Says(running, "sunny_connections_closed_total{link=\"link2\",reason=\"FrameMalformed\"} 1");
        var dialect = Dialect.BuiltIn("base1-like")!;
        using var peer = new Peer(running.Port(1), Framing.Of(dialect.Framing!, 4_096));
        peer.Send(Convert.FromHexString("001C0000" + "1A" + "0102003A654321123456" + "0000000000000000000000" + "8000" + "0012" + "4142"));
        var (mti, code, _) = Exchange(peer, dialect, AcquirerClient.Pan(1), 1);
        Assert.Equal((0x0110, "00"), (mti, code));
        Watch.Says(running, "sunny_rejected_total{link=\"link1\",code=\"12\"} 1");
        Watch.Logs(running, "sent 1 of our messages back with reject code 0012");
    }

    [Fact]
    public async Task Tags_that_nobody_knows_are_counted_by_link_and_tag_and_the_purchase_goes_on()
    {
        using var test = new TestSwitch();
        Configure(test);
        using var running = await test.Start("rehearse=false");
        var dialect = Dialect.BuiltIn("iso87-ascii-binbm")!;
        using var peer = new Peer(running.Port(0), Framing.Of("be16+tpdu5", 4_096));
        var (_, code, _) = Exchange(peer, dialect, AcquirerClient.Pan(1), 1, "9F260811223344556677889F5001AADF8F0101BBDF8F0101CC");
        Assert.Equal("00", code);
        Watch.Says(running, "sunny_unknown_tags_total{link=\"link0\",field=\"55\",tag=\"DF8F01\"} 2");
        Exchange(peer, dialect, AcquirerClient.Pan(1), 2, "9F2608112233");
        Watch.Says(running, "sunny_unknown_tags_total{link=\"link0\",field=\"55\",tag=\"0\"} 1");
    }

    [Fact]
    public async Task A_dialect_file_is_read_again_while_the_link_is_open_and_a_bad_one_changes_nothing()
    {
        using var test = new TestSwitch();
        var file = Path.Combine(test.Folder, "bank.json");
        File.WriteAllText(file, """{"dialect":"bank","inherits":"iso87-ascii","response_codes":{"14":"05"}}""");
        Configure(test);
        using var running = await test.Start($"links.0.dialect={file}", "links.0.framing=be16", "rehearse=false");
        using var peer = new Peer(running.Port(0), Framing.Of("be16", 4_096));
        var dialect = Dialect.BuiltIn("iso87-ascii")!;
        Assert.Equal("05", Exchange(peer, dialect, "4761739001010119", 1).Code);

        File.WriteAllText(file, """{"dialect":"bank","inherits":"iso87-ascii","mti":"utf8","response_codes":{"14":"long"}}""");
        var (exitCode, _, errors) = SwitchProcess.Run("dialect", "reload", "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.Equal(1, exitCode);
        Assert.Contains("mti: ascii, bcd, ebcdic; is utf8", errors, StringComparison.Ordinal);
        Assert.Contains("response_codes.14: must have exactly 2", errors, StringComparison.Ordinal);
        Assert.Equal("05", Exchange(peer, dialect, "4761739001010119", 2).Code);

        File.WriteAllText(file, """{"dialect":"bank","inherits":"iso87-ascii","response_codes":{"14":"56"}}""");
        (exitCode, var output, _) = SwitchProcess.Run("dialect", "reload", "--api", $"http://127.0.0.1:{running.HttpPort}");
        Assert.Equal(0, exitCode);
        Assert.StartsWith("link link0 speaks bank ", output, StringComparison.Ordinal);
        Assert.Equal("56", Exchange(peer, dialect, "4761739001010119", 3).Code);
        Assert.Equal("00", Exchange(peer, dialect, AcquirerClient.Pan(1), 4).Code);

        File.WriteAllText(file, """{"dialect":"bank","inherits":"iso87-ascii","response_codes":{"14":"15"}}""");
        running.HangUp();
        var code = "";
        var deadline = DateTime.UtcNow.AddSeconds(10);
        for (var number = 5; code != "15" && DateTime.UtcNow < deadline; number++) code = Exchange(peer, dialect, "4761739001010119", number).Code;
        Assert.Equal("15", code);
    }

    [Fact]
    public void A_captured_session_is_decoded_and_its_framing_and_dialects_are_named()
    {
        var capture = SwitchProcess.Folder("tests") + "/golden/captures/session.pcap";
        var (exitCode, output, errors) = SwitchProcess.Run("doctor", capture);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal(2, output.Split("framing be16, dialect iso87-ascii: 9 of 9 messages decode").Length - 1);
        Assert.Equal(2, output.Split("framing be16, dialect iso87-bcd: 9 of 9 messages decode").Length - 1);

        (exitCode, output, _) = SwitchProcess.Run("doctor", "--json", capture);
        Assert.Equal(0, exitCode);
        Assert.Equal(6, output.Split("\"messages\":9,\"good\":9").Length - 1);

        // Half of it is of the other dialect: those lines are errors, with the reason.
        (exitCode, output, _) = SwitchProcess.Run("decode", "--dialect", "iso87-bcd", "--input", "pcap", capture);
        Assert.Equal(1, exitCode);
        Assert.Contains("hint: it decodes as iso87-ascii", output, StringComparison.Ordinal);
        Assert.Equal(18, output.Split(", iso87-bcd\n  @10 ").Length - 1);
    }

    [Theory]
    [InlineData("decode", "--dialect", "iso87-bcd", "--input", "tape")]
    [InlineData("decode", "--dialect", "iso87-bcd", "--input", "pcap")]
    [InlineData("decode", "--dialect", "iso87-bcd", "--framing", "be16", "00")]
    [InlineData("decode", "--dialect", "iso87-bcd", "--input", "file", "--framing", "tape", "x")]
    [InlineData("decode", "--dialect", "nobody", "00")]
    public void Wrong_use_of_decode_ends_with_2_and_a_reason(params string[] arguments)
    {
        var (exitCode, output, errors) = SwitchProcess.Run(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.NotEmpty(errors);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dialect_file_with_an_error_is_refused_by_lint_and_a_good_one_passes()
    {
        using var test = new TestSwitch();
        var file = Path.Combine(test.Folder, "bank.json");
        File.WriteAllText(file, """{"dialect":"bank","inherits":"iso87-ascii","samples":{"cut":"30313030"}}""");
        var (exitCode, output, _) = SwitchProcess.Run("dialect", "lint", file);
        Assert.Equal(1, exitCode);
        Assert.Contains("error: sample cut: Truncated in field 1", output, StringComparison.Ordinal);
        (exitCode, output, _) = SwitchProcess.Run("dialect", "lint", "iso87-bcd");
        Assert.Equal(0, exitCode);
        Assert.EndsWith("0 errors, 0 warnings\n", output, StringComparison.Ordinal);
    }

    private static void Configure(TestSwitch test, bool signOn = false)
    {
        var config = JsonNode.Parse(File.ReadAllText(test.ConfigFile))!;
        var links = new JsonArray();
        foreach (var (dialect, framing) in _links)
        {
            var link = new JsonObject
            {
                ["name"] = $"link{links.Count}",
                ["port"] = 0,
                ["acquirers"] = new JsonArray("400001"),
                ["dialect"] = dialect,
                ["signOnRequired"] = signOn,
            };
            if (framing is not null) link["framing"] = framing;
            if (links.Count == 0) link["keepAlive"] = "answer";
            links.Add(link);
        }

        config["links"] = links;
        File.WriteAllText(test.ConfigFile, config.ToJsonString());
    }

    private static int AnswerMti(Dialect dialect) => dialect.Standard switch { 1993 => 0x1110, 2003 => 0x2110, _ => 0x0110 };

    private static string Wire(Dialect dialect, string code) => dialect.ResponseCodes.GetValueOrDefault(code, code);

    private static (int Mti, string Code, string Header) Exchange(Peer peer, Dialect dialect, string pan, int number, string? chip = null)
    {
        var fields = Business(dialect, number, 100, pan);
        if (chip is not null) fields = [.. fields, (55, chip)];
        return Ask(peer, dialect, (ushort)(AnswerMti(dialect) - 0x10), number, fields);
    }

    private static (int Field, string Value)[] Business(Dialect dialect, int number, int amount, string? pan = null)
    {
        (int Field, string Value)[] fields =
        [
            (2, pan ?? AcquirerClient.Pan(1)), (3, "000000"), (4, dialect.Standard == 2003 ? $"8402{amount:D12}" : $"{amount:D12}"), (32, "400001"),
            (37, $"{number:D12}"), (41, "TERM0001".PadRight(dialect.UnitsMax(41))), (42, "MERCHANT0000001"),
        ];
        return dialect.Standard == 2003 ? fields : [.. fields, (49, "840")];
    }

    private static (int Mti, string Code, string Header) Ask(Peer peer, Dialect dialect, ushort mti, int number, params (int Field, string Value)[] fields)
    {
        var editor = new MessageEditor(dialect);
        editor.SetMti(mti);
        void Set(int field, string value) => editor.Set(new FieldPath(field), System.Text.Encoding.ASCII.GetBytes(value));
        foreach (var (field, value) in fields) Set(field, value);
        Set(7, "1122120000");
        Set(11, number.ToString(dialect.Standard == 2003 ? "D12" : "D6"));
        Set(12, dialect.Standard switch { 1993 => "261122120000", 2003 => "20261122120000", _ => "120000" });
        if (dialect.Standard == 1987) Set(13, "1122");
        var table = default(FieldTable);
        var message = new byte[1024];
        var length = editor.Write(new MessageReader(dialect, default, in table), message, out var problem);
        Assert.Null(problem);
        peer.Send(peer.Frame(message[..length]));
        Assert.Equal(FrameStatus.Complete, peer.Receive(out var answer, out var header));
        Assert.True(Decoder.Decode(dialect, answer, ref table).IsOk);
        var reader = new MessageReader(dialect, answer, in table);
        return (table.Mti, System.Text.Encoding.ASCII.GetString(reader.ResponseCode(new byte[4])), Convert.ToHexString(header));
    }

    /// <summary>One connection that speaks any framing; sends TPDU 60 0001 0002 where there is one.</summary>
    private sealed class Peer : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000 };
        private readonly Framing _framing;
        private readonly byte[] _received = new byte[16 * 1024];
        private int _have;

        public Peer(int port, Framing framing)
        {
            _framing = framing;
            _socket.Connect(IPAddress.Loopback, port);
        }

        public byte[] Frame(byte[] message)
        {
            var frame = new byte[_framing.LeadBytes + message.Length + _framing.TrailBytes];
            var header = _framing.Name.Contains("tpdu5", StringComparison.Ordinal) ? Convert.FromHexString("6000020001") : [];
            _framing.WriteLead(frame, message.Length, header);
            message.CopyTo(frame, _framing.LeadBytes);
            _framing.WriteTrail(frame.AsSpan(_framing.LeadBytes + message.Length));
            return frame;
        }

        public void Send(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
        }

        /// <summary>Null when the switch closed the connection.</summary>
        public FrameStatus? Receive(out byte[] message, out byte[] header)
        {
            (message, header) = ([], []);
            while (true)
            {
                var status = _framing.TryTakeFrame(_received.AsSpan(0, _have), out var frame);
                if (status is FrameStatus.Complete or FrameStatus.KeepAlive)
                {
                    message = _received.AsSpan(frame.MessageStart, frame.MessageBytes).ToArray();
                    header = _received.AsSpan(frame.HeaderStart, frame.HeaderBytes).ToArray();
                    _received.AsSpan(frame.FrameBytes, _have - frame.FrameBytes).CopyTo(_received);
                    _have -= frame.FrameBytes;
                    return status;
                }

                var count = _socket.Receive(_received.AsSpan(_have));
                if (count == 0) return null;
                _have += count;
            }
        }

        public void Dispose() => _socket.Dispose();
    }
}

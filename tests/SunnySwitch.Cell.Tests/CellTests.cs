using SunnySwitch.Core.State;
using SunnySwitch.Core.Domain;
using SunnySwitch.Journal.Disks;

namespace SunnySwitch.Cell.Tests;

public sealed class CellTests
{
    [Fact]
    public void A_reply_never_leaves_before_its_frame_is_durable()
    {
        var disk = new MemoryDisk();
        using var cell = new CellUnderTest(disk);
        cell.AddCard();
        var leftBeforeFlush = false;
        var flushes = 0;
        cell.OnLeave = () => leftBeforeFlush |= disk.Flushes == flushes;
        for (var stan = 1; stan <= 20; stan++)
        {
            flushes = disk.Flushes;
            Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(stan)), 39));
        }

        Assert.False(leftBeforeFlush);
    }

    [Fact]
    public void What_left_survives_a_power_cut_at_once()
    {
        var disk = new MemoryDisk();
        byte[] first;
        using (var cell = new CellUnderTest(disk))
        {
            cell.AddCard();
            first = cell.Exchange(CellUnderTest.Purchase(1));
        }

        disk.Crash((_, _) => false);
        using var again = new CellUnderTest(disk, epoch: 2);
        Assert.Equal(first, again.Exchange(CellUnderTest.Purchase(1, mti: 0x0101)));
        Assert.Equal(1000, again.State.Counts.HeldMinor);
    }

    [Fact]
    public void A_failed_flush_lets_no_reply_leave_and_stops()
    {
        var disk = new MemoryDisk();
        using var cell = new CellUnderTest(disk);
        cell.AddCard();
        disk.FailFlush = disk.Flushes + 1;
        cell.Receive(0, CellUnderTest.Purchase(1));
        Assert.Throws<StopToProtectDataException>(cell.Step);
        Assert.Empty(cell.Sent[0]);
    }

    [Fact]
    public void A_repeat_in_the_same_batch_as_its_original_gets_the_same_bytes_and_moves_no_money()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        cell.Receive(0, CellUnderTest.Purchase(1), CellUnderTest.Purchase(1, mti: 0x0101));
        cell.Step();
        Assert.Equal(2, cell.Sent[0].Count);
        Assert.Equal(cell.Sent[0][0], cell.Sent[0][1]);
        Assert.Equal(1000, cell.State.Counts.HeldMinor);
        Assert.Equal(1, cell.Cell.Counters.Repeats);
    }

    [Fact]
    public void Answers_of_a_batch_leave_in_the_order_of_their_requests()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        cell.Receive(0, [.. Enumerable.Range(1, 50).Select(stan => CellUnderTest.Purchase(stan))]);
        cell.Receive(1, [.. Enumerable.Range(51, 50).Select(stan => CellUnderTest.Purchase(stan))]);
        cell.Step();
        Assert.Equal(Enumerable.Range(1, 50).Select(stan => $"{stan:D6}"), cell.Sent[0].Select(answer => CellUnderTest.Field(answer, 11)));
        Assert.Equal(Enumerable.Range(51, 50).Select(stan => $"{stan:D6}"), cell.Sent[1].Select(answer => CellUnderTest.Field(answer, 11)));
    }

    [Fact]
    public void An_input_past_its_deadline_is_discarded_undecided()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        cell.Receive(0, CellUnderTest.Purchase(1));
        cell.Now = cell.Now.PlusNanos((10 * Instant.NanosPerSecond) + 1);
        cell.Step();
        Assert.Empty(cell.Sent[0]);
        Assert.Equal(1, cell.Cell.Counters.Late);
        Assert.Equal(0, cell.State.Counts.HeldMinor);
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39));
    }

    [Fact]
    public void A_clock_that_runs_backwards_stops_the_process()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39));
        cell.Now = cell.Now.PlusNanos(-1);
        cell.Receive(0, CellUnderTest.Purchase(2));
        Assert.Throws<StopToProtectDataException>(cell.Step);
        Assert.Single(cell.Sent[0]);
    }

    [Fact]
    public void What_was_read_before_a_connection_ended_is_answered_before_it_is_let_go()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        cell.Receive(2, CellUnderTest.Purchase(1));
        cell.End(2);
        cell.Step();
        Assert.Single(cell.Sent[2]);
        Assert.Equal([2], cell.Released);
    }

    [Fact]
    public void A_signed_on_session_ends_with_its_connection_and_with_the_epoch()
    {
        var disk = new MemoryDisk();
        using (var cell = new CellUnderTest(disk, signOn: true))
        {
            cell.AddCard();
            Assert.Equal("31", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39));
            Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Message(0x0800, (7, "1122165100"), (11, "000001"), (70, "001"))), 39));
            Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39));
            Assert.Equal("31", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(2), connection: 1), 39));
        }

        using var again = new CellUnderTest(disk, signOn: true, epoch: 2);
        Assert.Equal("31", CellUnderTest.Field(again.Exchange(CellUnderTest.Purchase(1, mti: 0x0101)), 39));
    }

    [Fact]
    public void A_message_cut_short_gets_30_with_what_was_read()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        var whole = CellUnderTest.Purchase(7);
        var answer = cell.Exchange(whole[..^4]);
        Assert.Equal(("30", "000007", "165047"), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 11), CellUnderTest.Field(answer, 12)));
        Assert.Equal("", CellUnderTest.Field(answer, 49));
    }

    [Theory]
    [InlineData(0x0320, "0330")]
    [InlineData(0x0500, "0510")]
    public void An_mti_that_is_not_served_yet_gets_12(int mti, string answerMti)
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        var answer = cell.Exchange(CellUnderTest.Message((ushort)mti, (7, "1122165100"), (11, "000001"), (41, "TERM0001")));
        Assert.Equal((answerMti, "12"), (System.Text.Encoding.ASCII.GetString(answer, 0, 4), CellUnderTest.Field(answer, 39)));
    }

    [Theory]
    [InlineData(0x0110)]
    [InlineData(0x0810)]
    public void A_response_that_nobody_asked_for_gets_no_answer(int mti)
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.Receive(0, CellUnderTest.Message((ushort)mti, (7, "1122165100"), (11, "000001"), (39, "00"), (41, "TERM0001")));
        cell.Step();
        Assert.Empty(cell.Sent[0]);
    }

    [Fact]
    public void An_answer_echoes_every_echo_field_it_got_and_nothing_else()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        (int Field, string Value)[] all =
        [
            (2, "4761739001010119"), (3, "000000"), (4, "000000001000"), (7, "1122165047"), (11, "000001"), (12, "165047"),
            (13, "1122"), (14, "2812"), (15, "1123"), (18, "5411"), (22, "051"), (24, "200"), (25, "00"), (32, "400001"),
            (33, "99"), (35, "4761739001010119=28122011234567890"), (37, "RRN000000001"), (41, "TERM0001"),
            (42, "MERCHANT0000001"), (43, "ACME GROCERY STORE #12  SPRINGFIELD   US"), (49, "840"), (60, "ABC"), (70, "001"),
        ];
        var random = new Random(7);
        int[] mandatory = [2, 3, 4, 7, 11, 41, 42, 49];
        int[] echoed = [2, 3, 4, 7, 11, 12, 13, 15, 24, 32, 33, 37, 41, 42, 49, 70];
        for (var round = 0; round < 200; round++)
        {
            var fields = all.Where(each => mandatory.Contains(each.Field) || random.Next(2) == 0)
                .Select(each => each.Field == 11 ? (11, $"{round + 1:D6}") : each).ToArray();
            var answer = cell.Exchange(CellUnderTest.Message(0x0100, fields));
            foreach (var (field, value) in fields.Where(each => echoed.Contains(each.Item1))) Assert.Equal(value, CellUnderTest.Field(answer, field));
            var due = fields.Select(each => each.Item1).Intersect(echoed);
            foreach (var field in all.Select(each => each.Field).Except(due)) Assert.Equal("", CellUnderTest.Field(answer, field));
            Assert.NotEqual("", CellUnderTest.Field(answer, 39));
        }
    }

    [Fact]
    public void No_mti_at_all_can_stop_the_switch()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        var message = CellUnderTest.Message(0x0800, (7, "1122165100"), (11, "000001"), (41, "TERM0001"));
        for (var mti = 0; mti < 10_000; mti += 100)
        {
            var batch = Enumerable.Range(mti, 100).Select(each => System.Text.Encoding.ASCII.GetBytes($"{each:D4}").Concat(message.Skip(4)).ToArray());
            cell.Receive(0, [.. batch]);
            cell.Step();
        }

        Assert.All(cell.Sent[0], answer => Assert.Equal(1, (answer[2] - '0') % 2));
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39));
    }

    [Fact]
    public void With_the_disk_full_new_requests_get_96_and_reversals_are_still_taken()
    {
        var disk = new MemoryDisk();
        using var cell = new CellUnderTest(disk);
        cell.AddCard(balance: 100_000_000);
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39));
        disk.IsFull = true;
        var stan = 2;
        while (CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(stan, amount: "000000000001")), 39) == "00") stan++;
        Assert.Equal("96", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(++stan)), 39));
        var reversal = CellUnderTest.Message(
            0x0400, (2, "4761739001010119"), (3, "000000"), (4, "000000001000"), (7, "1122165048"), (11, "900001"), (12, "165047"),
            (13, "1122"), (32, "400001"),
            (37, "000000000001"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"), (90, "0100000001112216504700000400001" + "00000000000"));
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(reversal), 39));
        Assert.True(cell.Cell.Counters.JournalFull > 0);
    }

    [Fact]
    public void A_start_without_room_for_its_own_frames_says_so_and_changes_nothing()
    {
        var disk = new MemoryDisk();
        using (var cell = new CellUnderTest(disk))
        {
            cell.AddCard();
            disk.IsFull = true;
            byte[] Reversal(int stan) => CellUnderTest.Message(
                0x0420, (2, "4761739001010119"), (3, "000000"), (4, "000000001000"), (7, "1122165047"), (11, $"{stan:D6}"),
                (32, "400001"), (90, "01000000011122165047" + new string('0', 22)));
            var stan = 0;
            while (cell.Cell.Counters.JournalFull == 0) cell.Exchange(Reversal(++stan));
        }

        var before = disk.Writes;
        var stop = Assert.Throws<StopToProtectDataException>(() => new CellUnderTest(disk, epoch: 2));
        Assert.Contains("free some space", stop.Message, StringComparison.Ordinal);
        Assert.Equal(before, disk.Writes);
    }

    [Fact]
    public void A_message_is_answered_with_the_version_of_the_dialect_it_was_read_with()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        var before = cell.Link;
        var after = before with
        {
            Dialect = Protocol.Dialects.Dialect.Parse("""{"dialect":"next","inherits":"iso87-ascii","response_codes":{"14":"56"}}"""u8),
        };

        // Two reads under way when the link begins to speak the next version, and one of that already.
        cell.Receive(0, CellUnderTest.Purchase(1));
        cell.Link = after;
        cell.Receive(0, CellUnderTest.Purchase(2));
        cell.Link = before;
        cell.Receive(0, CellUnderTest.Purchase(3));
        cell.Step();
        Assert.Equal(["14", "56", "14"], cell.Sent[0].Select(answer => CellUnderTest.Field(answer, 39)));
    }

    [Fact]
    public void A_partial_approval_tells_what_was_approved_and_what_was_asked_for_and_its_repeat_the_same_bytes()
    {
        var dialect = Protocol.Dialects.Dialect.BuiltIn("pos-host")!;
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.Link = new LinkProfile(cell.Link.Terms, dialect, cell.Link.Framing, cell.Link.DeadlineNanos);
        cell.AddCard();
        byte[] Part(ushort mti) => CellUnderTest.Message(
            mti, (2, "4761739001010119"), (3, "000000"), (4, "000000150000"), (7, "1122165047"), (11, "000077"), (32, "400001"), (37, "000000000077"),
            (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"), (60, "1"));
        var answer = cell.Exchange(Part(0x0100));
        Assert.Equal(("10", "000000100000"), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 4)));
        Assert.Equal("0057840D000000150000", CellUnderTest.Field(answer, 54));
        Assert.Equal(Convert.ToHexString(answer), Convert.ToHexString(cell.Exchange(Part(0x0101))));
        Assert.Equal("51", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(78)), 39));
    }

    [Theory]
    [InlineData(0x0100)]
    [InlineData(0x0200)]
    public void An_answer_in_another_currency_tells_the_bill_and_the_rate_and_its_repeat_the_same_bytes(int mti)
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        var rates = new RateSet { Count = 1 };
        rates.Rates[0] = new RateTerms { From = 978, To = 840, Rate = Rate.Of(10_834, 4) };
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.RatesActivate, _ => { }) { Rates = rates }).Outcome);
        byte[] Buy(int type, int stan, string currency) => CellUnderTest.Message(
            (ushort)type, (2, "4761739001010119"), (3, "000000"), (4, "000000010000"), (7, "1122165047"), (11, $"{stan:D6}"), (32, "400001"),
            (37, $"{stan:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, currency));
        var answer = cell.Exchange(Buy(mti, 5, "978"));
        Assert.Equal(("00", "000000010000", "978"), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 4), CellUnderTest.Field(answer, 49)));
        Assert.Equal(("000000010834", "40010834", "840"), (CellUnderTest.Field(answer, 6), CellUnderTest.Field(answer, 10), CellUnderTest.Field(answer, 51)));
        Assert.Equal(Convert.ToHexString(answer), Convert.ToHexString(cell.Exchange(Buy(mti | 1, 5, "978"))));
        Assert.Equal("", CellUnderTest.Field(cell.Exchange(Buy(mti, 6, "840")), 6));
        Assert.Equal("", CellUnderTest.Field(cell.Exchange(Buy(mti, 7, "554")), 10));
    }

    /// <summary>Each gets the code of the table, moves nothing, and hurts nothing.</summary>
    [Theory]
    [InlineData("fee of letters", "30")]
    [InlineData("unknown currency", "13")]
    [InlineData("no amount", "13")]
    [InlineData("expiry 1399", "54")]
    [InlineData("PAN of 8 digits", "14")]
    [InlineData("PAN of 19 digits that fail", "14")]
    [InlineData("DE90 of zeros", "25")]
    [InlineData("DE95 above DE4", "64")]
    [InlineData("reversal of a reversal", "25")]
    [InlineData("completion of nothing", "25")]
    [InlineData("track of another card", "12")]
    public void Bad_input_gets_its_code_and_moves_nothing(string what, string code)
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        var good = CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(1)), 39);
        var fields = new SortedDictionary<int, string>
        {
            [2] = "4761739001010119",
            [3] = "000000",
            [4] = "000000001000",
            [7] = "1122165047",
            [11] = "000002",
            [32] = "400001",
            [37] = "000000000002",
            [41] = "TERM0001",
            [42] = "MERCHANT0000001",
            [49] = "840",
        };
        var zeros = new string('0', 42);
        ushort mti = 0x0100;
        switch (what)
        {
            case "unknown currency": fields[49] = "998"; break;
            case "no amount": (mti, fields[4]) = (0x0200, "000000000000"); break;
            case "expiry 1399": fields[14] = "1399"; break;
            case "PAN of 8 digits": fields[2] = "47617390"; break;
            case "PAN of 19 digits that fail": fields[2] = "4761739001010119999"; break;
            case "DE90 of zeros": (mti, fields[90]) = (0x0400, zeros); break;
            case "DE95 above DE4": (mti, fields[90], fields[95]) = (0x0400, "0100000001" + "1122165047" + zeros[..22], "000000001001" + zeros[..30]); break;
            case "reversal of a reversal":
                (mti, fields[11], fields[90]) = (0x0400, "000003", "0100000001" + "1122165047" + zeros[..22]);
                Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Message(mti, [.. fields.Select(field => (field.Key, field.Value))])), 39));
                (fields[11], fields[90]) = ("000002", "0400000003" + "1122165047" + zeros[..22]);
                break;
            case "completion of nothing": (mti, fields[25], fields[38]) = (0x0220, "06", "ZZZZZZ"); break;
            case "track of another card": fields[35] = "5413330089020011=2812201123"; break;
        }

        // An error before DE11 cannot be answered at all: nobody could match it.
        if (what == "fee of letters") fields[28] = "D00000250";
        var message = CellUnderTest.Message(mti, [.. fields.Select(field => (field.Key, field.Value))]);
        if (what == "fee of letters") message[System.Text.Encoding.ASCII.GetString(message).IndexOf("D00000250", StringComparison.Ordinal) + 3] = (byte)'X';
        (long, Int128) Balances() => (
            cell.State.Counts.HeldMinor,
            cell.State.ContraBalances.Where(each => each.Kind == ContraKind.Settlement).Aggregate(Int128.Zero, (sum, each) => sum + each.Minor));
        var balances = Balances();
        Assert.Equal(("00", code, balances), (good, CellUnderTest.Field(cell.Exchange(message), 39), Balances()));
        Assert.All(cell.State.LedgerSums(), sum => Assert.Equal(Int128.Zero, sum.Value));
        Assert.Equal(cell.State.Hash, cell.State.HashFromScratch());
    }

    [Fact]
    public void Holds_end_some_at_a_time_by_an_operators_command_and_each_end_is_a_frame()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        for (var stan = 1; stan <= 30; stan++) Assert.Equal("00", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(stan)), 39));
        Assert.Equal((30, 30_000), (cell.State.Counts.Holds, cell.State.Counts.HeldMinor));
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.OpenBusinessDate, _ => { }) { DayNumber = 20_790 }).Outcome);
        var (asked, cursor) = (0, 0);
        for (; cursor >= 0; asked++)
        {
            var command = cell.Ask(new OperatorCommand(CommandKind.ExpireHolds, _ => { }) { Cursor = cursor });
            Assert.Equal(CommandOutcome.Done, command.Outcome);
            cursor = command.Cursor;
        }

        Assert.Equal((3, 0, 0), (asked, cell.State.Counts.Holds, cell.State.Counts.HeldMinor));
        Assert.Equal(cell.State.Hash, cell.State.HashFromScratch());
    }

    [Fact]
    public void An_inquirys_answer_has_the_balances_in_de54_and_its_repeat_the_same_bytes()
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        cell.Exchange(CellUnderTest.Purchase(1));
        byte[] Inquiry(ushort mti) => CellUnderTest.Message(
            mti, (2, "4761739001010119"), (3, "312000"), (7, "1122165047"), (11, "000002"), (32, "400001"), (37, "000000000002"), (41, "TERM0001"),
            (42, "MERCHANT0000001"));
        var answer = cell.Exchange(Inquiry(0x0100));
        Assert.Equal("00", CellUnderTest.Field(answer, 39));
        Assert.Equal("2001840C000000100000" + "2002840C000000099000", CellUnderTest.Field(answer, 54));
        Assert.Equal("TERM0001", CellUnderTest.Field(answer, 41));
        cell.Exchange(CellUnderTest.Purchase(3));
        Assert.Equal(Convert.ToHexString(answer), Convert.ToHexString(cell.Exchange(Inquiry(0x0101))));
        Assert.Equal("", CellUnderTest.Field(cell.Exchange(CellUnderTest.Purchase(4)), 54));
    }

    [Theory]
    [InlineData("""{"54":{"type":"an","length":"LLL","max":39,"encoding":"ascii","length_encoding":"ascii"}}""")]
    [InlineData("""{"54":{"type":"b","length":"LLL","max":120,"encoding":"bin","length_encoding":"ascii"}}""")]
    public void Without_room_for_de54_the_answer_has_none(string fields)
    {
        using var cell = new CellUnderTest(new MemoryDisk());
        cell.AddCard();
        cell.Link = cell.Link with
        {
            Dialect = Protocol.Dialects.Dialect.Parse(
                System.Text.Encoding.UTF8.GetBytes($"{{\"dialect\":\"own\",\"inherits\":\"iso87-ascii\",\"fields\":{fields}}}")),
        };
        var answer = cell.Exchange(CellUnderTest.Message(
            0x0100, (2, "4761739001010119"), (3, "310000"), (7, "1122165047"), (11, "000002"), (32, "400001"), (41, "TERM0001"), (42, "MERCHANT0000001")));
        Assert.Equal(("00", ""), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 54)));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_purchase()
    {
        using var cell = new CellUnderTest(new MemoryDisk()) { Records = false };
        cell.AddCard(balance: 100_000_000);
        byte[] Read(int read) => CellUnderTest.Frames(
            Enumerable.Range(1, 100).Select(each => CellUnderTest.Purchase((read * 100) + each, amount: "000000000001")));
        // One segment of the journal: the disk in memory makes the next.
        var reads = Enumerable.Range(0, 10 + (2 * Allocated.Rounds)).Select(Read).ToArray();
        var next = 0;
        void ReadTwo()
        {
            for (var end = next + 2; next < end; next++)
            {
                cell.ReceiveBytes(0, reads[next]);
                cell.Step();
            }
        }

        while (next < 10) ReadTwo();                                      // The first make pools.
        Assert.Equal(0, Allocated.Least(ReadTwo));
        Assert.Equal((2000, 2000L), (cell.Answers, cell.State.Counts.HeldMinor));
    }

    [Fact]
    public void The_gate_holds_a_reply_whose_frame_is_not_durable()
    {
        var gate = new ReplyGate(10);
        gate.OnDecided(11);
        Assert.Throws<StopToProtectDataException>(gate.BeforeReplies);
        gate.OnDurable(11);
        gate.BeforeReplies();
        Assert.Throws<StopToProtectDataException>(() => gate.OnDurable(10));
    }
}

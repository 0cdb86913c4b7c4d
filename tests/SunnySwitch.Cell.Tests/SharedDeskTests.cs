using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Cell.Tests;

/// <summary>What other cells have counted, through the kernel: waited for shortly, decided without, and a late answer is nobody's.</summary>
public sealed class SharedDeskTests
{
    private const long Millisecond = 1_000_000;
    private readonly Others _others = new();
    private readonly ScriptedDesk _hsm = new();

    [Fact]
    public void A_request_waits_and_is_decided_with_what_other_cells_have_counted()
    {
        using var cell = New();
        cell.Receive(0, CellUnderTest.Purchase(1), CellUnderTest.Purchase(2));
        cell.Step();
        Assert.Empty(cell.Sent[0]);
        cell.Answer(_others.Tickets[1], DeskAnswer.Done, Counted(3));
        cell.Answer(_others.Tickets[0], DeskAnswer.Done, Counted(2));
        Assert.Equal(["65", "00"], Codes(cell));
        Assert.Equal((2L, 2L, 0L), (cell.Cell.Counters.SharedAsked, cell.Cell.Counters.SharedTold, cell.Cell.Counters.SharedLate));
        Assert.Equal([(SharedSource.Told, 3L), (SharedSource.Told, 2L)], Tails(cell.Disk));
    }

    [Fact]
    public void Without_an_answer_in_time_it_is_decided_without_and_a_late_answer_is_ignored()
    {
        using var cell = New();
        cell.Receive(0, CellUnderTest.Purchase(1));
        cell.Step();
        Later(cell, 20 * Millisecond - 1);
        Assert.Empty(cell.Sent[0]);
        Later(cell, 1);
        Assert.Equal(["00"], Codes(cell));
        // The next has the same place, and another ticket.
        cell.Receive(0, CellUnderTest.Purchase(2));
        cell.Step();
        cell.Answer(_others.Tickets[0], DeskAnswer.Done, Counted(3));
        Assert.Equal(("00", 1L), (string.Join(' ', Codes(cell)), cell.Cell.Counters.SharedLate));
        cell.Answer(_others.Tickets[1], DeskAnswer.Done, Counted(3));
        Assert.Equal(["00", "65"], Codes(cell));
        Assert.Equal([(SharedSource.Late, 0L), (SharedSource.Told, 3L)], Tails(cell.Disk));
    }

    [Theory]
    [InlineData(DeskAnswer.Failed, SharedSource.Failed)]
    [InlineData(DeskAnswer.Late, SharedSource.Late)]
    public void A_desk_that_fails_while_a_request_waits_costs_it_nothing_else(DeskAnswer answer, SharedSource source)
    {
        using var cell = New();
        cell.Receive(0, CellUnderTest.Purchase(1));
        cell.Step();
        cell.Answer(_others.Tickets[0], answer, Counted(3));
        Assert.Equal(["00"], Codes(cell));
        Assert.Equal([(source, 0L)], Tails(cell.Disk));
    }

    [Fact]
    public void The_module_and_the_other_cells_are_asked_one_after_the_other_under_one_ticket()
    {
        using var cell = New(_hsm);
        _hsm.IsSlow = true;
        cell.Receive(0, DeskTests.Purchase(1, 0x0100, (52, "1111111111111111"), (55, DeskTests.Chip)));
        cell.Step();
        Assert.Empty(_others.Tickets);
        cell.Answer(_hsm.Verdict(0, SecurityVerdict.Right, SecurityVerdict.Right));
        var ticket = Assert.Single(_others.Tickets);
        // Once more, by mistake: it is not what is waited for.
        cell.Answer(_hsm.Verdict(0, SecurityVerdict.Wrong));
        Assert.Equal((1L, 0), (cell.Cell.Counters.DeskLate, cell.Sent[0].Count));
        Later(cell, 20 * Millisecond);
        // It is decided, and waits for the chip's part: the late counts are not that.
        cell.Answer(ticket, DeskAnswer.Done, Counted(3));
        Assert.Equal((1L, 0), (cell.Cell.Counters.SharedLate, cell.Sent[0].Count));
        cell.Answer(_hsm.Chip(1));
        Assert.Equal(["00"], Codes(cell));
        Assert.Equal([(SharedSource.Late, 0L)], Tails(cell.Disk));
    }

    [Fact]
    public void One_with_the_same_key_waits_behind_it_and_gets_its_answer()
    {
        using var cell = New();
        cell.Receive(0, CellUnderTest.Purchase(1), CellUnderTest.Purchase(1, 0x0101));
        cell.Step();
        var ticket = Assert.Single(_others.Tickets);
        cell.Answer(ticket, DeskAnswer.Done, Counted(3));
        Assert.Equal(["65", "65"], Codes(cell));
        Assert.Equal(1, cell.Cell.Counters.Repeats);
    }

    [Fact]
    public void Half_of_the_room_is_left_to_those_that_need_the_module()
    {
        using var cell = New(_hsm);
        cell.Receive(0, [.. Enumerable.Range(1, 5).Select(stan => CellUnderTest.Purchase(stan))]);
        cell.Step();
        // Two of four places: the others were decided at once, without.
        Assert.Equal((2, 3), (_others.Tickets.Count, cell.Sent[0].Count));
        Assert.All(Tails(cell.Disk), tail => Assert.Equal((SharedSource.Full, 0L), tail));
        _hsm.IsSlow = true;
        cell.Receive(0, DeskTests.Purchase(9, 0x0100, (52, "1111111111111111")));
        cell.Step();
        cell.Answer(_hsm.Verdict(0, SecurityVerdict.Wrong));
        // It has its place already, and may wait.
        Assert.Equal(3, _others.Tickets.Count);
        cell.Answer(_others.Tickets[2], DeskAnswer.Done, Counted(0));
        Assert.Equal(["00", "00", "00", "55"], Codes(cell));
    }

    [Fact]
    public void Who_is_gone_is_not_decided_for()
    {
        using var cell = New();
        cell.Receive(0, CellUnderTest.Purchase(1));
        cell.Step();
        cell.End(0);
        cell.Step();
        cell.Answer(_others.Tickets[0], DeskAnswer.Done, Counted(0));
        Assert.Empty(Tails(cell.Disk));
        Assert.Equal(1, cell.Cell.Counters.SharedLate);
    }

    [Fact]
    public void A_restart_folds_what_was_decided_with_others_and_asks_nobody()
    {
        var disk = new MemoryDisk();
        UInt128 hash;
        using (var cell = New(disk: disk))
        {
            cell.Receive(0, CellUnderTest.Purchase(1));
            cell.Step();
            cell.Answer(_others.Tickets[0], DeskAnswer.Done, Counted(2));
            hash = cell.State.Hash;
        }

        _others.Tickets.Clear();
        var state = new SwitchState(new StateOptions(64, 64, 16_384, 16_384, 64, CellUnderTest.Connections), new CmacPanTokens(new byte[16]));
        var redecision = new Redecision(state, 1, long.MaxValue);
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload))
        {
            Assert.Null(redecision.Take(header.Kind, (ushort)header.KindVersion, header.Sequence, header.Time, payload));
        }

        Assert.Equal((1L, hash), (redecision.Decided, state.Hash));
        Assert.Empty(_others.Tickets);
    }

    [Fact]
    public void Waiting_for_others_allocates_nothing()
    {
        using var cell = New();
        _others.IsRecorded = false;
        var counts = Counted(1);
        cell.Records = false;
        var stan = 0;
        var pairs = Enumerable.Range(1, 20 + (12 * Allocated.Rounds))      // One segment of the journal, as there.
            .Select(each => CellUnderTest.Frames([CellUnderTest.Purchase(2 * each), CellUnderTest.Purchase((2 * each) + 1)])).ToArray();
        void Turn()
        {
            cell.ReceiveBytes(0, pairs[stan]);
            cell.Step();
            // Each third is decided before the answer comes.
            if (++stan % 3 == 0) cell.Now = new Instant(cell.Now.UnixNanos + (30 * Millisecond));
            cell.Answer(_others.Last, DeskAnswer.Done, in counts);
            cell.Answer(_others.First, DeskAnswer.Done, in counts);
        }

        while (stan < 20) Turn();
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var end = stan + 12; stan < end;) Turn();
        }));
        Assert.True(cell.Cell.Counters.SharedTold > 80);
    }

    private static SharedCounts Counted(long count)
    {
        var counts = default(SharedCounts);
        counts.Add(1, count, 0, areBits: false);
        return counts;
    }

    /// <summary>Time goes by, and something else comes in.</summary>
    private static void Later(CellUnderTest cell, long nanos)
    {
        cell.Now = new Instant(cell.Now.UnixNanos + nanos);
        cell.Receive(1, CellUnderTest.Message(0x0800, (7, "1122165047"), (11, "000001"), (70, "301")));
        cell.Step();
    }

    private static IEnumerable<string> Codes(CellUnderTest cell) => cell.Sent[0].Select(answer => CellUnderTest.Field(answer, 39));

    private static List<(SharedSource, long)> Tails(MemoryDisk disk)
    {
        var tails = new List<(SharedSource, long)>();
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload))
        {
            if (header.Kind != JournalKind.Decided) continue;
            Assert.True(Decided.TryRead(header.KindVersion, payload, out _, out _, out _, out var tail));
            Assert.True(SharedCounts.TryRead(tail, out var counts));
            tails.Add((counts.Source, counts.Of(1).Count));
        }

        Assert.Null(reader.Problem);
        return tails;
    }

    private CellUnderTest New(IHsmDesk? hsm = null, MemoryDisk? disk = null)
    {
        var cell = new CellUnderTest(disk ?? new MemoryDisk(), hsm: hsm, shared: _others);
        cell.AddCard(balance: 100_000_000);
        var rules = new RuleSet { Count = 1 };
        rules.Limits[0] = new LimitTerms { Id = 1, Subject = LimitSubject.Card, CountMax = 3, Operations = 0b1110, Shared = 1 };
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.RulesActivate, _ => { }) { Rules = rules }).Outcome);
        return cell;
    }

    private sealed class Others : ISharedDesk
    {
        public List<long> Tickets { get; } = [];

        public bool IsRecorded { get; set; } = true;

        public long First { get; private set; }

        public long Last { get; private set; }

        public DeskAnswer Ask(long ticket, ReadOnlySpan<CounterQuestion> questions, ref SharedCounts counts)
        {
            if (ticket == 0) return DeskAnswer.Full;
            (First, Last) = (Last, ticket);
            if (IsRecorded) Tickets.Add(ticket);
            return DeskAnswer.Pending;
        }
    }
}

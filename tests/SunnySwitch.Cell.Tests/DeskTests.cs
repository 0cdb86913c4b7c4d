using System.Text;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Core.State;
using SunnySwitch.Journal.Disks;
using SunnySwitch.Journal.Reading;

namespace SunnySwitch.Cell.Tests;

/// <summary>
/// PINs, codes, cryptograms and MACs through the kernel: asked once, decided by verdicts, waited for without holding anybody up, and never kept.
/// </summary>
public sealed class DeskTests
{
    private const string RightPin = "1111111111111111", WrongPin = "2222222222222222", BrokenPin = "3333333333333333", OwnPin = "A1B2C3D4E5F60718";
    internal const string Track = "4761739001010119=28122010000061100000";

    internal const string Chip = "9F2608AAAAAAAAAAAAAAAA9F3602001A9F100706011203A0B8009F37046D3A1D2095050080000000"
        + "9A032611229C01009F02060000000010005F2A020840820238009F1A0208409F0306000000000000";

    private readonly ScriptedDesk _desk = new();

    [Fact]
    public void A_right_PIN_is_approved_a_wrong_one_gets_55_and_is_counted_until_75()
    {
        using var cell = New();
        Assert.Equal("00", Code(cell, 1, (52, RightPin)));
        Assert.Equal(["55", "55"], [Code(cell, 2, (52, WrongPin)), Code(cell, 3, (52, WrongPin))]);
        Assert.Equal(2, Tries(cell));
        Assert.Equal("00", Code(cell, 4, (52, RightPin)));
        Assert.Equal(0, Tries(cell));
        for (var stan = 5; stan < 8; stan++) Assert.Equal("55", Code(cell, stan, (52, WrongPin)));
        var asked = _desk.Asked;
        Assert.Equal("75", Code(cell, 8, (52, RightPin)));
        Assert.Equal(asked, _desk.Asked);                                  // Nothing is learned of it any more.
        Assert.Equal(3, Tries(cell));
        Assert.Equal("00", Code(cell, 9));                                 // Without a PIN, as the product lets.
    }

    [Theory]
    [InlineData(BrokenPin, "81")]
    [InlineData("4444444444444444", "86")]
    [InlineData("5555555555555555", "81")]
    [InlineData("6666666666666666", "63")]
    public void A_PIN_that_cannot_be_looked_at_is_no_wrong_PIN(string block, string code)
    {
        using var cell = New();
        Assert.Equal(code, Code(cell, 1, (52, block)));
        Assert.Equal(0, Tries(cell));
    }

    [Fact]
    public void A_PIN_that_was_not_looked_at_proves_nothing_when_its_tries_are_forgotten_meanwhile()
    {
        using var cell = New();
        for (var stan = 1; stan < 4; stan++) Assert.Equal("55", Code(cell, stan, (52, WrongPin)));
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(4, 0x0100, (35, Track), (52, WrongPin)));
        cell.Step();
        var forget = new OperatorCommand(CommandKind.CardPin, _ => { }) { Pin = new CardPinSet { Pan = cell.Token("4761739001010119") } };
        Assert.Equal((CommandOutcome.Done, 0), (cell.Ask(forget).Outcome, Tries(cell)));
        var right = SecurityVerdicts.Of(SecurityVerdict.NotChecked, SecurityVerdict.Right, SecurityVerdict.NotChecked, SecurityVerdict.NotChecked);
        cell.Answer(_desk.Verdict(0, SecurityVerdict.NotChecked) with { Verdicts = right });
        Assert.Equal("86", CellUnderTest.Field(cell.Sent[0][^1], 39));
    }

    [Fact]
    public void A_repeat_is_not_verified_again_and_counts_no_try()
    {
        using var cell = New();
        Assert.Equal("55", Code(cell, 1, (52, WrongPin)));
        Assert.Equal("55", CellUnderTest.Field(cell.Exchange(Purchase(1, 0x0101, (52, WrongPin))), 39));
        Assert.Equal((1, 1), (Tries(cell), _desk.Asked));
    }

    [Theory]
    [InlineData("4761739001010119=28122010000061100000", "00")]
    [InlineData("4761739001010119=28122010000099900000", "82")]
    public void The_code_of_the_stripe_is_looked_at(string track, string code)
    {
        using var cell = New();
        Assert.Equal(code, Code(cell, 1, (35, track)));
    }

    [Fact]
    public void A_chip_gets_its_answer_and_a_wrong_cryptogram_82()
    {
        using var cell = New();
        var answer = cell.Exchange(Purchase(1, 0x0100, (55, Chip)));
        Assert.Equal(("00", "910AB1B1B1B1B1B1B1B13030"), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 55)));
        var repeat = cell.Exchange(Purchase(1, 0x0101, (55, Chip)));
        Assert.Equal(("00", "910AB1B1B1B1B1B1B1B13030"), (CellUnderTest.Field(repeat, 39), CellUnderTest.Field(repeat, 55)));
        var wrong = cell.Exchange(Purchase(2, 0x0100, (55, Chip.Replace("AAAA", "BBBB", StringComparison.Ordinal))));
        Assert.Equal(("82", ""), (CellUnderTest.Field(wrong, 39), CellUnderTest.Field(wrong, 55)));
    }

    [Fact]
    public void What_a_product_asks_for_has_to_be_there()
    {
        using var cell = New();
        var rules = new RuleSet { ProductCount = 1, PinAlways = 1, CryptogramNeeded = 1, CardCodeNeeded = 1, PinTriesMax = 1 };
        Encoding.ASCII.GetBytes("x", rules.Name);
        rules.Products[0] = new ProductTerms { BinFrom = 476173, BinTo = 476173, Operations = uint.MaxValue };
        Assert.Equal(CommandOutcome.Done, cell.Ask(new OperatorCommand(CommandKind.RulesActivate, _ => { }) { Rules = rules }).Outcome);
        Assert.Equal("55", Code(cell, 1));
        Assert.Equal("00", Code(cell, 2, (52, RightPin)));
        Assert.Equal("82", Code(cell, 3, (22, "051"), (52, RightPin)));
        Assert.Equal("00", Code(cell, 4, (22, "051"), (52, RightPin), (55, Chip)));
        Assert.Equal("82", Code(cell, 5, (22, "901"), (52, RightPin)));
        Assert.Equal("00", Code(cell, 6, (22, "901"), (35, Track), (52, RightPin)));
        Assert.Equal(["55", "75"], [Code(cell, 7, (52, WrongPin)), Code(cell, 8, (52, RightPin))]);
    }

    [Fact]
    public void A_message_without_the_right_MAC_is_refused_and_every_answer_has_one()
    {
        using var cell = New(mac: true);
        var good = cell.Exchange(Signed(Purchase(1, 0x0100, (64, "0000000000000000"))));
        Assert.Equal("00", CellUnderTest.Field(good, 39));
        Assert.Equal(ScriptedDesk.MacOf(good.AsSpan(..^16)), CellUnderTest.Field(good, 64));
        var bad = cell.Exchange(Purchase(2, 0x0100, (64, "0123456789ABCDEF")));
        Assert.Equal("63", CellUnderTest.Field(bad, 39));
        Assert.Equal(ScriptedDesk.MacOf(bad.AsSpan(..^16)), CellUnderTest.Field(bad, 64));
        Assert.Equal("63", CellUnderTest.Field(cell.Exchange(Purchase(3, 0x0100)), 39));
        Assert.Equal(2, cell.Cell.Counters.MacWrong);
        // Nothing was remembered of them: with the right one, they are decided.
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(Signed(Purchase(2, 0x0100, (64, "0000000000000000")))), 39));
        var network = CellUnderTest.Message(0x0800, (7, "1122165047"), (11, "000077"), (70, "301"), (128, "0000000000000000"));
        var echoed = cell.Exchange(Signed(network));
        Assert.Equal(ScriptedDesk.MacOf(echoed.AsSpan(..^16)), CellUnderTest.Field(echoed, 128));
    }

    [Fact]
    public void While_one_waits_others_are_answered_and_its_answer_comes_later()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (52, RightPin)));
        cell.Receive(1, Purchase(2));
        cell.Step();
        Assert.Equal((0, 1), (cell.Sent[0].Count, cell.Sent[1].Count));
        cell.Answer(_desk.Verdict(0, SecurityVerdict.Right));
        Assert.Equal("00", CellUnderTest.Field(Assert.Single(cell.Sent[0]), 39));
        cell.Answer(_desk.Verdict(0, SecurityVerdict.Right));
        Assert.Equal(1, cell.Cell.Counters.DeskLate);
        Assert.Single(cell.Sent[0]);
    }

    [Fact]
    public void A_repeat_waits_for_the_one_answer_and_money_moves_once()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (52, RightPin)), Purchase(1, 0x0101, (52, RightPin)));
        cell.Receive(1, Purchase(1, 0x0101, (52, RightPin)));
        cell.Step();
        Assert.Equal(1, _desk.Asked);
        Assert.Empty(cell.Sent[0]);
        cell.Answer(_desk.Verdict(0, SecurityVerdict.Right));
        Assert.Equal((2, 1), (cell.Sent[0].Count, cell.Sent[1].Count));
        Assert.Equal(CellUnderTest.Field(cell.Sent[0][0], 38), CellUnderTest.Field(cell.Sent[1][0], 38));
        Assert.Equal(1_000, cell.State.Counts.HeldMinor);
    }

    [Fact]
    public void A_reversal_that_overtakes_its_original_is_remembered()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (52, RightPin)));
        cell.Step();
        var reversal = CellUnderTest.Message(
            0x0420, (2, "4761739001010119"), (3, "000000"), (4, "000000001000"), (7, "1122165047"), (11, "000002"), (32, "400001"), (49, "840"),
            (90, "0100000001" + "1122165047" + new string('0', 22)));
        Assert.Equal("00", CellUnderTest.Field(cell.Exchange(reversal, 1), 39));
        cell.Answer(_desk.Verdict(0, SecurityVerdict.Right));
        Assert.Equal("94", CellUnderTest.Field(Assert.Single(cell.Sent[0]), 39));
        Assert.Equal(0, cell.State.Counts.HeldMinor);
    }

    [Fact]
    public void A_full_desk_and_a_full_table_of_those_that_wait_are_96()
    {
        using var cell = New();
        _desk.IsFull = true;
        Assert.Equal("96", Code(cell, 1, (52, RightPin)));
        (_desk.IsFull, _desk.IsSlow) = (false, true);
        for (var stan = 2; stan < 6; stan++) cell.Receive(0, Purchase(stan, 0x0100, (52, RightPin)));
        cell.Step();
        Assert.Equal("96", Code(cell, 6, (52, RightPin)));
        Assert.Equal((2, 4), (cell.Cell.Counters.DeskFull, cell.Cell.Counters.Parked));
        cell.Answer(_desk.Verdict(2, SecurityVerdict.Right));
        _desk.IsSlow = false;
        Assert.Equal("00", Code(cell, 6, (52, RightPin)));
    }

    [Theory]
    [InlineData(DeskAnswer.Failed, "96", false), InlineData(DeskAnswer.Failed, "96", true)]
    [InlineData(DeskAnswer.Late, "91", false), InlineData(DeskAnswer.Late, "91", true)]
    public void What_the_HSM_failed_at_or_was_late_with_is_not_decided_and_may_come_again(DeskAnswer fate, string code, bool isQueued)
    {
        using var cell = New();
        (_desk.IsSlow, _desk.Fate) = (isQueued, isQueued ? null : fate);
        cell.Receive(0, Purchase(1, 0x0100, (52, WrongPin), (55, Chip)));
        cell.Step();
        var frames = cell.Cell.DurableSequence;
        if (isQueued) cell.Answer(_desk.Verdict(0, SecurityVerdict.NotChecked) with { Answer = fate });
        Assert.Equal(code, CellUnderTest.Field(Assert.Single(cell.Sent[0]), 39));
        Assert.Equal((1L, 0, frames), (cell.Cell.Counters.DeskFailed, Tries(cell), cell.Cell.DurableSequence));
        (_desk.IsSlow, _desk.Fate) = (false, null);
        Assert.Equal("55", CellUnderTest.Field(cell.Exchange(Purchase(1, 0x0101, (52, WrongPin), (55, Chip)), 1), 39));
        Assert.Equal(1, Tries(cell));
    }

    [Fact]
    public void An_answer_goes_without_the_chips_part_where_the_HSM_fails_at_it()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (55, Chip)));
        cell.Step();
        cell.Answer(_desk.Verdict(0, SecurityVerdict.NotChecked, SecurityVerdict.Right));
        cell.Answer(_desk.Chip(1) with { Answer = DeskAnswer.Late });
        var answer = Assert.Single(cell.Sent[0]);
        Assert.Equal(("00", ""), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 55)));
        Assert.Equal(1, cell.Cell.Counters.DeskFailed);
    }

    [Fact]
    public void What_comes_after_the_deadline_is_not_decided()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (52, RightPin)));
        cell.Step();
        cell.Now = new Instant(cell.Now.UnixNanos + (11 * Instant.NanosPerSecond));
        cell.Answer(_desk.Verdict(0, SecurityVerdict.Right));
        Assert.Empty(cell.Sent[0]);
        Assert.Equal((1, 0), (cell.Cell.Counters.Late, cell.State.Counts.Holds));
        _desk.IsSlow = false;
        Assert.Equal("00", Code(cell, 1, (52, RightPin)));                 // Nothing was remembered of it.
    }

    [Fact]
    public void What_nobody_answers_is_forgotten_after_its_deadline()
    {
        using var cell = New();
        _desk.IsSlow = true;
        for (var stan = 1; stan < 5; stan++) cell.Receive(0, Purchase(stan, 0x0100, (52, RightPin)));
        cell.Step();
        cell.Now = new Instant(cell.Now.UnixNanos + (11 * Instant.NanosPerSecond));
        cell.Exchange(Purchase(9), 1);
        Assert.Equal(4, cell.Cell.Counters.Late);
        cell.Receive(0, Purchase(6, 0x0100, (52, RightPin)));
        cell.Step();
        Assert.Equal(0, cell.Cell.Counters.DeskFull);
    }

    [Fact]
    public void A_connection_that_ends_takes_what_waits_with_it_and_nobody_elses()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (52, RightPin)));
        cell.Receive(1, Purchase(1, 0x0101, (52, RightPin)), Purchase(2, 0x0100, (52, RightPin)));
        cell.Step();
        Assert.Equal(2, _desk.Asked);
        cell.End(0);
        cell.Step();
        Assert.Equal(3, _desk.Asked);                                      // The repeat is asked for in its place.
        cell.Answer(_desk.Verdict(2, SecurityVerdict.Right));
        cell.Answer(_desk.Verdict(1, SecurityVerdict.Wrong));
        Assert.Empty(cell.Sent[0]);
        Assert.Equal(["00", "55"], cell.Sent[1].Select(answer => CellUnderTest.Field(answer, 39)));
    }

    [Fact]
    public void A_connection_that_ends_takes_its_repeats_with_it_that_wait_behind_anothers()
    {
        using var cell = New();
        _desk.IsSlow = true;
        cell.Receive(0, Purchase(1, 0x0100, (52, RightPin)));
        cell.Receive(1, Purchase(1, 0x0101, (52, RightPin)));
        cell.Receive(2, Purchase(1, 0x0101, (52, RightPin)));
        cell.Step();
        cell.End(1);
        cell.Step();
        cell.Answer(_desk.Verdict(0, SecurityVerdict.Right));
        Assert.Equal((1, 0, 1), (cell.Sent[0].Count, cell.Sent[1].Count, cell.Sent[2].Count));
    }

    [Fact]
    public void An_answer_waits_for_its_chip_data_and_its_MAC_behind_its_frame()
    {
        using var cell = New(mac: true);
        cell.Receive(0, Signed(Purchase(1, 0x0100, (55, Chip), (64, "0000000000000000"))));
        _desk.IsSlow = true;
        cell.Step();
        cell.Answer(_desk.Verdict(0, SecurityVerdict.NotChecked, SecurityVerdict.Right, SecurityVerdict.Right));
        var durable = cell.Cell.DurableSequence;
        Assert.Equal(1_000, cell.State.Counts.HeldMinor);
        Assert.Empty(cell.Sent[0]);
        cell.Answer(_desk.Chip(1));
        Assert.Empty(cell.Sent[0]);
        cell.Answer(_desk.Mac(2));
        var answer = Assert.Single(cell.Sent[0]);
        Assert.Equal("910AB1B1B1B1B1B1B1B13030", CellUnderTest.Field(answer, 55));
        Assert.Equal(ScriptedDesk.MacOf(answer.AsSpan(..^16)), CellUnderTest.Field(answer, 64));
        Assert.Equal(durable, cell.Cell.DurableSequence);
    }

    [Fact]
    public void A_refusal_that_waits_for_its_MAC_gets_no_part_of_the_chips()
    {
        using var cell = New(mac: true);
        cell.Receive(0, Purchase(1, 0x0100, (55, Chip), (64, "0123456789ABCDEF")));
        _desk.IsSlow = true;
        cell.Step();
        cell.Answer(_desk.Verdict(0, SecurityVerdict.NotChecked, SecurityVerdict.Right, SecurityVerdict.Wrong));
        cell.Answer(_desk.Mac(1));
        var answer = Assert.Single(cell.Sent[0]);
        Assert.Equal(("63", ""), (CellUnderTest.Field(answer, 39), CellUnderTest.Field(answer, 55)));
        Assert.Equal(ScriptedDesk.MacOf(answer.AsSpan(..^16)), CellUnderTest.Field(answer, 64));
    }

    [Fact]
    public void An_answer_whose_MAC_cannot_be_made_does_not_leave()
    {
        using var cell = New(mac: true);
        cell.Receive(0, Signed(Purchase(1, 0x0100, (64, "0000000000000000"))));
        _desk.IsSlow = true;
        cell.Step();
        cell.Answer(_desk.Verdict(0, SecurityVerdict.NotChecked, mac: SecurityVerdict.Right));
        cell.Answer(_desk.Mac(1) with { Answer = DeskAnswer.Failed });
        Assert.Empty(cell.Sent[0]);
        Assert.Equal(1, cell.Cell.Counters.Undeliverable);
    }

    [Fact]
    public void Frames_hold_verdicts_and_nothing_that_was_verified()
    {
        var disk = new MemoryDisk();
        using (var cell = New(disk: disk))
        {
            Assert.Equal("00", Code(cell, 1, (52, OwnPin), (35, Track), (55, Chip)));
            Assert.Equal("55", Code(cell, 2, (52, WrongPin)));
        }

        // Chip data: cryptogram, counter, unpredictable number, all of it as it was sent and as it is handed to the module.
        string[] secrets =
        [
            "4761739001010119", OwnPin, WrongPin, "0000061100000", "AAAAAAAAAAAAAAAA", "9F3602001A", "6D3A1D20", Chip,
            "000000001000" + "000000000000" + "0840" + "0080000000",
        ];
        Assert.NotEmpty(disk.List());
        foreach (var name in disk.List())
        {
            var bytes = Convert.ToHexString(disk.Durable(name));
            foreach (var secret in secrets)
            {
                Assert.DoesNotContain(secret, bytes, StringComparison.Ordinal);
                Assert.DoesNotContain(Convert.ToHexString(Encoding.ASCII.GetBytes(secret)), bytes, StringComparison.Ordinal);
            }
        }

        var decisions = Decisions(disk);
        SecurityVerdict right = SecurityVerdict.Right, none = SecurityVerdict.NotChecked;
        Assert.Equal(
            [SecurityVerdicts.Of(right, right, right, none).Packed, SecurityVerdicts.Of(SecurityVerdict.Wrong, none, none, none).Packed],
            decisions.Select(decided => decided.Request.Verdicts));
        Assert.Equal([InternalResult.Approved, InternalResult.PinWrong], decisions.Select(decided => decided.Result));
        using var again = new CellUnderTest(disk, epoch: 2, hsm: _desk);
        Assert.Equal((1, 2), (Tries(again), _desk.Asked));                 // Folded from the verdict: nobody was asked again.
    }

    [Fact]
    public void Evidence_has_no_string_form() => Assert.Throws<NotSupportedException>(() => new Evidence().ToString());

    private CellUnderTest New(bool mac = false, MemoryDisk? disk = null)
    {
        var cell = new CellUnderTest(disk ?? new MemoryDisk(), hsm: _desk, mac: mac);
        cell.AddCard();
        return cell;
    }

    /// <summary>What the journal says that was decided.</summary>
    internal static List<Decided> Decisions(MemoryDisk disk)
    {
        var decisions = new List<Decided>();
        using var reader = new JournalReader(disk);
        while (reader.TryRead(out var header, out var payload))
        {
            if (header.Kind != JournalKind.Decided) continue;
            Assert.True(Decided.TryRead(header.KindVersion, payload, out var decided, out _));
            decisions.Add(decided);
        }

        Assert.Null(reader.Problem);
        return decisions;
    }

    internal static int Tries(CellUnderTest cell)
    {
        Assert.True(cell.State.TryFindCard(cell.Token("4761739001010119"), out var view));
        return view.PinTries;
    }

    internal static string Code(CellUnderTest cell, int stan, params (int Field, string Value)[] more) =>
        CellUnderTest.Field(cell.Exchange(Purchase(stan, 0x0100, more)), 39);

    internal static byte[] Purchase(int stan, ushort mti = 0x0100, params (int Field, string Value)[] more)
    {
        (int Field, string Value)[] fields =
        [
            (2, "4761739001010119"), (3, "000000"), (4, "000000001000"), (7, "1122165047"), (11, $"{stan:D6}"), (12, "165047"), (13, "1122"),
            (32, "400001"), (37, $"{stan:D12}"), (41, "TERM0001"), (42, "MERCHANT0000001"), (49, "840"), .. more,
        ];
        return CellUnderTest.Message(mti, [.. fields.OrderBy(field => field.Field)]);
    }

    private static byte[] Signed(byte[] message)
    {
        Encoding.ASCII.GetBytes(ScriptedDesk.MacOf(message.AsSpan(..^16))).CopyTo(message.AsSpan(message.Length - 16));
        return message;
    }
}

/// <summary>A desk that says what a test wants, at once or later.</summary>
internal sealed class ScriptedDesk : IHsmDesk
{
    private readonly List<(long Ticket, byte[] Signed)> _tickets = [];

    public bool IsSlow { get; set; }

    public bool IsFull { get; set; }

    /// <summary>What becomes of each request, where it is not done.</summary>
    public DeskAnswer? Fate { get; set; }

    /// <summary>What it says of each thing that it is asked, whatever was sent; null: what was sent decides.</summary>
    public SecurityVerdicts? Says { get; set; }

    /// <summary>How often cards were to be verified.</summary>
    public int Asked { get; private set; }

    public static string MacOf(ReadOnlySpan<byte> message)
    {
        var mix = new Mix(7);
        foreach (var each in message) mix.Add(each, 0);
        return mix.Finish64().ToString("X16");
    }

    public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
    {
        if (IsFull || (IsSlow && ticket == 0)) return DeskAnswer.Full;
        Asked++;
        if (Fate is { } fate) return fate;
        if (IsSlow) return Later(ticket, []);
        ref readonly var evidence = ref transaction.Evidence;
        var signed = transaction.Signed[..transaction.SignedBytes];
        var isSigned = MacOf(signed) == Convert.ToHexString(((ReadOnlySpan<byte>)evidence.Mac)[..evidence.MacBytes]);
        var pin = (SecurityVerdict)(evidence.PinBlock[0] switch { 0x44 => 3, 0x33 => 4, var block => block & 7 });
        var isCode = ((ReadOnlySpan<byte>)evidence.Discretionary).Slice(5, 3).SequenceEqual("611"u8);
        var said = Says ?? SecurityVerdicts.Of(pin, Of(isCode), Of(evidence.Cryptogram[0] == 0xAA), Of(isSigned), Of(evidence.Authentication[3] == 0x09));
        transaction.Request.Security = SecurityVerdicts.Of(
            Asks(EvidenceHas.PinBlock) ? said.Pin : 0, Asks(EvidenceHas.CardCode) ? said.CardCode : 0,
            Asks(EvidenceHas.Cryptogram) ? said.Cryptogram : 0, Asks(EvidenceHas.Mac) ? said.Mac : 0,
            Asks(EvidenceHas.Authentication) ? said.Authentication : 0);
        return DeskAnswer.Done;

        bool Asks(EvidenceHas check) => (checks & check) != 0;
    }

    public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
    {
        bytes = 0;
        if (IsSlow) return Later(ticket, []);
        if (transaction.Evidence.Cryptogram[0] != 0xAA) return DeskAnswer.Done;
        bytes = WriteChip(data);
        return DeskAnswer.Done;
    }

    public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        if (IsSlow) return Later(ticket, message.ToArray());
        Convert.FromHexString(MacOf(message)).CopyTo(mac);
        return DeskAnswer.Done;
    }

    public DeskAnswered Verdict(
        int index, SecurityVerdict pin, SecurityVerdict cryptogram = SecurityVerdict.NotChecked, SecurityVerdict mac = SecurityVerdict.NotChecked) => new()
        {
            Ticket = _tickets[index].Ticket,
            Answer = DeskAnswer.Done,
            Verdicts = SecurityVerdicts.Of(pin, SecurityVerdict.NotChecked, cryptogram, mac),
        };

    public DeskAnswered Chip(int index)
    {
        var answered = new DeskAnswered { Ticket = _tickets[index].Ticket, Answer = DeskAnswer.Done };
        answered.DataBytes = (byte)WriteChip(answered.Data);
        return answered;
    }

    public DeskAnswered Mac(int index)
    {
        var answered = new DeskAnswered { Ticket = _tickets[index].Ticket, Answer = DeskAnswer.Done, DataBytes = 8 };
        Convert.FromHexString(MacOf(_tickets[index].Signed)).CopyTo(answered.Data);
        return answered;
    }

    private static int WriteChip(Span<byte> data)
    {
        data[..8].Fill(0xB1);
        "00"u8.CopyTo(data[8..]);
        return 10;
    }

    private static SecurityVerdict Of(bool isRight) => isRight ? SecurityVerdict.Right : SecurityVerdict.Wrong;

    private DeskAnswer Later(long ticket, byte[] signed)
    {
        _tickets.Add((ticket, signed));
        return DeskAnswer.Pending;
    }
}

using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;
using SunnySwitch.Hsm.Desk;

namespace SunnySwitch.Hsm.Tests.Desk;

/// <summary>
/// Modules that fail, hang and come back, behind the queue: every request is answered once, by whoever can, or as failed or late; nothing of it stays.
/// </summary>
public sealed class QueuedDeskTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly DeskAnswersHeard _answers = new();
    private Transaction _transaction = Transaction.WithEvidence(64);

    public void Dispose() => _answers.Dispose();

    [Fact]
    public void A_full_queue_and_a_request_without_a_ticket_are_told_at_once()
    {
        using var module = new Module { IsHeld = true };
        using var queued = New(Long, Long, 2, module);
        Assert.Equal(DeskAnswer.Full, Verify(queued, 0));
        Assert.Equal([DeskAnswer.Pending, DeskAnswer.Pending, DeskAnswer.Full], Enumerable.Range(1, 3).Select(ticket => Verify(queued, ticket)).ToList());
        Assert.Equal(DeskAnswer.Full, queued.Sign(4, 1, new byte[65], stackalloc byte[8]));
        Assert.False(queued.TryFinish(TimeSpan.FromMilliseconds(1)));
        module.Release();
        Assert.True(queued.TryFinish(Long));
        Assert.Equal([1, 2], new[] { _answers.Next().Ticket, _answers.Next().Ticket }.Order());
        Assert.Equal(0, queued.Pending);
    }

    [Fact]
    public void What_one_module_fails_at_another_is_asked_and_after_three_failures_it_is_left_alone()
    {
        using var broken = new Module { Says = DeskAnswer.Failed };
        using var good = new Module();
        using var queued = New(Long, Long, 16, broken, good);
        for (var ticket = 1; ticket <= 50; ticket++)
        {
            Assert.Equal(DeskAnswer.Pending, Verify(queued, ticket));
            var next = _answers.Next();
            Assert.Equal((ticket, DeskAnswer.Done, SecurityVerdict.Right), (next.Ticket, next.Answer, next.Verdicts.Pin));
        }

        Assert.True(broken.Asked <= 3);
        Assert.Equal(50, good.Asked);
        Assert.True(queued.Tokens[1].IsFit);
    }

    [Fact]
    public void With_no_module_left_all_that_waits_has_failed_and_what_is_new_is_told_at_once()
    {
        using var one = new Module { Says = DeskAnswer.Failed, IsHeld = true };
        using var two = new Module { Says = DeskAnswer.Failed, IsHeld = true };
        using var queued = New(Long, Long, 16, one, two);
        for (var ticket = 1; ticket <= 16; ticket++) Assert.Equal(DeskAnswer.Pending, Verify(queued, ticket));
        one.Release();
        two.Release();
        var heard = Enumerable.Range(1, 16).Select(_ => _answers.Next()).ToList();
        Assert.Equal(Enumerable.Range(1, 16), heard.Select(each => each.Ticket).Order());
        Assert.All(heard, each => Assert.Equal((DeskAnswer.Failed, 0u), (each.Answer, each.Verdicts.Packed)));
        Assert.Equal(DeskAnswer.Failed, Verify(queued, 17));
        Assert.Equal(0, queued.Pending);
        Assert.All(queued.Tokens, token => Assert.False(token.IsFit));
    }

    [Fact]
    public void A_module_that_hangs_costs_what_it_has_and_no_more_and_its_own_answer_is_not_given()
    {
        using var hanging = new Module { IsHeld = true };
        using var good = new Module();
        using var queued = New(TimeSpan.FromSeconds(1), Long, 64, hanging, good);
        var late = 0;
        for (var ticket = 1; late < 1 || ticket < 20; ticket++)
        {
            Assert.Equal(DeskAnswer.Pending, Verify(queued, ticket));
            var next = _answers.Next();
            Assert.Equal(ticket, next.Ticket);
            if (next.Answer == DeskAnswer.Late) late++;
            else Assert.Equal(DeskAnswer.Done, next.Answer);
        }

        Assert.Equal((1, 1), (late, hanging.Asked));                       // Its one thread has one request.
        Assert.Equal((1, 1L), (queued.Pending, queued.Late));
        hanging.Release();
        Until(() => queued.Pending == 0);
        Assert.Equal(0, _answers.Count);
    }

    [Fact]
    public void A_module_whose_threads_all_hang_is_not_fit_and_new_requests_are_told_so()
    {
        using var hanging = new Module { IsHeld = true };
        using var queued = New(TimeSpan.FromMilliseconds(50), Long, 64, [hanging, hanging, hanging]);
        for (var ticket = 1; ticket <= 8; ticket++) Verify(queued, ticket);
        for (var ticket = 1; ticket <= 8; ticket++) Assert.Contains(_answers.Next().Answer, new[] { DeskAnswer.Late, DeskAnswer.Failed });
        Assert.Equal(DeskAnswer.Failed, Verify(queued, 9));
        hanging.Release();
        Until(() => queued.Pending == 0);
    }

    [Fact]
    public void A_module_is_asked_again_when_a_probe_finds_it_well()
    {
        using var module = new Module { Says = DeskAnswer.Failed };
        using var queued = New(Long, TimeSpan.FromMilliseconds(5), 16, module);
        for (var ticket = 1; Verify(queued, ticket) == DeskAnswer.Pending; ticket++) Assert.Equal(DeskAnswer.Failed, _answers.Next().Answer);
        Assert.False(queued.Tokens[0].IsFit);
        var before = queued.Tokens[0].Failures;
        Until(() => queued.Tokens[0].Failures > before);                   // It is probed, and still not well.
        module.Says = DeskAnswer.Done;
        Until(() => queued.Tokens[0].IsFit);
        Assert.Equal(DeskAnswer.Pending, Verify(queued, 99));
        Assert.Equal((99, DeskAnswer.Done), _answers.Next() is var next ? (next.Ticket, next.Answer) : default);
    }

    [Fact]
    public void A_module_that_is_too_slow_for_requests_is_not_well_though_it_answers_probes()
    {
        var isSlow = true;
        var (deadline, probes) = (TimeSpan.FromMilliseconds(50), 0);
        bool Probe()
        {
            if (Volatile.Read(ref isSlow)) SpinWait.SpinUntil(static () => false, 2 * deadline);
            Interlocked.Increment(ref probes);
            return true;
        }

        using var module = new Module();
        using var queued = new QueuedDesk([new DeskToken("slow", [module], Probe)], _answers, new QueueTerms(16, 64, deadline, TimeSpan.FromMilliseconds(5)));
        Until(() => !queued.Tokens[0].IsFit);
        var seen = Volatile.Read(ref probes);
        Until(() => Volatile.Read(ref probes) > seen + 1);
        Assert.False(queued.Tokens[0].IsFit);
        Volatile.Write(ref isSlow, false);
        Until(() => queued.Tokens[0].IsFit);
    }

    [Fact]
    public void A_module_that_nobody_asks_is_probed_all_the_same()
    {
        using var module = new Module { Says = DeskAnswer.Failed };
        using var queued = New(Long, TimeSpan.FromMilliseconds(5), 16, module);
        Until(() => !queued.Tokens[0].IsFit);
        Assert.Equal(DeskAnswer.Failed, Verify(queued, 1));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Whatever_modules_do_each_request_is_answered_once_and_every_slot_comes_back(int seed)
    {
        var random = new Random(seed);
        var modules = Enumerable.Range(0, 3).Select(number => new Module { Fate = new Random(seed * 10 + number) }).ToList();
        using var queued = New(TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(1), 32, [.. modules]);
        var (taken, next, answers) = (new HashSet<int>(), 0, new Dictionary<DeskAnswer, int>());
        while (next < 3_000)
        {
            if (Verify(queued, ++next) == DeskAnswer.Pending) taken.Add(next);
            while (_answers.Count > 0 || taken.Count > random.Next(32)) Hear();
        }

        while (taken.Count > 0) Hear();
        Until(() => queued.Pending == 0);
        Assert.Equal(0, _answers.Count);
        Assert.True(answers.GetValueOrDefault(DeskAnswer.Done) > 100, string.Join(" ", answers));
        foreach (var module in modules) module.Dispose();

        void Hear()
        {
            var (ticket, answer, _, _) = _answers.Next();
            Assert.True(taken.Remove(ticket), $"{ticket} was answered twice, or never asked");
            answers[answer] = answers.GetValueOrDefault(answer) + 1;
        }
    }

    private static void Until(Func<bool> holds) => Assert.True(SpinWait.SpinUntil(holds, TimeSpan.FromSeconds(20)));

    private QueuedDesk New(TimeSpan deadline, TimeSpan probeEvery, int slots, params Module[] modules) => new(
        [.. modules.Distinct().Select((module, index) => new DeskToken(
            $"token {index}", [.. modules.Where(each => each == module)], () => module.Says == DeskAnswer.Done))],
        _answers, new QueueTerms(slots, 64, deadline, probeEvery));

    private DeskAnswer Verify(QueuedDesk queued, int ticket) => queued.Verify(ticket, EvidenceHas.PinBlock, default, ref _transaction);

    /// <summary>A module that does what a test says. Its own threads may share it.</summary>
    private sealed class Module : IHsmDesk, IDisposable
    {
        private readonly ManualResetEventSlim _go = new();
        private int _asked;

        public bool IsHeld { get; init; }

        /// <summary>Fails, is slow, or does its work, as this falls.</summary>
        public Random? Fate { get; init; }

        public DeskAnswer Says { get; set; } = DeskAnswer.Done;

        public int Asked => Volatile.Read(ref _asked);

        public void Release() => _go.Set();

        public void Dispose() => _go.Dispose();

        public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
        {
            Interlocked.Increment(ref _asked);
            if (IsHeld) _go.Wait();
            var fate = Fate?.Next(100) ?? 99;
            if (fate < 2) _go.Wait(TimeSpan.FromMilliseconds(45));          // Longer than the deadline.
            transaction.Request.Security = SecurityVerdicts.Of(SecurityVerdict.Right, 0, 0, 0);
            return fate is >= 2 and < 30 ? DeskAnswer.Failed : Says;
        }

        public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
        {
            bytes = 0;
            return DeskAnswer.Done;
        }

        public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac) => DeskAnswer.Done;
    }
}

using System.Diagnostics;
using SunnySwitch.Core.Domain;
using SunnySwitch.Core.Stages;

namespace SunnySwitch.Hsm.Desk;

/// <summary>Takes what a queued desk says, later: brings it to the kernel as an input. From any thread.</summary>
public interface IDeskAnswers
{
    /// <summary>Of a request that waits under a ticket: what was found, or what was made.</summary>
    /// <param name="ticket">Whose.</param>
    /// <param name="answer">Done; Failed or Late: there is nothing.</param>
    /// <param name="verdicts">On what it had brought, if that was asked.</param>
    /// <param name="data">What the chip gets, or the MAC.</param>
    void Put(long ticket, DeskAnswer answer, SecurityVerdicts verdicts, ReadOnlySpan<byte> data);
}

/// <summary>
/// The desk over modules that take their time: requests are copied into a bounded queue, threads of its own ask the modules, answers go back as
/// inputs. The kernel never waits; a full queue says so at once.
/// <code>
/// kernel --Verify--> slots --common queue--> thread of token A --Done--> IDeskAnswers
///                      ^                        |
///                      '--queue of token B &lt;--Failed      a watch answers what is over its deadline: Late
/// </code>
/// </summary>
/// <remarks>
/// Called by the kernel's thread alone; whatever was copied is wiped when its module has let go of it. What one module fails at, the next one that
/// is fit is asked; with none left it has failed. Verifying changes nothing in a module, so that asking twice does no harm.
/// </remarks>
public sealed class QueuedDesk : IHsmDesk, IDisposable
{
    private readonly object _gate = new();
    private readonly DeskWork[] _slots;
    private readonly Stack<int> _free;
    private readonly Queue<int> _ready;
    private readonly DeskToken[] _tokens;
    private readonly Queue<int>[] _passedOn;
    private readonly IDeskAnswers _answers;
    private readonly QueueTerms _terms;
    private readonly long _deadline, _probeEvery;
    private readonly List<Thread> _threads = [];
    private readonly ManualResetEventSlim _stopped = new();
    private long _late;
    private bool _isFinishing;
    private volatile bool _isStopping;

    /// <summary>Starts a thread for each desk, and the watch.</summary>
    /// <param name="tokens">At most 32.</param>
    /// <param name="answers">Where answers go.</param>
    /// <param name="terms">Sizes and times.</param>
    public QueuedDesk(IReadOnlyList<DeskToken> tokens, IDeskAnswers answers, QueueTerms terms)
    {
        Must.Hold(tokens.Count is > 0 and <= 32);
        (_tokens, _answers, _terms) = ([.. tokens], answers, terms);
        _deadline = (long)(terms.Deadline.TotalSeconds * Stopwatch.Frequency);
        _probeEvery = (long)(terms.ProbeEvery.TotalSeconds * Stopwatch.Frequency);
        _slots = [.. Enumerable.Range(0, terms.Slots).Select(_ => new DeskWork(terms.SignedBytesMax))];
        _free = new Stack<int>(Enumerable.Range(0, terms.Slots));
        _ready = new Queue<int>(terms.Slots);
        _passedOn = [.. tokens.Select(_ => new Queue<int>(terms.Slots))];
        for (var index = 0; index < _tokens.Length; index++)
        {
            var (token, at) = (_tokens[index], index);
            token.UsedAt = Stopwatch.GetTimestamp();
            _threads.AddRange(token.Desks.Select((desk, number) => NewThread($"hsm {token.Name} {number + 1}", () => Run(at, desk, number == 0))));
        }

        _threads.Add(NewThread("hsm watch", Watch));
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>Requests in the queue or at a module.</summary>
    public int Pending
    {
        get
        {
            lock (_gate) return _slots.Length - _free.Count;
        }
    }

    /// <summary>Waits until all that was asked has been answered and let go of, or for so long; false: something is still at a module.</summary>
    public bool TryFinish(TimeSpan atMost)
    {
        var until = Stopwatch.GetTimestamp() + (long)(atMost.TotalSeconds * Stopwatch.Frequency);
        lock (_gate)
        {
            _isFinishing = true;
            while (_free.Count < _slots.Length)
            {
                var left = until - Stopwatch.GetTimestamp();
                if (left <= 0) return false;
                Monitor.Wait(_gate, Math.Max(1, (int)(left * 1000 / Stopwatch.Frequency)));
            }

            return true;
        }
    }

    /// <summary>The modules.</summary>
    public IReadOnlyList<DeskToken> Tokens => _tokens;

    /// <summary>Requests that were answered as late.</summary>
    public long Late => Volatile.Read(ref _late);

    /// <inheritdoc/>
    public DeskAnswer Verify(long ticket, EvidenceHas checks, in CardSecurity card, ref Transaction transaction)
    {
        var taken = TryTake(ticket, out var slot);
        if (taken != DeskAnswer.Pending) return taken;
        _slots[slot].SetVerify(ticket, checks, in card, in transaction);
        return Put(slot);
    }

    /// <inheritdoc/>
    public DeskAnswer AnswerChip(long ticket, in Transaction transaction, Span<byte> data, out int bytes)
    {
        bytes = 0;
        var taken = TryTake(ticket, out var slot);
        if (taken != DeskAnswer.Pending) return taken;
        _slots[slot].SetAnswerChip(ticket, in transaction);
        return Put(slot);
    }

    /// <inheritdoc/>
    public DeskAnswer Sign(long ticket, uint link, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        if (message.Length > _terms.SignedBytesMax) return DeskAnswer.Full;
        var taken = TryTake(ticket, out var slot);
        if (taken != DeskAnswer.Pending) return taken;
        _slots[slot].SetSign(ticket, link, message, mac.Length);
        return Put(slot);
    }

    /// <summary>Ends the threads; what is in the queue is not answered any more. A module that hangs is not waited for longer than a second.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _stopped.Set();
        lock (_gate) Monitor.PulseAll(_gate);
        foreach (var thread in _threads) thread.Join(TimeSpan.FromSeconds(1));
    }

    private static Thread NewThread(string name, ThreadStart run) => new(run) { Name = name, IsBackground = true };

    // Without a ticket there is no room to wait in the kernel.
    private DeskAnswer TryTake(long ticket, out int slot)
    {
        slot = -1;
        if (ticket == 0) return DeskAnswer.Full;
        lock (_gate)
        {
            if (!_tokens.Any(static token => token.IsFit)) return DeskAnswer.Failed;
            return _free.TryPop(out slot) ? DeskAnswer.Pending : DeskAnswer.Full;
        }
    }

    private DeskAnswer Put(int slot)
    {
        lock (_gate)
        {
            _slots[slot].Start(Stopwatch.GetTimestamp());
            _ready.Enqueue(slot);
            Monitor.PulseAll(_gate);
        }

        return DeskAnswer.Pending;
    }

    private void Run(int token, IHsmDesk desk, bool probes)
    {
        while (!_isStopping)
        {
            if (Next(token, probes) is { } slot) Ask(token, desk, slot);
            else if (probes && !_isStopping) Probe(_tokens[token]);
        }
    }

    /// <summary>A slot to be worked on; null: it is time to probe, or to stop.</summary>
    private int? Next(int token, bool probes)
    {
        lock (_gate)
        {
            while (!_isStopping)
            {
                if (_tokens[token].IsFit && (_passedOn[token].TryDequeue(out var slot) || _ready.TryDequeue(out slot)))
                {
                    if (_slots[slot].TryBegin(token)) return slot;
                    Release(slot);                                         // The watch has answered it.
                    continue;
                }

                var left = _tokens[token].UsedAt + _probeEvery - Stopwatch.GetTimestamp();
                if (probes && left <= 0) return null;
                Monitor.Wait(_gate, probes ? Math.Max(1, (int)(left * 1000 / Stopwatch.Frequency)) : Timeout.Infinite);
            }

            return null;
        }
    }

    private void Probe(DeskToken token)
    {
        token.Probe(_deadline);
        token.UsedAt = Stopwatch.GetTimestamp();
        lock (_gate) Monitor.PulseAll(_gate);
        if (!token.IsFit) Leave();
    }

    private void Ask(int token, IHsmDesk desk, int slot)
    {
        var work = _slots[slot];
        Span<byte> data = stackalloc byte[16];
        var ticket = work.Ticket;                                          // Another request's as soon as the slot is free.
        var answer = work.Ask(desk, data, out var bytes, out var verdicts);
        var isLate = Stopwatch.GetTimestamp() - work.PutAt > _deadline;
        _tokens[token].UsedAt = Stopwatch.GetTimestamp();
        if (answer == DeskAnswer.Failed) _tokens[token].Failed();
        else if (!isLate) _tokens[token].Succeeded();
        bool isOurs;
        lock (_gate)
        {
            if (answer == DeskAnswer.Failed && !isLate && TryPassOn(slot)) return;
            isOurs = work.End();
            Release(slot);
        }

        if (isOurs) _answers.Put(ticket, answer, verdicts, data[..bytes]);
        if (!_tokens[token].IsFit) Leave();
    }

    private void Release(int slot)
    {
        _free.Push(slot);
        if (_isFinishing) Monitor.PulseAll(_gate);
    }

    private bool TryPassOn(int slot)
    {
        for (var other = 0; other < _tokens.Length; other++)
        {
            if (!_tokens[other].IsFit || _slots[slot].HasAsked(other) || !_slots[slot].TryRequeue()) continue;
            _passedOn[other].Enqueue(slot);
            Monitor.PulseAll(_gate);
            return true;
        }

        return false;
    }

    /// <summary>A token is not fit any more: what waits for it alone goes to others, and with none left all that waits has failed.</summary>
    private void Leave()
    {
        var failed = new List<long>();
        lock (_gate)
        {
            for (var token = 0; token < _tokens.Length; token++)
            {
                for (var left = _tokens[token].IsFit ? 0 : _passedOn[token].Count; left > 0; left--) Drop(_passedOn[token].Dequeue());
            }

            while (!_tokens.Any(static token => token.IsFit) && _ready.TryDequeue(out var slot)) Drop(slot);
        }

        foreach (var ticket in failed) _answers.Put(ticket, DeskAnswer.Failed, default, default);

        void Drop(int slot)
        {
            if (TryPassOn(slot)) return;
            if (_slots[slot].End()) failed.Add(_slots[slot].Ticket);
            Release(slot);
        }
    }

    /// <summary>Answers what is over its deadline; whoever works on it learns of it when its module lets go.</summary>
    private void Watch()
    {
        var late = new List<long>();
        while (!_stopped.Wait(_terms.Deadline / 8))
        {
            lock (_gate)
            {
                var before = Stopwatch.GetTimestamp() - _deadline;
                foreach (var work in _slots)
                {
                    if (!work.TryGiveUp(before, out var token)) continue;
                    if (token >= 0) _tokens[token].Failed();               // It hangs: no thread will say so.
                    late.Add(work.Ticket);
                }
            }

            Volatile.Write(ref _late, _late + late.Count);
            foreach (var ticket in late) _answers.Put(ticket, DeskAnswer.Late, default, default);
            if (late.Count > 0) Leave();
            late.Clear();
        }
    }
}
